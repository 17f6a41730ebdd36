"""The sensor of days that a run has touched beside its own: a posting's new text, a copy whose first has changed."""

import datetime as dt

import dagster as dg

from ty_jobs.jobs import postings_job
from ty_jobs.sensors.requests import (
    RECEIVED,
    URGENT,
    failed_in_a_row,
    pause_after,
    range_request,
    spans,
    unfinished_runs,
)
from ty_resources.postgres import Database
from ty_resources.settings import settings

_DAYS_PER_RUN = 7
_TAG = {"ty/touched": "days"}


@dg.sensor(
    job=postings_job,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Days whose postings have changed with another day's run: derived and matched anew, without receiving.",
)
def touched_days(
    context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]
) -> dg.SensorResult | dg.SkipReason:
    if unfinished_runs(context.instance, postings_job.name, _TAG):
        return dg.SkipReason("Touched days are being done; what is touched meanwhile comes next.")
    if pause := pause_after(failed_in_a_row(context.instance, postings_job.name, _TAG)):
        return dg.SkipReason(f"The last run of touched days failed; the next one comes {pause} after it.")
    # What these runs were for is done when they have succeeded; until then it stays noted.
    done = context.instance.get_run_records(
        dg.RunsFilter(job_name=postings_job.name, tags=_TAG, statuses=[dg.DagsterRunStatus.SUCCESS]),
        limit=_DAYS_PER_RUN,
    )
    for record in done:
        before = record.create_timestamp.astimezone(dt.UTC)
        db.execute("days_are_done", days=_days_of(record.dagster_run), before=before)
    days = [row["day"] for row in db.rows("touched_days", before=dt.datetime.now(dt.UTC))]
    wanted = [day for day in days if day >= settings().start_date]
    if not wanted:
        return dg.SkipReason("No run has touched another day.")
    return dg.SensorResult(
        run_requests=[
            range_request(first, last, tags={**URGENT, **_TAG}, assets=RECEIVED)
            for first, last in spans(wanted, at_most=_DAYS_PER_RUN)[:1]
        ]
    )


def _days_of(run: dg.DagsterRun) -> list[dt.date]:
    first = run.tags.get("dagster/partition") or run.tags["dagster/asset_partition_range_start"]
    last = run.tags.get("dagster/partition") or run.tags["dagster/asset_partition_range_end"]
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
