"""The asset `posting_requirements`: what each advertisement asks for, with the words that say so."""

import dagster as dg

from ty_assets.derive import by_task
from ty_assets.postings.asset import postings
from ty_assets.readings.asset import posting_readings
from ty_assets.requirements.checks import check_requirements
from ty_assets.requirements.task import RequirementsTask
from ty_assets.stages import REQUIREMENTS
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, derived, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


@table_asset(
    "posting_requirements",
    group="2_extraction",
    code_version=RequirementsTask.version,
    deps=[postings, posting_readings],
    checks=[*STAGE_CHECKS, "quotes_are_verbatim"],
    blocking=STAGE_BLOCKS,
)
def posting_requirements(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """Each requirement of a posting: its text, the verbatim quote, must or nice to have, and its kind.

    Key: posting and ordinal, in the order of the text. A posting without requirements has none here, and is
    matched by title and occupation.
    """
    return derived(context, db, REQUIREMENTS, by_task(db, embedded, RequirementsTask()), check_requirements)
