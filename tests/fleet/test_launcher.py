"""The pool's launcher: what it says of a run's worker, and how it ends a run. Redis is asked for neither."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus
from dagster._core.origin import JobPythonOrigin
from dagster._grpc.types import ExecuteRunArgs

from ty_jobs.fleet import worker as worker_module
from ty_jobs.fleet.broker import redis_url
from ty_jobs.fleet.claims import Claims
from ty_jobs.fleet.launcher import PooledRunLauncher
from ty_jobs.fleet.worker import RunWorker
from ty_resources.postgres import Database
from ty_resources.settings import Settings, SettingsError


@dg.op
def _nothing() -> None: ...


@dg.job
def _job() -> None:
    _nothing()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as one:
        yield one


@pytest.fixture
def launcher(
    db: Database, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PooledRunLauncher]:
    monkeypatch.setenv("TY_REDIS_URL", "redis://127.0.0.1:1/0")  # nobody is there
    one = PooledRunLauncher()
    one.register_instance(instance)
    one._claims = Claims(db, 0.3)
    yield one
    one.dispose()


def started(instance: dg.DagsterInstance) -> dg.DagsterRun:
    return instance.create_run_for_job(_job, status=dg.DagsterRunStatus.STARTED)


def test_without_redis_there_is_no_pool_and_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="TY_REDIS_URL"):
        redis_url(Settings().model_copy(update={"redis_url": None}))


def test_a_run_whose_worker_gives_signs_of_life_is_well_whatever_redis_does(
    launcher: PooledRunLauncher, instance: dg.DagsterInstance, db: Database
) -> None:
    run = started(instance)
    Claims(db, 30).take(run.run_id, "one")
    assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING


def test_a_silent_worker_or_none_is_told_with_its_name(
    launcher: PooledRunLauncher, instance: dg.DagsterInstance, db: Database
) -> None:
    run = started(instance)
    assert launcher.check_run_worker_health(run).msg == "no worker has it"
    Claims(db, 30).take(run.run_id, "one")
    with db.transaction() as connection:
        connection.execute("UPDATE run_workers SET beat_at = now() - interval '40 seconds'")
    told = launcher.check_run_worker_health(run)
    assert told.status == WorkerStatus.FAILED
    assert "one has been silent for 4" in str(told.msg)


def test_a_run_is_never_resumed_since_its_retry_knows_which_steps_are_done(launcher: PooledRunLauncher) -> None:
    assert launcher.supports_resume_run is False


def test_ending_a_run_is_said_in_postgres_where_its_worker_looks(
    launcher: PooledRunLauncher, instance: dg.DagsterInstance
) -> None:
    run = started(instance)
    assert launcher.terminate(run.run_id)
    known = instance.get_run_by_id(run.run_id)
    assert known is not None
    assert known.status == dg.DagsterRunStatus.CANCELING
    instance.report_run_canceled(known)
    assert not launcher.terminate(run.run_id)


class Forgetful:
    """A warm process that counts what it is asked for, and whose runs end at once."""

    def __init__(self, on_start: object, on_end: object, *, ends_runs: bool) -> None:
        assert ends_runs
        self.on_end = on_end
        self.asked: list[str] = []

    def usable(self) -> bool:
        return True

    def start(self, run_id: str, command: list[str]) -> None:
        self.asked.append(run_id)
        self.on_end(run_id, 0)  # type: ignore[operator]

    def close(self) -> None: ...


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.STARTED, None])
def test_a_message_of_a_run_that_was_begun_is_over_or_gone_starts_nothing(
    status: dg.DagsterRunStatus | None, db: Database, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "WarmProcess", Forgetful)
    worker = RunWorker(instance, Claims(db, 30), "one")
    run_id = "gone" if status is None else instance.create_run_for_job(_job, status=status).run_id
    worker.execute(ExecuteRunArgs(job_origin=_origin(), run_id=run_id, instance_ref=None))
    assert worker._warm.asked == []  # type: ignore[attr-defined]
    assert db.rows("runs_of_workers") == []


def test_the_same_message_twice_starts_one_process(
    db: Database, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "WarmProcess", Forgetful)
    claims = Claims(db, 30)
    first, second = RunWorker(instance, claims, "one"), RunWorker(instance, claims, "two")
    run = instance.create_run_for_job(_job, status=dg.DagsterRunStatus.STARTING)
    claims.take(run.run_id, "one")  # another thread of the first worker is about to begin it
    for worker in (first, second):
        worker.execute(ExecuteRunArgs(job_origin=_origin(), run_id=run.run_id, instance_ref=None))
        assert worker._warm.asked == []  # type: ignore[attr-defined]
    claims.give_back(run.run_id, "one")
    second.execute(ExecuteRunArgs(job_origin=_origin(), run_id=run.run_id, instance_ref=None))
    assert second._warm.asked == [run.run_id]  # type: ignore[attr-defined]
    assert db.rows("runs_of_workers") == []


def _origin() -> JobPythonOrigin:
    from dagster import reconstructable

    return reconstructable(_job).get_python_origin()
