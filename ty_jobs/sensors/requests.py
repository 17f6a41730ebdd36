"""How sensors ask for runs: in ranges without gaps, and knowing what became of what they have asked for."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

import dagster as dg

from ty_jobs.assets import PIPELINE_ORDER
from ty_jobs.jobs import DEMAND, EVALUATIONS, OCCUPATION_READINGS, PEOPLE, READINGS, WHOLE

RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
# A tick has a deadline; what is over is asked for by the next.
RUNS_PER_TICK = 20
UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
_LATEST = 7  # runs; after so many failures in a row an hour lies between two
# What a run of a few new postings does: a day's whole way, but for what is counted over all days.
_APART = (*PEOPLE, *WHOLE, *DEMAND, READINGS, OCCUPATION_READINGS, EVALUATIONS)
STREAMED = [name for name in PIPELINE_ORDER if name not in _APART]
# The same for what is there already.
RECEIVED = [name for name in STREAMED if name != "raw_postings"]
# What has just come is waited for by somebody; backfills and refinements are not.
URGENT = {"dagster/priority": "10"}
# Of runs that their sensor asks for again itself, should they fail.
NO_RETRY = {"dagster/max_retries": "0"}


def range_request(
    first: dt.date,
    last: dt.date,
    run_key: str | None = None,
    *,
    tags: Mapping[str, str] | None = None,
    assets: Sequence[str] | None = None,
) -> dg.RunRequest:
    """One run over a range of days: days are not worth a run each. assets: only these of the job's."""
    told: dict[str, Any] = {"run_key": run_key, "tags": dict(tags or {})}
    if assets is not None:
        told["asset_selection"] = [dg.AssetKey(name) for name in assets]
    if first == last:
        return dg.RunRequest(partition_key=first.isoformat(), **told)
    told["tags"] |= dict(zip(RANGE_TAGS, (first.isoformat(), last.isoformat()), strict=True))
    return dg.RunRequest(**told)


def spans(days: Iterable[dt.date], *, gap: int = 0, at_most: int = 10_000) -> list[tuple[dt.date, dt.date]]:
    """Ranges (first, last) that cover the days.

    gap: days that nobody asked for and a range may have between two that somebody did: a run costs more than a few
    days with nothing to do. at_most: days of a range.
    """
    found: list[tuple[dt.date, dt.date]] = []
    for day in sorted(set(days)):
        first, last = found[-1] if found else (day, day)
        if found and (day - last).days <= gap + 1 and (day - first).days < at_most:
            found[-1] = (first, day)
        else:
            found.append((day, day))
    return found


def unfinished_runs(
    instance: dg.DagsterInstance, job: str, tags: Mapping[str, str] | None = None
) -> list[dg.DagsterRun]:
    """Runs of the job with these tags that wait or run."""
    return list(instance.get_runs(dg.RunsFilter(job_name=job, tags=dict(tags or {}), statuses=list(UNFINISHED))))


def failed_in_a_row(
    instance: dg.DagsterInstance, job: str, tags: Mapping[str, str] | None = None
) -> list[dg.RunRecord]:
    """The job's latest runs with these tags, as far as they have failed, the latest first."""
    latest = instance.get_run_records(dg.RunsFilter(job_name=job, tags=dict(tags or {})), limit=_LATEST)
    return list(takewhile(lambda record: record.dagster_run.status == dg.DagsterRunStatus.FAILURE, latest))


def pause_after(failed: Sequence[dg.RunRecord]) -> dt.timedelta | None:
    """How long what failed as a whole is left alone: 1, 2, 4 ... minutes after its last run, None when that is over."""
    if not failed:
        return None
    pause = dt.timedelta(minutes=2 ** (len(failed) - 1))
    over = dt.datetime.fromtimestamp(failed[0].end_time or 0.0, dt.UTC)
    return pause if dt.datetime.now(dt.UTC) < over + pause else None
