"""`ty health` in the shell: the report as tables or JSON. Not here: reading it (ty_assets/health)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ty_assets.health.report import HealthReport, StageHealth
from ty_jobs.alert_commands import incidents_table
from ty_jobs.refinement import as_json as refinement_json
from ty_jobs.refinement import refinement_line
from ty_resources.postgres import Row
from ty_resources.settings import settings


def as_json(told: HealthReport, failures: Sequence[Row]) -> dict[str, Any]:
    """Times in seconds, rates a minute. failures: the latest; failed and given_up count all."""
    return {
        "stages": [asdict(stage) for stage in told.stages],
        "refinement": refinement_json(told.refinement),
        "sources": told.sources,
        "incidents": told.incidents,
        "failed": told.failed,
        "given_up": told.given_up,
        "failures": failures,
    }


def print_health(out: Console, told: HealthReport, failures: Sequence[Row]) -> None:
    out.print(stages_table(told.stages))
    if told.refinement:
        out.print(refinement_line(told.refinement))
    if told.sources:
        out.print(sources_table(told.sources))
    if told.incidents:
        out.print(incidents_table([{**row, "closed_at": None} for row in told.incidents]))
    if failures:
        out.print(failures_table(failures, told.failed + told.given_up))


def stages_table(stages: Sequence[StageHealth]) -> Table:
    table = Table("stage", "done", "pending", "failed", "given up", "per minute", "ends", box=None)
    for one in stages:
        table.add_row(
            one.stage,
            str(one.done),
            str(one.pending),
            f"[red]{one.failed}[/]" if one.failed else "0",
            f"[red]{one.given_up}[/]" if one.given_up else "0",
            "-" if one.per_minute is None else f"{one.per_minute:.1f}",
            _end(one),
        )
    return table


def _end(one: StageHealth) -> str:
    """When nothing is pending any more; of what stands still, how much work it is."""
    if not one.pending:
        return "-"
    if one.eta_seconds is None or one.ends_at is None:
        return "unknown"
    work = dt.timedelta(seconds=one.eta_seconds)
    if not one.working:
        return f"{work} of work, not running"
    return f"{one.ends_at.astimezone(settings().zone):%Y-%m-%d %H:%M}, {work} of work"


def sources_table(sources: Sequence[Row]) -> Table:
    table = Table(
        "source", "last answer", "next look", "last round", "listed", "new", "changed", "silent since", box=None
    )
    for row in sources:
        round_ = "-" if row["kind"] is None else f"{row['kind']}, {_state(row)}"
        listed = ("-",) * 3 if row["kind"] is None else (str(row[key]) for key in ("listed", "new", "changed"))
        silent = f"[red]{_time(row['silent_since'])}[/]" if row["silent_since"] else "-"
        table.add_row(
            escape(row["source"]), _time(row["succeeded_at"]), _time(row["next_poll_at"]), round_, *listed, silent
        )
    return table


def _state(row: Row) -> str:
    if row["finished_at"] is None:
        return "open"
    return "complete" if row["complete"] else "incomplete"


def _time(moment: dt.datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone(settings().zone):%Y-%m-%d %H:%M}"


def failures_table(failures: Sequence[Row], total: int) -> Table:
    title = f"{total} failures" + (
        f", the latest {len(failures)}; more with --failures" if len(failures) < total else ""
    )
    table = Table("stage", "subject", "tries", "message", box=None, title=title, title_justify="left")
    for row in failures:
        tries = f"{row['attempts']}, given up" if row["given_up"] else str(row["attempts"])
        table.add_row(row["stage"], escape(row["subject"]), tries, escape(row["message"]))
    return table
