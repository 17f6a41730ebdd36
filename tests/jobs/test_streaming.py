"""Everything running, as `ty up` starts it: what is dropped is ranked, and what is killed or ended is not lost."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import httpx
import pytest

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.demo import samples
from ty_jobs.instance import HOST_TAG, PID_TAG
from ty_resources.postgres import Database
from ty_resources.settings import settings

TY = [sys.executable, "-c", "from ty_jobs.cli import main; main()"]
PATIENCE = 150.0  # seconds, on a machine that does other things too


@dataclass
class Running:
    """A project that is up, with one person in it."""

    db: Database
    dagster: dg.DagsterInstance
    url: str
    inbox: Path

    def drop(self, name: str, count: int, seed: int) -> None:
        records = [
            {**record, "source": name, "external_id": str(number), "first_seen_on": None}
            for number, record in enumerate(generate_postings(count, seed=seed, day=settings().today()))
        ]
        (self.inbox / f".{name}").write_text("".join(json.dumps(r, default=str) + "\n" for r in records), "utf-8")
        (self.inbox / f".{name}").rename(self.inbox / f"{name}.jsonl")

    def ranked(self, name: str) -> int:
        return len(self.db.rows("ranked_of_source", source=name))

    def runs(self, job: str = "postings_job") -> list[dg.DagsterRun]:
        return list(self.dagster.get_runs(dg.RunsFilter(job_name=job)))


def wait_for(what: str, done: Callable[[], object]) -> object:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := done():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {PATIENCE:.0f} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def up(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home, database, dagster_port = tmp_path_factory.mktemp("up"), new_database(), free_port()
    environment = {
        **os.environ,
        "TY_HOME": str(home),
        "TY_POSTGRES_URL": database,
        "TY_DAGSTER_PORT": str(dagster_port),
        "TY_SERVING_PORT": str(free_port()),
        "TY_CHUNK_SIZE": "8",
    }
    person = next((samples() / "profiles").glob("*.json"))
    subprocess.run([*TY, "profile", "import", "--no-match", str(person)], env=environment, check=True, timeout=PATIENCE)
    process = subprocess.Popen([*TY, "up"], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        printed = []
        while not printed or "Ctrl-C" not in printed[-1]:
            printed.append(process.stdout.readline())
            assert printed[-1], f"ty up ended: {printed}"
        with pytest.MonkeyPatch.context() as patched:
            for name in ("TY_HOME", "TY_POSTGRES_URL", "DAGSTER_HOME"):
                patched.setenv(name, environment.get(name, str(home / "dagster")))
            settings.cache_clear()  # what was read before this is another home's
            with Database(database) as db, dg.DagsterInstance.get() as dagster:
                yield Running(db, dagster, f"http://127.0.0.1:{dagster_port}", home / "inbox")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.slow
@pytest.mark.xdist_group("up")
def test_a_dropped_file_is_ranked_by_a_run_in_a_fork_of_the_warm_process(up: Running) -> None:
    up.drop("feed", count=3, seed=1)
    wait_for("three ranked postings", lambda: up.ranked("feed") == 3)
    (run,) = [run for run in up.runs() if "ty/arrivals" in run.tags]
    assert run.tags[HOST_TAG] == socket.gethostname()
    assert int(run.tags[PID_TAG]) != os.getpid()


@pytest.mark.slow
@pytest.mark.xdist_group("up")
def test_a_killed_run_is_reported_and_what_it_was_asked_for_is_ranked_by_another(up: Running) -> None:
    before = {run.run_id for run in up.runs()}
    up.drop("many", count=120, seed=2)

    def half_way() -> dg.DagsterRun | None:
        started = [run for run in up.runs() if run.run_id not in before and PID_TAG in run.tags and not run.is_finished]
        arrived = up.db.value("count_of_source", source="many")
        return started[0] if started and arrived else None

    victim = wait_for("a run that has begun", half_way)
    assert isinstance(victim, dg.DagsterRun)
    os.kill(int(victim.tags[PID_TAG]), signal.SIGKILL)
    wait_for("the report", lambda: up.dagster.get_run_by_id(victim.run_id).status == dg.DagsterRunStatus.FAILURE)  # type: ignore[union-attr]
    wait_for("all of them ranked", lambda: up.ranked("many") == 120)
    assert up.db.value("count_of_source", source="many") == 120


@pytest.mark.slow
@pytest.mark.xdist_group("up")
def test_a_run_is_ended_from_the_web_server(up: Running) -> None:
    before = {run.run_id for run in up.runs()}
    up.drop("ended", count=200, seed=3)

    def begun() -> dg.DagsterRun | None:
        runs = [run for run in up.runs() if run.run_id not in before and PID_TAG in run.tags and not run.is_finished]
        return runs[0] if runs and up.db.value("count_of_source", source="ended") else None

    run = wait_for("a run that has begun", begun)
    assert isinstance(run, dg.DagsterRun)
    mutation = "mutation End($id: String!) { terminateRun(runId: $id) { __typename } }"
    answer = httpx.post(f"{up.url}/graphql", json={"query": mutation, "variables": {"id": run.run_id}}, timeout=60)
    assert answer.json()["data"]["terminateRun"]["__typename"] == "TerminateRunSuccess"
    wait_for("the end", lambda: up.dagster.get_run_by_id(run.run_id).is_finished)  # type: ignore[union-attr]
    ended = up.dagster.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status == dg.DagsterRunStatus.CANCELED
