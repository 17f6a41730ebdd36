"""Checks of `raw_postings` and `postings`: all that came is there, once, and has something to say."""

import datetime as dt
from collections.abc import Mapping, Sequence

import dagster as dg

from ty_assets.postings.store import StoredPostings
from ty_assets.table_asset import count_check, most_succeed, share_check
from ty_resources.postgres import Database, Row


def check_raw_postings(failed: int, received: int) -> list[dg.AssetCheckResult]:
    """A broken record is the sender's, so it warns; the rest of its file is in."""
    return [
        dg.AssetCheckResult(
            check_name="all_records_readable",
            passed=failed == 0,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{failed} records could not be read; see `ty health --failures`" if failed else None,
            metadata={"failed": failed, "received": received},
        )
    ]


# A source that renames a field empties it for all of its postings. Some advertisements are a picture with a caption, or
# in a language that nobody knows: up to a twentieth is usual.
_NEEDED = ("title", "description", "language")
_NEEDED_WARN, _NEEDED_FAIL = 0.05, 0.2
# Matching gets by without: it names no employer, and gates no place. More than half missing is worth a look.
_USEFUL = ("employer", "place")
_USEFUL_WARN = 0.5


def check_postings(db: Database, days: Sequence[dt.date], done: StoredPostings) -> list[dg.AssetCheckResult]:
    days = list(days)
    missing = db.row("missing_columns", days=days) or {}
    lost = db.rows("lost_days", days=days)
    return [
        count_check("postings_have_text", db.value("postings_without_text", days=days), "postings have no text"),
        count_check("no_duplicate_of_a_duplicate", db.value("duplicate_chains", days=days), "links are chains"),
        # The same job twice in a list is a nuisance, and read twice; no row is wrong, so it does not block.
        count_check("contents_are_unique", db.value("same_content_twice", days=days), "texts are nobody's duplicate"),
        count_check("all_raw_postings_arrived", db.value("raw_without_posting", days=days), "received, but no posting"),
        # Blocks: demand and matches of a day that was lost would say that nobody hires.
        count_check("no_day_is_lost", len(lost), f"days were received and have no posting: {_days(lost)}"),
        # Blocks: as in the stages.
        most_succeed(done.failed, done.postings),
        # Blocks at the second share: what has no text is out of scope, so the day would look quiet, not broken.
        _columns("needed_columns_are_filled", missing, _NEEDED, _NEEDED_WARN, _NEEDED_FAIL),
        _columns("useful_columns_are_filled", missing, _USEFUL, _USEFUL_WARN, 1.0),
    ]


def _columns(
    name: str, missing: Mapping[str, int], columns: Sequence[str], warn_from: float, fail_from: float
) -> dg.AssetCheckResult:
    """Of the column that is empty most often."""
    of = missing.get("postings", 0)
    worst = max(columns, key=lambda column: missing.get(column, 0))
    told = {column: missing.get(column, 0) for column in columns}
    what = f"postings have no {worst}; did a source rename its fields?"
    return share_check(name, missing.get(worst, 0), of, warn_from=warn_from, fail_from=fail_from, what=what, empty=told)


def _days(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row['day']} ({row['received']} received)" for row in rows)
