"""Checks of `embeddings`: what is screened has a vector."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check
from ty_resources.postgres import Database


def check_embeddings(db: Database, days: Sequence[dt.date], models: Sequence[str]) -> dg.AssetCheckResult:
    """In every space of this run; a text that the model cannot encode is in `failures` and does not count."""
    rows = {model: db.row("embedding_coverage", days=list(days), model=model) for model in models}
    lacking = sum(row["facets"] - row["embedded"] - row["failed"] for row in rows.values() if row)
    facets = max((row["facets"] for row in rows.values() if row), default=0)
    return count_check("every_facet_has_a_vector", lacking, "facets have no vector", facets=facets)
