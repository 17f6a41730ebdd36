"""`ty up`: Dagster's web server and daemon and the match view as one thing that starts and stops together."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console

from ty_jobs.instance import prepare_home, project_file
from ty_jobs.run import DaysError
from ty_resources.postgres import Database
from ty_resources.settings import Settings

# Importing Dagster and the definitions takes ten seconds on a slow disk; give a loaded machine ten times that.
_START_SECONDS = 100
_STOP_SECONDS = 15


@dataclass(frozen=True)
class Service:
    """One process: its command line, and the address that answers when it is ready (none: once it runs)."""

    name: str
    command: list[str]
    ready: str | None


def services(config: Settings) -> list[Service]:
    scripts = Path(sys.executable).parent
    workspace = str(project_file("workspace.yaml"))
    dagster, view = config.dagster_port, config.serving_port
    return [
        Service(
            "dagster-webserver",
            [str(scripts / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(dagster), "-w", workspace],
            f"http://127.0.0.1:{dagster}/server_info",
        ),
        Service("dagster-daemon", [str(scripts / "dagster-daemon"), "run", "-w", workspace], None),
        Service(
            "match-view",
            [
                sys.executable, "-m", "uvicorn", "--factory", "serving.server:app", "--host", "127.0.0.1",
                "--port", str(view), "--log-level", "warning", "--no-access-log",
                # Whose address a request has is the proxy's to say, and there is none unless people come from outside.
                "--proxy-headers" if config.public_url else "--no-proxy-headers",
            ],
            f"http://127.0.0.1:{view}/health",
        ),
    ]  # fmt: skip


def run_all(config: Settings, db: Database, out: Console) -> int:
    """Start all, wait, stop all on Ctrl-C or when one ends; the exit code."""
    for port, name in ((config.dagster_port, "TY_DAGSTER_PORT"), (config.serving_port, "TY_SERVING_PORT")):
        _check_free(port, name)
    environment = {
        # A sensor that looks through a large file, or waits for a slow service, takes longer than Dagster's minute.
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "300",
        **os.environ,
        **prepare_home(config),
        "TY_DATABASE_CONNINFO": db.conninfo,
    }
    config.inbox.mkdir(parents=True, exist_ok=True)
    logs = config.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    stopping = _stop_on_signals()
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for service in services(config):
            with (logs / f"{service.name}.log").open("ab") as log:
                running[service.name] = subprocess.Popen(
                    service.command,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        for service in services(config):
            if not _wait_ready(service, running[service.name], stopping):
                out.print(f"[bold red]{service.name} did not start[/]; see {logs / service.name}.log")
                return 1
        out.print(f"Dagster UI   http://127.0.0.1:{config.dagster_port}")
        out.print(f"Match view   {config.public_url or f'http://127.0.0.1:{config.serving_port}'}")
        out.print("             sign up there, or `ty account open ID` for a profile that was imported")
        out.print(f"Drop folder  {config.inbox}\nLogs         {logs}\nCtrl-C stops all.")
        return _watch(running, stopping, logs, out)
    finally:
        _stop(running)


def _check_free(port: int, setting: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DaysError(
                f"{setting}={port}: the port is in use on 127.0.0.1; stop what listens there or set another"
            ) from None


def _stop_on_signals() -> list[int]:
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)

    signal.signal(signal.SIGINT, remember)
    signal.signal(signal.SIGTERM, remember)
    return received


def _wait_ready(service: Service, process: subprocess.Popen[bytes], stopping: list[int]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None and not stopping:
        if service.ready is None:
            return True
        try:
            if httpx.get(service.ready, timeout=5).status_code == 200:
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
