"""A backfill of three weeks: few runs, each a range of days, and the second time nothing is asked of any engine."""

import datetime as dt
import json
import logging
from pathlib import Path

import pytest
from dagster._core.execution.backfill import PartitionBackfill
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import (
    InProcessTestWorkspaceLoadTarget,
    create_test_daemon_workspace_context,
    instance_for_test,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.backfill import execute_backfill_iteration
from sample_pipeline import Pipeline

from ty_assets.partitions import daily
from ty_jobs.demo import samples

FIRST = dt.date(2026, 3, 2)
DAYS = [(FIRST + dt.timedelta(days=n)).isoformat() for n in range(21)]
RANGES = [(DAYS[0], DAYS[6]), (DAYS[7], DAYS[13]), (DAYS[14], DAYS[20])]


@pytest.mark.slow
def test_the_daemon_makes_three_runs_of_three_weeks_over_all_daily_assets() -> None:
    launcher = {"run_launcher": {"module": "dagster._core.test_utils", "class": "MockedRunLauncher"}}
    origin = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="ty_jobs.definitions"))
    with (
        instance_for_test(overrides=launcher) as instance,
        create_test_daemon_workspace_context(InProcessTestWorkspaceLoadTarget(origin), instance) as workspace,
    ):
        graph = workspace.create_request_context().asset_graph
        chosen = [key for key in graph.materializable_asset_keys if graph.get(key).partitions_def == daily]
        assert len(chosen) >= 13
        backfill = PartitionBackfill.from_asset_partitions(
            backfill_id="weeks",
            asset_graph=graph,
            partition_names=DAYS,
            asset_selection=chosen,
            backfill_timestamp=dt.datetime.now(dt.UTC).timestamp(),
            tags={},
            dynamic_partitions_store=instance,
            all_partitions=False,
            title=None,
            description=None,
            run_config=None,
        )
        instance.add_backfill(backfill)
        errors = [error for error in execute_backfill_iteration(workspace, logging.getLogger("test")) if error]
        assert errors == []
        runs = instance.get_runs()
    start, end = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
    assert sorted((run.tags[start], run.tags[end]) for run in runs) == RANGES
    assert {frozenset(run.asset_selection or ()) for run in runs} == {frozenset(chosen)}


@pytest.mark.slow
def test_running_the_ranges_again_asks_no_engine_and_leaves_every_row_as_it_was(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    records = (
        {
            "external_id": f"{day} {job}",
            "title": job,
            "description": f"Haus {n}.\nIhr Profil:\n- Ausbildung als {job}\n- Erfahrung mit Aufgabe {n}",
            "first_seen_on": day,
        }
        for n, day in enumerate(DAYS)
        for job in ("Koch", "Pflegefachkraft")
    )
    feed = tmp_path / "feed.jsonl"
    feed.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert all(told.success for told in pipeline.people([samples() / "profiles" / "nurse.json"]))

    def backfill() -> None:
        for first, last in RANGES:
            told = pipeline.run("postings_job", DAYS[DAYS.index(first) : DAYS.index(last) + 1], source=str(feed))
            assert told.success, told.errors

    backfill()
    assert len(pipeline.select("SELECT DISTINCT first_seen_on FROM postings")) == 21
    calls, before = pipeline.engine.calls, pipeline.checksums()
    backfill()
    assert pipeline.engine.calls == calls
    assert pipeline.checksums() == before
