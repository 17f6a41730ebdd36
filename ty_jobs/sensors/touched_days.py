"""The sensor of days that a run has touched beside its own: a posting's new text, a copy whose first has changed."""

import datetime as dt

import dagster as dg

from ty_jobs.assets import PIPELINE_ORDER
from ty_jobs.jobs import PEOPLE, READINGS, WHOLE, postings_job
from ty_jobs.sensors.requests import URGENT, range_request, spans
from ty_resources.settings import settings

_DAYS_PER_RUN = 7
# All of the job's assets but the one that receives: what came is there.
RECEIVED = [name for name in PIPELINE_ORDER if name not in ("raw_postings", *PEOPLE, *WHOLE, READINGS)]


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[postings_job],
    request_job=postings_job,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Days whose postings have changed with another day's run: derived and matched anew, without receiving.",
)
def touched_days(context: dg.RunStatusSensorContext) -> dg.SensorResult | dg.SkipReason:
    days = [day for day in other_days(context.instance, context.dagster_run.run_id) if day >= settings().start_date]
    if not days:
        return dg.SkipReason("The run has touched no other day.")
    return dg.SensorResult(
        run_requests=[
            range_request(first, last, f"{context.dagster_run.run_id}:{first}", tags=URGENT, assets=RECEIVED)
            for first, last in spans(days, at_most=_DAYS_PER_RUN)
        ]
    )


def other_days(instance: dg.DagsterInstance, run_id: str) -> list[dt.date]:
    """What the run's `postings` told of other days."""
    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    for record in records:
        made = record.asset_materialization
        if made is not None and made.asset_key == dg.AssetKey("postings"):
            told = str(made.metadata["other days"].value)
            return [] if told == "none" else [dt.date.fromisoformat(day) for day in told.split(", ")]
    return []
