"""Checks of `posting_professions`: codes exist, and the catalogue still knows what is posted."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.table_asset import count_check
from ty_resources.postgres import Database

# The system this replaces mapped 92 to 97 % after asking a model; without one, half is what the catalogue should know.
_LEAST_MAPPED = 0.5


def check_mapping(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    days = list(days)
    unknown = db.value("accepted_codes_outside_catalogue", days=days)
    row = db.row("mapped_share", days=days) or {"accepted": 0, "postings": 0}
    share = row["accepted"] / row["postings"] if row["postings"] else 1.0
    return [
        count_check("accepted_codes_are_in_the_catalogue", unknown, "accepted codes are not in the catalogue"),
        dg.AssetCheckResult(
            check_name="most_titles_are_mapped",
            passed=share >= _LEAST_MAPPED,
            severity=dg.AssetCheckSeverity.WARN,
            description=None if share >= _LEAST_MAPPED else f"{share:.0%} of the titles have an accepted occupation",
            metadata={"share": share, **row},
        ),
    ]
