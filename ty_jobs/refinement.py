"""Which days a model reads next, for the sensor; and how the night is told in the shell.

Not here: how the night stands (ty_assets/health/refinement), and reading itself (ty_assets/readings).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.markup import escape

from ty_assets.health.refinement import Refinement, active_days, tonight, unread_postings
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database
from ty_resources.settings import Settings

# As many as a backfill's runs have: stages read a run's postings at once, so a year in one run would fill the memory.
_DAYS_PER_RUN = 7
# The best of what is unread decides which week is next.
_FOREMOST = 500


def as_json(refinement: Refinement | None) -> dict[str, Any] | None:
    return asdict(refinement) if refinement else None


def refinement_line(told: Refinement) -> str:
    """One line for a terminal, with Rich's markup."""
    if told.error:
        return f"[red]refinement: {escape(told.error)}[/]"
    hours = dt.timedelta(seconds=told.budget_seconds_left)
    line = f"refinement: {told.read_tonight} postings read tonight, {told.unread} in use are unread"
    if told.unread and told.eta_seconds is not None:
        line += f"; at {told.per_minute:.1f} a minute they take {dt.timedelta(seconds=told.eta_seconds)}"
        line += f", until {told.ends_at:%Y-%m-%d %H:%M}" if told.ends_at else ""
    return f"{line}; {hours} of the night are left to the model"


def days_to_refine(db: Database, engine: InferenceEngine, config: Settings) -> list[dt.date]:
    """Up to a week for the next run: where most of what is foremost in use is unread, or what is left half done.

    Raises EngineError where only the server knows what is stale.
    """
    behind = [row["day"] for row in db.rows("days_behind_their_readings") if row["day"] >= config.start_date]
    unread = unread_postings(db, engine, config) if tonight(config).left(db) > 0 else []
    try:
        active = active_days(db, config)
        lacking = [row["day"] for row in db.rows("days_without_vectors", model=engine.embedding_model, days=active)]
    except EngineError:
        lacking = []  # the model that reads may be there all the same
    return next_days([row["first_seen_on"] for row in unread[:_FOREMOST]], [*behind, *lacking])


def next_days(foremost: Sequence[dt.date], unfinished: Iterable[dt.date]) -> list[dt.date]:
    """The week with most of the foremost postings, or else with the latest unfinished day; its days without gaps.

    foremost: the days of unread postings, one entry for each.
    """
    counts = Counter(foremost) or Counter(sorted(unfinished)[-1:])
    if not counts:
        return []
    days = sorted(counts)
    week = dt.timedelta(days=_DAYS_PER_RUN - 1)
    first = max(days, key=lambda day: (sum(n for d, n in counts.items() if day <= d <= day + week), day))
    last = max(day for day in days if day <= first + week)
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
