"""The sensors over a real Dagster instance: runs that fail and succeed, checks that fail and pass."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from backlog import select
from dagster import DagsterEventType

from ty_jobs.alerting import Work
from ty_jobs.definitions import build_definitions
from ty_jobs.sensors.operations import alerts, failed_checks, failed_runs, mended_runs, operations_sensors, work_of
from ty_resources.postgres import Database
from ty_resources.settings import settings


class State:
    """What the assets below do."""

    fails = True
    passes = False
    severity = dg.AssetCheckSeverity.ERROR


daily = dg.DailyPartitionsDefinition("2026-03-01", end_date="2026-03-10")


@dg.asset(
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("unique", asset="postings")],
)
def postings(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    if State.fails:
        raise ValueError("expected a date, got 'Erika Mustermann'")
    result = dg.AssetCheckResult(
        check_name="unique", passed=State.passes, severity=State.severity, description="3 rows are there twice"
    )
    return dg.MaterializeResult(check_results=[result])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    State.fails, State.passes, State.severity = True, False, dg.AssetCheckSeverity.ERROR
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def run(instance: dg.DagsterInstance, first: str, last: str = "") -> dg.DagsterRun:
    job = dg.define_asset_job("postings_job", [postings])
    resolved = dg.Definitions(assets=[postings], jobs=[job]).resolve_job_def("postings_job")
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last} if last else {}
    told = resolved.execute_in_process(
        instance=instance, partition_key=None if last else first, tags=tags, raise_on_error=False
    )
    found = instance.get_run_by_id(told.run_id)
    assert found is not None
    return found


def hear(db: Database, instance: dg.DagsterInstance, told: dg.DagsterRun) -> None:
    """As the daemon calls the two run sensors."""
    failed = told.status == dg.DagsterRunStatus.FAILURE
    wanted = DagsterEventType.PIPELINE_FAILURE if failed else DagsterEventType.PIPELINE_SUCCESS
    (record,) = instance.get_records_for_run(told.run_id, of_type=wanted).records
    context: Any = dg.build_run_status_sensor_context(
        "watch", record.event_log_entry.dagster_event, instance, told, resources={"db": db}
    )
    if failed:
        failed_runs(context.for_run_failure())
    else:
        mended_runs(context)


def incidents(db: Database, kind: str) -> list[tuple[str, bool]]:
    rows = select(db, "SELECT subject, closed_at FROM incidents WHERE kind = %s ORDER BY incident_id", kind)
    return [(row["subject"], row["closed_at"] is None) for row in rows]


def test_a_failed_run_is_open_until_a_run_over_its_partitions_succeeds(
    db: Database, instance: dg.DagsterInstance
) -> None:
    hear(db, instance, run(instance, "2026-03-02"))
    hear(db, instance, run(instance, "2026-03-02"))
    hear(db, instance, run(instance, "2026-03-07"))
    assert incidents(db, "run") == [("postings_job 2026-03-02", True), ("postings_job 2026-03-07", True)]
    State.fails = False
    hear(db, instance, run(instance, "2026-03-01", "2026-03-03"))
    assert incidents(db, "run") == [("postings_job 2026-03-02", False), ("postings_job 2026-03-07", True)]


def test_a_failed_run_is_told_by_step_and_class_and_not_in_the_error_s_words(
    db: Database, instance: dg.DagsterInstance
) -> None:
    told = run(instance, "2026-03-02")
    hear(db, instance, told)
    (row,) = select(db, "SELECT message, link FROM incidents")
    assert row == {"message": "Failed at postings (ValueError).", "link": f"/runs/{told.run_id}"}


def test_a_success_that_is_heard_of_before_the_failure_it_mended_leaves_nothing_open(
    db: Database, instance: dg.DagsterInstance
) -> None:
    failed = run(instance, "2026-03-02")
    State.fails = False
    hear(db, instance, run(instance, "2026-03-02"))
    hear(db, instance, failed)
    assert incidents(db, "run") == []


def test_a_run_that_dagster_starts_again_by_itself_is_no_incident(db: Database, instance: dg.DagsterInstance) -> None:
    failed = run(instance, "2026-03-02")
    instance.add_run_tags(failed.run_id, {"dagster/will_retry": "true"})
    found = instance.get_run_by_id(failed.run_id)
    assert found is not None
    hear(db, instance, found)
    assert incidents(db, "run") == []


def test_a_run_of_some_assets_is_other_work_than_the_whole_job(instance: dg.DagsterInstance) -> None:
    told = run(instance, "2026-03-02")
    repository = build_definitions().get_repository_def()
    assert work_of(told, repository) == Work("postings_job", "2026-03-02", "2026-03-02")
    whole = repository.get_job("people_job").asset_layer.selected_asset_keys

    def people(chosen: set[dg.AssetKey]) -> str:
        made = dg.DagsterRun("people_job", tags={"dagster/partition": "007"}, asset_selection=frozenset(chosen))
        return work_of(made, repository).subject

    assert people({dg.AssetKey("profiles")}) == "people_job[profiles] 007"
    assert people(set(whole)) == "people_job 007"


def tick(db: Database, instance: dg.DagsterInstance, cursor: str | None = None) -> str | None:
    outcome = failed_checks(dg.build_sensor_context(instance=instance, cursor=cursor, resources={"db": db}))
    return cursor if isinstance(outcome, dg.SkipReason) else outcome.cursor


def test_a_check_that_fails_is_open_until_it_passes_and_each_outcome_is_looked_at_once(
    db: Database, instance: dg.DagsterInstance
) -> None:
    State.fails = False
    run(instance, "2026-03-02")
    cursor = tick(db, instance)
    assert incidents(db, "check") == [("postings.unique", True)]
    (row,) = select(db, "SELECT message FROM incidents")
    assert row["message"] == "3 rows are there twice"
    assert tick(db, instance, cursor) == cursor
    State.passes = True
    run(instance, "2026-03-02")
    cursor = tick(db, instance, cursor)
    assert incidents(db, "check") == [("postings.unique", False)]
    State.passes = False
    run(instance, "2026-03-02")
    tick(db, instance, cursor)
    assert incidents(db, "check") == [("postings.unique", False), ("postings.unique", True)]


@pytest.mark.parametrize(("alert_on", "told"), [("error", []), ("warn", [("postings.unique", True)])])
def test_a_warning_is_told_on_request(
    db: Database,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    alert_on: str,
    told: list[tuple[str, bool]],
) -> None:
    monkeypatch.setenv("TY_ALERT_ON", alert_on)
    settings.cache_clear()
    State.fails, State.severity = False, dg.AssetCheckSeverity.WARN
    run(instance, "2026-03-02")
    tick(db, instance)
    assert incidents(db, "check") == told


def test_the_alerts_sensor_tells_what_is_open_and_says_so(db: Database, instance: dg.DagsterInstance) -> None:
    hear(db, instance, run(instance, "2026-03-02"))
    context = dg.build_sensor_context(instance=instance, resources={"db": db})
    assert "1 incidents told" in str(alerts(context).skip_message)
    assert "Nothing new" in str(alerts(context).skip_message)


def test_every_sensor_runs_by_default_and_watches_all_code_locations() -> None:
    assert all(one.default_status == dg.DefaultSensorStatus.RUNNING for one in operations_sensors)
    assert len({one.name for one in operations_sensors}) == len(operations_sensors) == 5


def test_moments_are_those_of_the_runs(db: Database, instance: dg.DagsterInstance) -> None:
    before = dt.datetime.now(dt.UTC)
    hear(db, instance, run(instance, "2026-03-02"))
    (row,) = select(db, "SELECT opened_at FROM incidents")
    assert before <= row["opened_at"] <= dt.datetime.now(dt.UTC)
