"""Reads lines.txt, and a facet back into its notation."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ty_assets.facets.task import Facet, PostingRequirements, RequirementLine, facets_of


@dataclass(frozen=True)
class Case:
    language: str
    line: str
    items: frozenset[str]  # one facet each, without its alternatives
    alternatives: frozenset[frozenset[str]]


def cases() -> list[Case]:
    rows = Path(__file__).with_name("lines.txt").read_text("utf-8").splitlines()
    return [_case(*row.split("\t")) for row in rows if row and not row.startswith("#")]


def _case(language: str, line: str, expected: str) -> Case:
    groups = [frozenset(part.strip() for part in item.split(" | ")) for item in expected.split(";") if item.strip()]
    return Case(language, line, frozenset().union(*groups), frozenset(g for g in groups if len(g) > 1))


def facets_in(line: str, language: str = "de", must: bool = True) -> list[Facet]:
    requirement = RequirementLine(ordinal=0, text=line, must=must)
    return facets_of(PostingRequirements(title="", language=language, requirements=[requirement]))


def notation(facet: Facet, known: bool) -> str:
    value = facet.cefr or facet.years or (facet.level if facet.kind == "degree" else None)
    level = f"={value:g}" if isinstance(value, int | float) else f"={value}" if value else ""
    term = facet.term if known else "~" + facet.term
    return ("-" if facet.negated else "") + f"{facet.kind}/{term}{level}" + ("" if facet.must else "?")


def alternatives(facets: Iterable[tuple[Facet, str]]) -> frozenset[frozenset[str]]:
    groups: dict[int, set[str]] = {}
    for facet, written in facets:
        if facet.alternative_group is not None:
            groups.setdefault(facet.alternative_group, set()).add(written)
    return frozenset(frozenset(g) for g in groups.values() if len(g) > 1)
