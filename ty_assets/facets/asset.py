"""The asset `posting_facets`: each requirement as atomic terms, the unit that is compared with people."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from ty_assets.derive import Stage, by_task
from ty_assets.facets.checks import check_facets
from ty_assets.facets.task import Facets, FacetsTask, PostingRequirements
from ty_assets.postings.normalise import text_hash
from ty_assets.requirements.asset import posting_requirements
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, derived, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row


def _item(row: Row) -> PostingRequirements:
    return PostingRequirements(title=row["title"], language=row["language"], requirements=row["requirements"])


def _rows(output: Facets) -> Iterable[tuple[Any, ...]]:
    for ordinal, f in enumerate(output.facets):
        yield (
            ordinal,
            f.requirement_ordinal,
            f.alternative_group,
            f.kind,
            f.term,
            f.quote,
            text_hash(f.term),
            f.cefr,
            f.years,
            f.level,
            f.must,
            f.negated,
            f.weight,
        )


STAGE: Stage[PostingRequirements, Facets] = Stage(
    name="posting_facets",
    table="posting_facets",
    inputs="posting_requirement_lines",
    item=_item,
    columns=(
        "ordinal",
        "requirement_ordinal",
        "alternative_group",
        "kind",
        "term",
        "quote",
        "text_hash",
        "cefr",
        "years",
        "level",
        "must",
        "negated",
        "weight",
    ),
    rows=_rows,
    part=lambda reading: Facets(facets=reading.facets),
)


@table_asset(
    "posting_facets",
    group="2_extraction",
    code_version=FacetsTask.version,
    deps=[posting_requirements],
    checks=[*STAGE_CHECKS, "facets_belong_to_requirements"],
    blocking=STAGE_BLOCKS,
)
def posting_facets(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """One atomic term a row: skill, tool, language with CEFR level, degree, licence, years of experience,
    soft skill, working condition or domain, with weight, negation and alternatives.

    German and English variants meet in one canonical term, so that equal demands have equal rows.
    """
    return derived(context, db, STAGE, by_task(db, embedded, FacetsTask()), check_facets)
