"""How well an engine takes the requirements of postings apart into facets, against an annotation by hand.

Belongs here: running the stages over annotated sections, and putting the figures together. Not here: when a facet
that was found is one of the annotation's (facet_match.py), how rows are read (facet_sections.py) and printed.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from itertools import combinations
from pathlib import Path
from typing import Final

from ty_assets.facets.task import Facet, FacetsTask, PostingRequirements, RequirementLine
from ty_assets.facets.vocabulary import KINDS
from ty_assets.requirements.task import Requirements, RequirementsTask
from ty_assets.summaries.task import PostingText
from ty_jobs.evaluation.evaluation import ClassFigures, Evaluation, Figure, Mistake, confusions
from ty_jobs.evaluation.facet_match import Annotated, Found, Outcome, matched, without_repeats
from ty_jobs.evaluation.facet_sections import Section, read_sections
from ty_resources.inference.engine import InferenceEngine

PACKAGED: Final = "facet_sections.jsonl"  # written and annotated before the rules were tuned, never looked into

_HEADINGS: Final = {"de": "Ihr Profil:", "en": "Your profile:"}
_NOTHING: Final = "nothing"


@dataclass(frozen=True)
class _Read:
    """What an engine made of a section. lines: where its requirements stand in the section's text."""

    found: list[Found]
    lines: list[tuple[int, int]]


def evaluate_facets(path: Path | None, engine: InferenceEngine) -> Evaluation:
    """Figures of the facets an engine finds in the annotated requirement sections of a JSON Lines file.

    path: None for the sections that come with the project. Each section is put under a usual heading and goes through
    the engine's stages as a posting does: requirements, then their facets; see `facet_match` for what is a match.
    Raises EvaluationError for a file that nothing can be measured on.
    """
    if path is None:
        with as_file(files("ty_jobs.evaluation").joinpath(PACKAGED)) as packaged:
            sections = read_sections(packaged)
    else:
        sections = read_sections(path)
    engine.warm_up((RequirementsTask().role, FacetsTask().role), embedding=not engine.remote)
    started = time.perf_counter()
    reads, errors = _read(sections, engine)
    seconds = time.perf_counter() - started
    outcomes = [matched(section.facets, read.found) for section, read in zip(sections, reads, strict=True)]
    mistakes = [m for s, o in zip(sections, outcomes, strict=True) for m in _mistakes(s, o)]
    figures: dict[str, Figure] = {
        "sections": len(sections),
        "annotated": sum(len(s.facets) for s in sections),
        "found": sum(len(o.found) for o in outcomes),
        **_scores(outcomes),
        **_strict(outcomes),
        "in_requirements": _share_in_requirements(sections, reads),
        **_alternatives(outcomes),
        **_consistency(outcomes),
        "sections_per_second": round(len(sections) / max(seconds, 1e-9), 1),
    }
    languages = sorted({section.language for section in sections})
    for language in languages if len(languages) > 1 else ():
        chosen = [o for s, o in zip(sections, outcomes, strict=True) if s.language == language]
        figures |= {f"{name}_{language}": value for name, value in _scores(chosen).items()}
    if errors:
        figures["failed"] = sum(errors.values())
    return Evaluation(
        subject="facets",
        source=str(path or PACKAGED),
        engine=engine.model(FacetsTask().role),
        figures=figures,
        classes=_classes(outcomes),
        confusions=confusions(mistakes),
        mistakes=mistakes,
        notes=[f"{count} failed: {error}" for error, count in errors.most_common(3)],
    )


def _read(sections: Sequence[Section], engine: InferenceEngine) -> tuple[list[_Read], Counter[str]]:
    """Requirements of all sections, then the facets of all requirements: one model after the other."""
    errors: Counter[str] = Counter()
    to_lines, to_facets = RequirementsTask(), FacetsTask()
    postings = [
        PostingText(title=s.title, description=f"{heading(s.language)}\n{s.text}", language=s.language)
        for s in sections
    ]
    requirements: list[Requirements] = []
    for posting, answer in zip(postings, engine.run(to_lines, postings), strict=True):
        if answer.output is None:
            errors[f"{type(answer.error).__name__}: {answer.error}"] += 1
        requirements.append(
            to_lines.verify(posting, answer.output)[0] if answer.output else Requirements(requirements=[])
        )
    items = [
        PostingRequirements(
            title=section.title,
            language=section.language,
            requirements=[
                RequirementLine(ordinal=i, text=r.text, must=r.must) for i, r in enumerate(found.requirements)
            ],
        )
        for section, found in zip(sections, requirements, strict=True)
    ]
    reads = []
    for section, item, lines, reading in zip(sections, items, requirements, engine.run(to_facets, items), strict=True):
        if reading.output is None:
            errors[f"{type(reading.error).__name__}: {reading.error}"] += 1
        facets = to_facets.verify(item, reading.output)[0].facets if reading.output else []
        places = list(places_of(section.text, [r.quote for r in lines.requirements]))
        found = [Found(f, *_place_in(section.text, f, places)) for f in facets]
        reads.append(_Read(without_repeats(found), [p for p in places if p is not None]))
    return reads, errors


def heading(language: str) -> str:
    """What an annotated section is put under, so that the stages read it as they read a posting."""
    return _HEADINGS["en" if language == "en" else "de"]


def places_of(text: str, quotes: Iterable[str]) -> Iterator[tuple[int, int] | None]:
    """Where the quotes stand, in the order of the text as far as they follow it; a newline may be a space in them."""
    plain = text.replace("\n", " ")
    position = 0
    for quote in quotes:
        words = " ".join(quote.split())
        at = plain.find(words, position)
        at = plain.find(words) if at < 0 else at
        if at >= 0:
            position = at
        yield (at, at + len(words)) if words and at >= 0 else None


def _place_in(text: str, facet: Facet, places: Sequence[tuple[int, int] | None]) -> tuple[int, int]:
    """Where a facet's quote stands in its requirement; (0, 0), which overlaps nothing, for one that is not there."""
    place = places[facet.requirement_ordinal] if facet.requirement_ordinal < len(places) else None
    start, end = place or (0, len(text))
    words = " ".join(facet.quote.split())
    at = text.replace("\n", " ").find(words, start, end)
    return (at, at + len(words)) if at >= 0 else (0, 0)


def _scores(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Micro figures; a share of nothing is 0."""
    return _shares(
        sum(len(o.pairs) for o in outcomes), sum(len(o.found) for o in outcomes), sum(len(o.wanted) for o in outcomes)
    )


def _strict(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The same, where need or wish must be right as well."""
    right = sum(o.wanted[i].must == o.found[j].facet.must for o in outcomes for i, j in o.pairs)
    shares = _shares(right, sum(len(o.found) for o in outcomes), sum(len(o.wanted) for o in outcomes))
    return {f"{name}_with_need": value for name, value in shares.items()}


def _shares(right: int, said: int, wanted: int) -> dict[str, float]:
    return {
        "precision": right / said if said else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (said + wanted) if said + wanted else 0.0,
    }


def _share_in_requirements(sections: Sequence[Section], reads: Sequence[_Read]) -> float:
    """Of the annotated facets, those in what the stage before calls a requirement: the most that can be found."""
    inside = [
        any(start < facet.end and facet.start < end for start, end in read.lines)
        for section, read in zip(sections, reads, strict=True)
        for facet in section.facets
    ]
    return sum(inside) / len(inside)


def _alternatives(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Of the pairs of matched facets, those that are alternatives to each other: said against annotated."""
    right = said = wanted = 0
    for outcome in outcomes:
        for (a, x), (b, y) in combinations(outcome.pairs, 2):
            group, other = outcome.wanted[a].alternative_group, outcome.wanted[b].alternative_group
            together = group is not None and group == other
            group, other = outcome.found[x].facet.alternative_group, outcome.found[y].facet.alternative_group
            joined = group is not None and group == other
            right, said, wanted = right + (together and joined), said + joined, wanted + together
    return {f"alternatives_{name}": value for name, value in _shares(right, said, wanted).items()}


def _consistency(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Over all matched facets of a kind: how often equal annotated terms have equal terms, and different ones have."""
    terms = [
        (o.wanted[i].kind, o.wanted[i].term.casefold(), o.found[j].facet.term) for o in outcomes for i, j in o.pairs
    ]
    same = _pairs(Counter((kind, term) for kind, term, _ in terms))
    both = _pairs(Counter(terms))
    equal = _pairs(Counter((kind, found) for kind, _, found in terms))
    different = _pairs(Counter(kind for kind, _, _ in terms)) - same
    return {
        "canonical_consistency": both / same if same else 0.0,
        "term_collisions": round((equal - both) / different, 5) if different else 0.0,
    }


def _pairs(counts: Counter[object] | Counter[tuple[str, str]] | Counter[tuple[str, str, str]] | Counter[str]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())


def _classes(outcomes: Sequence[Outcome]) -> list[ClassFigures]:
    """Per kind: recall of the annotated, precision of those that were found as this kind."""
    wanted = Counter(a.kind for o in outcomes for a in o.wanted)
    said: Counter[str] = Counter(f.facet.kind for o in outcomes for f in o.found)
    recalled = Counter(o.wanted[i].kind for o in outcomes for i, _ in o.pairs)
    right: Counter[str] = Counter(o.found[j].facet.kind for o in outcomes for _, j in o.pairs)
    return [
        ClassFigures(
            name=kind,
            count=wanted[kind],
            precision=right[kind] / said[kind] if said[kind] else None,
            recall=recalled[kind] / wanted[kind] if wanted[kind] else None,
        )
        for kind in sorted(KINDS, key=lambda kind: -wanted[kind])
        if wanted[kind] or said[kind]
    ]


def _mistakes(section: Section, outcome: Outcome) -> Iterator[Mistake]:
    """What was annotated and not found, or found otherwise; then what nobody annotated."""
    for i, j in outcome.unmatched():
        wanted = outcome.wanted[i] if i is not None else None
        found = outcome.found[j] if j is not None else None
        line = section.line_at(wanted.start if wanted else found.start if found else 0)
        yield Mistake(
            text=(wanted.quote if wanted else found.facet.quote if found else ""),
            expected=_named(wanted) if wanted else _NOTHING,
            got=_named(found.facet) if found else _NOTHING,
            detail=f"{section.id}: {line}" + (f" [{wanted.term} / {found.facet.term}]" if wanted and found else ""),
        )


def _named(facet: Annotated | Facet) -> str:
    value = facet.cefr or facet.level or ("" if facet.years is None else f"{facet.years:g}")
    return " ".join(part for part in ("not" if facet.negated else "", facet.kind, str(value or "")) if part)
