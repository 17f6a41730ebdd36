"""Dagster's home: where its configuration file is, and which one.

Belongs here: files and environment variables. Nothing of Dagster itself, whose import takes seconds and a hundred
megabytes that `ty service` can do without. Not here: the instance (`instance`).
"""

import os
from importlib.resources import files
from pathlib import Path

from ty_resources.settings import Settings


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
