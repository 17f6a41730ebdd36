"""The four stages that one reading of a posting answers, as data: what is asked, and how the answer becomes rows.

Belongs here: the stages that both a run and an opened posting bring up to date, in the order the data flows. Not here:
Dagster (the stages' asset.py), the loop over days (derive.py), and one posting at request time (openings).
"""

from collections.abc import Iterable
from typing import Any, Final

from ty_assets.derive import Stage
from ty_assets.facets.task import Facets, FacetsTask, PostingRequirements
from ty_assets.posting_analysis.task import AnalysisItem, AnalysisTask, PostingAnalysis
from ty_assets.postings.normalise import text_hash
from ty_assets.requirements.task import Requirements, RequirementsTask
from ty_assets.summaries.task import PostingText, Summary, SummaryTask
from ty_resources.inference.task import Task
from ty_resources.postgres import Row


def posting_text(row: Row) -> PostingText:
    return PostingText(title=row["title"], description=row["description"], language=row["language"])


def _requirement_lines(row: Row) -> PostingRequirements:
    return PostingRequirements(title=row["title"], language=row["language"], requirements=row["requirements"])


def _analysis_item(row: Row) -> AnalysisItem:
    return AnalysisItem(
        title=row["title"],
        language=row["language"],
        summary=row["summary"],
        requirements=row["requirements"],
        facets=row["facets"],
    )


_FACET_COLUMNS: Final = (
    "ordinal", "requirement_ordinal", "alternative_group", "kind", "term", "quote", "text_hash", "cefr", "years",
    "level", "must", "negated", "weight",
)  # fmt: skip


def _facet_rows(output: Facets) -> Iterable[tuple[Any, ...]]:
    for ordinal, f in enumerate(output.facets):
        yield (
            ordinal, f.requirement_ordinal, f.alternative_group, f.kind, f.term, f.quote, text_hash(f.term), f.cefr,
            f.years, f.level, f.must, f.negated, f.weight,
        )  # fmt: skip


SUMMARIES: Stage[PostingText, Summary] = Stage(
    name="posting_summaries",
    table="posting_summaries",
    inputs="posting_texts",
    item=posting_text,
    columns=("summary",),
    rows=lambda output: [(output.summary,)],
    part=lambda reading: Summary(summary=reading.summary),
    rests_on_quotes=False,
)
REQUIREMENTS: Stage[PostingText, Requirements] = Stage(
    name="posting_requirements",
    table="posting_requirements",
    inputs="posting_texts",
    item=posting_text,
    columns=("ordinal", "text", "quote", "must", "kind"),
    rows=lambda output: [(i, r.text, r.quote, r.must, r.kind) for i, r in enumerate(output.requirements)],
    part=lambda reading: Requirements(requirements=reading.requirements),
)
FACETS: Stage[PostingRequirements, Facets] = Stage(
    name="posting_facets",
    table="posting_facets",
    inputs="posting_requirement_lines",
    item=_requirement_lines,
    columns=_FACET_COLUMNS,
    rows=_facet_rows,
    part=lambda reading: Facets(facets=reading.facets),
)
ANALYSIS: Stage[AnalysisItem, PostingAnalysis] = Stage(
    name="posting_llm_analysis",
    table="posting_llm_analysis",
    inputs="posting_analysis_inputs",
    item=_analysis_item,
    columns=("analysis",),
    rows=lambda output: [(output.model_dump_json(),)],
    part=lambda reading: reading.analysis,
)

# Each with the task whose question it is, in the order the data flows: a stage reads what the one before has written.
STAGES: Final[tuple[tuple[Stage[Any, Any], Task[Any, Any]], ...]] = (
    (SUMMARIES, SummaryTask()),
    (REQUIREMENTS, RequirementsTask()),
    (FACETS, FacetsTask()),
    (ANALYSIS, AnalysisTask()),
)
