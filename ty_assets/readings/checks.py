"""Checks of `posting_readings`: a model that quotes nothing reads nothing."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_resources.postgres import Database


def check_readings(db: Database, days: Sequence[dt.date]) -> list[dg.AssetCheckResult]:
    counts = db.row("unquoted_readings", days=list(days)) or {"readings": 0, "unquoted": 0}
    bad, of = counts["unquoted"], counts["readings"]
    return [
        dg.AssetCheckResult(
            check_name="readings_quote_their_posting",
            passed=bad == 0,
            # Now and then a posting is too odd for a model; a model that fails at one in five is the wrong one.
            severity=dg.AssetCheckSeverity.ERROR if bad > 0.2 * of else dg.AssetCheckSeverity.WARN,
            description=f"{bad} of {of} readings quote nothing of their posting; the rules' rows are kept"
            if bad
            else None,
            metadata={"unquoted": bad, "readings": of},
        )
    ]
