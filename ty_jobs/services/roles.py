"""What this project runs as, in one place: each role's command line, where it listens, and how long it may take to end.

Belongs here: the roles, for `ty service` (one alone), `ty up` (three together) and the deployment files. Not here:
starting and stopping (`alone`, `together`), and whether a role works (`readiness`).
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from ty_jobs.dagster_home import workspace_file
from ty_jobs.services.errors import ServiceError
from ty_resources.settings import Settings

RoleName = Literal["webserver", "daemon", "code-server", "run-worker", "serving", "postgres", "model-host"]
ROLES: tuple[RoleName, ...] = get_args(RoleName)

PATIENCE = {
    # A sensor that looks through a large file, or waits for a slow service, takes longer than Dagster's minute.
    "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "300",
    # While a code server restarts its assets are nowhere; without this each backfill that is looked at then has failed.
    "DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR": "1",
}
LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Role:
    """One process to run.

    host, port: where it listens; port None: it does not. health_port: where `ty service` answers for it.
    stop_seconds: from SIGTERM to SIGKILL. needs_home: whether it is a part of Dagster, and wants its home and its
    migrated database first. warning: what whoever starts it so should know.
    """

    name: RoleName
    command: list[str]
    host: str
    port: int | None
    health_port: int
    stop_seconds: float
    needs_home: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""


# Fixed, so that firewalls, probes and Prometheus can name them.
_HEALTH_PORTS: Mapping[RoleName, int] = {name: 9330 + place for place, name in enumerate(ROLES)}
_CODE_SERVER_PORT = 4266
_OLLAMA_PORT = 11434


def role(name: RoleName, config: Settings, host: str = LOCAL, port: int | None = None) -> Role:
    """The role as these settings have it; port: in place of the usual one. Raises: ServiceError."""
    made = {
        "webserver": _webserver,
        "daemon": _daemon,
        "code-server": _code_server,
        "run-worker": _run_worker,
        "serving": _serving,
        "postgres": _postgres,
        "model-host": _model_host,
    }[name](config, host, port)
    if port is not None and made.port is None:
        raise ServiceError(f"{name} listens nowhere: --port {port} has no meaning, --health-port is where it answers")
    return made


def _webserver(config: Settings, host: str, port: int | None) -> Role:
    port = port or config.dagster_port
    command = [_script("dagster-webserver"), "-h", host, "-p", str(port), "-w", str(workspace_file(config))]
    open_to_all = "Dagster's web server has no sign-in: whoever reaches this address runs code here"
    return Role(
        "webserver", command, host, port, _HEALTH_PORTS["webserver"], 15,
        environment=PATIENCE, warning="" if host == LOCAL else open_to_all,
    )  # fmt: skip


def _daemon(config: Settings, host: str, port: int | None) -> Role:
    command = [_script("dagster-daemon"), "run", "-w", str(workspace_file(config))]
    # Its runs, on one machine, are its children, and end in their own way first.
    return Role("daemon", command, host, None, _HEALTH_PORTS["daemon"], 60, environment=PATIENCE)


def _code_server(config: Settings, host: str, port: int | None) -> Role:
    port = port or _CODE_SERVER_PORT
    command = [
        sys.executable, "-m", "dagster", "api", "grpc", "-h", host, "-p", str(port),
        "-m", "ty_jobs.definitions", "--location-name", "ty",
    ]  # fmt: skip
    open_to_all = "a code server has no sign-in: open this port to the hosts of webserver and daemon only"
    return Role(
        "code-server", command, host, port, _HEALTH_PORTS["code-server"], 60,
        environment=PATIENCE, warning="" if host == LOCAL else open_to_all,
    )  # fmt: skip


def _run_worker(config: Settings, host: str, port: int | None) -> Role:
    from importlib.util import find_spec

    if find_spec("dagster_celery") is None:
        raise ServiceError("run-worker needs the extra `pool`: pip install 'ty-matching[pool]'")
    if config.redis_url is None:
        raise ServiceError("run-worker: set TY_REDIS_URL, through which runs come, such as redis://host:6379/0")
    command = [sys.executable, "-m", "ty_jobs.fleet.worker"]
    return Role("run-worker", command, host, None, _HEALTH_PORTS["run-worker"], 100)


def _serving(config: Settings, host: str, port: int | None) -> Role:
    port = port or config.serving_port
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "serving.server:app", "--host", host,
        "--port", str(port), "--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "10",
        # Whose address a request has is the proxy's to say, and there is none unless people come from outside.
        "--proxy-headers" if config.public_url else "--no-proxy-headers",
    ]  # fmt: skip
    return Role("serving", command, host, port, _HEALTH_PORTS["serving"], 15)


def _postgres(config: Settings, host: str, port: int | None) -> Role:
    if config.postgres_url:
        raise ServiceError("postgres: TY_POSTGRES_URL names a server already; unset it to run the embedded one")
    if host != LOCAL:
        raise ServiceError("postgres: the embedded server is for its own machine; for other hosts install PostgreSQL")
    command = [sys.executable, "-m", "ty_jobs.services.embedded_server"]
    return Role("postgres", command, host, None, _HEALTH_PORTS["postgres"], 60, needs_home=False)


def _model_host(config: Settings, host: str, port: int | None) -> Role:
    program = shutil.which("ollama")
    if program is None:
        raise ServiceError("model-host: there is no program `ollama`; install it from https://ollama.com/download")
    port = port or _usual_ollama_port(config)
    keep = {"OLLAMA_HOST": f"{host}:{port}", "OLLAMA_KEEP_ALIVE": config.keep_alive}
    open_to_all = "Ollama has no sign-in: open this port to the hosts of run workers and serving only"
    return Role(
        "model-host", [program, "serve"], host, port, _HEALTH_PORTS["model-host"], 30, needs_home=False,
        environment=keep, warning="" if host == LOCAL else open_to_all,
    )  # fmt: skip


def _usual_ollama_port(config: Settings) -> int:
    told = urlsplit(config.ollama_urls[0]) if len(config.ollama_urls) == 1 else None
    return told.port or _OLLAMA_PORT if told and told.hostname in (LOCAL, "localhost") else _OLLAMA_PORT


def _script(name: str) -> str:
    """A console script of this installation, or of the one that is on the path."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ServiceError(f"{name} is not installed beside {sys.executable}")
    return found
