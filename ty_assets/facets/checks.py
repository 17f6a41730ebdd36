"""Checks of `posting_facets`: every facet stands for a requirement that is there."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check
from ty_resources.postgres import Database


def check_facets(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    count = db.value("facets_without_requirement", days=list(days))
    return [count_check("facets_belong_to_requirements", count, "facets name a requirement that is not there")]
