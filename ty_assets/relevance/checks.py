"""Checks of `posting_relevance`: what people are shown first is not left out."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.relevance.store import BEST
from ty_resources.postgres import Database

# Of each person's best matches.
_MOST_LEFT_OUT = 0.005


def check_relevance(db: Database, days: Sequence[dt.date]) -> dg.AssetCheckResult:
    """Against the matches as they are: the model that reads must not pass over what somebody is about to open."""
    row = db.row("best_matches_left_out", days=list(days), best=BEST) or {"matches": 0, "out": 0}
    share = row["out"] / row["matches"] if row["matches"] else 0.0
    return dg.AssetCheckResult(
        check_name="best_matches_are_not_left_out",
        passed=share < _MOST_LEFT_OUT,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{row['out']} of {row['matches']} best matches are decided out" if row["out"] else None,
        metadata={"best matches": row["matches"], "out": row["out"], "share": share},
    )
