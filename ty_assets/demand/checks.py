"""Checks of `demand_snapshot`: its sums are the postings'."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check
from ty_resources.postgres import Database


def check_demand(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    off = sum(abs(row["counted"] - row["active"]) for row in db.rows("demand_against_postings", days=list(days)))
    return [count_check("every_active_posting_is_counted", off, "postings are missing or counted twice")]
