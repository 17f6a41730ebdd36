"""How sensors ask for runs: in ranges without gaps, and knowing what became of what they have asked for."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

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
# What has just come is waited for by somebody; backfills and refinements are not.
URGENT = {"dagster/priority": "10"}


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
