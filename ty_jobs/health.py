"""`ty health`: where each stage stands, what failed, and when the rest will be done."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from ty_jobs.definitions import PIPELINE_ORDER
from ty_jobs.refinement import read_refinement
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

# What is counted by day, not by posting, has nothing pending.
_COUNTED_BY_DAY = ("demand_snapshot", "profession_similarity")
STAGES = tuple(name for name in PIPELINE_ORDER if name not in _COUNTED_BY_DAY)


def read_health(db: Database, engine: InferenceEngine, config: Settings) -> dict[str, Any]:
    """{"stages": one entry a stage, "refinement": how the night stands or None, "failures": the latest first}.

    Times in seconds, rates a minute.
    """
    counts = {row["stage"]: row for row in db.rows("stage_health")}
    failed = {row["stage"]: row for row in db.rows("failure_counts")}
    unknown = sorted((set(counts) | set(failed)) - set(STAGES))
    stages = [_stage(name, counts.get(name), failed.get(name)) for name in (*STAGES, *unknown)]
    refinement = read_refinement(db, engine, config)
    return {"stages": stages, "refinement": refinement, "failures": db.rows("latest_failures", limit=200)}


def _stage(name: str, counts: Row | None, failed: Row | None) -> dict[str, Any]:
    done = counts["done"] if counts else 0
    pending = counts["pending"] if counts else 0
    rate = counts["last_hour"] / 60 if counts and counts["last_hour"] else 0.0
    eta = round(pending / rate * 60) if pending and rate else (0 if not pending else None)
    return {
        "stage": name,
        "done": done,
        "pending": pending,
        "failed": failed["failed"] if failed else 0,
        "given_up": failed["given_up"] if failed else 0,
        "per_minute": round(rate, 2),
        "eta_seconds": eta,
    }


def stages_table(stages: Sequence[dict[str, Any]]) -> Table:
    table = Table("stage", "done", "pending", "failed", "given up", "per minute", "ends in", box=None)
    for one in stages:
        eta = one["eta_seconds"]
        ends = "unknown" if eta is None else str(dt.timedelta(seconds=eta)) if eta else "-"
        failed = f"[red]{one['failed']}[/]" if one["failed"] else "0"
        given_up = f"[red]{one['given_up']}[/]" if one["given_up"] else "0"
        table.add_row(
            one["stage"],
            str(one["done"]),
            str(one["pending"]),
            failed,
            given_up,
            f"{one['per_minute']:.1f}",
            ends,
        )
    return table


def failures_table(failures: Sequence[Row], total: int) -> Table:
    title = f"{total} failures" + (
        f", the latest {len(failures)}; all with --failures" if len(failures) < total else ""
    )
    table = Table("stage", "subject", "tries", "message", box=None, title=title, title_justify="left")
    for row in failures:
        tries = f"{row['attempts']}, given up" if row["given_up"] else str(row["attempts"])
        table.add_row(row["stage"], escape(row["subject"]), tries, escape(row["message"]))
    return table
