"""The asset `posting_facets`: each requirement as atomic terms, the unit that is compared with people."""

import dagster as dg

from ty_assets.derive import by_task
from ty_assets.facets.checks import check_facets
from ty_assets.facets.task import FacetsTask
from ty_assets.requirements.asset import posting_requirements
from ty_assets.stages import FACETS
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, derived, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


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
    return derived(context, db, FACETS, by_task(db, embedded, FacetsTask()), check_facets)
