"""Checks of `embeddings`: what is screened has a vector."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check
from ty_resources.postgres import Database


def check_embeddings(db: Database, days: Sequence[dt.date], model: str) -> list[dg.AssetCheckResult]:
    row = db.row("embedding_coverage", days=list(days), model=model) or {"facets": 0, "embedded": 0}
    lacking = row["facets"] - row["embedded"]
    return [count_check("every_facet_has_a_vector", lacking, "facets have no vector", facets=row["facets"])]
