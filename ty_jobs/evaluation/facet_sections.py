"""Requirement sections with the facets that a person found in them.

Belongs here: checked rows of such a file, with the place of each quote. Not here: what is measured on them (facets.py).

One JSON object a line: `id`, `language`, `title`, `text`, and `facets`, each with `quote` (verbatim in the text),
`kind`, `term` (any English name, used alike through the file), `cefr`, `years`, `level`, `must`, `negated`,
`alternative_group`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ty_assets.facets.vocabulary import KINDS
from ty_assets.postings.normalise import normalise_text
from ty_jobs.evaluation.facet_match import Annotated
from ty_jobs.evaluation.files import EvaluationError, read_jsonl

_SECTION: Final = ("id", "language", "title", "text", "facets")
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "quote": (str,),
    "kind": (str,),
    "term": (str,),
    "cefr": (str, type(None)),
    "years": (int, float, type(None)),
    "level": (int, type(None)),
    "must": (bool,),
    "negated": (bool,),
    "alternative_group": (int, type(None)),
}


@dataclass(frozen=True)
class Section:
    """One section, its text normalised as the pipeline does."""

    id: str
    language: str
    title: str
    text: str
    facets: list[Annotated]

    def line_at(self, offset: int) -> str:
        """The line of the text at an offset."""
        end = self.text.find("\n", offset)
        return self.text[self.text.rfind("\n", 0, offset) + 1 : len(self.text) if end < 0 else end]


def read_sections(path: Path) -> list[Section]:
    """The sections of a JSON Lines file, at least one of them with facets. Raises EvaluationError."""
    sections = [_section(path, number, row) for number, row in read_jsonl(path, _SECTION)]
    if not any(section.facets for section in sections):
        raise EvaluationError(f"{path}: no row has `facets`, so that there is nothing to find")
    return sections


def _section(path: Path, number: int, row: dict[str, Any]) -> Section:
    where = f"{path}, line {number}"
    for key in _SECTION[:-1]:
        if not isinstance(row[key], str):
            raise EvaluationError(f"{where}: `{key}` is {type(row[key]).__name__}, a text is expected")
    if not isinstance(row["facets"], list):
        raise EvaluationError(f"{where}: `facets` is {type(row['facets']).__name__}, a list is expected")
    text = normalise_text(row["text"])
    facets: list[Annotated] = []
    for position, facet in enumerate(row["facets"], 1):
        start = facets[-1].start if facets else 0
        facets.append(_facet(f"{where}, facet {position}", facet, text, start))
    return Section(row["id"], row["language"], normalise_text(row["title"]), text, facets)


def _facet(where: str, facet: object, text: str, start: int) -> Annotated:
    """start: of the facet before; facets follow the text, which tells two quotes of the same words apart."""
    if not isinstance(facet, dict):
        raise EvaluationError(f"{where}: {type(facet).__name__}, an object is expected")
    for key, types in _TYPES.items():
        if key not in facet:
            raise EvaluationError(f"{where}: without {key}; every facet needs it")
        value = facet[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            expected = " or ".join("null" if t is type(None) else t.__name__ for t in types)
            raise EvaluationError(f"{where}: `{key}` is {value!r}, expected {expected}")
    if facet["kind"] not in KINDS:
        raise EvaluationError(f"{where}: kind {facet['kind']!r} is none of {', '.join(KINDS)}")
    quote = normalise_text(facet["quote"])
    at = text.find(quote, start)
    at = text.find(quote) if at < 0 else at
    if not quote or at < 0:
        raise EvaluationError(f"{where}: its quote {facet['quote']!r} does not stand in the text")
    values = {key: facet[key] for key in _TYPES if key != "quote"}
    return Annotated(quote=quote, start=at, end=at + len(quote), **values)
