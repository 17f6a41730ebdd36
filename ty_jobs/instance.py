"""Dagster's instance as the shell opens it, and which process of which host executes a run.

Not here: its home and configuration file (`dagster_home`).
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg
import psutil

from ty_jobs.dagster_home import prepare_home
from ty_resources.settings import Settings

HOST_TAG, PID_TAG, STARTED_TAG = "ty/host", "ty/pid", "ty/pid-started"


@contextmanager
def instance(config: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance that `ty up` shows too, so that runs from the shell are seen in the UI."""
    os.environ.update(prepare_home(config))
    with dg.DagsterInstance.get() as opened:
        fail_orphans(opened)
        yield opened


def process_tags(pid: int) -> dict[str, str]:
    """What a run in this process of this host is tagged with, so that another can tell whether it still lives."""
    try:
        started = str(int(psutil.Process(pid).create_time()))
    except psutil.NoSuchProcess:
        started = ""
    return {HOST_TAG: socket.gethostname(), PID_TAG: str(pid), STARTED_TAG: started}


def no_process_tags() -> dict[str, str]:
    """For a run that is to have another process: a retry inherits the tags of the run that it is for."""
    return dict.fromkeys((HOST_TAG, PID_TAG, STARTED_TAG), "")


def process_of(tags: Mapping[str, str]) -> int | None:
    """The id of the run's process, where it lives on this host; another that has got its number does not count."""
    if tags.get(HOST_TAG) != socket.gethostname():
        return None
    try:
        process = psutil.Process(int(tags[PID_TAG]))
        if process.status() == psutil.STATUS_ZOMBIE or str(int(process.create_time())) != tags.get(STARTED_TAG):
            return None
    except psutil.NoSuchProcess:
        return None
    return process.pid


def is_of_this_host(tags: Mapping[str, str]) -> bool:
    return tags.get(HOST_TAG) == socket.gethostname()


def fail_orphans(opened: dg.DagsterInstance) -> list[str]:
    """Report the runs of killed shells of this host as failed; their ids.

    Nobody else would notice before `max_runtime_seconds`, and until then each holds one of the few places for runs.
    """
    running = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]
    mine = dg.RunsFilter(statuses=running, tags={HOST_TAG: socket.gethostname()})
    orphans = [run for run in opened.get_runs(mine) if process_of(run.tags) is None]
    for run in orphans:
        opened.report_run_failed(run, f"the process {run.tags[PID_TAG]} that executed the run has ended")
    return [run.run_id for run in orphans]
