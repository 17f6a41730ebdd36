"""Time: how many years a set of possibly overlapping jobs covers.

Belongs here: intervals and the dates of a résumé. Not here: what was done in that time.
"""

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

DAYS_PER_YEAR = 365.2425  # mean Gregorian year

_DATE = re.compile(r"(?a:(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?)")


class Interval(NamedTuple):
    start: date
    end: date  # inclusive; never before start


def years_covered(intervals: Iterable[Interval]) -> float:
    """Length of the union in years: days that two jobs share count once. 0.0 for none."""
    days = 0
    covered_to: date | None = None
    for start, end in sorted(intervals):
        if covered_to is None or start > covered_to:
            days += (end - start).days + 1
            covered_to = end
        elif end > covered_to:
            days += (end - covered_to).days
            covered_to = end
    return days / DAYS_PER_YEAR


def read_date(text: str, *, end: bool) -> date:
    """The day that YYYY, YYYY-MM or YYYY-MM-DD means: the first day of the period, or the last if `end`.

    Raises ValueError for any other form and for days the calendar does not have.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a date: {text!r}")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    if month is None:
        return date(year, 12, 31) if end else date(year, 1, 1)
    if day is None:
        # date() first, since monthrange has its own exception for a wrong month
        first = date(year, month, 1)
        return first + timedelta(days=calendar.monthrange(year, month)[1] - 1) if end else first
    return date(year, month, day)
