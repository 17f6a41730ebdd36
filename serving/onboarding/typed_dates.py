"""Dates as people type them into a form: 2019, 2019-03, 03/2019, März 2019, 1.3.2019.

Belongs here: what a field's text means. Not here: dates in a running text (ty_assets/profiles/reading).
"""

import datetime as dt
import re
from typing import Final

from ty_assets.profiles.career import read_date

_NAMED: Final = {
    "januar": 1, "jänner": 1, "january": 1, "februar": 2, "february": 2, "märz": 3, "maerz": 3, "march": 3,
    "april": 4, "mai": 5, "may": 5, "juni": 6, "june": 6, "juli": 7, "july": 7, "august": 8, "september": 9,
    "oktober": 10, "october": 10, "november": 11, "dezember": 12, "december": 12,
}  # fmt: skip
_WITH_MONTH, _WITH_DAY = 2, 3  # parts of an ISO date
_SHORTEST: Final = 3  # letters of a month: "Sep", "Mrz"
_NOW: Final = frozenset(
    ("heute", "bis heute", "jetzt", "aktuell", "laufend", "present", "today", "now", "current", "ongoing", "to date")
)
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})",
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<month>\d{1,2})\s?[-/.]\s?(?P<year>\d{4})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})",
        r"(?:(?P<day>\d{1,2})\.?\s)?(?P<name>[a-zäöü]{3,9})\.?,?\s(?P<year>\d{4})",
    )
)
_YEARS: Final = range(1900, 2101)


def iso_date(typed: str) -> str | None:
    """YYYY, YYYY-MM or YYYY-MM-DD; None for nothing, for "today" and for what is no date."""
    text = " ".join(typed.lower().split())
    for form in _FORMS:
        found = form.fullmatch(text)
        if found:
            parts = found.groupdict()
            month = _month(parts["name"]) if parts.get("name") else int(parts.get("month") or 0)
            return _written(int(parts["year"]), month, int(parts.get("day") or 0))
    return None


def as_typed(iso: str, *, end: bool = False) -> str:
    """An ISO date as a form shows it: without the day where that is the first of a month, at an end the last."""
    parts = iso.split("-")
    try:
        if len(parts) == _WITH_DAY and read_date("-".join(parts[:2]), end=end) == read_date(iso, end=end):
            parts = parts[:2]
    except ValueError:
        return iso
    return f"{parts[1]}/{parts[0]}" if len(parts) == _WITH_MONTH else iso


def is_date(typed: str, *, end: bool = False) -> bool:
    """Whether it is one, or is left open; an end may be "today"."""
    text = " ".join(typed.lower().split())
    return not text or iso_date(text) is not None or (end and text in _NOW)


def _month(name: str) -> int:
    """Its number; -1 where it is no month."""
    short = {"mrz": 3, "mär": 3, "dez": 12, "okt": 10}
    if name in short:
        return short[name]
    return next((n for full, n in _NAMED.items() if len(name) >= _SHORTEST and full.startswith(name)), -1)


def _written(year: int, month: int, day: int) -> str | None:
    if year not in _YEARS or month < 0:
        return None
    try:
        dt.date(year, month or 1, day or 1)
    except ValueError:
        return None
    if not month:
        return f"{year}"
    return f"{year}-{month:02}-{day:02}" if day else f"{year}-{month:02}"
