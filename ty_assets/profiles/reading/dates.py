"""Dates and periods as CVs write them, German and English.

Belongs here: "03/2019 – heute", "seit 2020", "Jan 2018 - Dec 2020", "2015–18", "bis 2019". Not here: which line of a CV
a period stands for (entries.py).
"""

import re
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jänner january jan jän", "februar feber february feb", "märz maerz march mar mrz mär", "april apr",
            "mai may", "juni june jun", "juli july jul", "august aug", "september sept sep",
            "oktober october okt oct", "november nov", "dezember december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=lambda name: (-len(name), name))) + r")\b\.?"
_YEAR = r"(?<!\d)(?:19[4-9]|20[0-4])\d(?!\d)"
_SEASON = (
    r"(?:sommersemester|wintersemester|sose|wise|ws|ss|frühjahr|frühling|sommer|herbst|winter|spring|summer|autumn|fall"
    r"|anfang|mitte|ende|early|mid|late|q[1-4]|ca\.?|circa|approx\.?)"
)
# The first that fits counts, so the longer forms stand first.
_FORMS: tuple[tuple[str, str], ...] = (
    ("dmy", rf"\d{{1,2}}\s?[./]\s?\d{{1,2}}\s?[./]\s?{_YEAR}"),
    ("iso", rf"{_YEAR}-\d{{2}}-\d{{2}}(?!\d)"),
    ("dMy", rf"\d{{1,2}}(?:\.|st|nd|rd|th)?\s{_MONTH}\s{{0,3}}{_YEAR}"),
    ("Mdy", rf"{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{_YEAR}"),
    ("My", rf"{_MONTH},?\s{{0,3}}(?:/\s?)?(?:{_YEAR}|[’'`]\d{{2}}(?!\d))"),
    ("my", rf"\d{{1,2}}\s?[./-]\s?{_YEAR}"),
    ("ym", rf"{_YEAR}[-/.](?:0[1-9]|1[0-2])(?!\d)"),
    ("season", rf"{_SEASON}\s{{0,3}}{_YEAR}(?:/\d{{2,4}})?"),
    ("y", _YEAR),
)
_POINT = "(?:" + "|".join(form for _, form in _FORMS) + ")"
_SHORT = r"(?<![\d/.])(?:0?[1-9]|1[0-2])\s?[/.]\s?\d{2}(?![\d/.])"  # 03/19, in periods alone
_NOW = (
    r"(?:(?:bis\s)?(?:heute|jetzt|dato|date|laufend|andauernd|fortlaufend|gegenwärtig|gegenwart|aktuell|offen"
    r"|unbefristet)"
    r"|presently|present|now|today|current(?:ly)?|ongoing|to\sdate)(?!\w)"
)
_DASH = r"\s{0,4}(?:[-–—‒−→>]{1,2}|\bbis\b(?:\s(?:zum|einschließlich))?|\bto\b|\buntil\b|\btill\b|\bthrough\b)\s{0,4}"
_FROM = r"(?:\b(?:von|vom|from|between)\s{1,3})?"
_SINCE = r"\b(?:seit|ab|since|starting|from)\s{1,3}(?:dem\s)?"
_UNTIL = r"\b(?:bis|until|till|abschluss|graduated|graduation|completed|expected|voraussichtlich)\b:?\s{1,3}(?:zum\s)?"

_PERIODS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("range", rf"{_FROM}(?P<a>{_POINT}|{_SHORT}){_DASH}(?P<b>(?P<now>{_NOW})|{_POINT}|{_SHORT})"),
        ("months", rf"{_FROM}(?P<m>{_MONTH}|\d{{1,2}}){_DASH}(?P<b>{_POINT})"),
        ("years", rf"(?P<a>{_YEAR})\s?(?P<dash>[-–—/])\s?(?P<yy>\d{{2}}|{_YEAR})(?![\d/.-])"),
        ("since", rf"{_SINCE}(?P<a>{_POINT}|{_SHORT})"),
        ("until", rf"{_UNTIL}(?P<b>{_POINT})"),
        ("open", rf"(?P<a>{_POINT})\s?[-–—](?=\s*(?:$|\t))"),
        ("point", rf"(?P<b>{_POINT})"),
    )
)
_DURATION = re.compile(
    r"[·•|,(\s]*\b\d{1,2}(?:[.,]\d)?\+?\s?(?:jahre?|years?|yrs?|monate?|months?|mos?|wochen|weeks|wks?)\b\.?"
    r"(?:,?\s(?:und\s|and\s)?\d{1,2}\s?(?:monate?|months?|mos?)\b\.?)?\s*\)?",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:^|(?<=\t))\s*(?:zeitraum|dauer|datum|period|duration|dates?|von|von-bis|from)\s*:?\s*$", re.IGNORECASE
)


class Period(NamedTuple):
    start: str | None  # YYYY, YYYY-MM or YYYY-MM-DD, as resume_schema.json has it
    end: str | None  # None: to this day, or unknown
    ongoing: bool
    span: tuple[int, int]  # where in the text
    point: bool = False  # one date alone, which stands for an end

    @property
    def is_reversed(self) -> bool:
        if not self.start or not self.end:
            return False
        shared = min(len(self.start), len(self.end))
        return self.end[:shared] < self.start[:shared]


def find_period(text: str) -> Period | None:
    """The first period of the text, or if it has none its first date; None without either."""
    for name, pattern in _PERIODS:
        for found in pattern.finditer(text):
            if period := _read(name, found):
                return period
    return None


def without_period(text: str, period: Period) -> str:
    """The text around the period, without the brackets, dashes and durations that belonged to it."""
    before, after = text[: period.span[0]], text[period.span[1] :]
    after = _DURATION.sub("", after, count=1) if _DURATION.match(after.lstrip(" )]\t")) else after
    before = _LABEL.sub("", before)
    before = re.sub(r"[\s(\[]+$", lambda found: "\t" if "\t" in found[0] else " ", before)
    after = re.sub(r"^[\s)\]]+", lambda found: "\t" if "\t" in found[0] else " ", after)
    return f"{before.rstrip(' ,;|·•–—-')} {after.lstrip(' ,;:|·•–—-.')}".strip(" ,;:|·•–—\t")


def is_duration(text: str) -> bool:
    """Whether the text is nothing but a length of time: "2 Jahre 3 Monate"."""
    return bool(text.strip()) and not _DURATION.sub("", text).strip(" ·•|(),-–")


def _read(name: str, found: re.Match[str]) -> Period | None:
    groups = found.groupdict()
    start = end = None
    ongoing = name in ("since", "open") or bool(groups.get("now"))
    if name == "months":
        end = _point(groups["b"])
        month = _month(groups["m"])
        if end is None or month is None or len(end) < 7:
            return None
        start = f"{end[:4]}-{month:02}"
    elif name == "years":
        start, end = groups["a"], _second_year(groups["a"], groups["yy"])
        if end is None or (groups["dash"] == "-" and len(groups["yy"]) == 2 and int(groups["yy"]) <= 12):
            return None
    else:
        if groups.get("a") and (start := _point(groups["a"])) is None:
            return None
        if groups.get("b") and not ongoing and (end := _point(groups["b"])) is None:
            return None
    return Period(start, end, ongoing, found.span(), point=name in ("point", "until"))


def _second_year(first: str, second: str) -> str | None:
    year = int(second) if len(second) == 4 else int(first[:2] + second)
    return str(year) if int(first) <= year <= int(first) + 50 else None


def _month(written: str) -> int | None:
    if written.strip().isdigit():
        return int(written) if 1 <= int(written) <= 12 else None
    return _MONTHS.get(written.strip(". ").casefold())


def _point(written: str) -> str | None:
    """YYYY, YYYY-MM or YYYY-MM-DD of one date; None for days that no calendar has."""
    text = written.strip()
    for name, form in _FORMS:
        if re.fullmatch(form, text, re.IGNORECASE):
            return _dated(name, text)
    if re.fullmatch(_SHORT, text):
        month, year = (int(part) for part in re.findall(r"\d+", text))
        return f"{_century(year)}-{month:02}"
    return None


def _century(year: int) -> int:
    return 1900 + year if year > 49 else 2000 + year


def _dated(name: str, text: str) -> str | None:
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if name in ("y", "season"):
        return re.findall(_YEAR, text)[0]
    if name in ("My", "Mdy", "dMy"):
        word = re.search(r"[^\W\d_]+", re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", text))
        month = _MONTHS.get(word[0].casefold()) if word else None
        year = numbers[-1] if numbers[-1] > 99 else _century(numbers[-1])
    elif name in ("iso", "ym"):
        year, month = numbers[0], numbers[1]
    else:
        year, month = numbers[-1], numbers[-2]
        if name == "dmy" and month > 12:  # American
            month = numbers[0]
    # The day says nothing of a career, and a wrong one (31.06.) would make the date invalid.
    return f"{year}-{month:02}" if month and 1 <= month <= 12 else None
