"""How fast a stage works, from when its rows were committed, and when it will be done.

Belongs here: arithmetic on commits. Not here: reading them (`report`), and what a night allows (`nights`).

Rows come in commits of a second to a minute, a run begins slowly (requests in flight find their level first), stands
still over night, or takes turns with the other stages of its run. So time counts only while something was committed by
the stage or by one that takes turns with it, and of that time the recent half, where there are commits enough in it.
"""

import statistics
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WINDOW_SECONDS = 3600.0
# A gap of so many usual ones is a pause ...
_GAPS = 10
# ... but none that is shorter: a run takes up to 20 s to start, and the sensor for it looks once a minute.
_SHORTEST_PAUSE = 120.0
# Beyond so many usual gaps the next commit is late, and the time since the last one counts.
_LATE_GAPS = 3
# Commits in the recent half, and their rows, for it to tell more than the whole.
_ENOUGH_COMMITS, _ENOUGH_ROWS = 3, 20


@dataclass(frozen=True)
class Commit:
    """at: seconds of any clock. rows: that were committed then."""

    at: float
    rows: int


@dataclass(frozen=True)
class Pace:
    """per_second: rows in a second of working time; None where less than two commits tell. working: not in a pause."""

    per_second: float | None
    working: bool

    def seconds_for(self, rows: int) -> float | None:
        """Working time for so many rows; None where nothing is known."""
        if rows <= 0:
            return 0.0
        return rows / self.per_second if self.per_second else None


def pace_of(commits: Iterable[Commit], now: float, turns: Iterable[float] = ()) -> Pace:
    """The pace over the last hour of working time.

    turns: when other stages of the same runs committed; their time is not a pause of this one.
    """
    rows: dict[float, int] = {}
    for commit in commits:
        if commit.at <= now:
            rows[commit.at] = rows.get(commit.at, 0) + commit.rows
    if not rows:
        return Pace(None, working=False)
    others = {at for at in turns if min(rows) <= at <= now}
    moments = sorted({*rows, *others})
    pause = _pause(moments)
    points, end = _on_working_time(moments, rows, pause)
    silence = now - moments[-1]
    working = silence <= pause
    if working and silence > _LATE_GAPS * _usual_gap(moments):
        end += silence
    return Pace(_per_second(points, end, whole_turns=bool(others - rows.keys())), working)


def _usual_gap(moments: Sequence[float]) -> float:
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    return statistics.median(gaps) if gaps else 0.0


def _pause(moments: Sequence[float]) -> float:
    return max(_SHORTEST_PAUSE, _GAPS * _usual_gap(moments))


def _on_working_time(
    moments: Sequence[float], rows: dict[float, int], pause: float
) -> tuple[list[tuple[float, int]], float]:
    """(working seconds until then, rows made in them) for each of the stage's commits; the working seconds in all.

    Nobody knows when the work for the first commit after a pause began, so its rows do not count.
    """
    points: list[tuple[float, int]] = []
    clock, before = 0.0, None
    for moment in moments:
        known = before is not None and moment - before <= pause
        if before is not None and known:
            clock += moment - before
        if moment in rows:
            points.append((clock, rows[moment] if known else 0))
        before = moment
    return points, clock


def _per_second(points: Sequence[tuple[float, int]], end: float, *, whole_turns: bool) -> float | None:
    begin = max(points[0][0], end - WINDOW_SECONDS)
    middle = (begin + end) / 2
    recent = [rows for at, rows in points if at > middle]
    if not whole_turns and len(recent) >= _ENOUGH_COMMITS and sum(recent) >= _ENOUGH_ROWS:
        begin = middle
    # From commit to commit: half an interval would count too few rows for its time.
    place = max(0, bisect_right(points, begin, key=lambda point: point[0]) - 1)
    begin = points[place][0]
    made = sum(rows for _, rows in points[place + 1 :])
    return made / (end - begin) if made and end > begin else None
