"""The sensors of batches of candidates: a run for what is to be done next, and telling who wants to know of its end.

Belongs here: which batches get runs, and how many. Not here: the work (ty_assets/candidate_evaluations). The database
says what is to be done, so a run that was killed, and one that has left a batch to others, need nothing special: the
batch is still there, and gets another run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import dagster as dg

from ty_assets.candidate_evaluations.events import tell
from ty_assets.partitions import BATCHES, batches
from ty_jobs.jobs import evaluations_job
from ty_jobs.sensors.requests import (
    NO_RETRY,
    RANGE_TAGS,
    RUNS_PER_TICK,
    URGENT,
    failed_in_a_row,
    pause_after,
    unfinished_runs,
)
from ty_resources.postgres import Database
from ty_resources.settings import settings

BATCH_TAG: Final = "ty/batch"


def wanted(due: Iterable[Mapping[str, Any]], running: Mapping[str, int], shared_by: int) -> list[tuple[str, int]]:
    """How many runs each batch lacks. due: rows of `batches_due`, what goes first first. running: unfinished runs by
    batch. shared_by: runs that a batch may have whose requests are being asked; for anything else one will do.
    """
    found = []
    for batch in due:
        at_work = batch["status"] == "in_progress" and not batch["expired"]
        if at_work and not batch["has_turn"]:
            continue
        lacking = (shared_by if at_work else 1) - running.get(batch["batch_id"], 0)
        if lacking > 0:
            found.append((batch["batch_id"], lacking))
    return found


@dg.sensor(
    job=evaluations_job,
    minimum_interval_seconds=2,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Batches of candidates: each is read at once; then one after the other has its turn, by priority.",
)
def candidate_batches(
    context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]
) -> dg.SensorResult | dg.SkipReason:
    due = db.rows("batches_due", most=RUNS_PER_TICK)
    if not due:
        return dg.SkipReason("No batch waits for anything.")
    runs = unfinished_runs(context.instance, evaluations_job.name)
    running = Counter(run.tags[BATCH_TAG] for run in runs if BATCH_TAG in run.tags)
    by_id = {batch["batch_id"]: batch for batch in due}
    requests, told = [], []
    for batch_id, lacking in wanted(due, running, settings().batch_runs):
        tags = {BATCH_TAG: batch_id}
        if pause := pause_after(failed_in_a_row(context.instance, evaluations_job.name, tags)):
            told.append(f"{batch_id}: its last run failed; the next one comes {pause} after it")
            continue
        requests += [_request(by_id[batch_id], alone=not running[batch_id] and n == 0) for n in range(lacking)]
    if not requests:
        return dg.SkipReason("; ".join(told) or "What is to be done is being done.")
    known = set(context.instance.get_dynamic_partitions(BATCHES))
    new = sorted({request.tags[BATCH_TAG] for request in requests} - known)
    return dg.SensorResult(
        run_requests=requests, dynamic_partitions_requests=[batches.build_add_request(new)] if new else None
    )


def _request(batch: Mapping[str, Any], *, alone: bool) -> dg.RunRequest:
    """alone: no other run is at this batch. Others name its partition as a range of one: of a partition itself only one
    run is started at a time (dagster.yaml).
    """
    batch_id = batch["batch_id"]
    tags = {**NO_RETRY, BATCH_TAG: batch_id}
    if batch["status"] != "in_progress":
        tags |= URGENT  # somebody waits to hear whether a file is valid, or that a batch is cancelled
    if alone:
        return dg.RunRequest(partition_key=batch_id, tags=tags)
    return dg.RunRequest(tags=tags | dict.fromkeys(RANGE_TAGS, batch_id))


@dg.sensor(
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells webhooks (TY_BATCH_WEBHOOK_URLS) and alerts that a batch has ended, until they have taken it.",
)
def batch_events(context: dg.SensorEvaluationContext, db: dg.ResourceParam[Database]) -> dg.SkipReason:
    told = tell(db, settings())
    if told.given_up:
        context.log.error(f"{told.given_up} events are given up; the table batch_events says why.")
    if not told.told and not told.again and not told.given_up:
        return dg.SkipReason("No batch has ended that somebody has not heard of.")
    return dg.SkipReason(f"{told.told} told, {told.again} to be told again, {told.given_up} given up.")


batch_sensors = [candidate_batches, batch_events]
