"""One run that this worker executes: its process, its signs of life, and all the ways in which it may end.

Belongs here: from the claim to its return. Not here: where runs come from (`worker`).
"""

import logging
import os
import signal
import threading
import time
from contextlib import suppress

import psutil
import psycopg
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from psycopg_pool import PoolTimeout

from ty_jobs.fleet.claims import Claims

_log = logging.getLogger("ty.fleet")
# A canceled run unwinds; one that hangs has no say.
_CANCEL_SECONDS = 30.0


class RunInHand:
    """Thread-safe: `started`, `ended` and `drain` come from other threads than `watch`."""

    def __init__(self, run: DagsterRun, instance: DagsterInstance, claims: Claims, worker: str) -> None:
        self.run_id = run.run_id
        self._instance, self._claims, self._worker = instance, claims, worker
        self._pid: int | None = None
        self._exit: int | None = None
        self._over = threading.Event()
        self._draining = False
        self._cancelled_at: float | None = None
        self._beaten_at = time.monotonic()

    def started(self, pid: int) -> None:
        self._pid = pid
        if self._draining:
            self._signal(signal.SIGUSR1)

    def ended(self, exit_code: int) -> None:
        self._exit = exit_code
        self._over.set()

    def drain(self) -> None:
        """Ask it to end after what it is committing."""
        self._draining = True
        self._signal(signal.SIGUSR1)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def watch(self) -> None:
        """Until its process has ended and that is known to Dagster."""
        while not self._over.wait(self._claims.beat_seconds):
            self._beat()
            self._look_for_orders()
            if self._pid is not None and not psutil.pid_exists(self._pid):
                # What forked it has ended, and tells nobody any more.
                self._over.wait(self._claims.beat_seconds)
                break
        self._report()

    def _beat(self) -> None:
        try:
            ours = self._claims.beat(self.run_id, self._worker)
        except (psycopg.Error, PoolTimeout):
            ours = time.monotonic() - self._beaten_at < self._claims.silence - self._claims.beat_seconds
        else:
            self._beaten_at = time.monotonic() if ours else self._beaten_at
        if not ours:
            # For the others this run has failed, or is about to; its retry is not to find it at work.
            _log.error("run %s: no sign of life could be given for too long; its process is ended", self.run_id)
            self.kill()

    def _look_for_orders(self) -> None:
        try:
            run = self._instance.get_run_by_id(self.run_id)
        except Exception:  # whatever the storage's driver raises; the next beat looks again
            return
        if run is None or run.status in (DagsterRunStatus.CANCELED, DagsterRunStatus.FAILURE):
            self.kill()
        elif run.status == DagsterRunStatus.CANCELING and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._signal(signal.SIGINT)
        elif self._cancelled_at is not None and time.monotonic() - self._cancelled_at > _CANCEL_SECONDS:
            self.kill()

    def _report(self) -> None:
        """A process that was killed has told nobody that the run is over."""
        run = self._instance.get_run_by_id(self.run_id)
        if run is not None and run.status == DagsterRunStatus.CANCELING:
            self._instance.report_run_canceled(run)
        elif run is not None and not run.is_finished:
            how = "by itself" if self._exit is None else _told(self._exit)
            self._instance.report_run_failed(run, f"Its process on {self._worker} ended {how} before the run was over.")
        self._claims.give_back(self.run_id, self._worker)

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is not None and not self._over.is_set():
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)


def _told(exit_code: int) -> str:
    return f"by signal {-exit_code}" if exit_code < 0 else f"with exit code {exit_code}"
