"""The simulated server as a process: it ends with its parent, and says what it does not understand."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import handle
import httpx
import pytest
from handle import SimulatedServer


def test_it_ends_with_the_process_that_started_it() -> None:
    script = "import handle, time; print(handle.SimulatedServer().url, flush=True); time.sleep(99)"
    folder = Path(handle.__file__).parent
    with subprocess.Popen([sys.executable, "-c", script], cwd=folder, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert httpx.get(f"{url}/api/version", trust_env=False).status_code == 200
        parent.kill()

    def ask_for_ten_seconds() -> None:
        for _ in range(100):
            httpx.get(f"{url}/api/version", trust_env=False)
            time.sleep(0.1)

    with pytest.raises(httpx.TransportError):
        ask_for_ten_seconds()


def test_an_unknown_key_of_the_configuration_is_refused(simulated_server: Callable[..., SimulatedServer]) -> None:
    with pytest.raises(RuntimeError, match="unknown keys"):
        simulated_server().control(speed=3)
