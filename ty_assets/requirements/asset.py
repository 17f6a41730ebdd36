"""The asset `posting_requirements`: what each advertisement asks for, with the words that say so."""

import dagster as dg

from ty_assets.derive import Stage, by_task
from ty_assets.postings.asset import postings
from ty_assets.readings.asset import posting_readings
from ty_assets.requirements.checks import check_requirements
from ty_assets.requirements.task import Requirements, RequirementsTask
from ty_assets.summaries.asset import posting_text
from ty_assets.summaries.task import PostingText
from ty_assets.table_asset import STAGE_BLOCKS, STAGE_CHECKS, derived, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database

STAGE: Stage[PostingText, Requirements] = Stage(
    name="posting_requirements",
    table="posting_requirements",
    inputs="posting_texts",
    item=posting_text,
    columns=("ordinal", "text", "quote", "must", "kind"),
    rows=lambda output: [(i, r.text, r.quote, r.must, r.kind) for i, r in enumerate(output.requirements)],
    part=lambda reading: Requirements(requirements=reading.requirements),
)


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
    return derived(context, db, STAGE, by_task(db, embedded, RequirementsTask()), check_requirements)
