"""Checks of `raw_postings` and `postings`: all that came is there, once, and has something to say."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.postings.ingest import Ingested
from ty_assets.table_asset import count_check
from ty_resources.postgres import Database


def check_raw_postings(done: Ingested) -> list[dg.AssetCheckResult]:
    """A broken record is the sender's, so it warns; the rest of its file is in."""
    return [
        dg.AssetCheckResult(
            check_name="all_records_readable",
            passed=done.failed == 0,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{done.failed} records could not be read; see `ty health --failures`" if done.failed else None,
            metadata={"failed": done.failed, "received": done.received},
        )
    ]


def check_postings(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    days = list(days)
    return [
        count_check("postings_have_text", db.value("postings_without_text", days=days), "postings have no text"),
        count_check("no_duplicate_of_a_duplicate", db.value("duplicate_chains", days=days), "links are chains"),
        count_check("all_raw_postings_arrived", db.value("raw_without_posting", days=days), "received, but no posting"),
    ]
