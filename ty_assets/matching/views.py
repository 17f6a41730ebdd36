"""What matching needs to know of a person and of a posting, as plain values.

Belongs here: the frozen dataclasses that the pure functions of this folder take. Not here: arrays for many
postings at once (`postings.py`, `person.py`), and how the values are read from tables (`asset.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

KINDS = ("skill", "tool", "language", "degree", "licence", "experience", "soft_skill", "condition", "domain")
KIND_CODE: Mapping[str, int] = MappingProxyType({kind: code for code, kind in enumerate(KINDS)})

CEFR: Mapping[str, int] = MappingProxyType({"A1": 1, "A2": 2, "B1": 3, "B2": 4, "C1": 5, "C2": 6})

# A CV that lists a language without a level claims to work in it; B2 is where that starts.
STATED_LANGUAGE = "B2"

# Profiles give 1.0 to a stated skill and 0.9 to one read from a job; less is a guess or a beginner's.
FULL_WEIGHT = 0.9


@dataclass(frozen=True, slots=True)
class ProfileSkill:
    """One thing a person can do, and where it is known from."""

    term: str  # canonical
    kind: str
    text_hash: bytes  # 16 bytes, of the term
    source: str = "extracted"  # stated, extracted, implied
    reason: str = ""  # the section, the job or the rule it comes from
    quote: str = ""  # verbatim in the profile; '' where implied
    weight: float = 1.0
    years: float | None = None  # of this skill, where the profile says so

    @property
    def trust(self) -> float:
        """Factor on what the skill earns.

        Stated or shown in a job is evidence and counts in full; what is only implied, or called basic by the
        person, counts by its weight.
        """
        return 1.0 if self.source != "implied" and self.weight >= FULL_WEIGHT else self.weight


@dataclass(frozen=True, slots=True)
class Job:
    """A station of the career."""

    position: str
    organisation: str | None = None
    started_on: date | None = None
    ended_on: date | None = None  # None: to this day


@dataclass(frozen=True)
class ProfileView:
    """A person as matching sees them. `name` is for the letter's last line only; no score reads it."""

    profile_id: UUID
    headline: str = ""
    name: str | None = None
    language: str = ""  # the profile's own, by ISO 639-1
    domains: frozenset[str] = frozenset()
    kldb: tuple[str, ...] = ()  # codes of past titles
    level: int | None = None  # KldB requirement level, 1 helper .. 4 expert
    years: float = 0.0  # of professional experience
    degree_level: int = 0  # 0 none, 1 school .. 4 doctorate
    languages: Mapping[str, str] = field(default_factory=dict)  # term -> CEFR level, '' where not stated
    skills: tuple[ProfileSkill, ...] = ()
    jobs: tuple[Job, ...] = ()  # latest first
    city: str | None = None
    region: str | None = None
    remote_only: bool = False
    target_titles: tuple[str, ...] = ()  # what the person looks for, where they say so
    minimum_pay: float | None = None  # euros gross a year
    moves: bool = False  # would move for a job, as their summary says
    named_places: tuple[str, ...] = ()  # towns that the summary seeks work in, beside home; these are no gate
    wished_places: tuple[str, ...] = ()  # cities or regions; empty: anywhere
    unwanted_conditions: frozenset[str] = frozenset()  # condition terms such as "shift work"

    @cached_property
    def skills_of(self) -> Mapping[str, Sequence[ProfileSkill]]:
        """By term."""
        found: dict[str, list[ProfileSkill]] = {}
        for skill in self.skills:
            found.setdefault(skill.term, []).append(skill)
        return found

    def titles(self) -> list[tuple[str, float]]:
        """Texts that stand for the person's occupation, with their say from 0 to 1.

        What is sought and what was done last count in full; what ended more than five (ten) years before
        the latest station counts 0.8 (0.6), since people leave trades behind. Measured against the
        latest station and not against today, so that a score does not change by itself overnight.
        """
        titles = [(title, 1.0) for title in self.target_titles]
        ends = [job.ended_on for job in self.jobs if job.ended_on is not None]
        latest = max(ends, default=None)
        for job in self.jobs:
            weight = 1.0
            if job.ended_on is not None and latest is not None:
                gap = (latest - job.ended_on).days / 365.25
                weight = 1.0 if gap <= 5 else 0.8 if gap <= 10 else 0.6
            if job.position.strip():
                titles.append((job.position, weight))
        if not titles and self.headline.strip():
            titles.append((self.headline, 1.0))
        return titles

    def spoken(self) -> dict[str, int]:
        """Language term -> level 1 (A1) .. 6 (C2).

        The language the profile is written in counts as B2 where no level is given.
        """
        spoken = {term: CEFR[cefr or STATED_LANGUAGE] for term, cefr in self.languages.items()}
        written = LANGUAGE_TERMS.get(self.language)
        if written is not None and written not in spoken:
            spoken[written] = CEFR[STATED_LANGUAGE]
        return spoken


# ISO 639-1 -> the vocabulary's canonical term of the language
LANGUAGE_TERMS: Mapping[str, str] = MappingProxyType({"de": "German", "en": "English"})


@dataclass(frozen=True, slots=True)
class FacetView:
    """One facet of one requirement of a posting; see posting_facets."""

    requirement_ordinal: int
    kind: str
    term: str
    text_hash: bytes
    must: bool = True
    weight: float = 1.0
    quote: str = ""
    cefr: str | None = None
    years: float | None = None
    level: int | None = None
    negated: bool = False
    alternative_group: int | None = None


@dataclass(frozen=True, slots=True)
class RequirementView:
    """One requirement as the reader of the posting sees it."""

    ordinal: int
    text: str
    quote: str
    must: bool = True


@dataclass(frozen=True, slots=True)
class PostingView:
    """A posting as matching sees it."""

    posting_id: UUID
    title: str  # as given
    language: str = "de"
    title_hash: bytes | None = None  # of the normalised title
    employer: str | None = None
    kldb: str | None = None  # five digits
    city: str | None = None
    region: str | None = None
    remote: bool | None = None
    pay: float | None = None  # the most it offers, euros gross a year
    domain_gates: tuple[str, ...] = ()
    facets: tuple[FacetView, ...] = ()

    @property
    def level(self) -> int | None:
        """The KldB's fifth digit, 1 helper .. 4 expert; None where the occupation is not known."""
        return (int(self.kldb[4]) or None) if self.kldb is not None and len(self.kldb) == 5 else None

    def countable(self) -> Iterator[FacetView]:
        """Facets a person can meet or miss: negated ones ask for nothing."""
        return (facet for facet in self.facets if not facet.negated)
