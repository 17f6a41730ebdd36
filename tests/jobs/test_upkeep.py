"""What is removed once a week, and what stays however old it is."""

import datetime as dt

import dagster as dg
import pytest

from ty_jobs.upkeep import PrunedRuns, last_makers, prune_runs, upkeep_job
from ty_resources.postgres import Database

DAYS = dg.StaticPartitionsDefinition(["a", "b", "c"])


@dg.asset(partitions_def=DAYS, check_specs=[dg.AssetCheckSpec("fine", asset="made")])
def made(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    if context.partition_key == "c":
        raise dg.Failure("as wanted")
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


@dg.asset
def whole() -> dg.MaterializeResult:
    return dg.MaterializeResult()


def run(instance: dg.DagsterInstance, asset: dg.AssetsDefinition, key: str | None = None) -> str:
    return dg.materialize([asset], partition_key=key, instance=instance, raise_on_error=False).run_id


def prune(instance: dg.DagsterInstance, days_later: int, keep_days: int = 30) -> PrunedRuns:
    now = dt.datetime.now(dt.UTC) + dt.timedelta(days=days_later)
    return prune_runs(instance, now=now, keep_days=keep_days)


def ids(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.get_run_ids())


def test_the_runs_that_made_a_partition_last_stay_and_those_before_them_go() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(3):
            run(instance, made, "a")
        last = {run(instance, made, "a"), run(instance, made, "b")}
        run(instance, whole)
        last.add(run(instance, whole))
        assert last_makers(instance) == last

        assert prune(instance, days_later=29) == PrunedRuns()
        assert prune(instance, days_later=31) == PrunedRuns(succeeded=4, failed=0, kept=3)
        assert ids(instance) == last
        assert instance.get_materialized_partitions(made.key) == {"a", "b"}
        assert prune(instance, days_later=31) == PrunedRuns(kept=3)


def test_failed_runs_are_kept_three_times_as_long() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        failed = run(instance, made, "c")
        assert prune(instance, days_later=89).failed == 0
        assert ids(instance) == {failed}
        assert prune(instance, days_later=91) == PrunedRuns(failed=1)
        assert ids(instance) == set()


def test_runs_that_wait_or_run_are_never_removed() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.define_asset_job("j", selection=[whole]).resolve(
            asset_graph=dg.Definitions(assets=[whole]).resolve_asset_graph()
        )
        states = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.CANCELING]
        runs = {instance.create_run_for_job(job, status=state).run_id for state in states}
        assert prune(instance, days_later=1000) == PrunedRuns()
        assert ids(instance) == runs


def test_no_event_and_no_evaluation_of_a_removed_run_is_left() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        gone, stays = run(instance, made, "a"), run(instance, made, "a")
        assert prune(instance, days_later=31).succeeded == 1
        assert instance.all_logs(gone) == []
        assert instance.all_logs(stays) != []
        history = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(made.key, "fine"), limit=10
        )
        assert [one.run_id for one in history] == [stays]


def _rounds(db: Database) -> list[tuple[str, dt.date]]:
    with db.transaction() as connection:
        rows = connection.execute("SELECT kind, day FROM source_rounds ORDER BY day, kind").fetchall()
    return [(row["kind"], row["day"]) for row in rows]


def test_old_rounds_and_incidents_go_and_the_listings_that_staleness_is_counted_by_stay(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = dt.date.today()
    with db.transaction() as connection:
        for age in range(80, 140):
            for kind in ("full", "new"):
                connection.execute(
                    "INSERT INTO source_rounds (source, kind, day, started_at, finished_at, complete)"
                    " VALUES ('s', %s, %s, now(), now() - %s * interval '1 day', true)",
                    (kind, today - dt.timedelta(days=age), age),
                )
        connection.execute(
            "INSERT INTO source_rounds (source, kind, day, started_at) VALUES ('s', 'full', %s, now())",
            (today - dt.timedelta(days=500),),
        )
        for subject, closed, told in (("a", 100, 100), ("b", 10, 10), ("c", None, None), ("d", 100, None)):
            connection.execute(
                "INSERT INTO incidents (kind, subject, opened_at, closed_at, told_closed, message)"
                " VALUES ('run', %s, now() - interval '200 days', now() - %s * interval '1 day',"
                " now() - %s * interval '1 day', '')",
                (subject, closed, told),
            )
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = upkeep_job.execute_in_process(instance=instance, resources={"db": db})
    assert outcome.success
    full = [today - day for kind, day in _rounds(db) if kind == "full"]
    new = [today - day for kind, day in _rounds(db) if kind == "new"]
    assert sorted(age.days for age in full) == [*range(80, 110), 500], "thirty days with a listing, and the open round"
    assert max(age.days for age in new) <= 91
    with db.transaction() as connection:
        left = connection.execute("SELECT subject FROM incidents ORDER BY 1").fetchall()
    assert [row["subject"] for row in left] == ["b", "c", "d"]
    told = {
        key: value.value
        for event in outcome.all_events
        if event.is_successful_output
        for key, value in event.step_output_data.metadata.items()
    }
    removed = {key: value for key, value in told.items() if value}
    assert removed == {"rounds of sources": told["rounds of sources"], "incidents": 1}
    assert told["rounds of sources"] == 120 - 30 - len(new)
