"""Days of postings that a model has to read, as a backfill of Dagster: what a pool of workers is measured with.

Belongs here: making the days, asking for them, and what Dagster knows of them afterwards. Not here: the services
(`pool`).
"""

import datetime as dt
import itertools
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.graph.remote_asset_graph import RemoteAssetGraph
from dagster._core.execution.backfill import PartitionBackfill
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.run import run_job
from ty_resources.connect import embedded_engine
from ty_resources.postgres import Database

ASSET = "posting_readings"
_CHARACTERS = 1200
_UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def fill_days(db: Database, feed: Path, days: Sequence[str], postings: int) -> None:
    """Take in so many distinct postings for each day, and nothing more. feed: the file that they come by."""
    numbers = itertools.count()
    with feed.open("w", encoding="utf-8") as lines:
        for seed, day in enumerate(days):
            made = generate_postings(postings, seed=seed, day=dt.date.fromisoformat(day), characters=_CHARACTERS)
            for record in made:
                told = {**record, "external_id": str(next(numbers)), "first_seen_on": day}
                lines.write(json.dumps(told, default=str, ensure_ascii=False) + "\n")
    engine = embedded_engine()
    with dg.DagsterInstance.ephemeral() as shell:
        overrides = {"db": db, "engine": engine, "embedded": engine}
        chosen = ["raw_postings", "postings"]
        run = run_job(shell, "postings_job", days, select=chosen, source=str(feed), overrides=overrides)
    if not run.success:
        raise RuntimeError(f"the days could not be filled: {run.errors}")


def request_backfill(instance: dg.DagsterInstance, code_port: int, days: Sequence[str]) -> str:
    """Ask Dagster's daemon for the readings of these days; the backfill's id. code_port: of the code server."""
    target = GrpcServerTarget(host="127.0.0.1", port=code_port, socket=None, location_name="ty")
    with WorkspaceProcessContext(instance, target) as workspace:
        graph: RemoteAssetGraph[Any] = workspace.create_request_context().asset_graph
        asked = PartitionBackfill.from_asset_partitions(
            backfill_id=f"hosts{time.time_ns() % 10**8}",
            asset_graph=graph,
            partition_names=days,
            asset_selection=[dg.AssetKey(ASSET)],
            backfill_timestamp=dt.datetime.now(dt.UTC).timestamp(),
            tags={},
            dynamic_partitions_store=instance,
            all_partitions=False,
            title=None,
            description=None,
            run_config=None,
        )
    instance.add_backfill(asked)
    return asked.backfill_id


def days_made(instance: dg.DagsterInstance) -> list[str]:
    """The day of each materialisation: one that was made twice is there twice."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(ASSET))
    return [str(record.partition_key) for record in instance.fetch_materializations(wanted, limit=1000).records]


def seconds_of_runs(instance: dg.DagsterInstance, backfill: str) -> float:
    """From the beginning of the backfill's first run to the end of its last, failed ones and retries too."""
    records = instance.get_run_records(dg.RunsFilter.for_backfill(backfill))
    begun = [record.start_time for record in records if record.start_time]
    return max(record.end_time or 0.0 for record in records) - min(begun)


def slots_held(instance: dg.DagsterInstance) -> int:
    """Runs that are not over, and slots that Dagster's pools have given out."""
    storage = instance.event_log_storage
    pools = [storage.get_concurrency_info(key) for key in storage.get_concurrency_keys()]
    unfinished = instance.get_runs_count(dg.RunsFilter(statuses=list(_UNFINISHED)))
    return unfinished + sum(pool.active_slot_count for pool in pools)
