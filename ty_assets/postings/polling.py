"""When a source is asked next: sooner while something comes, later when it is quiet, later still while it fails.

Belongs here: the intervals, and the row in `source_states` that remembers them. Not here: asking (fetch.py) and the
sensor that keeps to them.
"""

import datetime as dt
from typing import Final

from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.source import SourceError

_FIRST_PAUSE: Final = dt.timedelta(minutes=1)
_LONGEST_PAUSE: Final = dt.timedelta(hours=6)
_FASTER: Final = 0.5
_SLOWER: Final = 1.5


def next_interval(interval: float | None, something_new: bool, shortest: float, longest: float) -> float:
    """Seconds until the next look: half as long after something new, half as long again when it was quiet."""
    if interval is None:
        return shortest
    return min(max(interval * (_FASTER if something_new else _SLOWER), shortest), max(shortest, longest))


def pause_after(failures: int, asked: float | None = None) -> dt.timedelta:
    """How long a source is left alone after so many failures in a row: 1, 2, 4 ... minutes, 6 hours at most.

    asked: seconds that the source itself wants us to wait; that is kept to, however long.
    """
    pause = min(_FIRST_PAUSE * 2 ** min(max(failures, 1) - 1, 20), _LONGEST_PAUSE)
    return max(pause, dt.timedelta(seconds=asked or 0.0))


def succeeded(db: Database, source: str, now: dt.datetime, something_new: bool) -> None:
    """A round is finished."""
    _answered(db, source, now, something_new, finished=True)


def was_quiet(db: Database, source: str, now: dt.datetime) -> None:
    """A look has found nothing new."""
    _answered(db, source, now, False, finished=False)


def was_reached(db: Database, source: str, now: dt.datetime) -> None:
    """A look has found something, which a round will fetch: that one decides on the interval."""
    state = db.row("source_state", source=source) or {"interval_seconds": None}
    interval = state["interval_seconds"] or settings().source_min_interval
    _write(db, source, now, interval, None)


def goes_on(db: Database, source: str, now: dt.datetime) -> None:
    """It answers, and its round has more to do: it is due at once."""
    state = db.row("source_state", source=source) or {"interval_seconds": None}
    _write(db, source, now, state["interval_seconds"] or settings().source_min_interval, None, due=now)


def failed(db: Database, source: str, now: dt.datetime, error: SourceError) -> None:
    """It did not answer, or not as it should."""
    state = db.row("source_state", source=source) or {"failures": 0}
    pause = pause_after(state["failures"] + 1, getattr(error, "retry_after", None))
    db.execute("source_failed", source=source, now=now, next_poll_at=now + pause, error=str(error)[:2000])


def _answered(db: Database, source: str, now: dt.datetime, something_new: bool, *, finished: bool) -> None:
    state = db.row("source_state", source=source) or {"interval_seconds": None}
    config = settings()
    interval = next_interval(
        state["interval_seconds"], something_new, config.source_min_interval, config.source_max_interval
    )
    _write(db, source, now, interval, now if finished else None)


def _write(
    db: Database,
    source: str,
    now: dt.datetime,
    interval: float,
    succeeded_at: dt.datetime | None,
    due: dt.datetime | None = None,
) -> None:
    db.execute(
        "source_answered",
        source=source,
        now=now,
        next_poll_at=due or now + dt.timedelta(seconds=interval),
        interval_seconds=interval,
        succeeded_at=succeeded_at,
    )
