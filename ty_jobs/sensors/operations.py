"""Sensors that keep watch: failed runs and checks, silent sources, and what may be tried again.

Belongs here: reading Dagster and asking for runs. Not here: what is wrong and its words (ty_jobs/alerting), keeping and
telling it (ty_jobs/incidents), and which partitions are due (ty_jobs/retrying).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, EventLogRecord

from ty_jobs.alerting import Observation, Work, is_wrong, safe
from ty_jobs.incidents import observe, observe_sources, tell
from ty_jobs.jobs import people_job, postings_job, refinement_job
from ty_jobs.retrying import retries
from ty_jobs.sensors.requests import RANGE_TAGS, RECEIVED, RUNS_PER_TICK, UNFINISHED
from ty_resources.alerts import receivers
from ty_resources.inference.embedded import EMBEDDING_MODEL
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings

# Set by Dagster on a run that it is about to start again by itself.
_WILL_RETRY, _RETRY = "dagster/will_retry", "dagster/auto_retry_run_id"
_UNTIL_RETRIED = dt.timedelta(minutes=3)
# A run's checks are some dozens; a tick has a deadline.
_CHECKS_PER_TICK = 500
# Without a cursor, of what has been checked before: what is still wrong was checked within a day.
_FIRST_LOOK = dt.timedelta(days=1)


def work_of(run: dg.DagsterRun, repository: dg.RepositoryDefinition | None = None) -> Work:
    """repository: knows a job's assets, since the UI also names all of them one by one."""
    chosen = run.asset_selection
    if chosen and repository is not None and repository.has_job(run.job_name):
        whole = repository.get_job(run.job_name).asset_layer.selected_asset_keys
        chosen = None if chosen >= whole else chosen
    return Work.of(run.job_name, run.tags, [key.to_user_string() for key in chosen] if chosen else None)


def reason(steps: Iterable[DagsterEvent], failure: DagsterEvent | None) -> str:
    """Where a run failed and by which class of error; an error's own words may quote a person."""
    told = []
    for event in steps:
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        told.append(f"{event.step_key} ({error.cls_name})" if error and error.cls_name else str(event.step_key))
    if told:
        return f"Failed at {', '.join(told)}."
    error = getattr(failure.event_specific_data, "error", None) if failure else None
    if error is not None:
        return f"Failed before its first step or between two ({error.cls_name or 'unknown error'})."
    return safe(failure.message or "") if failure else ""


@dg.run_failure_sensor(
    monitor_all_code_locations=True,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run that failed, and that Dagster does not start again by itself: an incident of its partitions.",
)
def failed_runs(context: dg.RunFailureSensorContext, db: dg.ResourceParam[Database]) -> None:
    run = context.dagster_run
    if run.tags.get(_WILL_RETRY) == "true":
        return
    at, work = _ended(context.instance, run), work_of(run, context.repository_def)
    if _succeeded_since(context.instance, work, at):
        return
    steps = context.get_step_failure_events()
    observe(
        db,
        [Observation("run", work.subject, True, at, safe(reason(steps, context.failure_event)), f"/runs/{run.run_id}")],
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitor_all_code_locations=True,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run that succeeds: what failed of its partitions before is over.",
)
def mended_runs(context: dg.RunStatusSensorContext, db: dg.ResourceParam[Database]) -> None:
    run = context.dagster_run
    work = work_of(run, context.repository_def)
    observe(db, [Observation("run", work.subject, False, _ended(context.instance, run))])


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asset checks that fail (TY_ALERT_ON): an incident each until they pass.",
)
def failed_checks(
    context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]
) -> dg.SensorResult | dg.SkipReason:
    since = int(context.cursor) if context.cursor else None
    records = _evaluations(context.instance, since)
    if not records:
        return dg.SkipReason("No check has been evaluated.")
    observe(db, checks_seen(records))
    return dg.SensorResult(cursor=str(records[-1].storage_id))


def checks_seen(records: Sequence[EventLogRecord]) -> list[Observation]:
    seen = []
    for record in records:
        event = record.event_log_entry.dagster_event
        if event is None:
            continue
        made = event.asset_check_evaluation_data
        asset = made.asset_key.to_user_string()
        seen.append(
            Observation(
                "check",
                f"{asset}.{made.check_name}",
                is_wrong(made.passed, made.severity.value, settings().alert_on),
                dt.datetime.fromtimestamp(record.event_log_entry.timestamp, dt.UTC),
                safe(made.description or ""),
                f"/assets/{asset}?view=checks",
            )
        )
    return seen


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells what is wrong, once, and once more when it is over (TY_ALERT_URLS); watches silent sources.",
)
def alerts(context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]) -> dg.SkipReason:
    config = settings()
    observe_sources(db, config, dt.datetime.now(dt.UTC))
    observe(db, never_retried(context.instance, dt.datetime.now(dt.UTC)))
    told = tell(db, receivers(config.alert_urls), config)
    return dg.SkipReason(f"{told} incidents told." if told else "Nothing new is wrong, and nothing is over.")


def never_retried(instance: dg.DagsterInstance, now: dt.datetime) -> list[Observation]:
    """Runs that Dagster meant to start again by itself, and did not: it does not hear of every kill in time."""
    failed = instance.get_run_records(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE], tags={_WILL_RETRY: "true"}, updated_after=now - _FIRST_LOOK
        ),
        limit=_CHECKS_PER_TICK,
    )
    seen = []
    for run, ended in ((record.dagster_run, record.end_time or 0.0) for record in failed):
        at = dt.datetime.fromtimestamp(ended, dt.UTC)
        if _RETRY not in run.tags and at < now - _UNTIL_RETRIED and not _succeeded_since(instance, work_of(run), at):
            told = "Its process ended, and nothing has started it again."
            seen.append(Observation("run", work_of(run).subject, True, at, told, f"/runs/{run.run_id}"))
    return seen


@dg.sensor(
    jobs=[postings_job, people_job, refinement_job],
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Postings and people that failed and are due again: a run for exactly their partitions.",
)
def due_failures(
    context: dg.SensorEvaluationContext,
    db: dg.ResourceParam[Database],
    engine: dg.ResourceParam[InferenceEngine],
) -> dg.SensorResult | dg.SkipReason:
    due = db.rows("due_failures")
    if not due:
        return dg.SkipReason("Nothing that failed is due.")
    config = settings()
    unfinished = context.instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED)))
    wanted = retries(
        due,
        [work_of(run) for run in unfinished],
        days=(config.start_date, config.today()),
        packaged_models=[EMBEDDING_MODEL],
        remote=engine.remote and engine.reachable(),
        now=dt.datetime.now(dt.UTC),
    )
    if not wanted:
        return dg.SkipReason(f"{len(due)} failures are due; a run is at their partitions, or no model server answers.")
    return dg.SensorResult(
        run_requests=[_request(retry.work, retry.key) for retry in wanted[:RUNS_PER_TICK]],
    )


def _request(work: Work, run_key: str) -> dg.RunRequest:
    told: dict[str, Any] = {"run_key": run_key, "job_name": work.job}
    if work.job == postings_job.name:  # what failed was received, and need not be again
        told["asset_selection"] = [dg.AssetKey(name) for name in RECEIVED]
    if work.first == work.last:
        return dg.RunRequest(partition_key=work.first, **told)
    return dg.RunRequest(tags=dict(zip(RANGE_TAGS, (work.first, work.last), strict=True)), **told)


def _evaluations(instance: dg.DagsterInstance, since: int | None) -> Sequence[EventLogRecord]:
    """Evaluated checks after the cursor, the oldest first."""
    wanted: dict[str, Any] = {"after_cursor": since}
    if since is None:
        wanted = {"after_timestamp": (dt.datetime.now(dt.UTC) - _FIRST_LOOK).timestamp()}
    return instance.event_log_storage.get_event_records(
        dg.EventRecordsFilter(event_type=DagsterEventType.ASSET_CHECK_EVALUATION, **wanted),
        limit=_CHECKS_PER_TICK,
        ascending=True,
    )


def _ended(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dt.datetime:
    record = instance.get_run_record_by_id(run.run_id)
    ended = record.end_time if record else None
    return dt.datetime.fromtimestamp(ended, dt.UTC) if ended else dt.datetime.now(dt.UTC)


def _succeeded_since(instance: dg.DagsterInstance, work: Work, at: dt.datetime) -> bool:
    """Whether the same work was done after it had failed: the two sensors may hear of it in either order."""
    done = instance.get_run_records(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=at), limit=_CHECKS_PER_TICK
    )
    return any(
        (record.end_time or 0.0) > at.timestamp() and work_of(record.dagster_run).covers(work) for record in done
    )


operations_sensors = [failed_runs, mended_runs, failed_checks, alerts, due_failures]
