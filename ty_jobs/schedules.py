"""When things run by the clock: the night in its order, the morning's checks, the week's and the month's upkeep.

Times are of TY_TIMEZONE. A schedule that asks for days is a function, since today's partition is open while the day
lasts. What runs because something came is in `sensors`.
"""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ty_assets.readings.store import postings_to_read
from ty_assets.table_asset import READ_BEST
from ty_jobs.jobs import (
    catalogue_job,
    demand_job,
    matches_job,
    postings_job,
    refinement_job,
    standing_checks_job,
    sweep_job,
)
from ty_jobs.notices_mail import notices_mail_job
from ty_jobs.sensors.requests import range_request, spans
from ty_jobs.upkeep import upkeep_job
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database
from ty_resources.settings import settings

# Stages read a run's postings at once, so a run of refinement has a week; matches are made day by day.
_DAYS_OF_READING, _DAYS_OF_MATCHES = 7, 31
# Before the runs that the sensor for unread postings asks for, which read everything in use.
_FOREMOST = {"dagster/priority": "5"}
RUNNING = dg.DefaultScheduleStatus.RUNNING


def _zone() -> str:
    return settings().timezone


@dg.schedule(
    job=postings_job,
    cron_schedule="0 2 * * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="Every night at two: yesterday, now complete, through every stage.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Today's partition is open while the day lasts, so the night asks for yesterday, not for the newest."""
    day = context.scheduled_execution_time.astimezone(settings().zone).date() - dt.timedelta(days=1)
    return dg.RunRequest(run_key=day.isoformat(), partition_key=day.isoformat())


@dg.schedule(
    job=demand_job,
    cron_schedule="10 * * * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="Every hour: what the market asks for today, so far.",
)
def hourly_demand(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Counted over all open postings, so not with every one that comes."""
    at = context.scheduled_execution_time
    return dg.RunRequest(run_key=f"{at:%Y-%m-%dT%H}", partition_key=at.astimezone(settings().zone).date().isoformat())


# Before the day's run, whose matches and demand then rest on what is still open.
nightly_sweep = dg.ScheduleDefinition(
    name="nightly_sweep",
    job=sweep_job,
    cron_schedule="30 1 * * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="Every night at half past one: which postings are still open.",
)


@dg.schedule(
    job=refinement_job,
    cron_schedule="0 3 * * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="At three, after the day's run: the model reads what is opened or among anybody's best matches.",
)
def overnight_readings(
    context: dg.ScheduleEvaluationContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """The weeks with unread postings among everybody's best matches of all days; their runs read nothing else."""
    config = settings()
    if not engine.remote:
        return dg.SkipReason("TY_ENGINE is embedded: the rules' rows are final.")
    best = config.analyses_overnight
    if not best or not db.rows("days_of_best_matches", best=1):
        return dg.SkipReason("Nobody has matches yet, or TY_ANALYSES_OVERNIGHT is 0.")
    days = [row["day"] for row in db.rows("active_days") if row["day"] >= config.start_date]
    try:
        unread = postings_to_read(db, engine, days, refine="used", best=best)
    except EngineError as error:
        return dg.SkipReason(str(error))
    if not unread:
        return dg.SkipReason(f"The model has read everybody's best {best} matches.")
    weeks = spans({row["first_seen_on"] for row in unread}, gap=_DAYS_OF_READING, at_most=_DAYS_OF_READING)
    return _requests(context, weeks, {READ_BEST: str(best), **_FOREMOST})


@dg.schedule(
    job=matches_job,
    cron_schedule="30 5 * * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="At half past five: everybody's best matches over all days have their analysis, as they are now.",
)
def overnight_analyses(
    context: dg.ScheduleEvaluationContext, db: dg.ResourceParam[Database]
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """The days of everybody's best matches, a month a run. What is current there costs a look, no work."""
    config = settings()
    best = config.analyses_overnight
    days = [row["day"] for row in db.rows("days_of_best_matches", best=best) if row["day"] >= config.start_date]
    if not days:
        return dg.SkipReason("Nobody has matches yet, or TY_ANALYSES_OVERNIGHT is 0.")
    return _requests(context, spans(days, gap=_DAYS_OF_MATCHES, at_most=_DAYS_OF_MATCHES), {})


def _requests(
    context: dg.ScheduleEvaluationContext, ranges: Sequence[tuple[dt.date, dt.date]], tags: dict[str, str]
) -> list[dg.RunRequest]:
    """One run a range, the newest first; a tick that is repeated asks for no second one."""
    night = context.scheduled_execution_time.astimezone(settings().zone).date()
    return [range_request(first, last, f"{night}:{first}", tags=tags) for first, last in reversed(ranges)]


morning_checks = dg.ScheduleDefinition(
    name="morning_checks",
    job=standing_checks_job,
    cron_schedule="30 6 * * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="Every morning: no partition is left failed, best matches are explained, yesterday has not drifted.",
)

weekly_upkeep = dg.ScheduleDefinition(
    name="weekly_upkeep",
    job=upkeep_job,
    cron_schedule="0 8 * * 0",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="Sundays at eight: old runs, listings and incidents are removed.",
)

# Occupations are named and dropped a few times a year; each change maps every title anew, by rules.
monthly_catalogue = dg.ScheduleDefinition(
    name="monthly_catalogue",
    job=catalogue_job,
    cron_schedule="30 0 1 * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="On the first of the month: the catalogue of occupations from Berufenet, where it is asked for.",
)


@dg.schedule(
    job=notices_mail_job,
    cron_schedule="*/5 * * * *",
    execution_timezone=_zone(),
    default_status=RUNNING,
    description="Every five minutes: mail to people for whom the hour has come, and what could not be sent before.",
)
def mail_round(context: dg.ScheduleEvaluationContext, db: dg.ResourceParam[Database]) -> dg.RunRequest | dg.SkipReason:
    """Asks the tables first: a run takes two seconds, and most of the day there is nothing to send."""
    config = settings()
    if config.smtp_url is None:
        return dg.SkipReason("TY_SMTP_URL is unset: nobody gets mail.")
    at = context.scheduled_execution_time.astimezone(config.zone)
    if not db.value("mail_is_due", hour=at.hour, today=at.date()):
        return dg.SkipReason("No mail is due.")
    return dg.RunRequest(run_key=f"{at:%Y-%m-%dT%H:%M%z}")


schedules = [
    monthly_catalogue,
    nightly_sweep,
    nightly,
    hourly_demand,
    overnight_readings,
    overnight_analyses,
    morning_checks,
    weekly_upkeep,
    mail_round,
]
