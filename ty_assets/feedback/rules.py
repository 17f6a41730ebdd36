"""Rules that people state in comments, and which postings break them.

Belongs here: the kinds of rules with what their values may be, and the judgement of one posting. Not here: how a rule
is read from a comment (`comments`, `task`), and how a posting's facts are found (`facts`). A rule never judges what it
does not know: a posting that is silent on pay breaks no rule about pay.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

from ty_assets.facets.vocabulary import domains, vocabulary
from ty_assets.postings.job_facts import place_key

RuleKind = Literal[
    "no_condition", "max_office_days", "only_place", "max_distance", "no_field", "no_term", "min_pay", "working_time",
    "max_hours", "permanent_only", "no_agency",
]  # fmt: skip
RULE_KINDS: tuple[RuleKind, ...] = get_args(RuleKind)

# Without a value of their own.
_PLAIN: Final = frozenset({"permanent_only", "no_agency"})
_NUMBERS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "max_office_days": (0, 7),
        "max_distance": (1, 2000),
        "min_pay": (5_000, 1_000_000),  # euros gross a year
        "max_hours": (1, 60),  # a week
    }
)
_WORKING_TIMES: Final = frozenset({"full", "part", "mini"})

_LONGEST_PLACES: Final = 200

# Whoever wants no shift work wants no night shift either; an early start every day is no shift work.
_WIDER: Final[Mapping[str, frozenset[str]]] = MappingProxyType({"Shift work": frozenset({"Night shift"})})


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """kind with its value as text: a condition's or another term, a domain's name, places, or a number."""

    kind: RuleKind
    value: str = ""

    @property
    def key(self) -> str:
        """What the rule is switched by; another value is another rule."""
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @property
    def number(self) -> float:
        return float(self.value)


def rule_of(kind: str, value: str | float | None) -> Rule | None:
    """The rule in its one spelling; None where there is no such kind, or the value is none that it may have."""
    if kind not in RULE_KINDS:
        return None
    text = str(value if value is not None else "").strip()
    if kind in _PLAIN:
        return Rule(kind)
    if kind in _NUMBERS:
        return _numbered(kind, text)
    if kind == "working_time":
        return Rule(kind, text) if text in _WORKING_TIMES else None
    if kind == "no_field":
        return Rule(kind, text) if text in domains() else None
    if kind in ("no_condition", "no_term"):
        entry = vocabulary().get(text)
        return Rule(kind, text) if entry and (entry.kind == "condition") == (kind == "no_condition") else None
    names = [name.strip() for name in text.split(",")]
    return Rule(kind, ", ".join(names)) if len(text) <= _LONGEST_PLACES and all(map(place_key, names)) else None


def _numbered(kind: RuleKind, text: str) -> Rule | None:
    try:
        number = float(text)
    except ValueError:
        return None
    least, most = _NUMBERS[kind]
    return Rule(kind, f"{number:g}" if number < 1e5 else f"{number:.0f}") if least <= number <= most else None


@dataclass(frozen=True, slots=True)
class PostingFacts:
    """What a posting states, as far as it does; see posting_facts."""

    title: str = ""
    kldb: str | None = None
    city: str | None = None
    region: str | None = None
    remote: bool = False
    conditions: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()
    pay: float | None = None  # the most it offers, euros gross a year
    working_times: frozenset[str] = field(default_factory=frozenset)
    hours: float | None = None  # a week, the least that is offered
    office_days: float | None = None  # a week, the fewest that are asked for
    agency: bool = False
    kilometres: float | None = None  # from where the person lives, as the crow flies


def breaks(rule: Rule, facts: PostingFacts) -> bool:
    """Whether the posting states what the rule rules out."""
    return _JUDGES[rule.kind](rule, facts)


def _condition(rule: Rule, facts: PostingFacts) -> bool:
    return bool(facts.conditions & ({rule.value} | _WIDER.get(rule.value, frozenset())))


def _office_days(rule: Rule, facts: PostingFacts) -> bool:
    return facts.office_days is not None and facts.office_days > rule.number


def _place(rule: Rule, facts: PostingFacts) -> bool:
    """Remote work is anywhere; a posting may name the place as city or as region."""
    own = place_key(facts.city)
    if facts.remote or own is None:
        return False
    return not {place_key(name) for name in rule.value.split(", ")} & {own, place_key(facts.region)}


def _distance(rule: Rule, facts: PostingFacts) -> bool:
    """From where the person lives; remote work is anywhere."""
    return not facts.remote and facts.kilometres is not None and facts.kilometres > rule.number


def _field(rule: Rule, facts: PostingFacts) -> bool:
    domain = domains()[rule.value]
    if facts.kldb is not None:
        return facts.kldb.startswith(domain.kldb_prefixes)
    title = facts.title.casefold()
    return any(name.casefold() in title for name in (domain.name_de, domain.name_en))


def _pay(rule: Rule, facts: PostingFacts) -> bool:
    return facts.pay is not None and facts.pay < rule.number


def _working_time(rule: Rule, facts: PostingFacts) -> bool:
    """A posting that offers several is no hindrance."""
    return bool(facts.working_times) and rule.value not in facts.working_times


def _hours(rule: Rule, facts: PostingFacts) -> bool:
    return facts.hours is not None and facts.hours > rule.number


_JUDGES: Final[Mapping[RuleKind, Callable[[Rule, PostingFacts], bool]]] = MappingProxyType(
    {
        "no_condition": _condition,
        "max_office_days": _office_days,
        "only_place": _place,
        "max_distance": _distance,
        "no_field": _field,
        "no_term": lambda rule, facts: rule.value in facts.terms,
        "min_pay": _pay,
        "working_time": _working_time,
        "max_hours": _hours,
        "permanent_only": lambda rule, facts: "Temporary contract" in facts.conditions,
        "no_agency": lambda rule, facts: facts.agency,
    }
)
