"""How Dagster's daemon starts runs: as forks of a warm process, where the run is of this project on this machine.

Named in dagster.yaml. Anything else (another code location, a code server on another host) is launched as Dagster does
it by default. A run's process is found by its tags `ty/host` and `ty/pid`, so that the web server can end what the
daemon has started, and a run whose process has died is reported as failed at once.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from dagster import DagsterInstance, DagsterRun
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, LaunchRunContext, WorkerStatus
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._grpc.types import ExecuteRunArgs

from ty_jobs.instance import PID_TAG, is_of_this_host, no_process_tags, process_of, process_tags
from ty_jobs.warm_process import WarmProcess


class WarmRunLauncher(DefaultRunLauncher):
    """Starts a run in half a second instead of ten, each still in a process of its own."""

    def __init__(self, inst_data: Any = None) -> None:
        super().__init__(inst_data)
        self._host: WarmProcess | None = None
        self._lock = threading.Lock()

    def register_instance(self, instance: DagsterInstance) -> None:
        """The daemon, which launches all runs, has the process warm before the first one."""
        super().register_instance(instance)
        if Path(sys.argv[0]).name == "dagster-daemon":
            with self._lock:
                self._host = self._warm_process()

    def launch_run(self, context: LaunchRunContext) -> None:
        run = context.dagster_run
        command = _command(self._instance, run)
        if command is None:
            super().launch_run(context)
            return
        self._instance.add_run_tags(run.run_id, no_process_tags())
        with self._lock:
            if self._host is None or not self._host.usable():
                if self._host is not None:
                    self._host.close()
                self._host = self._warm_process()
            self._host.start(run.run_id, command)

    def _warm_process(self) -> WarmProcess:
        instance = self._instance
        return WarmProcess(
            on_start=lambda run_id, pid: instance.add_run_tags(run_id, process_tags(pid)),
            on_end=lambda run_id, exit_code: _report_death(instance, run_id, exit_code),
        )

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished or not run.tags.get(PID_TAG):
            return bool(super().terminate(run_id))
        self._instance.report_run_canceling(run)
        process = process_of(run.tags)
        if process is None:
            return False
        os.kill(process, signal.SIGINT)
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """By its process, for a run of this machine; of any other nothing is known, and its code server watches it."""
        if not is_of_this_host(run.tags) or process_of(run.tags) is not None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"the process {run.tags[PID_TAG]} of the run has ended")

    def dispose(self) -> None:
        if self._host is not None:
            self._host.close()
            self._host = None


def _command(instance: DagsterInstance, run: DagsterRun) -> list[str] | None:
    """The arguments to `dagster` that execute the run; None for one that is not ours, or not of this machine."""
    origin = run.job_code_origin
    remote = run.remote_job_origin
    if origin is None or remote is None:
        return None
    if isinstance(remote.repository_origin.code_location_origin, GrpcServerCodeLocationOrigin):
        return None
    if "ty_jobs.definitions" not in origin.repository_origin.code_pointer.describe():
        return None
    arguments = ExecuteRunArgs(job_origin=origin, run_id=run.run_id, instance_ref=instance.get_ref())
    *_, api, execute, packed = arguments.get_command_args()
    return [execute, packed] if api == "api" else None


def _report_death(instance: DagsterInstance, run_id: str, exit_code: int) -> None:
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        how = f"by signal {-exit_code}" if exit_code < 0 else f"with exit code {exit_code}"
        instance.report_run_failed(run, f"The run's process ended {how} before the run was over.")
