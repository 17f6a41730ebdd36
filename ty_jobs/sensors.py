"""When things run because something came: a file in the drop folder, a person, a person's facets."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import dagster as dg

from ty_assets.postings.record import parse_record
from ty_jobs.jobs import matches_job, people_job, postings_job, refinement_job
from ty_jobs.refinement import days_to_refine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.files import FileSource

_UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
_LATEST = 7  # runs; after so many failures in a row an hour lies between two
_RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
# A tick has a deadline; what is over is carried to the next in the cursor.
_RUNS_PER_TICK = 20


def changed_files(files: Iterable[Path], known: Mapping[str, str]) -> dict[Path, str]:
    """Files that are new or changed since the cursor, with their fingerprint of size and time."""
    prints = {f: f"{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in files}
    return {f: mark for f, mark in prints.items() if known.get(f.name) != mark}


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
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Files in the drop folder: a run for each day that their postings belong to.",
)
def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    inbox = settings().inbox
    if not inbox.is_dir():
        return dg.SkipReason(f"There is no drop folder {inbox} yet; it is made by the first run, or by `mkdir -p`.")
    state: dict[str, Any] = json.loads(context.cursor or '{"files": {}, "waiting": []}')
    fresh = changed_files(FileSource(inbox).files(), state["files"])
    waiting: list[list[str]] = state["waiting"]
    for file, mark in fresh.items():
        # The fingerprint in the key: the same day again for another content, never twice for the same.
        key = hashlib.sha256(f"{file.name}:{mark}".encode()).hexdigest()[:12]
        waiting += [[day.isoformat(), key, str(file.resolve())] for day in days_in(file, settings().today())]
        state["files"][file.name] = mark
    now, state["waiting"] = waiting[:_RUNS_PER_TICK], waiting[_RUNS_PER_TICK:]
    if not now and not fresh:
        return dg.SkipReason(f"Nothing new in {inbox}.")
    return dg.SensorResult(
        run_requests=[
            # The file is named, so that records without a date belong to the day on which it was found, also when
            # the run starts after midnight.
            dg.RunRequest(
                partition_key=day,
                run_key=f"{day}:{key}",
                run_config={"ops": {"raw_postings": {"config": {"source": path}}}},
            )
            for day, key, path in now
        ],
        cursor=json.dumps(state),
    )


@dg.sensor(
    job=people_job,
    minimum_interval_seconds=15,
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
    rows = rows[:_RUNS_PER_TICK]
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(partition_key=f"{row['bucket']:03d}", run_key=f"{row['bucket']}:{row['latest'].isoformat()}")
            for row in rows
        ],
        cursor=rows[-1]["latest"].isoformat(),
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[people_job],
    request_job=matches_job,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="After people have changed: their matches with the postings of every active day.",
)
def changed_people(
    context: dg.RunStatusSensorContext, db: dg.ResourceParam[Database]
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    days = [row["day"] for row in db.rows("active_days")]
    if not days:
        return dg.SkipReason("There are no active postings yet.")
    return [range_request(min(days), max(days), run_key=context.dagster_run.run_id)]


def range_request(first: dt.date, last: dt.date, run_key: str | None = None) -> dg.RunRequest:
    """One run over a range of days: a run takes seconds to start, so days are not worth one each."""
    if first == last:
        return dg.RunRequest(run_key=run_key, partition_key=first.isoformat())
    tags = {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }
    return dg.RunRequest(run_key=run_key, tags=tags)


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
    if latest and latest[0].dagster_run.status in _UNFINISHED:
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
            partition_key=tags.get("dagster/partition"), tags={key: tags[key] for key in _RANGE_TAGS if key in tags}
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
            for row in rows[:_RUNS_PER_TICK]
        ]
    )


sensors = [new_files, new_profiles, changed_people, unread_postings, unread_people]
