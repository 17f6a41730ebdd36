"""What changed since a month ago, and from when on that can be said. Pure."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

MONTH: Final = dt.timedelta(days=30)
# A night without a run is no reason to say nothing; a week off is another comparison.
_AROUND: Final = dt.timedelta(days=3)
# Of fewer postings one more or less is a great share.
_ENOUGH: Final = 20


@dataclass(frozen=True)
class Change:
    """difference: in postings. share: of those before, e.g. 0.25 for a quarter more; None where they were few."""

    since: dt.date
    before: int
    difference: int
    share: float | None


def month_before(day: dt.date, counted: Collection[dt.date]) -> dt.date | None:
    """The day nearest to thirty days before that was counted, at most three days off; the earlier of two."""
    wanted = day - MONTH
    near = [one for one in counted if abs(one - wanted) <= _AROUND]
    return min(near, key=lambda one: (abs(one - wanted), one), default=None)


def change(since: dt.date, before: int, now: int) -> Change:
    return Change(since, before, now - before, round(now / before - 1, 4) if before >= _ENOUGH else None)
