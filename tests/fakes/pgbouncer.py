"""PgBouncer in transaction mode before an embedded server, with so few connections that every client has to share.

Belongs here: its configuration and process. The configuration is the one of docs/postgres.md.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

_PORT = 6432


class PgBouncer:
    """server: URL of a database of an embedded server, with the roles' search path set. url: the same, pooled."""

    def __init__(self, server: str, connections: int = 2) -> None:
        program = shutil.which("pgbouncer")
        assert program is not None
        parts = urlsplit(server)
        host = dict(pair.split("=") for pair in parts.query.split("&"))["host"]
        self._folder = Path(tempfile.mkdtemp(prefix="ty-pgb-"))
        (self._folder / "users.txt").write_text('"postgres" ""\n')
        (self._folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={host}\n"
            f"[pgbouncer]\nlisten_addr =\nlisten_port = {_PORT}\nunix_socket_dir = {self._folder}\n"
            f"auth_type = trust\nauth_file = {self._folder}/users.txt\n"
            f"pool_mode = transaction\ndefault_pool_size = {connections}\nmax_client_conn = 200\n"
            "ignore_startup_parameters = options,extra_float_digits\n"
            f"logfile = {self._folder}/log\n"
        )
        more: dict[str, Any] = {}
        if os.geteuid() == 0:  # it does not run as root
            user = pwd.getpwnam("pgserver")
            more = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)
        self._process = subprocess.Popen(
            [program, str(self._folder / "pgbouncer.ini")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder, **more,
        )  # fmt: skip
        self.url = f"postgresql://postgres@{parts.path}?host={self._folder}&port={_PORT}"
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                time.sleep(0.1)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)
