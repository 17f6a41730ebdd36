"""The sensors of people: new and changed profiles, and those that the model has not read yet."""

import datetime as dt

import dagster as dg

from ty_jobs.jobs import people_job
from ty_jobs.sensors.requests import RUNS_PER_TICK, URGENT
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database


@dg.sensor(
    job=people_job,
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="New and changed profiles: a run for each bucket that they are in.",
)
def new_profiles(
    context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]
) -> dg.SensorResult | dg.SkipReason:
    since = dt.datetime.fromisoformat(context.cursor) if context.cursor else dt.datetime.min.replace(tzinfo=dt.UTC)
    rows = db.rows("documents_since", since=since)
    if not rows:
        return dg.SkipReason("No profile has come or changed.")
    rows = rows[:RUNS_PER_TICK]
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                partition_key=f"{row['bucket']:03d}",
                run_key=f"{row['bucket']}:{row['latest'].isoformat()}",
                tags=URGENT,
            )
            for row in rows
        ],
        cursor=rows[-1]["latest"].isoformat(),
    )


@dg.sensor(
    job=people_job,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="People whom the rules have read in the model's place, while the server was away: read again.",
)
def unread_people(
    context: dg.SensorEvaluationContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.SensorResult | dg.SkipReason:
    if not engine.remote:
        return dg.SkipReason("TY_ENGINE is embedded: the rules' rows are final.")
    if not engine.reachable():
        return dg.SkipReason("No model server answers; see `ty models`.")
    try:
        models = {"model": engine.model("extraction"), "embedding_model": engine.embedding_model}
    except EngineError as error:
        return dg.SkipReason(str(error))
    rows = db.rows("buckets_to_refine", **models)
    if not rows:
        return dg.SkipReason("The model has read everybody.")
    # Once an hour at most: what a model cannot read it cannot read a minute later either.
    hour = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H")
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(partition_key=f"{row['bucket']:03d}", run_key=f"{row['bucket']}:{hour}")
            for row in rows[:RUNS_PER_TICK]
        ]
    )
