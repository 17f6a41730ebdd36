"""The sensor of what people look at and the model has not read yet."""

import dagster as dg

from ty_jobs.jobs import refinement_job
from ty_jobs.refinement import days_to_refine
from ty_jobs.sensors.requests import RANGE_TAGS, failed_in_a_row, pause_after, range_request, unfinished_runs
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database
from ty_resources.settings import settings


@dg.sensor(
    job=refinement_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="What people look at and the model has not read: a run for the week where most of it is.",
)
def unread_postings(
    context: dg.SensorEvaluationContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.RunRequest | dg.SkipReason:
    if not engine.remote:
        return dg.SkipReason("TY_ENGINE is embedded: the rules' rows are final.")
    if unfinished_runs(context.instance, refinement_job.name):
        return dg.SkipReason("A refinement is running; what is unread then comes next.")
    if failed := failed_in_a_row(context.instance, refinement_job.name):
        # What failed as a whole (a model that is missing, a server that does not answer) comes again, ever more rarely.
        if again := pause_after(failed):
            return dg.SkipReason(f"The last refinement failed; the next one comes {again} after it. Its log says why.")
        tags = failed[0].dagster_run.tags
        return dg.RunRequest(
            partition_key=tags.get("dagster/partition"), tags={key: tags[key] for key in RANGE_TAGS if key in tags}
        )
    if not engine.reachable():
        return dg.SkipReason("No model server answers; see `ty models`. Matches rest on the rules' rows meanwhile.")
    try:
        days = days_to_refine(db, engine, settings())
    except EngineError as error:
        return dg.SkipReason(str(error))
    if not days:
        return dg.SkipReason("Everything in use is read, or the night's hours are spent (TY_REFINEMENT_HOURS).")
    return range_request(days[0], days[-1])
