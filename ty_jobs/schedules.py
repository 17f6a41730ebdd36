"""When things run by the clock."""

import datetime as dt

import dagster as dg

from ty_jobs.jobs import postings_job
from ty_resources.settings import settings


@dg.schedule(
    job=postings_job,
    cron_schedule="0 2 * * *",
    execution_timezone=settings().timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at two: yesterday, now complete, through every stage.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Today's partition is open while the day lasts, so the night asks for yesterday, not for the newest."""
    day = context.scheduled_execution_time.astimezone(settings().zone).date() - dt.timedelta(days=1)
    return dg.RunRequest(partition_key=day.isoformat())


schedules = [nightly]
