"""The asset `posting_llm_analysis`: one reading of each posting that serves everybody who opens it."""

import dagster as dg

from ty_assets.derive import by_task
from ty_assets.facets.asset import posting_facets
from ty_assets.posting_analysis.task import AnalysisTask
from ty_assets.stages import ANALYSIS
from ty_assets.summaries.asset import posting_summaries
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, derived, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


@table_asset(
    "posting_llm_analysis",
    group="2_extraction",
    code_version=AnalysisTask.version,
    deps=[posting_summaries, posting_facets],
    checks=STAGE_CHECKS,
    blocking=STAGE_BLOCKS,
)
def posting_llm_analysis(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """Ideal candidate, critical skills, nice-to-have, domain gates and a text for each gap, as JSON.

    Made once for a posting and shared by all people; what is personal is added from templates.
    """
    return derived(context, db, ANALYSIS, by_task(db, embedded, AnalysisTask()))
