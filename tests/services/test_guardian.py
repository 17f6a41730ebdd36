"""kill -9 of whoever started processes: the guardian ends what is left of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from service_process import TY, free_port

from ty_jobs.services.guardian import is_alive, stop_groups

# Starts a process with a child of its own, tells the guardian of them, and waits to be killed.
STARTER = """
import subprocess, sys, time
from pathlib import Path
from ty_jobs.services.guardian import Guardian
guardian = Guardian(Path(sys.argv[1]))
stubborn = "trap '' TERM; sleep 300 & sleep 300 & wait; wait; sleep 300"
child = subprocess.Popen(["sh", "-c", stubborn], start_new_session=True)
guardian.watch(child.pid)
print(child.pid, flush=True)
if sys.argv[2] == "dismissed":
    guardian.dismiss()
    sys.exit()
time.sleep(300)
"""


def gone(group: int, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(group)


def test_what_was_started_ends_with_a_starter_that_is_killed_even_if_it_ignores_sigterm(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path), "kept"], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    group = int(starter.stdout.readline())
    assert is_alive(group)
    starter.kill()
    starter.wait()
    assert gone(group)


def test_a_dismissed_guardian_ends_nothing(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path), "dismissed"], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    group = int(starter.stdout.readline())
    assert starter.wait(60) == 0
    assert is_alive(group)
    assert not stop_groups([group], 0.2)  # it ignores SIGTERM
    assert gone(group)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("services")
def test_a_killed_up_leaves_no_process_behind(new_database: Callable[[], str], tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "TY_POSTGRES_URL": new_database(),
        "TY_HOME": str(tmp_path / "home"),
        "TY_DAGSTER_PORT": str(free_port()),
        "TY_SERVING_PORT": str(free_port()),
    }
    up = subprocess.Popen([*TY, "up"], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert up.stdout is not None
    assert any("Ctrl-C" in line for line in up.stdout)
    family = psutil.Process(up.pid).children(recursive=True)
    assert len(family) >= 5  # three services, the run host, the code server, the guardian
    up.send_signal(signal.SIGKILL)
    up.wait()
    left = psutil.wait_procs(family, timeout=60)[1]
    assert [process.cmdline() for process in left if process.status() != psutil.STATUS_ZOMBIE] == []
