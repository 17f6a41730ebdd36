"""`ty up`: Dagster's web server and daemon and the match view as one thing that starts and stops together.

Belongs here: starting, watching and stopping them. Not here: what they are (`roles`), one of them alone (`alone`), and
the end of a `ty up` that is killed itself (`guardian`).
"""

import errno
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console

from ty_jobs.dagster_home import prepare_home
from ty_jobs.services.errors import ServiceError
from ty_jobs.services.guardian import Guardian
from ty_jobs.services.roles import LOCAL, PATIENCE, RoleName, role
from ty_resources.postgres import Database
from ty_resources.settings import Settings

# Importing Dagster and the definitions takes ten seconds on a slow disk; give a loaded machine ten times that.
_START_SECONDS = 100
_STOP_SECONDS = 15


# Which roles, in which order, and the page that answers when one is ready; the daemon is, once it runs.
_TOGETHER: tuple[tuple[RoleName, str], ...] = (("webserver", "/server_info"), ("daemon", ""), ("serving", "/health"))


def run_all(config: Settings, db: Database, out: Console) -> int:
    """Start all, wait, stop all on Ctrl-C or when one ends; the exit code."""
    for port, name in ((config.dagster_port, "TY_DAGSTER_PORT"), (config.serving_port, "TY_SERVING_PORT")):
        check_free(LOCAL, port, name)
    environment = {
        **PATIENCE,
        **os.environ,
        **prepare_home(config),
        "TY_DATABASE_CONNINFO": db.conninfo,
    }
    config.inbox.mkdir(parents=True, exist_ok=True)
    logs = config.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    stopping = _stop_on_signals()
    running: dict[str, subprocess.Popen[bytes]] = {}
    guardian = Guardian(config.home)
    try:
        for name, _ in _TOGETHER:
            with (logs / f"{name}.log").open("ab") as log:
                running[name] = subprocess.Popen(
                    role(name, config).command,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            guardian.watch(running[name].pid)
        for name, page in _TOGETHER:
            ready = f"http://{LOCAL}:{role(name, config).port}{page}" if page else None
            if not _wait_ready(ready, running[name], stopping):
                out.print(f"[bold red]{name} did not start[/]; see {logs / name}.log")
                return 1
        out.print(f"Dagster UI   http://127.0.0.1:{config.dagster_port}")
        out.print(f"Match view   {config.public_url or f'http://127.0.0.1:{config.serving_port}'}")
        out.print("             sign up there, or `ty account open ID` for a profile that was imported")
        out.print(f"Drop folder  {config.inbox}\nLogs         {logs}\nCtrl-C stops all.")
        return _watch(running, stopping, logs, out)
    finally:
        _stop(running)
        guardian.dismiss()


def check_free(host: str, port: int, setting: str) -> None:
    """Raises: ServiceError, where something listens there already, or this machine has no such address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                told = f"the port is in use on {host}; stop what listens there or set another"
            else:
                told = f"{host} cannot be listened on: {error.strerror}"
            raise ServiceError(f"{setting}={port}: {told}") from None


def _stop_on_signals() -> list[int]:
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)

    signal.signal(signal.SIGINT, remember)
    signal.signal(signal.SIGTERM, remember)
    return received


def _wait_ready(ready: str | None, process: subprocess.Popen[bytes], stopping: list[int]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None and not stopping:
        if ready is None:
            return True
        try:
            if httpx.get(ready, timeout=5).status_code == 200:
                return True
        except httpx.HTTPError:
            pass  # not yet
        time.sleep(0.3)
    return bool(stopping)


def _watch(running: dict[str, subprocess.Popen[bytes]], stopping: list[int], logs: Path, out: Console) -> int:
    while not stopping:
        for name, process in running.items():
            if process.poll() is not None:
                out.print(f"[bold red]{name} ended with exit code {process.returncode}[/]; see {logs / name}.log")
                return 1
        time.sleep(0.5)
    return 0


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask each process and its children to end, in the reverse order; kill what does not."""
    for process in reversed(running.values()):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for process in running.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
