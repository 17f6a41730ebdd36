"""Whether a day looks like the days before it: one number for how far a distribution has moved, and how far is far.

Belongs here: the distance and the decision, over counts by bin. Not here: what is counted (sql/queries/drift.sql), and
what Dagster shows (checks.py).

The distance is the population stability index, the sum of (a - e) * ln(a / e) over bins, with a and e the shares of the
day and of the days before: Siddiqi, Credit Risk Scorecards (2006), where 0.1 is a small and 0.25 a large move. Two
samples of one population differ too: there the index, divided by 1/n + 1/m, is chi-square with bins - 1 degrees of
freedom (Yurdakul and Naranjo, Statistical properties of the population stability index, Journal of Risk Model
Validation 14, 2020). And days differ more than samples do: Sundays are not Mondays, and one employer posts a hundred
times. So a day is compared with all days before it and with those of its weekday, the nearer counts, and it has drifted
only when it lies further off than any of the days before it does from the others.
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

LARGE = 0.25
# Once in a thousand days by chance alone.
_CHANCE = 0.999
# Fewer tell nothing about shares of a tenth: two standard errors of 0.1 are 0.085 at fifty.
FEWEST = 50
# Four weeks: of each weekday four. A week of them will do.
LOOK_BACK = dt.timedelta(days=28)
FEWEST_DAYS = 7
# Of its weekday, to be compared with these too.
_FEWEST_OF_WEEKDAY = 2
# Bins with less than this share of everything are one bin: the index is made of ratios.
_RARE = 0.01
# Added to each bin's count, so that an empty one has no infinite ratio (Jeffreys' prior).
_PRIOR = 0.5

Row = NDArray[np.floating]  # counts, in the order of the bins
Counts = Mapping[dt.date, Mapping[Hashable, int]]  # by day and bin


@dataclass(frozen=True)
class Stability:
    """How a day compares. drift, limit: None where there is too little to compare, and `why` tells what is lacking."""

    day: dt.date
    size: int  # of the day
    days: int  # that it is compared with
    drift: float | None = None
    limit: float | None = None
    why: str = ""
    shares: Mapping[str, tuple[float, float]] | None = None  # by bin: of the day, of the days before

    @property
    def steady(self) -> bool:
        return self.drift is None or self.limit is None or self.drift <= self.limit


def stability(counts: Counts, day: dt.date) -> Stability:
    """Compare the day with those of the 28 days before it that have enough to be compared with."""
    of_day = Counter(counts.get(day, {}))
    before = {
        earlier: Counter(counts[earlier])
        for earlier in sorted(counts)
        if day - LOOK_BACK <= earlier < day and sum(counts[earlier].values()) >= FEWEST
    }
    size = of_day.total()
    if size < FEWEST:
        return Stability(day, size, len(before), why=f"{size} are too few to tell; from {FEWEST} on they are compared")
    if len(before) < FEWEST_DAYS:
        lacking = f"{len(before)} days before it have {FEWEST} or more; from {FEWEST_DAYS} on they are compared"
        return Stability(day, size, len(before), why=lacking)
    bins = _bins([*before.values(), of_day])
    rows = {earlier: _row(one, bins) for earlier, one in before.items()}
    mine = _row(of_day, bins)
    drift, limit = _distance(day, mine, rows)
    usual = max(
        _distance(earlier, row, {d: r for d, r in rows.items() if d != earlier})[0] for earlier, row in rows.items()
    )
    whole: Row = np.sum(list(rows.values()), axis=0)
    return Stability(
        day,
        size,
        len(before),
        drift=drift,
        limit=max(limit, usual),
        shares={
            str(name): (float(a), float(e))
            for name, a, e in zip([*bins, "other"], mine / mine.sum(), whole / whole.sum(), strict=True)
            if a or e
        },
    )


def _distance(day: dt.date, mine: Row, others: Mapping[dt.date, Row]) -> tuple[float, float]:
    """(index, limit) against all other days or those of the same weekday, whichever is nearer to its limit."""
    of_weekday = [row for other, row in others.items() if other.weekday() == day.weekday()]
    groups = [list(others.values()), *([of_weekday] if len(of_weekday) >= _FEWEST_OF_WEEKDAY else [])]
    found = []
    for group in groups:
        expected = np.sum(group, axis=0)
        found.append((index(expected, mine), max(LARGE, by_chance(expected, mine))))
    return min(found, key=lambda one: one[0] - one[1])


def index(expected: Row, actual: Row) -> float:
    """The population stability index of two rows of counts over the same bins; 0 where they have the same shares."""
    e = (expected + _PRIOR) / (expected + _PRIOR).sum()
    a = (actual + _PRIOR) / (actual + _PRIOR).sum()
    return float(((a - e) * np.log(a / e)).sum())


def by_chance(expected: Row, actual: Row) -> float:
    """What the index of two samples of one population exceeds once in a thousand times."""
    bins = int(((expected + actual) > 0).sum())
    if bins < 2:
        return math.inf
    return _quantile(bins - 1) * float(1 / expected.sum() + 1 / actual.sum())


@cache
def _quantile(freedom: int) -> float:
    return float(chi2.ppf(_CHANCE, freedom))


def _bins(days: Sequence[Counter[Hashable]]) -> list[Hashable]:
    """Bins that are not rare, in their order; the rest counts as one more."""
    total: Counter[Hashable] = Counter()
    for one in days:
        total.update(one)
    least = _RARE * total.total()
    return sorted((name for name, count in total.items() if count >= least), key=lambda name: (str(type(name)), name))


def _row(counts: Counter[Hashable], bins: Sequence[Hashable]) -> Row:
    known = [counts[name] for name in bins]
    return np.array([*known, counts.total() - sum(known)], dtype=np.float64)
