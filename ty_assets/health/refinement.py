"""What a model still has to read, how fast it reads, and when it will have read all.

Belongs here: the view from outside of a run. Not here: reading itself (ty_assets/readings), and which days are read
next (ty_jobs/refinement).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ty_assets.health.nights import end_within_nights
from ty_assets.health.pace import Pace
from ty_assets.readings.store import Budget, postings_to_read
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database
from ty_resources.settings import Settings


@dataclass(frozen=True)
class Refinement:
    """How the night stands; postings and seconds. error: why nothing is known of what is unread."""

    unread: int
    read_tonight: int
    per_minute: float
    eta_seconds: int | None  # until all is read, nights between not counted; None where no speed is known yet
    budget_seconds_left: int
    ends_at: dt.datetime | None = None  # with the nights between
    error: str | None = None


def read_refinement(
    db: Database, engine: InferenceEngine, config: Settings, pace: Pace | None = None
) -> Refinement | None:
    """None on the embedded engine, which refines nothing. pace: of late; None: as fast as tonight until now."""
    if not engine.remote:
        return None
    now = dt.datetime.now(config.zone)
    budget = tonight(config, now)
    night = db.row("reading_night", night=budget.night) or {"postings": 0, "seconds": 0.0}
    rate = (pace and pace.per_second) or (night["postings"] / night["seconds"] if night["seconds"] else 0.0)
    try:
        unread, error = len(unread_postings(db, engine, config)), None
    except EngineError as down:
        unread, error = 0, str(down)
    left = max(0.0, config.refinement_hours * 3600 - night["seconds"])
    work = 0.0 if not unread else unread / rate if rate else None
    return Refinement(
        unread,
        night["postings"],
        round(rate * 60, 2),
        None if work is None else round(work),
        round(left),
        end_within_nights(now, work, left, config.refinement_hours) if work else None,
        error,
    )


def tonight(config: Settings, now: dt.datetime | None = None) -> Budget:
    return Budget(config.refinement_hours, now or dt.datetime.now(config.zone))


def active_days(db: Database, config: Settings) -> list[dt.date]:
    """Days with postings that are still there; a day before the first partition has no run."""
    return [row["day"] for row in db.rows("active_days") if row["day"] >= config.start_date]


def unread_postings(db: Database, engine: InferenceEngine, config: Settings) -> Sequence[dict[str, Any]]:
    """As of `postings_to_read`, of all active days. Raises EngineError where only the server knows what is stale."""
    return postings_to_read(db, engine, active_days(db, config), refine=config.refine, best=config.refined_matches)
