"""The asset `posting_readings`: what a language model says of the postings that people look at."""

import datetime as dt
from dataclasses import asdict
from typing import Literal

import dagster as dg

from ty_assets.postings.asset import postings
from ty_assets.readings.checks import check_readings
from ty_assets.readings.store import Budget, ReadingReport, postings_to_read, read_postings, standing
from ty_assets.readings.task import PostingReadingTask
from ty_assets.table_asset import READ_BEST, days_of, few_failures, models_loaded_once, result, table_asset
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import ServerDown
from ty_resources.postgres import Database
from ty_resources.settings import settings

# A run's reading. Its rows are renewed when it ends, and what was opened meanwhile comes with the next run.
_AT_MOST_SECONDS = 20 * 60.0


@table_asset(
    "posting_readings",
    group="2_extraction",
    code_version=PostingReadingTask.version,
    deps=[postings],
    checks=["few_failures", "readings_quote_their_posting", "models_loaded_once"],
)
def posting_readings(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """One call of the language model for each posting that is in use: summary, requirements, facets, analysis.

    In order of use (opened, then by the best place in anybody's matches), within the night's hours
    (TY_REFINEMENT_HOURS); the stages after it take their part over. On the embedded engine nothing is read, and the
    rules' rows stay.
    """
    days = days_of(context)
    report = ReadingReport()
    if engine.remote:
        config = settings()
        foremost = context.run.tags.get(READ_BEST)
        refine: Literal["used", "all"] = "used" if foremost else config.refine
        best = int(foremost) if foremost else config.refined_matches
        try:
            wanted = postings_to_read(db, engine, days, refine=refine, best=best)
        except ServerDown:
            engine.warm_up([PostingReadingTask.role])  # waits for the server as long as the settings allow
            wanted = postings_to_read(db, engine, days, refine=refine, best=best)
        before = standing(db, engine, days)
        budget = Budget(config.refinement_hours, dt.datetime.now(config.zone))
        if wanted and budget.left(db):
            engine.warm_up([PostingReadingTask.role])
        report = read_postings(
            db,
            engine,
            wanted,
            budget,
            max_attempts=config.max_attempts,
            at_most=_AT_MOST_SECONDS,
            progress=lambda so_far: context.log.info(progress_line(so_far)),
        )
        report.current, report.given_up = before["current"], before["given_up"]
    told = {k.replace("_", " "): round(v, 3) if isinstance(v, float) else v for k, v in asdict(report).items()}
    return result(
        db,
        "posting_readings",
        db.rows("reading_counts", days=days),
        metadata={**told, "remaining": report.remaining, **engine.usage.metadata()},
        preview=db.rows("preview_posting_readings", days=days),
        checks=[few_failures(report, among=report.known), *check_readings(db, days), models_loaded_once(engine)],
    )


def progress_line(report: ReadingReport) -> str:
    """How far the reading is, how fast, and when it will end: with the postings, or with the night's hours."""
    done = report.derived + report.failed
    rate = done / report.seconds if report.seconds else 0.0
    line = f"posting_readings: {done} of {report.postings} postings"
    if not rate:
        return line
    seconds_left = max(0.0, report.budget_seconds_left - report.seconds)
    needed = report.remaining / rate
    reached = f", {int(seconds_left * rate)} of them tonight" if needed > seconds_left else ""
    ends = dt.timedelta(seconds=round(min(needed, seconds_left)))
    return f"{line}, {rate * 60:.1f} a minute, ends in {ends}{reached}"
