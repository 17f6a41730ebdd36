"""Dagster's instance as the shell opens it: no run of a killed process keeps a place."""

import os
import subprocess
import sys

import dagster as dg

from ty_jobs.instance import fail_orphans, process_tags


def _run(instance: dg.DagsterInstance, tags: dict[str, str]) -> str:
    run = instance.create_run_for_job(_job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    return run.run_id


@dg.op
def _nothing() -> None: ...


@dg.job
def _job() -> None:
    _nothing()


def test_a_run_of_a_killed_shell_is_reported_failed_and_those_that_live_are_left_alone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with dg.DagsterInstance.ephemeral() as instance:
        mine = process_tags(os.getpid())
        orphan = _run(instance, mine | {"ty/pid": str(gone.pid)})
        living = _run(instance, mine)
        taken = _run(instance, mine | {"ty/pid-started": "1"})  # another process has got its number
        elsewhere = _run(instance, mine | {"ty/host": "another", "ty/pid": str(gone.pid)})
        daemons = _run(instance, {})
        assert set(fail_orphans(instance)) == {orphan, taken}
        states = {run.run_id: run.status for run in instance.get_runs()}
    assert states[orphan] == dg.DagsterRunStatus.FAILURE
    assert {states[run] for run in (living, elsewhere, daemons)} == {dg.DagsterRunStatus.STARTED}
