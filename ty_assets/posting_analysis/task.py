"""The question of the posting analysis: who fits this posting and why, asked once for all people.

Belongs here: input and output, the rules' answer, and the check of a model's. Not here: selection (`demands`) and
sentences (`wording`); no person is known here.
"""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ty_assets.facets.task import Facet, RequirementLine
from ty_assets.facets.vocabulary import domains
from ty_assets.posting_analysis.demands import CRITICAL_KINDS, critical, domain_gates, nice_to_have, units
from ty_assets.posting_analysis.wording import gap, ideal_candidate
from ty_resources.inference.task import Encode, Role, Task


class AnalysisItem(BaseModel):
    """A posting with all that the earlier stages derived from it."""

    model_config = ConfigDict(extra="forbid")

    title: str
    language: str
    summary: str
    requirements: list[RequirementLine]
    facets: list[Facet]


class PostingAnalysis(BaseModel):
    """What every match of this posting reads; terms are those of the facets, sentences in the posting's language."""

    model_config = ConfigDict(extra="forbid")

    ideal_candidate: str = Field(min_length=1)
    critical_skills: list[str]
    nice_to_have: list[str]
    domain_gates: list[str]
    gap_templates: dict[str, str]


class AnalysisTask(Task[AnalysisItem, PostingAnalysis]):
    """Explains a posting's demands once, for all people."""

    name: ClassVar[str] = "posting_llm_analysis"
    version: ClassVar[str] = "1"
    role: ClassVar[Role] = "reasoning"
    output: ClassVar[type[BaseModel]] = PostingAnalysis
    package: ClassVar[str] = "ty_assets.posting_analysis"

    def extract(self, items: Sequence[AnalysisItem], encode: Encode) -> list[PostingAnalysis]:
        """From the facets alone; the encoder is not needed."""
        return [_analysed(item) for item in items]

    def verify(self, item: AnalysisItem, output: PostingAnalysis) -> tuple[PostingAnalysis, int]:
        """Keep terms that are facets of the posting, gates that exist, and reasons for terms that were kept."""
        known = {f.term for f in item.facets if f.kind in CRITICAL_KINDS and not f.negated}
        must = list(dict.fromkeys(t for t in output.critical_skills if t in known))
        nice = list(dict.fromkeys(t for t in output.nice_to_have if t in known and t not in must))
        gates = [g for g in domains() if domains()[g].gate and g in output.domain_gates]
        reasons = {t: s for t, s in output.gap_templates.items() if t in must and _quotes(s, item)}
        kept = PostingAnalysis(
            ideal_candidate=output.ideal_candidate,
            critical_skills=must,
            nice_to_have=nice,
            domain_gates=gates,
            gap_templates=reasons,
        )
        return kept, _claims(output) - _claims(kept)


def _analysed(item: AnalysisItem) -> PostingAnalysis:
    musts = critical(item.facets)
    first = next((r.text for r in item.requirements if r.must), "")
    return PostingAnalysis(
        ideal_candidate=ideal_candidate(item.title, item.language, units(item.facets), first),
        critical_skills=[f.term for f in musts],
        nice_to_have=[f.term for f in nice_to_have(item.facets)],
        domain_gates=domain_gates(item.title, item.language, item.facets),
        gap_templates={f.term: _reason(f, item) for f in musts},
    )


def _reason(facet: Facet, item: AnalysisItem) -> str:
    group = facet.alternative_group
    others = [
        f.term for f in item.facets if group is not None and f.alternative_group == group and f.term != facet.term
    ]
    requirement = next((r.text for r in item.requirements if r.ordinal == facet.requirement_ordinal), facet.quote)
    return gap(facet, list(dict.fromkeys(others)), requirement, item.language)


def _quotes(sentence: str, item: AnalysisItem) -> bool:
    """Whether a reason quotes its posting: some words of a requirement stand in it verbatim."""
    flat = " ".join(sentence.split())
    return any(" ".join(f.quote.split()) in flat for f in item.facets if not f.negated)


def _claims(analysis: PostingAnalysis) -> int:
    lists = (analysis.critical_skills, analysis.nice_to_have, analysis.domain_gates, analysis.gap_templates)
    return sum(len(claims) for claims in lists)
