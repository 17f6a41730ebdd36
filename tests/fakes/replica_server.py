"""A real streaming replica of an embedded server: pg_basebackup, then a second Postgres that follows the first.

Belongs here: making, lagging and ending it. It speaks over a Unix socket, as the embedded server does.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from ty_resources.postgres_programs import find

_PORT = 5433  # part of a socket's name; two servers may not share one


class ReplicaServer:
    """primary: URL of an embedded server. url: the replica, of the same database."""

    def __init__(self, primary: str) -> None:
        with psycopg.connect(primary) as connection:
            self._bin = find("pg_basebackup", connection.info.server_version // 10_000).parent
        parts = urlsplit(primary)
        self._socket = dict(pair.split("=") for pair in parts.query.split("&"))["host"]
        self._folder = Path(tempfile.mkdtemp(prefix="ty-replica-"))
        self._folder.chmod(0o755)
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:  # Postgres does not run as root; the embedded one has made this user
            user = pwd.getpwnam("pgserver")
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        data = self._folder / "data"
        made = subprocess.run(
            [
                self._bin / "pg_basebackup", f"--pgdata={data}", f"--host={self._socket}", "--username=postgres",
                "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
            ],
            capture_output=True, text=True, cwd=self._folder, **self._as,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.url = f"postgresql://postgres@{parts.path}?host={self._folder}&port={_PORT}"
        self.start()

    def start(self) -> None:
        settings = [f"port={_PORT}", f"unix_socket_directories={self._folder}", "listen_addresses=", "fsync=off"]
        command = [str(self._bin / "postgres"), "-D", str(self._folder / "data")]
        self._process = subprocess.Popen(
            [*command, *(part for setting in settings for part in ("-c", setting))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder, **self._as,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(self.url) as connection:
                    assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
                    return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "the replica does not start"
                assert self._process.poll() is None, "the replica has ended"
                time.sleep(0.1)

    def pause(self) -> None:
        """It answers, and follows no further."""
        self._say("SELECT pg_wal_replay_pause()")
        while self._say("SELECT pg_get_wal_replay_pause_state()") != ("paused",):
            time.sleep(0.01)

    def resume(self) -> None:
        self._say("SELECT pg_wal_replay_resume()")

    def wait_for(self, primary: str) -> None:
        """Until it has what the primary has now."""
        with psycopg.connect(primary) as connection:
            place = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        deadline = time.monotonic() + 30
        while self._say("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", place) != (True,):
            assert time.monotonic() < deadline, "the replica does not follow"
            time.sleep(0.02)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # at once, without waiting for who is connected
        self._process.wait(30)

    def close(self) -> None:
        if self._process.poll() is None:
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _say(self, statement: str, values: Any = None) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement, values).fetchone()  # type: ignore[arg-type]
