"""What an advertisement states of working time, days in the office and other conditions of work.

Belongs here: reading them from title and description by wording, cheaply: some hundred postings a second. Not here:
pay (ty_assets/postings/pay.py), and what a rule makes of them (`rules`). What is not stated is None or empty.
Conditions that a posting's facets have are beside these, not in them.
"""

import re
from dataclasses import dataclass
from typing import Final

from ty_assets.facets.vocabulary import vocabulary
from ty_assets.feedback.amounts import SMALL_NUMBER, small_number
from ty_assets.postings.job_facts import is_agency

# Raise it when a pattern changes its answers.
VERSION: Final = "1"

_WEEK: Final = 5.0


@dataclass(frozen=True, slots=True)
class StatedFacts:
    """As the columns of posting_facts."""

    conditions: frozenset[str] = frozenset()
    working_times: frozenset[str] = frozenset()
    hours: float | None = None
    office_days: float | None = None
    agency: bool = False


def stated_facts(title: str, description: str, employer: str | None) -> StatedFacts:
    """From an advertisement's texts."""
    text = f"{title}\n{description}"
    return StatedFacts(
        conditions=_conditions(_hinted(text, _CONDITION_HINTS)),
        working_times=_working_times(title) or _working_times(description),
        hours=_hours(_hinted(text, _HOUR_HINTS)),
        office_days=_office_days(_hinted(text, _PLACE_HINTS)),
        agency=is_agency(employer) or bool(_AGENCY.search(text)),
    )


def _hinted(text: str, hints: tuple[str, ...]) -> str:
    """The lines that hold any of these: far cheaper than the patterns, which then have little to look at."""
    return "\n".join(line for line in text.split("\n") if _has(line.lower(), hints))


def _has(lowered: str, hints: tuple[str, ...]) -> bool:
    for hint in hints:  # noqa: SIM110, a generator would double the time
        if hint in lowered:
            return True
    return False


# Words that state a condition wherever they stand, in duties and benefits too ("Schichtzulage" tells of shifts).
_CONDITIONS: Final = (
    ("Shift work", r"(?:wechsel|drei|zwei|mehr|dauer|2-|3-|4-|vier|voll)\w*-?schicht\w*|schicht(?:dienst|arbeit"
    r"|betrieb"
     r"|system|plan|zulage|bereitschaft|modell|zuschlag|tauglich)\w*|(?:rotating|changing|alternating) shifts?"
     r"|shift (?:work|allowance|pattern|rota|system|premium|bonus)|(?:two|three|2|3)[- ]shift"),
    ("Night shift", r"nacht(?:schicht|dienst|arbeit|wache|zulage|zuschl)\w*|night (?:shifts?|work|duty|duties)"),
    ("Weekend work", r"wochenend(?:arbeit|dienst|einsatz|einsätze|schicht)\w*|samstagsarbeit|sonntagsarbeit|weekend "
     r"(?:work|shifts?|duty)|(?:work|working|dienste?|arbeit(?:en)?) (?:at|on|am|an) (?:the )?(?:weekends?"
     r"|wochenenden?)"),
    ("On-call duty", r"rufbereitschaft|bereitschaftsdienst\w*|rufdienst|pikett\w*|on-call|on call (?:duty|rota)"),
    ("Willingness to travel", r"reisebereitschaft|reisetätigkeit|dienstreisen|geschäftsreisen|montageeinsätze"
     r"|reiseanteil|willing(?:ness)? to travel|business (?:travel|trips)|travel (?:about|approx|up to|of|required"
     r"|\d)|\d+ ?% travel"),
    ("Overtime", r"bereitschaft zu (?:überstunden|mehrarbeit)|überstundenbereitschaft|mehrarbeit|willing\w* to work "
     r"overtime|crunch|long hours"),
    ("Temporary contract", r"befristet\w*|fixed-term|fixed term|temporary (?:contract|position)"),
)  # fmt: skip
_CONDITION_HINTS: Final = (
    "schicht", "shift", "nacht", "night", "wochenend", "weekend", "samstag", "sonntag", "bereitschaft", "on-call",
    "on call", "rufdienst", "pikett", "reise", "travel", "trips", "montageeins", "mehrarbeit", "overtime", "crunch",
    "long hours", "befristet", "fixed", "temporary",
)  # fmt: skip
_HOUR_HINTS: Final = ("stunden", "std", "hour", "h/", "h /", "h pro")
_PLACE_HINTS: Final = (
    "home", "remote", "mobil", "zuhause", "zu hause", "telearbeit", "büro", "office", "vor ort", "site", "präsenz",
)  # fmt: skip
ALL_CONDITIONS: Final = tuple(entry.term for entry in vocabulary() if entry.kind == "condition")
_CONDITION = re.compile("|".join(f"(?P<c{i}>{cue})" for i, (_, cue) in enumerate(_CONDITIONS)), re.I)
_NOT = re.compile(
    r"(?:\b(?:kein(?:e|en|er|erlei)?|ohne|no|not|nicht|without|never|un|statt|instead of|nie|weder|noch)"
    r"(?:\s+(?:\w+|und|oder|and|or|,)){0,2}\s*|un)$",
    re.I,
)
_NOT_AFTER = re.compile(r"^\s*(?:(?:ist|sind|is|are)\s+)?(?:nicht|not|kein\w*|never)\b|^-?frei\b", re.I)
_REACH = 30


def _conditions(text: str) -> frozenset[str]:
    found = set()
    for match in _CONDITION.finditer(text):
        before = re.split(r"[.;!?\n]", text[max(0, match.start() - _REACH) : match.start()])[-1]
        if _NOT.search(before) or _NOT_AFTER.match(text[match.end() : match.end() + _REACH]):
            continue
        found.add(_CONDITIONS[int((match.lastgroup or "c0")[1:])][0])
    return frozenset(found)


_TIMES: Final = (
    ("full", re.compile(r"\bvollzeit|\bfull[- ]?time", re.I)),
    ("part", re.compile(r"\bteilzeit|\bpart[- ]?time", re.I)),
    ("mini", re.compile(r"\bmini-?job|geringfügig|\b5[2-6]0[- ]?(?:€|euro)", re.I)),
)  # fmt: skip
_BOTH = re.compile(
    r"\bvoll-\s*(?:oder|und|/|bzw\.?)\s*teilzeit|\bteil-\s*(?:oder|und|/|bzw\.?)\s*vollzeit"
    r"|\bteilzeit\w*\s+(?:ist\s+|auch\s+)?(?:möglich|denkbar|willkommen)|\bauch in teilzeit|teilzeit(?:fähig"
    r"|modell|geeignet)"
    r"|\bpart[- ]?time\s+(?:is\s+|also\s+)?(?:possible|available|welcome)|\bor part[- ]?time",
    re.I,
)


def _working_times(text: str) -> frozenset[str]:
    found = {name for name, cue in _TIMES if cue.search(text)}
    if _BOTH.search(text):
        found |= {"full", "part"}
    return frozenset(found)


_HOURS_A_WEEK = re.compile(
    r"\b(\d{1,2}(?:[.,]\d{1,2})?)(?:\s?(?:-|–|bis|to)\s?\d{1,2}(?:[.,]\d)?)?\s?-?(?:h|std\.?|stunden|hours?)\s?"
    r"(?:/|pro|per|a|in der|die|jede)?\s?(?:-?woche|week)|\b(\d{1,2}(?:[.,]\d)?)[- ](?:stunden-?woche|hour week)",
    re.I,
)


def _hours(text: str) -> float | None:
    """The least that is named: who offers 20 to 40 hours offers 20."""
    named = [float((m[1] or m[2]).replace(",", ".")) for m in _HOURS_A_WEEK.finditer(text)]
    named = [hours for hours in named if 3 <= hours <= 60]
    return min(named, default=None)


_AWAY = (
    r"(?:home-?\s?office|remote(?:ly)?|mobil\w*(?:\s+\w*arbeit\w*)?|from home|von (?:zu hause|zuhause)"
    r"|telearbeit)"
)
_HERE = (
    r"(?:(?:im|in the|in our|at the|in unserem|unserem)\s+(?:\w+\s+)?(?:büro|office)|vor ort|on-?site|präsenz\w*"
    r"|bürotage?n?|office days?|in (?:the )?office)"
)
_DAYS = rf"(?P<n>{SMALL_NUMBER})(?:\s?(?:-|–|bis|to|or|oder)\s?(?P<m>{SMALL_NUMBER}))?\s*(?:-?\s?tag(?:e|en)?|days?)"
_UNIT = r"(?:\s*(?:pro|per|a|in der|die|je|/|each|every)\s*(?:woche|week))?(?:\s*(?:of|an|at|auf))?"
_DAYS_HERE = re.compile(
    rf"{_DAYS}{_UNIT}\s*(?:\w+\s+)?{_HERE}"
    rf"|{_HERE}[^.\n;,]{{0,25}}?{_DAYS.replace('<n>', '<n2>').replace('<m>', '<m2>')}",
    re.I,
)
_DAYS_AWAY = re.compile(
    rf"{_DAYS}{_UNIT}\s*(?:\w+\s+)?{_AWAY}"
    rf"|{_AWAY}[^.\n;,]{{0,25}}?{_DAYS.replace('<n>', '<n2>').replace('<m>', '<m2>')}",
    re.I,
)
_SHARE_AWAY = re.compile(rf"{_AWAY}[^.\n;]{{0,20}}?(\d{{1,3}})\s?%|(\d{{1,3}})\s?%\s?(?:\w+\s)?{_AWAY}", re.I)
_FULLY_AWAY = re.compile(
    rf"(?:100\s?%|fully|fully-|vollständig|komplett|rein|full|remote[- ]only|ausschließlich)\s?(?:im |in )?{_AWAY}",
    re.I,
)
_NEVER_AWAY = re.compile(
    rf"(?:\bkein(?:e|en)?|\bno)\s+(?:option (?:for|of) )?{_AWAY}|{_AWAY}\s+(?:ist |is )?(?:nicht|not)\s+(?:möglich"
    rf"|possible|vorgesehen|available)|(?:100\s?%|fully|ausschließlich|only|nur)\s+{_HERE}",
    re.I,
)


def _office_days(text: str) -> float | None:
    """Of a week of five days, the fewest that the words allow."""
    if _NEVER_AWAY.search(text):
        return _WEEK
    here = [_least(m) for m in _DAYS_HERE.finditer(text)]
    if here:
        return min(max(here), _WEEK)
    away = [_most(m) for m in _DAYS_AWAY.finditer(text)]
    if away:
        return max(0.0, _WEEK - max(away))
    if _FULLY_AWAY.search(text):
        return 0.0
    shares = [int(m[1] or m[2]) for m in _SHARE_AWAY.finditer(text)]
    return _WEEK * (1 - min(max(shares), 100) / 100) if shares else None


def _least(found: re.Match[str]) -> float:
    return small_number(found["n"] or found["n2"])


def _most(found: re.Match[str]) -> float:
    several = found["m"] or found["m2"]
    return small_number(several) if several else _least(found)


_AGENCY = re.compile(r"arbeitnehmerüberlassung|zeitarbeit|personaldienstleist|temporary employment agency", re.I)
