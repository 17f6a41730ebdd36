"""The sensor of the drop folder: a run for each day that new files belong to."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import dagster as dg

from ty_assets.postings.record import parse_record
from ty_jobs.jobs import postings_job
from ty_jobs.sensors.arrivals import Arrivals, Batch, Outcome
from ty_jobs.sensors.requests import NO_RETRY, RUNS_PER_TICK, STREAMED, UNFINISHED, URGENT
from ty_resources.settings import settings
from ty_resources.sources.files import FileSource
from ty_resources.sources.source import SourceError

_KEY_TAG = "ty/arrivals"


def days_in(file: Path, today: dt.date) -> list[dt.date]:
    """The partitions that a file's records belong to: their own day, or today for those without one.

    Records that cannot be read count for today, whose run names them in `failures`; so does a file that is gone.
    """
    days = set()
    try:
        for received in FileSource(file, settle_seconds=0).receive():
            try:
                record = parse_record(received.payload or {}, today, settings().max_posting_chars)
                day = record.first_seen_on or today
            except (ValueError, RecursionError):
                day = today
            days.add(max(day, settings().start_date))
    except (OSError, SourceError):
        days.add(today)
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
    now = dt.datetime.now(dt.UTC)
    for batch in state.settle(lambda key: _outcome(context.instance, key), now):
        context.log.error(f"{batch.day}: given up after {batch.tries} failed runs: {', '.join(sorted(batch.files))}")
    today = settings().today()
    folder = FileSource(inbox)
    if misnamed := folder.misnamed():
        context.log.warning(f"Not UTF-8, and left alone until they are renamed: {', '.join(misnamed)}")
    state.notice(_prints(folder.files()), lambda name: days_in(inbox / name, today), today)
    batches = state.next_batches(RUNS_PER_TICK, now)
    if not batches:
        told = f"Nothing new in {inbox}." if not state.waiting else "What has come waits for the runs of its days."
        return dg.SensorResult(skip_reason=told, cursor=state.model_dump_json())
    return dg.SensorResult(run_requests=[_request(batch, inbox) for batch in batches], cursor=state.model_dump_json())


def _prints(files: Iterable[Path]) -> dict[str, str]:
    """Fingerprints by name; a file that goes meanwhile has none."""
    found = {}
    for file in files:
        with suppress(OSError):
            stat = file.stat()
            found[file.name] = f"{stat.st_size}:{stat.st_mtime_ns}"
    return found


def _request(batch: Batch, inbox: Path) -> dg.RunRequest:
    config = {"source": str(inbox.resolve()), "only": sorted(batch.files), "undated": batch.found.isoformat()}
    return dg.RunRequest(
        partition_key=batch.day.isoformat(),
        run_key=batch.key,
        tags={**URGENT, **NO_RETRY, _KEY_TAG: batch.key},
        asset_selection=[dg.AssetKey(name) for name in STREAMED],
        run_config={"ops": {"raw_postings": {"config": config}}},
    )


def _outcome(instance: dg.DagsterInstance, key: str) -> Outcome:
    """What became of the run with this key; one that is not there is on its way, or was deleted."""
    latest = instance.get_runs(dg.RunsFilter(tags={_KEY_TAG: key}), limit=1)
    if not latest:
        return "unknown"
    if latest[0].status in UNFINISHED:
        return "running"
    return "succeeded" if latest[0].status == dg.DagsterRunStatus.SUCCESS else "failed"
