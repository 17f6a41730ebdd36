"""`ty service` as a service manager sees it: a process, its health pages, its exit code."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx

TY = [sys.executable, "-c", "from ty_jobs.cli import main; main()"]
# Importing Dagster takes ten seconds on a slow disk; a machine that runs other tests too takes many times that.
START_SECONDS = 240.0


class Service:
    """One role, started; killed with its children at the end of a `with`."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        self.health_port = free_port()
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*TY, "service", name, "--health-port", str(self.health_port), *arguments],
                env={**os.environ, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ask(self, page: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.health_port}{page}", timeout=30, trust_env=False)

    def readiness(self) -> dict[str, Any]:
        return dict(self.ask("/readyz").json())

    def wait_until_ready(self) -> dict[str, Any]:
        return self.wait_for(True)

    def wait_for(self, ready: bool) -> dict[str, Any]:
        """Until /readyz says so; what it says."""
        deadline, told = time.monotonic() + START_SECONDS, {}
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                told = self.readiness()
            except httpx.HTTPError:
                told = {}
            if told and told["ready"] == ready:
                return told
            time.sleep(0.2)
        raise AssertionError(f"not {'ready' if ready else 'unready'} in time: {told}\n{self.log.read_text()}")

    def stop(self, within: float) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()  # and what it has started dies with it
            self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
