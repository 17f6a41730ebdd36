"""What grows and nobody needs any more: old runs, listings of sources, incidents that are over, old mail's rows, and
files of batches whose time is over.

Dagster itself removes ticks of schedules and sensors (dagster.yaml), but no run and no event of one. The inference
cache is not touched here: `ty cache prune`. Belongs here: what is old enough to go, and the job that removes it.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from ty_assets.candidate_evaluations.expiry import delete_expired
from ty_assets.partitions import BATCHES
from ty_resources.postgres import Database
from ty_resources.settings import settings

# A run that failed is looked at for longer: its log is the only place that says why.
_FAILED_KEPT = 3
_BATCH = 100
# Rounds of sources and incidents: a quarter is enough to see what a source has been like.
_KEPT = dt.timedelta(days=90)


@dataclass
class PrunedRuns:
    """Runs that went; and those that are old and stay, since a partition was last made by them."""

    succeeded: int = 0
    failed: int = 0
    kept: int = 0


def prune_runs(
    instance: dg.DagsterInstance,
    *,
    now: dt.datetime,
    keep_days: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PrunedRuns:
    """Delete runs that ended more than `keep_days` days ago, with their events and logs; failed ones after three times.

    With a run go its materialisations, and a partition whose last one goes would look as if it had never been made, so
    the run that made it last stays, however old it is. That is one a day and bucket; the many that came before, every
    few minutes while postings arrive, go.
    """
    pruned = PrunedRuns()
    needed = last_makers(instance)
    for statuses, days in (
        ([dg.DagsterRunStatus.SUCCESS], keep_days),
        ([dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED], keep_days * _FAILED_KEPT),
    ):
        filters = dg.RunsFilter(statuses=statuses, updated_before=now - dt.timedelta(days=days))
        old = instance.get_run_ids(filters)
        gone = [run_id for run_id in old if run_id not in needed]
        pruned.kept += len(old) - len(gone)
        for start in range(0, len(gone), _BATCH):
            _delete(instance, gone[start : start + _BATCH])
            progress(min(start + _BATCH, len(gone)), len(gone))
        if statuses == [dg.DagsterRunStatus.SUCCESS]:
            pruned.succeeded = len(gone)
        else:
            pruned.failed = len(gone)
    return pruned


def last_makers(instance: dg.DagsterInstance) -> set[str]:
    """Ids of the runs that made a partition last, or an asset without partitions."""
    made = dg.DagsterEventType.ASSET_MATERIALIZATION
    runs: set[str] = set()
    for key in instance.get_asset_keys():
        latest = instance.get_latest_materialization_event(key)
        runs |= {latest.run_id} if latest else set()
        ids = sorted(instance.get_latest_storage_id_by_partition(key, made).values())
        for start in range(0, len(ids), _BATCH):
            wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=ids[start : start + _BATCH])
            runs |= {record.run_id for record in instance.fetch_materializations(wanted, limit=_BATCH).records}
    return runs


def _delete(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    # Dagster leaves a run's evaluations of checks behind, a score of rows a run. The last ones are of runs that stay.
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            evaluations = AssetCheckExecutionsTable.c.run_id.in_(list(run_ids))
            connection.execute(AssetCheckExecutionsTable.delete().where(evaluations))


@dg.op(description="Old runs of Dagster, with their events and logs (TY_KEEP_RUNS_DAYS).")
def prune_old_runs(context: dg.OpExecutionContext) -> None:
    pruned = prune_runs(
        context.instance,
        now=dt.datetime.now(dt.UTC),
        keep_days=settings().keep_runs_days,
        progress=lambda done, total: context.log.info(f"{done} of {total} runs are removed"),
    )
    context.add_output_metadata(asdict(pruned))


@dg.op(description="Closed rounds of sources, but for the latest; incidents that are over; old mail's rows.")
def prune_old_rows(context: dg.OpExecutionContext, db: dg.ResourceParam[Database]) -> None:
    before = dt.datetime.now(dt.UTC) - _KEPT
    counts = {
        "rounds of sources": db.value("prune_rounds", before=before),
        "incidents": db.value("prune_incidents", before=before),
        "mails": db.value("prune_mail", before=before),
        "events of batches": db.value("prune_batch_events", before=before),
    }
    context.log.info(f"removed: {counts}")
    context.add_output_metadata(counts)


@dg.op(description="Files of batches whose time is over (TY_BATCH_FILE_DAYS), with the requests and answers in them.")
def delete_expired_files(context: dg.OpExecutionContext, db: dg.ResourceParam[Database]) -> None:
    counts = asdict(delete_expired(db))
    partitions = context.instance.get_dynamic_partitions(BATCHES)
    there = {row["batch_id"] for row in db.rows("batch_ids", batch_ids=list(partitions))}
    for key in set(partitions) - there:  # their account is gone, and the batches with it
        context.instance.delete_dynamic_partition(BATCHES, key)
    counts["partitions"] = len(set(partitions) - there)
    context.log.info(f"removed: {counts}")
    context.add_output_metadata(counts)


@dg.job(
    executor_def=dg.in_process_executor,
    description="Removes what is old: runs, listings of sources, incidents, files of batches. Tells how many.",
)
def upkeep_job() -> None:
    prune_old_runs()
    prune_old_rows()
    delete_expired_files()
