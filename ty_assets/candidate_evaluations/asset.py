"""The asset `candidate_evaluations`: batches of candidates, one partition each, all of its requests answered.

Not here: the work itself (`working`), and when a run is asked for (ty_jobs/sensors/batches.py).
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

import dagster as dg

from ty_assets.candidate_evaluations.checks import CHECKS, check_quality
from ty_assets.candidate_evaluations.probes import run_probes
from ty_assets.candidate_evaluations.working import WorkResult, work
from ty_assets.partitions import batches
from ty_assets.table_asset import OWNER
from ty_resources.inference.relay import Relay, open_relay
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

ASSET: Final = "candidate_evaluations"
# A batch may take days, and a run six hours (dagster.yaml). Runs that end now and then also pick up new settings.
_SHIFT_SECONDS: Final = 3600.0
_ENDED: Final = ("completed", "cancelled", "expired", "failed")


@dg.multi_asset(
    name=ASSET,
    specs=[
        dg.AssetSpec(
            ASSET,
            description="Each request of a batch has its line in the output file or in the error file. A run works for "
            "an hour at most, and leaves the rest to the next; a batch is materialised when it has ended.",
            group_name="7_evaluations",
            owners=[OWNER],
            kinds={"python", "postgres"},
            code_version="1",
            metadata={"dagster/table_name": "batch_results"},
            partitions_def=batches,
            skippable=True,
        )
    ],
    check_specs=[dg.AssetCheckSpec(name, asset=ASSET) for name in CHECKS],
    can_subset=True,
)
def candidate_evaluations(
    context: dg.AssetExecutionContext, db: dg.ResourceParam[Database]
) -> Iterator[dg.MaterializeResult[Any]]:
    config = settings()
    for batch_id in context.partition_keys:
        relay = relay_of(config)
        try:
            result = work(
                db,
                batch_id,
                relay,
                config,
                holder=f"{socket.gethostname()}:{os.getpid()}:{context.run.run_id}",
                stop=threading.Event(),  # a run that is ended is interrupted, and gives back what it has
                seconds=_SHIFT_SECONDS,
                probes=run_probes,
            )
        finally:
            relay.close()
        context.log.info(f"{batch_id}: {result.came}; {result.asked} asked, {result.kept} kept")
        if result.came == "server":
            raise dg.Failure(
                f"The model server has not answered for {config.engine_patience:.0f} s ({result.trouble}). Nothing is "
                "lost; the batch goes on when it answers. See `ty models`.",
                allow_retries=False,
            )
        row = db.row("batch_at_work", batch_id=batch_id)
        if row is not None and result.came in _ENDED:
            checks = check_quality(db, batch_id) if result.came == "completed" else []
            yield dg.MaterializeResult(asset_key=ASSET, metadata=told(row, result), check_results=checks)


def relay_of(config: Settings) -> Relay:
    """To the model servers, or the rules where there are none."""
    relay = open_relay(config)
    if relay is None:
        # Imported here: the packaged encoder takes a second that a model server's batches need not pay.
        from ty_assets.candidate_evaluations.by_rules import RulesRelay

        return RulesRelay(config)
    return relay


def told(row: Mapping[str, Any], result: WorkResult) -> dict[str, Any]:
    """Counts and shares of a batch that has ended; nothing of any candidate."""
    lasted = (row["completed_at"] or row["cancelled_at"] or row["expired_at"] or row["failed_at"]) - row["created_at"]
    worked = lasted.total_seconds()
    metadata: dict[str, Any] = {
        "status": row["status"],
        "model": row["model"] or "",
        "dagster/row_count": row["completed"] + row["failed"],
        "dagster/partition_row_count": row["completed"] + row["failed"],
        "requests": row["total"],
        "answered": row["completed"],
        "failed": row["failed"],
        "prompt tokens": row["prompt_tokens"],
        "output tokens": row["output_tokens"],
        "seconds since it was created": round(worked, 1),
        "seconds of the last run": round(result.seconds, 1),
        "requests of the last run": result.asked,
    }
    if result.seconds and result.kept:
        metadata["requests a second in the last run"] = round(result.kept / result.seconds, 3)
    if row["cached_known"] and row["prompt_tokens"]:
        metadata["cached tokens"] = row["cached_tokens"]
        metadata["share of prompt tokens from the cache"] = round(row["cached_tokens"] / row["prompt_tokens"], 4)
    if row["errors"]:
        metadata["errors of the input file"] = len(row["errors"])
    return metadata
