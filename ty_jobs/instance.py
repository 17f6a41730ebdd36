"""Dagster's home: its configuration file, and its storage in the same Postgres as everything else."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import dagster as dg
import psutil

from ty_resources.settings import Settings

HOST_TAG, PID_TAG, STARTED_TAG = "ty/host", "ty/pid", "ty/pid-started"


def project_file(name: str) -> Path:
    """A file of the project's top level: packaged beside this module in a wheel, one folder up in a clone."""
    package = Path(str(files("ty_jobs")))
    beside = package / name
    return beside if beside.exists() else package.parent / name


def workspace_file(config: Settings) -> Path:
    """Where Dagster's web server and daemon learn of the code."""
    return (config.workspace or project_file("workspace.yaml")).resolve()


def prepare_home(config: Settings) -> dict[str, str]:
    """Write Dagster's home below the settings' home; the environment variables that its processes need."""
    home = (config.home / "dagster").resolve()
    home.mkdir(parents=True, exist_ok=True)
    wanted, there = (config.dagster_yaml or project_file("dagster.yaml")).read_bytes(), home / "dagster.yaml"
    if not there.exists() or there.read_bytes() != wanted:
        # In one step: a process that reads an empty file would take Dagster's default storage.
        fresh = home / f"dagster.yaml.{os.getpid()}"
        fresh.write_bytes(wanted)
        fresh.replace(there)
    return {
        "DAGSTER_HOME": str(home),
        "TY_HOME": str(config.home.resolve()),
    }


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
