"""Rules in a comment's own words, German and English, by patterns: "keine Schichtarbeit", "at least 60k".

Belongs here: from a comment to rules with the words that state them. Not here: what a rule is (`rules`), and the
question to a model (`task`). A rule needs a word that rules out or limits: that a posting has shift work is no wish,
and "no problem with travel" is the opposite of one.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from ty_assets.facets.terms import find_terms
from ty_assets.facets.vocabulary import domains
from ty_assets.feedback.amounts import PAY, SMALL_NUMBER, small_number, yearly_pay
from ty_assets.feedback.rules import Rule, rule_of

PLACES_FILE: Final = "places.txt"


class StatedRule(NamedTuple):
    """quote: the words of the comment that state it, verbatim."""

    rule: Rule
    quote: str


def rules_in(comment: str) -> list[StatedRule]:
    """The rules that a comment states, each once, in the order of the text."""
    found: dict[Rule, tuple[int, str]] = {}
    for start, clause in _clauses(comment):
        for rule, begin, end in _rules_of_clause(clause):
            if rule is not None:
                found.setdefault(rule, (start + begin, clause[begin:end].strip()))
    return [StatedRule(rule, quote) for rule, (_, quote) in sorted(found.items(), key=lambda item: item[1][0])]


_Found = tuple[Rule | None, int, int]

_END: Final = re.compile(
    r"(?<!\bmax)(?<!\bmin)(?<!\bca)(?<!\d)[.!?;]+(?=\s|$)|(?<=\d)[.!?;]+(?=\s+[A-ZÄÖÜ]|$)|\n|\s[-–/]\s"
)
_TURN: Final = re.compile(
    r",?\s*\b(?:aber|sondern|jedoch|but|however|dafür|otherwise|sonst|ansonsten|although|obwohl|weil|because)\b", re.I
)
# Somebody who does not mind states no rule.
_ACCEPTED: Final = re.compile(
    r"kein(?:e)? (?:problem|thema|hindernis)|no (?:problem|issue)|not? a problem|nichts (?:dagegen|gegen)"
    r"|do(?:es)?n[’']t "
    r"(?:mind|matter|bother)|(?:is|are|wäre|ist|sind|would be) (?:völlig |absolutely |perfectly )?(?:fine|ok(?:ay)?"
    r"|in ordnung|möglich|good|gut|super)\b|stört (?:mich )?nicht|macht (?:mir )?nichts|\bgern(?:e)?\b|happy to"
    r"|\blove\b",
    re.I,
)
# That something is lacking in the posting, or in the person, is no wish to be without it.
_LACK: Final = re.compile(
    r"kenntniss?e?|erfahrung|experience|knowledge|skills?\b|ahnung|idea|zeugnis|führerschein|licen[cs]e|bezahlt"
    r"|vergütet"
    r"|\bpaid\b",
    re.I,
)
_NO: Final = re.compile(
    r"\b(?:(?:bitte |auf keinen fall |wirklich |ich will |ich möchte |möchte |will )*(?:kein(?:e[rnms]?|erlei)?"
    r"|ohne|nie wieder"
    r"|niemals)|nicht (?:im|in(?: den| der| die)?|mit|mehr)|no|without|never(?: again)?|not (?:in|into)"
    r"|nothing (?:in|with)"
    r"|do(?:es)?n[’']t (?:want|like|do)|(?:do|will|would) not (?:want|like|do|work)|won[’']t (?:do|work)"
    r"|zu ?viele?|too (?:much|many)"
    r"|(?:ich )?mag (?:keine?n?|nicht)|(?:i )?hate|avoid)\s+(?:any |more |mehr |so viel |(?:die|den|das|the) )?",
    re.I,
)
_LIST_ITEM: Final = re.compile(r"^,?\s*(?:(?:und|oder|and|or|noch|nor)\s+)?[\w-]+(?:\s+[\w-]+){0,2}\s*$")


def _clauses(comment: str) -> Iterator[tuple[int, str]]:
    """Sentences, cut where they turn round; with where each begins."""
    start = 0
    for end in [*(m.end() for m in _END.finditer(comment)), len(comment)]:
        begin = start
        for turn in _TURN.finditer(comment, start, end):
            yield begin, comment[begin : turn.start()]
            begin = turn.end()
        yield begin, comment[begin:end]
        start = end


def _rules_of_clause(clause: str) -> Iterator[_Found]:
    yield from _office(clause)
    yield from _distance(clause)
    yield from _pay(clause)
    yield from _hours(clause)
    yield from _only(clause)
    yield from _ruled_out(clause)


_MOST = (
    r"(?:nicht (?:mehr|öfter|länger|weiter) als|maximal|max\.?|höchstens|bis zu|not? (?:more|further"
    r"|longer) than|at most|up to"
    r"|a maximum of|maximum(?: of)?|within|im umkreis von|innerhalb von|unter)"
)
_LEAST = r"(?:mindestens|min\.?|at least|wenigstens|a minimum of|minimum(?: of)?|not? less than|nicht weniger als)"
_HERE = (
    r"(?:im (?:büro|office)|in (?:the |an )?office|vor ort|on-?site|in präsenz|bürotage?|office days?"
    r"|präsenztage?|im betrieb)"
)
_AWAY = r"(?:home-?\s?office|remote(?:ly)?|from home|von (?:zu hause|zuhause)|mobil(?:es)? arbeiten)"
_DAYS = rf"(?P<n>{SMALL_NUMBER})\s*(?:x|mal|-?\s?tage?n?|days?|times?)?"
_WEEKLY = r"(?:\s*(?:pro|per|a|in der|die|je|/|each|every)\s*(?:woche|week))?"
_OFFICE_MOST = re.compile(
    rf"{_MOST}\s+{_DAYS}{_WEEKLY}\s*(?:\w+\s+)?{_HERE}"
    rf"|(?:mehr als|more than)\s+{_DAYS.replace('<n>', '<n2>')}{_WEEKLY}\s*{_HERE}[^.]{{0,20}}?(?:zu ?viel"
    rf"|nicht|too (?:much|many)|no\b)",
    re.I,
)
_HOME_LEAST = re.compile(rf"{_LEAST}\s+{_DAYS}{_WEEKLY}\s*(?:\w+\s+)?{_AWAY}", re.I)
_HOME_ONLY = re.compile(
    rf"\b(?:nur|only|ausschließlich|100\s?%|fully|komplett)\s+(?:im )?{_AWAY}|{_AWAY}[ -]only\b", re.I
)
_WORKING_WEEK: Final = 5.0


def _office(clause: str) -> Iterator[_Found]:
    for m in _OFFICE_MOST.finditer(clause):
        yield rule_of("max_office_days", small_number(m["n"] or m["n2"])), m.start(), m.end()
    for m in _HOME_LEAST.finditer(clause):
        days = small_number(m["n"])
        yield rule_of("max_office_days", max(0.0, _WORKING_WEEK - days)), m.start(), m.end()
    for m in _HOME_ONLY.finditer(clause):
        yield rule_of("max_office_days", 0), m.start(), m.end()


_KILOMETRES = re.compile(rf"{_MOST}\s+(?:ca\.?\s+|about\s+)?(\d{{1,4}})\s?(?:km|kilomet(?:er|re)s?)\b", re.I)
_TOO_FAR = re.compile(r"(?:über|more than|mehr als|weiter als)\s+(\d{1,4})\s?(?:km|kilomet(?:er|re)s?)\b", re.I)


def _distance(clause: str) -> Iterator[_Found]:
    for m in [*_KILOMETRES.finditer(clause), *_TOO_FAR.finditer(clause)]:
        yield rule_of("max_distance", m[1]), m.start(), m.end()


_AT_LEAST = re.compile(
    rf"(?:{_LEAST}|\bab|nicht unter|not (?:under|below)|never (?:under|below)|nothing (?:under|below)|from"
    rf"|brauche|need|want"
    r"|erwarte|expect|unter|under|below|less than|weniger als)\s+(?:etwa |about |rund )?$",
    re.I,
)
_UNDER = re.compile(r"^(?:unter|under|below|less than|weniger als)", re.I)
_REFUSED = re.compile(r"nicht|no\b|not\b|kein|zu wenig|too little|never|won[’']t", re.I)
_PAY_WORD = re.compile(
    r"gehalt|pay|salary|verdien|lohn|brutto|gross|vergütung|€|euro|\beur\b|stunde|hour|geld|money", re.I
)
_NO_MONEY = re.compile(
    r"^\s?(?:km|kilomet|%|tage|days|stunden (?:pro|die|in)|hours (?:a|per)|minuten|minutes|mal\b)", re.I
)


def _pay(clause: str) -> Iterator[_Found]:
    for m in PAY.finditer(clause):
        cue = _AT_LEAST.search(clause[: m.start()])
        rest = clause[m.end() :]
        if cue is None or _NO_MONEY.match(rest):
            continue
        if _UNDER.match(cue.group().strip()) and not _REFUSED.search(clause.replace(m.group(), "")):
            continue
        if not (m["k1"] or m["k2"] or _PAY_WORD.search(clause)):
            continue
        pay = yearly_pay(m, clause[m.start() : m.end() + 25])
        if pay is not None:
            yield rule_of("min_pay", pay.low), cue.start(), m.end()


_HOURS = re.compile(rf"{_MOST}\s+(\d{{1,2}}(?:[.,]5)?)\s*-?(?:h\b|std\b\.?|stunden|hours?)", re.I)


def _hours(clause: str) -> Iterator[_Found]:
    for m in _HOURS.finditer(clause):
        yield rule_of("max_hours", m[1].replace(",", ".")), m.start(), m.end()


_ONLY = re.compile(
    r"\b(?:nur(?: noch)?|only|ausschließlich|exclusively)\s+(?:(?:in|for|im raum|im|around|auf)\s+)?", re.I
)
_TIMES: Final = (
    ("part", re.compile(r"^teilzeit|^part[- ]?time", re.I)),
    ("full", re.compile(r"^vollzeit|^full[- ]?time", re.I)),
    ("mini", re.compile(r"^mini-?jobs?\b", re.I)),
)
_PERMANENT = re.compile(r"^(?:unbefriste\w+|permanent|fest(?:e|anstellung)\w*)", re.I)
_NAMES = re.compile(
    r"^([A-ZÄÖÜ][\wäöüß.-]+(?:\s(?:am|an der|im|in der|bei|ob der|\(?[A-ZÄÖÜ])[\wäöüß.)]*(?:\s[A-ZÄÖÜ][\wäöüß]+)?)?)"
    r"((?:\s*(?:,|/|und|oder|or|and)\s*[A-ZÄÖÜ][\wäöüß-]+)*)"
)


def _only(clause: str) -> Iterator[_Found]:
    for cue in _ONLY.finditer(clause):
        rest = clause[cue.end() :]
        for name, word in _TIMES:
            if m := word.match(rest):
                yield rule_of("working_time", name), cue.start(), cue.end() + m.end()
        if m := _PERMANENT.match(rest):
            yield rule_of("permanent_only", None), cue.start(), cue.end() + m.end()
        if places := _places(rest, known_only=not re.search(r"\b(?:in|im raum|around)\s+$", cue.group(), re.I)):
            named, length = places
            yield rule_of("only_place", ", ".join(named)), cue.start(), cue.end() + length


def _places(text: str, known_only: bool) -> tuple[list[str], int] | None:
    """Place names at the beginning of a text, and how far they reach."""
    m = _NAMES.match(text)
    if m is None:
        return None
    whole = m.group()
    named = [part.strip() for part in re.split(r"\s*(?:,|/|\bund\b|\boder\b|\bor\b|\band\b)\s*", whole) if part.strip()]
    kept = [
        name for name in named if name.casefold() in _known_places() or name.split()[0].casefold() in _known_places()
    ]
    if known_only and not kept:
        return None
    if not known_only and any(found.kind for found in find_terms(whole, "de")) and not kept:
        return None
    return (kept or named[:1]), len(whole)


@cache
def _known_places() -> frozenset[str]:
    text = files("ty_assets.feedback").joinpath(PLACES_FILE).read_text("utf-8")
    return frozenset(line.strip().casefold() for line in text.splitlines() if line.strip() and not line.startswith("#"))


# Conditions that somebody may rule out; others are no wishes (a work permit), or are read elsewhere (working time).
_WISHED_AWAY: Final = frozenset(
    {
        "Shift work", "Early shift", "Late shift", "Night shift", "Weekend work", "Work on public holidays",
        "On-call duty", "Willingness to travel", "Physical work", "Overtime", "Outdoor work", "Working at height",
        "Work in cold environments", "Work in hot or noisy environments", "Client site work", "Home visits",
        "Driving own car for work", "Relocation",
    }
)  # fmt: skip
_AGENCY = re.compile(
    r"zeitarbeit\w*|leiharbeit\w*|arbeitnehmerüberlassung|personaldienstleister\w*|personalvermittl\w*|(?:temp "
    r"|staffing "
    r"|temporary |recruitment )?agenc(?:y|ies)", re.I
)  # fmt: skip
_FIXED_TERM = re.compile(r"befriste\w+|fixed[- ]term\w*|temporary (?:contract|job|position)s?", re.I)
_TRAVELS = re.compile(r"\breise\w*|\btravel\w*", re.I)
# Names of fields that mean too much else.
_VAGUE_FIELDS: Final = frozenset({"legal", "security", "science", "data", "public_service", "tax"})


def _ruled_out(clause: str) -> Iterator[_Found]:
    for cue in _NO.finditer(clause):
        end = cue.end() + _scope(clause[cue.end() :])
        scope = clause[cue.end() : end]
        if _ACCEPTED.search(clause[cue.start() : end]) or _LACK.search(scope):
            continue
        for rule, _, stop in _named(scope):
            yield rule, cue.start(), cue.end() + stop


def _scope(rest: str) -> int:
    """How far a negation reaches: to the comma, and over it where a list goes on."""
    reach = 0
    for part in re.finditer(r"[^,]+|,", rest):
        if part.group() == ",":
            continue
        item = part.group()
        if reach and (not _LIST_ITEM.match(item) or _ACCEPTED.search(item) or _ONLY.search(item) or _NO.search(item)):
            break
        reach = part.end()
    return reach


def _named(scope: str) -> Iterator[_Found]:
    """What the words after a negation name."""
    if m := _AGENCY.search(scope):
        yield rule_of("no_agency", None), m.start(), m.end()
    if m := _FIXED_TERM.search(scope):
        yield rule_of("permanent_only", None), m.start(), m.end()
    for name, other in (("part", "full"), ("full", "part")):
        if m := next(pattern for kind, pattern in _TIMES if kind == name).match(scope):
            yield rule_of("working_time", other), 0, m.end()
    fields = list(_fields(scope))
    yield from fields
    is_told = bool(fields or _AGENCY.search(scope))
    for found in find_terms(scope, "de"):
        if found.kind == "condition" and found.term in _WISHED_AWAY:
            yield rule_of("no_condition", found.term), found.start, found.end
        elif found.kind in ("tool", "skill") and found.start <= _NEAR and not is_told:
            yield rule_of("no_term", found.term), found.start, found.end
    if m := _TRAVELS.search(scope):
        yield rule_of("no_condition", "Willingness to travel"), m.start(), m.end()


_NEAR: Final = 4  # characters between a negation and the skill that it is about: "kein SAP", "nicht mit SAP"


def _fields(scope: str) -> Iterator[_Found]:
    for name, word in _field_names():
        if m := word.match(scope):
            yield rule_of("no_field", name), m.start(), m.end()


@cache
def _field_names() -> tuple[tuple[str, re.Pattern[str]], ...]:
    named = []
    for name, domain in domains().items():
        if name not in _VAGUE_FIELDS:
            words = "|".join(re.escape(word) for word in (domain.name_de, domain.name_en))
            named.append(
                (name, re.compile(rf"(?:\w+\s+)?(?:{words})(?:s?-?(?:job|stelle|tätigkeit|arbeit)\w*|\b)", re.I))
            )
    return tuple(named)
