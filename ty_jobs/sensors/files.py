"""The sensor of the drop folder: a run for each day that new files belong to."""

import datetime as dt
from pathlib import Path

import dagster as dg

from ty_assets.postings.record import parse_record
from ty_jobs.jobs import postings_job
from ty_jobs.sensors.arrivals import Arrivals, Batch, Outcome
from ty_jobs.sensors.requests import RUNS_PER_TICK, UNFINISHED, URGENT
from ty_resources.settings import settings
from ty_resources.sources.files import FileSource

_KEY_TAG = "ty/arrivals"


def days_in(file: Path, today: dt.date) -> list[dt.date]:
    """The partitions that a file's records belong to: their own day, or today for those without one.

    Records that cannot be read count for today, whose run names them in `failures`.
    """
    days = set()
    for received in FileSource(file, settle_seconds=0).receive():
        try:
            record = parse_record(received.payload or {}, today, settings().max_posting_chars)
            day = record.first_seen_on or today
        except (ValueError, RecursionError):
            day = today
        days.add(day if settings().start_date <= day <= today else today)
    return sorted(days)


@dg.sensor(
    job=postings_job,
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Files in the drop folder: a run for each day that their postings belong to, all that waits at once.",
)
def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    inbox = settings().inbox
    if not inbox.is_dir():
        return dg.SkipReason(f"There is no drop folder {inbox} yet; it is made by the first run, or by `mkdir -p`.")
    state = Arrivals.model_validate_json(context.cursor) if context.cursor else Arrivals()
    for batch in state.settle(lambda key: _outcome(context.instance, key)):
        context.log.error(f"{batch.day}: given up after {batch.tries} failed runs: {', '.join(sorted(batch.files))}")
    today = settings().today()
    prints = {file.name: f"{(s := file.stat()).st_size}:{s.st_mtime_ns}" for file in FileSource(inbox).files()}
    state.notice(prints, lambda name: days_in(inbox / name, today), today)
    batches = state.next_batches(RUNS_PER_TICK)
    if not batches:
        told = f"Nothing new in {inbox}." if not state.waiting else "What has come waits for the runs of its days."
        return dg.SensorResult(skip_reason=told, cursor=state.model_dump_json())
    return dg.SensorResult(run_requests=[_request(batch, inbox) for batch in batches], cursor=state.model_dump_json())


def _request(batch: Batch, inbox: Path) -> dg.RunRequest:
    config = {"source": str(inbox.resolve()), "only": sorted(batch.files), "undated": batch.found.isoformat()}
    return dg.RunRequest(
        partition_key=batch.day.isoformat(),
        run_key=batch.key,
        tags={**URGENT, _KEY_TAG: batch.key},
        run_config={"ops": {"raw_postings": {"config": config}}},
    )


def _outcome(instance: dg.DagsterInstance, key: str) -> Outcome:
    """What became of the run with this key; one that is not there yet is on its way."""
    latest = instance.get_runs(dg.RunsFilter(tags={_KEY_TAG: key}), limit=1)
    if not latest or latest[0].status in UNFINISHED:
        return "running"
    return "succeeded" if latest[0].status == dg.DagsterRunStatus.SUCCESS else "failed"
