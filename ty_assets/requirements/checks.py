"""Checks of `posting_requirements`: evidence or nothing."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check
from ty_resources.postgres import Database


def check_requirements(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    count = db.value("requirements_without_evidence", days=list(days))
    return [count_check("quotes_are_verbatim", count, "requirements quote words that the posting does not have")]
