"""One call for everything a language model can say of a posting: the four questions of the stages, asked together.

At half a minute a posting a model cannot be asked four times. Belongs here: the merged question, and its answer taken
apart again. Not here: the four questions themselves (summaries, requirements, facets, posting_analysis), and which
postings are read (`use`).
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Final

from pydantic import BaseModel

from ty_assets.facets.task import Facet, Facets, FacetsTask, PostingRequirements, RequirementLine, facets_of
from ty_assets.posting_analysis.task import AnalysisItem, AnalysisTask, PostingAnalysis
from ty_assets.readings.answer import PostingReading, reading_schema
from ty_assets.readings.evidence import (
    analysis_by_rules,
    canonical,
    each_once,
    in_words_of_its_quote,
    lines_that_ask,
    summary_by_rules,
    with_proven_gates,
    without_orders_to_machines,
)
from ty_assets.requirements.task import Requirement, Requirements, RequirementsTask
from ty_assets.summaries.task import PostingText, Summary, SummaryTask
from ty_resources.inference.task import Encode, Task

_SURELY_ASKED: Final = 3  # lines: a posting with so many requirements by the rules is not one that asks for nothing
_SHORTEST_SPLIT: Final = 400  # characters: a shorter text that does not fit a context is no matter of length


class PostingReadingTask(Task[PostingText, PostingReading]):
    """Summary, requirements, facets and analysis of a posting in one answer."""

    name: ClassVar[str] = "posting_reading"
    version: ClassVar[str] = "1"
    output: ClassVar[type[BaseModel]] = PostingReading
    package: ClassVar[str] = "ty_assets.readings"

    def __init__(self) -> None:
        self._summary, self._requirements = SummaryTask(), RequirementsTask()
        self._facets, self._analysis = FacetsTask(), AnalysisTask()

    @cached_property
    def prompt(self) -> str:
        """The introduction, then the prompts of the four stages as they are."""
        parts = [
            f"## `{field}`\n\n{prompt.strip()}"
            for field, prompt in (
                ("summary", self._summary.prompt),
                ("requirements", self._requirements.prompt),
                ("facets", self._facets.prompt),
                ("analysis", self._analysis.prompt),
            )
        ]
        return "\n\n".join([super().prompt.strip(), *parts]) + "\n"

    def schema(self) -> dict[str, Any]:
        return reading_schema()

    def rules_version(self) -> str:
        """Changes with any of the four."""
        return "-".join(t.rules_version() for t in (self._summary, self._requirements, self._facets, self._analysis))

    def extract(self, items: Sequence[PostingText], encode: Encode) -> list[PostingReading]:
        """The stages' rules one after the other: what their tables hold where no model has read the posting."""
        plain = [without_orders_to_machines(item) for item in items]
        summaries = self._summary.extract(plain, encode)
        demands = self._requirements.extract(plain, encode)
        readings = []
        for item, summary, found in zip(plain, summaries, demands, strict=True):
            lines = _lines(found.requirements)
            (facets,) = self._facets.extract([_facets_item(item, lines)], encode)
            about = _analysis_item(item, summary.summary, lines, facets.facets)
            (analysis,) = self._analysis.extract([about], encode)
            readings.append(
                PostingReading(
                    summary=summary.summary, requirements=found.requirements, facets=facets.facets, analysis=analysis
                )
            )
        return readings

    def verify(self, item: PostingText, output: PostingReading) -> tuple[PostingReading, int]:
        """Each part checked as its stage checks it; the claims removed in all.

        Facets follow their requirement to its new place; terms are those of the vocabulary where it knows them. A
        requirement that is left without a facet gets those of the rules, so that nothing that is asked for is lost.
        Of a posting that gives orders to its reader, only what quotes the rest of it is believed; sentences, which
        quote nothing, are the rules'.
        """
        plain = without_orders_to_machines(item)
        stated = [in_words_of_its_quote(requirement) for requirement in output.requirements]
        kept, removed = self._requirements.verify(plain, Requirements(requirements=stated))
        lines = _lines(kept.requirements)
        about = _facets_item(plain, lines)
        place = {id(requirement): i for i, requirement in enumerate(kept.requirements)}
        moved = {i: place[id(r)] for i, r in enumerate(stated) if id(r) in place}
        followed = [
            facet.model_copy(update={"requirement_ordinal": moved[facet.requirement_ordinal]})
            for facet in output.facets
            if facet.requirement_ordinal in moved
        ]
        facets, _ = self._facets.verify(about, Facets(facets=followed))
        named = each_once([canonical(f, lines[f.requirement_ordinal].text, item.language) for f in facets.facets])
        removed += len(output.facets) - len(named)
        complete = _completed(about, named)
        if plain != item:
            summary, unproven = summary_by_rules(plain, output.summary)
            analysed = _analysis_item(plain, summary.summary, lines, complete)
            analysis, more = analysis_by_rules(analysed, output.analysis)
        else:
            summary, unproven = self._summary.verify(item, Summary(summary=output.summary))
            analysed = _analysis_item(item, summary.summary, lines, complete)
            analysis, more = self._analysis.verify(analysed, output.analysis)
            analysis, gates = with_proven_gates(analysed, analysis)
            more += gates
        return (
            PostingReading(summary=summary.summary, requirements=kept.requirements, facets=complete, analysis=analysis),
            removed + unproven + more,
        )

    def quotes(self, item: PostingText, output: PostingReading) -> bool:
        """Whether any requirement stands in the posting; that it asks for nothing is believed if the rules agree."""
        plain = without_orders_to_machines(item)
        if not output.requirements:
            return lines_that_ask(plain) < _SURELY_ASKED
        return bool(self._requirements.verify(plain, Requirements(requirements=output.requirements))[0].requirements)

    def unquoted(self, item: PostingText, output: PostingReading) -> PostingReading | None:
        """The summary is of use without its claims, which `verify` removes; not that of a model that says nothing."""
        return output if output.requirements else None

    def split(self, item: PostingText) -> list[PostingText]:
        """Two halves, at the end of a line or of a sentence; none of a text that is short already."""
        text = item.description
        if len(text) < _SHORTEST_SPLIT:
            return []
        middle = len(text) // 2
        for border in ("\n", ". ", " "):
            cut = text.find(border, middle)
            if 0 < cut < len(text) - len(border):
                break
        else:
            cut = middle
        halves = text[: cut + 1].strip(), text[cut + 1 :].strip()
        return [item.model_copy(update={"description": half}) for half in halves if half]

    def merge(self, item: PostingText, outputs: Sequence[PostingReading]) -> PostingReading:
        """The first half says what the job is; demands of all follow one another."""
        first, *others = outputs
        requirements, facets = list(first.requirements), list(first.facets)
        analysis = first.analysis
        for other in others:
            groups = 1 + max((f.alternative_group for f in facets if f.alternative_group is not None), default=-1)
            facets += [_shifted(facet, len(requirements), groups) for facet in other.facets]
            requirements += other.requirements
            analysis = _joined(analysis, other.analysis)
        return PostingReading(summary=first.summary, requirements=requirements, facets=facets, analysis=analysis)


def _lines(requirements: Sequence[Requirement]) -> list[RequirementLine]:
    return [RequirementLine(ordinal=i, text=r.text, must=r.must) for i, r in enumerate(requirements)]


def _facets_item(item: PostingText, lines: list[RequirementLine]) -> PostingRequirements:
    return PostingRequirements(title=item.title, language=item.language, requirements=lines)


def _analysis_item(
    item: PostingText, summary: str, lines: list[RequirementLine], facets: Sequence[Facet]
) -> AnalysisItem:
    return AnalysisItem(
        title=item.title, language=item.language, summary=summary, requirements=lines, facets=list(facets)
    )


def _completed(item: PostingRequirements, facets: Sequence[Facet]) -> list[Facet]:
    """With the rules' facets for requirements that have none, in the order of the requirements."""
    read = {facet.requirement_ordinal for facet in facets}
    unread = [line for line in item.requirements if line.ordinal not in read]
    groups = 1 + max((f.alternative_group for f in facets if f.alternative_group is not None), default=-1)
    added = facets_of(item.model_copy(update={"requirements": unread}))
    everything = [*facets, *(_shifted(facet, 0, groups) for facet in added)]
    return sorted(everything, key=lambda facet: facet.requirement_ordinal)


def _shifted(facet: Facet, ordinals: int, groups: int) -> Facet:
    group = facet.alternative_group
    return facet.model_copy(
        update={
            "requirement_ordinal": facet.requirement_ordinal + ordinals,
            "alternative_group": None if group is None else group + groups,
        }
    )


def _joined(one: PostingAnalysis, other: PostingAnalysis) -> PostingAnalysis:
    def both(a: Sequence[str], b: Sequence[str]) -> list[str]:
        return list(dict.fromkeys([*a, *b]))

    return PostingAnalysis(
        ideal_candidate=one.ideal_candidate,
        critical_skills=both(one.critical_skills, other.critical_skills),
        nice_to_have=both(one.nice_to_have, other.nice_to_have),
        domain_gates=both(one.domain_gates, other.domain_gates),
        gap_templates={**other.gap_templates, **one.gap_templates},
    )
