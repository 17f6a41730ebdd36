"""The sensor of remote sources: asks each when it is time, and requests a run where it has something new."""

import datetime as dt

import dagster as dg

from ty_assets.postings.fetch import newest
from ty_jobs.jobs import postings_job
from ty_jobs.sensors.requests import (
    NO_RETRY,
    RANGE_TAGS,
    STREAMED,
    URGENT,
    failed_in_a_row,
    pause_after,
    unfinished_runs,
)
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.registry import named_sources, source_names
from ty_resources.sources.source import SourceError

_TAG = "ty/source"


@dg.sensor(
    job=postings_job,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Remote sources (TY_SOURCES), each at an interval of its own: a run of today where one has something.",
)
def services(context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]) -> dg.SensorResult | dg.SkipReason:
    names = source_names(settings())
    if not names:
        return dg.SkipReason("TY_SOURCES names no service.")
    now = dt.datetime.now(dt.UTC)
    due = db.rows(
        "sources_due",
        sources=list(names),
        today=settings().today(),
        now=now,
        full_every=dt.timedelta(hours=settings().source_full_hours),
    )
    requests, told = [], []
    for state in due:
        name = state["source"]
        if unfinished_runs(context.instance, postings_job.name, {_TAG: name}):
            told.append(f"{name}: a run is fetching it")
            continue
        if not db.value("source_is_free", source=name):
            told.append(f"{name}: another process is fetching it")
            continue
        if pause := pause_after(failed_in_a_row(context.instance, postings_job.name, {_TAG: name})):
            told.append(f"{name}: its last run failed; the next one comes {pause} after it")
            continue
        # A round that is open is gone on with; everything is listed once a day; between, what is new is looked at.
        kind = state["open_kind"] or ("full" if state["full_due"] else "new")
        try:
            wanted = kind == "full" or state["open_kind"] or _newest(db, name, now)
        except SourceError as error:
            context.log.warning(str(error))
            told.append(str(error))
            continue
        if wanted:
            requests.append(_request(name, full=kind == "full"))
        else:
            told.append(f"{name}: nothing new")
    return dg.SensorResult(run_requests=requests, skip_reason=None if requests else "; ".join(told) or "None is due.")


def _newest(db: Database, name: str, now: dt.datetime) -> int:
    (source,) = named_sources(settings(), [name]).values()
    return newest(db, source, today=settings().today(), now=now)


def _request(name: str, *, full: bool) -> dg.RunRequest:
    config = {"service": name, "full": full}
    today = settings().today().isoformat()
    return dg.RunRequest(
        # As a range of one day: what is dropped today does not wait for a minute's fetching, as it would for a run that
        # holds the partition.
        tags={**URGENT, **NO_RETRY, _TAG: name, **dict.fromkeys(RANGE_TAGS, today)},
        asset_selection=[dg.AssetKey(name) for name in STREAMED],
        run_config={"ops": {"raw_postings": {"config": config}}},
    )
