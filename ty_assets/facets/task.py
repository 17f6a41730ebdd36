"""The question of the facets stage: what single, comparable demands do a posting's requirements make?

Belongs here: input and output of the stage, the rules' answer, weights, and the check of evidence. Not here: finding
terms (`terms`) and where facets are stored (`asset`).
"""

import re
from collections.abc import Sequence
from itertools import count
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ty_assets.facets import tagger
from ty_assets.facets.items import given_spans
from ty_assets.facets.open_terms import is_nothing, with_open_terms
from ty_assets.facets.phrases import head_phrase
from ty_assets.facets.scope import is_waiver, wished_spans
from ty_assets.facets.terms import FoundTerm, plain_terms, related
from ty_assets.facets.vocabulary import Kind
from ty_resources.inference.task import Encode, Task

_MUST = 1.0
_NICE = 0.4  # a wish sorts candidates who meet the demands; three wishes never outweigh two demands

# How much of the match a demand of each kind carries. What can be checked and takes long to get carries most.
_KIND_WEIGHT: dict[Kind, float] = {
    "skill": 1.0,
    "tool": 1.0,
    "licence": 1.0,
    "degree": 1.0,
    "language": 0.8,  # checked by its own gate as well
    "domain": 0.8,  # knowing the sector shortens the start, it does not do the work
    "experience": 0.6,  # the matter of the experience is a facet of its own in most postings
    "soft_skill": 0.25,  # every posting asks for them and no CV proves them
    "condition": 0.1,  # a matter of consent, hardly ever stated in a CV
}


class RequirementLine(BaseModel):
    """One requirement as the requirements stage left it."""

    model_config = ConfigDict(extra="forbid")

    ordinal: int
    text: str
    must: bool


class PostingRequirements(BaseModel):
    """All that a posting demands, with the title that says what for."""

    model_config = ConfigDict(extra="forbid")

    title: str
    language: str
    requirements: list[RequirementLine]


class Facet(BaseModel):
    """One comparable demand; `quote` stands verbatim in its requirement. See `terms.FoundTerm`."""

    model_config = ConfigDict(extra="forbid")

    requirement_ordinal: int
    kind: Kind
    term: str = Field(min_length=1, max_length=200)
    quote: str = Field(min_length=1)
    cefr: Literal["A1", "A2", "B1", "B2", "C1", "C2"] | None
    years: float | None = Field(ge=0, le=60)
    level: int | None = Field(ge=1, le=4)
    must: bool
    negated: bool
    alternative_group: int | None = Field(ge=0, le=9999)
    weight: float = Field(ge=0, le=1)


class Facets(BaseModel):
    """The answer: facets in the order of the requirements and, within one, of the text."""

    model_config = ConfigDict(extra="forbid")

    facets: list[Facet]


class FacetsTask(Task[PostingRequirements, Facets]):
    """Takes requirements apart into facets."""

    name: ClassVar[str] = "posting_facets"
    version: ClassVar[str] = "4"
    output: ClassVar[type[BaseModel]] = Facets
    package: ClassVar[str] = "ty_assets.facets"
    data_files: ClassVar[tuple[str, ...]] = ("vocabulary.csv", "domains.csv", "look_alikes.csv", tagger.MODEL)

    def extract(self, items: Sequence[PostingRequirements], encode: Encode) -> list[Facets]:
        """By vocabulary and grammar; the encoder is not needed."""
        return [Facets(facets=facets_of(item)) for item in items]

    def verify(self, item: PostingRequirements, output: Facets) -> tuple[Facets, int]:
        """Keep a facet only if its quote stands in its own requirement; the weight is ours, whoever answered."""
        lines = {line.ordinal: line for line in item.requirements}
        kept = []
        for facet in output.facets:
            line = lines.get(facet.requirement_ordinal)
            if line and _folded(facet.quote) and _folded(facet.quote) in _folded(line.text):
                kept.append(facet.model_copy(update={"weight": weight(facet.kind, facet.must, facet.negated)}))
        return Facets(facets=kept), len(output.facets) - len(kept)


def weight(kind: Kind, must: bool, negated: bool) -> float:
    """What a facet counts, 0 .. 1. What is not needed counts nothing."""
    return 0.0 if negated else round((_MUST if must else _NICE) * _KIND_WEIGHT[kind], 3)


def facets_of(item: PostingRequirements) -> list[Facet]:
    """All facets of a posting. Groups of alternatives are numbered through the posting."""
    facets: list[Facet] = []
    numbers = count()
    for line in item.requirements:
        terms = tagger.packaged_tagger().revised(line.text, rule_terms(line.text, item.language), item.language)
        found = related(line.text, terms)
        wished = wished_spans(line.text) if line.must else []
        groups: dict[int, int] = {}
        for term in _each_once(found):
            group = term.alternative_group
            if group is not None and group not in groups:
                groups[group] = next(numbers)
            must = line.must and not any(s.start <= term.start < s.end for s in wished)
            facets.append(_facet(line, term, must, None if group is None else groups[group]))
    return facets


def rule_terms(line: str, language: str) -> list[FoundTerm]:
    """What the rules find in a line: the terms they know, and demands in the line's own words."""
    return _with_open_terms(line, plain_terms(line), language)


def _each_once(found: list[FoundTerm]) -> list[FoundTerm]:
    """The first mention of each term in a line; that it is one of several may be said at a later one."""
    firsts: dict[tuple[str, str], FoundTerm] = {}
    for term in found:
        first = firsts.setdefault((term.kind, term.term), term)
        if first.alternative_group is None and term.alternative_group is not None:
            firsts[term.kind, term.term] = first._replace(alternative_group=term.alternative_group)
    return list(firsts.values())


def _facet(line: RequirementLine, found: FoundTerm, must: bool, group: int | None) -> Facet:
    return Facet(
        requirement_ordinal=line.ordinal,
        kind=found.kind,
        term=found.term,
        quote=line.text[found.start : found.end],
        cefr=found.cefr,
        years=found.years,
        level=found.level,
        must=must,
        negated=found.negated,
        alternative_group=group,
        weight=weight(found.kind, must, found.negated),
    )


def _with_open_terms(line: str, found: list[FoundTerm], language: str) -> list[FoundTerm]:
    """Add what the line asks for in its own words; every line that demands anything has a facet."""
    if not found and is_waiver(line):
        return []
    terms = with_open_terms(line, found, language)
    if terms or found:
        return terms
    phrase = head_phrase(line)
    if phrase is None or given_spans(line) or is_nothing(line):
        return []
    return [FoundTerm(phrase.kind, _folded(line[phrase.start : phrase.end]), phrase.start, phrase.end)]


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
