"""The asset `posting_summaries`: what each advertisement says, in a few sentences of its own."""

import dagster as dg

from ty_assets.derive import by_task
from ty_assets.postings.asset import postings
from ty_assets.readings.asset import posting_readings
from ty_assets.stages import SUMMARIES
from ty_assets.summaries.task import SummaryTask
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, derived, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


@table_asset(
    "posting_summaries",
    group="2_extraction",
    code_version=SummaryTask.version,
    deps=[postings, posting_readings],
    checks=STAGE_CHECKS,
    blocking=STAGE_BLOCKS,
)
def posting_summaries(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """A short summary of each posting: what the job is and what is done there.

    One row a posting, in scope and no duplicate. Rules take sentences of the text itself; where a language model has
    read the posting, its summary takes their place.
    """
    return derived(context, db, SUMMARIES, by_task(db, embedded, SummaryTask()))
