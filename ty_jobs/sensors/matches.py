"""The sensor of matches that something has outdated: people have changed, or postings have closed or opened."""

import datetime as dt

import dagster as dg
from pydantic import BaseModel

from ty_jobs.jobs import matches_job, people_job
from ty_jobs.sensors.requests import URGENT, range_request, spans, unfinished_runs
from ty_resources.postgres import Database

# Days without postings between two that have some, and days of one run: a run takes longer than a few empty days, and
# a year in one run would hold its slot for long.
_GAP, _DAYS_PER_RUN = 6, 31


class Seen(BaseModel):
    """What the matches that were asked for last rest on. people: a digest of all; statuses: their last change."""

    people: str = ""
    statuses: dt.datetime = dt.datetime.min.replace(tzinfo=dt.UTC)


@dg.sensor(
    job=matches_job,
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="After people have changed: every active day. After postings have closed or opened: their days.",
)
def outdated_matches(
    context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]
) -> dg.SensorResult | dg.SkipReason:
    seen = Seen.model_validate_json(context.cursor) if context.cursor else Seen()
    now = Seen(people=db.value("people_digest"), statuses=db.value("latest_status_change") or seen.statuses)
    if now == seen:
        return dg.SkipReason("Nobody has changed, and no posting has closed or opened.")
    if unfinished_runs(context.instance, people_job.name):
        return dg.SkipReason("People are being read; their matches come after the last of them.")
    if now.people != seen.people:
        days = [row["day"] for row in db.rows("active_days")]
    else:
        days = [row["day"] for row in db.rows("days_of_status_changes", since=seen.statuses)]
    return dg.SensorResult(
        run_requests=[
            range_request(first, last, tags=URGENT)
            for first, last in reversed(
                spans(days, gap=_GAP, at_most=_DAYS_PER_RUN)
            )  # what is newest is looked at first
        ],
        cursor=now.model_dump_json(),
        skip_reason=None if days else "There are no active postings yet.",
    )
