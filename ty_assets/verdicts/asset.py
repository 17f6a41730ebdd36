"""The assets `match_verdicts` and `decision_agreement`: the reasoning model's second opinion, and how it compares."""

import datetime as dt
from dataclasses import asdict

import dagster as dg

from ty_assets.matching.asset import match_analyses
from ty_assets.readings.store import Budget
from ty_assets.table_asset import WITHOUT_MODELS, days_of, few_failures, models_loaded_once, result, table_asset
from ty_assets.verdicts.agreement import store_agreement
from ty_assets.verdicts.store import VerdictReport, read_verdicts, verdicts_wanted
from ty_assets.verdicts.task import VerdictTask
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import ServerDown
from ty_resources.postgres import Database
from ty_resources.settings import settings

# Of a run: most of the night belongs to the readings, and what is left over comes with the next run.
_AT_MOST_SECONDS = 5 * 60.0


@table_asset(
    "match_verdicts",
    group="6_matching",
    code_version=VerdictTask.version,
    deps=[match_analyses],
    checks=["few_failures", "models_loaded_once"],
)
def match_verdicts(
    context: dg.AssetExecutionContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.MaterializeResult:
    """Apply or skip, by the reasoning model, for each person's best matches (TY_VERDICT_MATCHES), with quotes.

    Beside the rule's recommendation, which it never overwrites. Within the night's hours (TY_REFINEMENT_HOURS); reasons
    that quote what is not there are removed, and a verdict without any is none. On the embedded engine, and in runs
    that ask no model, nobody is asked.
    """
    days, report = days_of(context), VerdictReport()
    tags = context.run.tags
    if engine.remote and not any(tags.get(name) == value for name, value in WITHOUT_MODELS.items()):
        config = settings()
        try:
            wanted = verdicts_wanted(db, engine, days, config.verdict_matches)
        except ServerDown:
            engine.warm_up([VerdictTask.role])  # waits for the server as long as the settings allow
            wanted = verdicts_wanted(db, engine, days, config.verdict_matches)
        budget = Budget(config.refinement_hours, dt.datetime.now(config.zone))
        if wanted and budget.left(db):
            engine.warm_up([VerdictTask.role])
            report = read_verdicts(
                db,
                engine,
                wanted,
                budget,
                max_attempts=config.max_attempts,
                at_most=_AT_MOST_SECONDS,
                progress=lambda so_far: context.log.info(
                    f"match_verdicts: {so_far.derived + so_far.failed} of {so_far.postings} matches"
                ),
            )
    told = {k.replace("_", " "): round(v, 3) if isinstance(v, float) else v for k, v in asdict(report).items()}
    told["matches"] = told.pop("postings")
    return result(
        db,
        "match_verdicts",
        db.rows("verdict_counts", days=days),
        metadata={**told, "remaining": report.remaining, **engine.usage.metadata()},
        checks=[few_failures(report), models_loaded_once(engine)],
    )


@table_asset("decision_agreement", group="6_matching", code_version="1", deps=[match_analyses, match_verdicts])
def decision_agreement(context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]) -> dg.MaterializeResult:
    """How often the rule's and the model's decisions are those that the similarity alone would have made.

    By the postings' day and by band of the score, with some that differ to look at. They differ by design; a share that
    moves is the sign that a model, a threshold or the postings have changed.
    """
    days = days_of(context)
    told = store_agreement(db, days)
    shares = {f"agreed, {one.decided_by}": one.share for one in told if one.share is not None}
    counts = {f"decisions, {one.decided_by}": one.decisions for one in told}
    return result(db, "decision_agreement", db.rows("agreement_counts", days=days), metadata={**counts, **shares})
