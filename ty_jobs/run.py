"""Materialise from the shell: one Dagster run in this process, with progress, seen in the UI like any other."""

import datetime as dt
import logging
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from dagster import DagsterEventType, EventLogEntry

from ty_jobs.definitions import build_definitions
from ty_jobs.instance import process_tags
from ty_resources.settings import Settings

# "ty_resources.inference.errors.ModelMissing: ..." is told as "ModelMissing: ...".
_CLASS_PATH = re.compile(r"^(?:\w+\.)+(?=\w+: )")


class DaysError(ValueError):
    """Days that cannot be materialised: what was expected, what came."""


@dataclass
class RunResult:
    """What one run did: seconds and row counts by asset, failed checks, and the days it wants run next."""

    run_id: str
    success: bool
    rows: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed_checks: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def other_days(self) -> list[dt.date]:
        """Partitions outside the run whose postings changed with it."""
        told = self.metadata.get("postings", {}).get("other days", "none")
        return [] if told == "none" else [dt.date.fromisoformat(day) for day in told.split(", ")]


def parse_days(text: str, config: Settings) -> list[dt.date]:
    """`today`, `yesterday`, `2026-03-02` or a range `2026-03-02..2026-03-04`, both ends included.

    Raises: DaysError for anything else, and for days outside the partitions.
    """
    first, _, last = text.partition("..")
    start, end = _day(first, config), _day(last or first, config)
    if start > end:
        raise DaysError(f"--days {text}: expected the earlier day first; try {end}..{start}")
    if start < config.start_date or end > config.today():
        raise DaysError(
            f"--days {text}: expected days from {config.start_date} (TY_START_DATE) to today, {config.today()}"
        )
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]


def _day(text: str, config: Settings) -> dt.date:
    named = {"today": config.today(), "yesterday": config.today() - dt.timedelta(days=1)}
    try:
        return named.get(text) or dt.date.fromisoformat(text)
    except ValueError:
        raise DaysError(f"--days: expected today, yesterday, YYYY-MM-DD or A..B, got {text!r}") from None


def run_job(
    instance: dg.DagsterInstance,
    job: str,
    keys: Sequence[str],
    *,
    select: Sequence[str] = (),
    source: str = "",
    overrides: dict[str, Any] | None = None,
    on_event: Callable[[str, str], None] = lambda asset, state: None,
) -> RunResult:
    """Run a job over one partition, or over a range of them as one run.

    keys: the partitions, in order and without gaps. select: only these assets. on_event: called with an asset's
    name and "start", "done", "failed" or a line of its progress.
    """
    definition = build_definitions(overrides).resolve_job_def(job)
    known = {key.to_user_string() for key in definition.asset_layer.selected_asset_keys}
    if unknown := sorted(set(select) - known):
        raise DaysError(f"--select {', '.join(unknown)}: expected assets of {job}: {', '.join(sorted(known))}")
    chosen = set(select) or known
    # What a run says is told by `on_event` and stored in its log; the console stays readable.
    config: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    if source and "raw_postings" in chosen:
        config["ops"] = {"raw_postings": {"config": {"source": source}}}
    tags = process_tags(os.getpid())
    if len(keys) > 1:
        tags |= {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
    handler = _Listener(on_event)
    outcome = definition.execute_in_process(
        run_config=config,
        instance=instance,
        partition_key=keys[0] if len(keys) == 1 else None,
        tags=tags,
        asset_selection=[dg.AssetKey(name) for name in sorted(select)] if select else None,
        raise_on_error=False,
        run_id=handler.listen(instance),
    )
    return _told(outcome)


class _Listener:
    """Passes a run's events on as they are stored."""

    def __init__(self, on_event: Callable[[str, str], None]) -> None:
        self._on_event = on_event

    def listen(self, instance: dg.DagsterInstance) -> str:
        from dagster._core.utils import make_new_run_id

        run_id = make_new_run_id()
        instance.add_event_listener(run_id, self._heard)
        return run_id

    def _heard(self, entry: EventLogEntry) -> None:
        states = {
            DagsterEventType.STEP_START: "start",
            DagsterEventType.STEP_SUCCESS: "done",
            DagsterEventType.STEP_FAILURE: "failed",
        }
        event = entry.dagster_event
        if event is not None and event.event_type in states:
            self._on_event(str(event.step_key), states[event.event_type])
        elif event is None and entry.step_key and int(entry.level) >= logging.INFO:
            self._on_event(entry.step_key, entry.user_message)


def _told(outcome: dg.ExecuteInProcessResult) -> RunResult:
    told = RunResult(outcome.run_id, outcome.success)
    for event in outcome.all_events:
        if event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
            made = event.step_materialization_data.materialization
            name = made.asset_key.to_user_string()
            values = {key: value.value for key, value in made.metadata.items()}
            told.metadata[name] = {k: v for k, v in values.items() if isinstance(v, str | int | float)}
            told.rows[name] = int(told.metadata[name].get("dagster/row_count", 0))
        elif event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                told.failed_checks.append(f"{check.asset_key.to_user_string()}.{check.check_name}: {check.description}")
        elif event.event_type == DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            cause = error.cause if error and error.cause else error
            message = _CLASS_PATH.sub("", cause.message.strip()) if cause else "failed"
            told.errors.append(f"{event.step_key}: {message}")
    return told
