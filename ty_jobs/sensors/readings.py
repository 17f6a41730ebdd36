"""The sensor of what people look at and the model has not read yet."""

import datetime as dt
from itertools import takewhile

import dagster as dg

from ty_jobs.jobs import refinement_job
from ty_jobs.refinement import days_to_refine
from ty_jobs.sensors.requests import RANGE_TAGS, UNFINISHED, range_request
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database
from ty_resources.settings import settings

_LATEST = 7  # runs; after so many failures in a row an hour lies between two


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
    latest = context.instance.get_run_records(dg.RunsFilter(job_name=refinement_job.name), limit=_LATEST)
    if latest and latest[0].dagster_run.status in UNFINISHED:
        return dg.SkipReason("A refinement is running; what is unread then comes next.")
    failed = list(takewhile(lambda record: record.dagster_run.status == dg.DagsterRunStatus.FAILURE, latest))
    if failed:
        # What failed as a whole (a model that is missing, a server that does not answer) comes again, ever more rarely.
        again = dt.timedelta(minutes=2 ** (len(failed) - 1))
        over = dt.datetime.fromtimestamp(failed[0].end_time or 0.0, dt.UTC)
        if dt.datetime.now(dt.UTC) < over + again:
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
