"""The asset `occupation_readings`: what a reasoning model says of postings that title and rules leave open."""

import datetime as dt
from dataclasses import asdict
from typing import Literal

import dagster as dg

from ty_assets.berufenet.store import description_evidence, occupation_index
from ty_assets.berufenet.task import OccupationTask
from ty_assets.occupation_readings.reading import OccupationReport, occupations_to_read, read_occupations
from ty_assets.postings.asset import postings
from ty_assets.readings.store import Budget
from ty_assets.table_asset import READ_BEST, days_of, few_failures, models_loaded_once, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import ServerDown
from ty_resources.postgres import Database
from ty_resources.settings import settings

# Of a run: most of the night belongs to the readings, and what is left over comes with the next run.
_AT_MOST_SECONDS = 5 * 60.0


@table_asset(
    "occupation_readings",
    group="3_occupations",
    code_version=OccupationTask.version,
    deps=[postings],
    checks=["few_failures", "models_loaded_once"],
)
def occupation_readings(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
    embedded: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """One short call of the reasoning model for each posting in use whose occupation is open: yes, no or uncertain.

    Of what earlier runs of `berufenet_mapping` left open, in order of use, within the night's hours
    (TY_REFINEMENT_HOURS); the mapping after it takes the answers over. On the embedded engine nobody is asked.
    """
    days, report = days_of(context), OccupationReport()
    if engine.remote:
        config = settings()
        index = occupation_index(db, embedded)
        foremost = context.run.tags.get(READ_BEST)
        refine: Literal["used", "all"] = "used" if foremost else config.refine
        best = int(foremost) if foremost else config.refined_matches
        try:
            wanted = occupations_to_read(db, engine, index.catalogue.version, days, refine=refine, best=best)
        except ServerDown:
            engine.warm_up([OccupationTask.role])  # waits for the server as long as the settings allow
            wanted = occupations_to_read(db, engine, index.catalogue.version, days, refine=refine, best=best)
        budget = Budget(config.refinement_hours, dt.datetime.now(config.zone))
        if wanted and budget.left(db):
            engine.warm_up([OccupationTask.role])
            report = read_occupations(
                db,
                engine,
                index,
                description_evidence(db, embedded),
                wanted,
                budget,
                max_attempts=config.max_attempts,
                at_most=_AT_MOST_SECONDS,
                progress=lambda so_far: context.log.info(
                    f"occupation_readings: {so_far.derived + so_far.failed} of {so_far.postings} postings"
                ),
            )
    told = {k.replace("_", " "): round(v, 3) if isinstance(v, float) else v for k, v in asdict(report).items()}
    return result(
        db,
        "occupation_readings",
        db.rows("occupation_reading_counts", days=days),
        metadata={**told, "remaining": report.remaining, **engine.usage.metadata()},
        checks=[few_failures(report), models_loaded_once(engine)],
    )
