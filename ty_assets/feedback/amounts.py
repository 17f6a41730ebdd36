"""Numbers as German and English texts write them: pay of a year, days, hours and kilometres.

Belongs here: reading a number and its unit. Not here: what a posting states (`facts`) or a person asks for
(`comments`).
"""

import re
from typing import Final, NamedTuple

_WORDS: Final = {
    "a": 1, "one": 1, "ein": 1, "einen": 1, "einem": 1, "eine": 1, "einer": 1, "two": 2, "zwei": 2, "three": 3,
    "drei": 3, "four": 4, "vier": 4, "five": 5, "fünf": 5, "fuenf": 5,
}  # fmt: skip
SMALL_NUMBER: Final = r"(?:\d+(?:[.,]5)?|" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")"

# Of a full-time week in Germany; the Federal Employment Agency reckons pay of an hour so (4.35 weeks a month).
_HOURS_A_MONTH: Final = 173.0
_MONTHS: Final = 12
_YEAR_FROM, _MONTH_FROM, _HOUR_FROM = 12_000.0, 450.0, 9.0
_YEAR_TO, _MONTH_TO, _HOUR_TO = 500_000.0, 12_000.0, 150.0

_AMOUNT = (
    r"(?:(?P<k{n}>\d{{2,3}}(?:[.,]\d)?)\s?(?:k|tsd\.?|tausend|thousand)\b"
    r"|(?P<n{n}>\d{{1,3}}(?:[.,' ]\d{{3}})+|\d{{1,6}})(?:[.,](?P<c{n}>\d{{2}}|-+))?(?![\d%]))"
)
_CURRENCY = r"(?:€|euros?\b|eur\b)"
PAY: Final = re.compile(
    rf"(?P<before>{_CURRENCY}\s?)?{_AMOUNT.format(n=1)}\s?{_CURRENCY}?(?:\s?(?:-|–|—|bis(?:\szu)?|to|and|und)\s?"
    rf"{_CURRENCY}?\s?{_AMOUNT.format(n=2)})?(?P<after>\s?{_CURRENCY})?",
    re.IGNORECASE,
)
_PER = (
    ("hour", re.compile(r"stunde|stündlich|/\s?h\b|/\s?std|hour|hourly|stundenlohn", re.I)),
    ("month", re.compile(r"monat|mtl\b|month|/\s?mo\b", re.I)),
    ("year", re.compile(r"jahr|jährlich|p\.?\s?a\b|year|annum|annual|jährl", re.I)),
)


class Pay(NamedTuple):
    """Euros gross a year; `high` is `low` where one amount is named."""

    low: float
    high: float


def small_number(text: str) -> float:
    """ "2", "2,5", "zwei" as a number. Raises ValueError for anything else."""
    word = text.strip().casefold()
    return float(_WORDS[word]) if word in _WORDS else float(word.replace(",", "."))


def yearly_pay(found: re.Match[str], around: str) -> Pay | None:
    """The pay that a match of PAY names, in euros a year; None where the amount is none that anybody is paid.

    around: the words beside it, which may say of what time. Where they do not, the amount says it: nobody is paid
    3,000 a year or an hour.
    """
    amounts = [value for n in ("1", "2") if (value := _amount(found, n)) is not None]
    low, high = min(amounts), max(amounts)
    # "55-65k": the k is said once.
    if found["k2"] is not None and found["k1"] is None and low < 1000 <= high:
        low *= 1000
    per = next((unit for unit, cue in _PER if cue.search(around)), None)
    if per in (None, "year") and _YEAR_FROM <= high <= _YEAR_TO:
        factor = 1.0
    elif per in (None, "month", "year") and per != "year" and _MONTH_FROM <= high <= _MONTH_TO:
        factor = float(_MONTHS)
    elif per in (None, "hour") and _HOUR_FROM <= high <= _HOUR_TO:
        factor = _HOURS_A_MONTH * _MONTHS
    else:
        return None
    return Pay(round(min(low, high) * factor), round(high * factor))


def _amount(found: re.Match[str], n: str) -> float | None:
    if found[f"k{n}"] is not None:
        return float(found[f"k{n}"].replace(",", ".")) * 1000
    if found[f"n{n}"] is None:
        return None
    cents = found[f"c{n}"]
    whole = float(re.sub(r"[.,' ]", "", found[f"n{n}"]))
    return whole + float(cents) / 100 if cents and cents.isdigit() else whole
