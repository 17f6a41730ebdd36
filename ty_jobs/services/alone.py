"""`ty service NAME`: one role as a process of its own, for a service manager or a container.

Belongs here: starting it, answering for it, and ending it in time. Not here: what the roles are (`roles`). Starting it
again when it ends is the service manager's. Exit codes: 0 stopped as asked, 1 it ended by itself or could not begin
(worth another try), 2 what was asked for cannot be had (no retry helps), 3 it had to be killed.
"""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

from prometheus_client.core import Metric
from rich.console import Console
from rich.markup import escape

from ty_jobs.dagster_home import prepare_home
from ty_jobs.process_death import die_with_parent
from ty_jobs.services.guardian import is_alive, stop_groups
from ty_jobs.services.health_server import Health, HealthServer
from ty_jobs.services.pool_metrics import pool_metrics
from ty_jobs.services.readiness import readiness
from ty_jobs.services.roles import Role
from ty_jobs.services.together import check_free
from ty_resources.postgres import Database
from ty_resources.settings import Settings

STOPPED, ENDED, KILLED = 0, 1, 3
# Of the role's own time to end, what its children have when itself has ended.
_CHILDREN_SECONDS = 10.0


def run_alone(role: Role, config: Settings, db: Database | None, health_port: int, out: Console) -> int:
    """Run the role until it ends or SIGTERM or SIGINT comes; the exit code.

    db: migrated; None for a role without. health_port: 0 for any free one; printed.
    """
    if role.port is not None:
        check_free(role.host, role.port, "--port")
    if health_port:
        check_free(role.host, health_port, "--health-port")
    woken = threading.Event()
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)
        woken.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with tempfile.TemporaryDirectory(prefix="ty-service-") as folder:
        ready_file = Path(folder) / "ready"
        process = _start(role, config, db, ready_file)
        threading.Thread(target=_wait, args=[process, woken], name="wait", daemon=True).start()
        health = Health(
            role.name,
            process.pid,
            lambda: process.poll() is None,
            readiness(role, config, db, ready_file),
            _more(role, config, db),
        )
        server = HealthServer(health, role.host, health_port)
        try:
            where = f"http://{role.host}:{role.port}, " if role.port else ""
            out.print(f"{role.name}: {where}health http://{role.host}:{server.port}/readyz")
            if role.warning:
                out.print(f"[bold yellow]{role.name}:[/] {escape(role.warning)}")
            woken.wait()
            return _end(role, process, bool(stopping), out)
        finally:
            server.close()


def _start(role: Role, config: Settings, db: Database | None, ready_file: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **role.environment, "TY_READY_FILE": str(ready_file)}
    if role.needs_home:
        environment |= prepare_home(config)
    if db is not None:
        environment["TY_DATABASE_CONNINFO"] = db.conninfo
    if role.name == "daemon":
        config.inbox.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        role.command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def _wait(process: subprocess.Popen[bytes], woken: threading.Event) -> None:
    process.wait()
    woken.set()


def _more(role: Role, config: Settings, db: Database | None) -> Callable[[], Iterable[Metric]]:
    if role.name == "run-worker" and db is not None:
        return lambda: pool_metrics(db, config)
    return lambda: ()


def _end(role: Role, process: subprocess.Popen[bytes], asked: bool, out: Console) -> int:
    """Its own process first, which knows how to end; then what is left of its group."""
    if asked:
        process.terminate()
        try:
            process.wait(role.stop_seconds)
        except subprocess.TimeoutExpired:
            out.print(f"[bold red]{role.name}[/] did not end within {role.stop_seconds:.0f} s, and is killed")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return KILLED
    elif process.returncode is not None:
        out.print(f"[bold red]{role.name} ended by itself[/], with exit code {process.returncode}")
    if is_alive(process.pid):
        stop_groups([process.pid], _CHILDREN_SECONDS)
    return STOPPED if asked else ENDED
