"""A run worker: takes whole runs from Redis, and executes each in a fork of a process that has everything loaded.

`ty service run-worker` starts it. When asked to stop (SIGTERM) it takes no more, lets each run finish what it is
committing, and ends; Dagster's retry does the rest elsewhere. Killed, it takes its runs' processes along, and is missed
in Postgres after TY_WORKER_SILENCE seconds. Belongs here: Celery's side of it. Not here: a single run (`run_in_hand`).
"""

import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from celery import Celery, signals
from celery.concurrency.thread import TaskPool as ThreadPool
from dagster import DagsterInstance, DagsterRunStatus
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import unpack_value
from dagster_celery.config import TASK_EXECUTE_JOB_NAME
from dagster_celery.make_app import make_app

from ty_jobs.dagster_home import prepare_home
from ty_jobs.fleet.broker import QUEUE, configuration, redis_url
from ty_jobs.fleet.claims import Claims
from ty_jobs.fleet.run_in_hand import RunInHand
from ty_jobs.warm_process import WarmProcess
from ty_resources.connect import connect
from ty_resources.logs import configure_logs
from ty_resources.settings import settings

_log = logging.getLogger("ty.fleet")
READY_FILE = "TY_READY_FILE"
# A chunk is seconds of work, a model's answer up to a minute; what takes longer is killed and made again by the retry.
DRAIN_SECONDS = 60.0
_STARTABLE = (DagsterRunStatus.STARTING, DagsterRunStatus.NOT_STARTED)


class RunWorker:
    """name: unique among the workers; a host's restarted worker is another one."""

    def __init__(self, instance: DagsterInstance, claims: Claims, name: str) -> None:
        self._instance, self._claims, self._name = instance, claims, name
        self._runs: dict[str, RunInHand] = {}
        self._lock = threading.Lock()
        self._draining = False
        self._warm = self._warm_process()

    def execute(self, arguments: ExecuteRunArgs) -> None:
        """Execute one run and come back when it is over. Does nothing with one that anybody has or had."""
        run = self._instance.get_run_by_id(arguments.run_id)
        if run is None or run.status not in _STARTABLE or not self._claims.take(run.run_id, self._name):
            _log.warning("run %s is not begun here: it has been begun, or is over", arguments.run_id)
            return
        in_hand = RunInHand(run, self._instance, self._claims, self._name)
        self._instance.report_engine_event(f"Run worker {self._name} has the run.", run)
        *_, command, packed = arguments.get_command_args()
        with self._lock:
            self._runs[run.run_id] = in_hand
            if not self._warm.usable():
                self._warm.close()
                self._warm = self._warm_process()
            self._warm.start(run.run_id, [command, packed])
            if self._draining:
                in_hand.drain()
        try:
            in_hand.watch()
        finally:
            with self._lock:
                del self._runs[run.run_id]

    def drain(self) -> None:
        """Ask all runs to end between two commits, and kill those that have not after a minute."""
        with self._lock:
            self._draining = True
            runs = list(self._runs.values())
        for run in runs:
            run.drain()
        impatient = threading.Timer(DRAIN_SECONDS, _kill, args=[runs])
        impatient.daemon = True
        impatient.start()

    def _warm_process(self) -> WarmProcess:
        return WarmProcess(on_start=self._started, on_end=self._ended, ends_runs=True)

    def _started(self, run_id: str, pid: int) -> None:
        if run := self._runs.get(run_id):
            run.started(pid)

    def _ended(self, run_id: str, exit_code: int) -> None:
        if run := self._runs.get(run_id):
            run.ended(exit_code)


def _kill(runs: list[RunInHand]) -> None:
    for run in runs:
        run.kill()


def application(worker: RunWorker) -> Celery:
    """The Celery application of a worker, with the one task that it knows."""
    config = settings()
    app: Celery = make_app(
        {"broker": redis_url(config), "backend": "disabled://", "config_source": configuration(config)}
    )

    @app.task(name=TASK_EXECUTE_JOB_NAME)
    def execute(execute_job_args_packed: Any) -> None:
        worker.execute(unpack_value(execute_job_args_packed, as_type=ExecuteRunArgs))

    return app


def main() -> None:
    """Serve until told to stop."""
    config = settings()
    configure_logs(config)
    os.environ.update(prepare_home(config))
    name = f"{socket.gethostname()}-{os.getpid()}"
    with connect(config) as db, DagsterInstance.get() as instance:
        claims = Claims(db, config.worker_silence)
        claims.forget_the_dead()
        worker = RunWorker(instance, claims, name)
        app = application(worker)
        signals.worker_ready.connect(lambda **told: _tell_ready(), weak=False)
        signals.worker_shutting_down.connect(lambda **told: worker.drain(), weak=False)
        serving = app.Worker(
            hostname=name,
            queues=[QUEUE],
            pool=ThreadPool,  # a thread waits for each run's process
            concurrency=config.worker_runs,
            without_gossip=True,
            without_mingle=True,
            loglevel="INFO",
        )
        serving.start()
    sys.exit(serving.exitcode or 0)


def _tell_ready() -> None:
    if told := os.environ.get(READY_FILE):
        Path(told).touch()


if __name__ == "__main__":
    main()
