"""A Postgres of a test's own, with its data safe on the disk, that may be killed and started again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from ty_resources.embedded_postgres import data_folder, remove
from ty_resources.migrations import migrate
from ty_resources.postgres import Database

_PROGRAM = """
import sys
from pathlib import Path
from ty_resources.embedded_postgres import start
print(start(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


class OwnPostgres:
    """The server of one home. url: the same after each start."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._keeper: subprocess.Popen[str] | None = None
        self.url = ""
        self.start()
        with Database(self.url) as db:
            migrate(db)

    def start(self) -> None:
        """Start it; a server whose parts are still ending after a kill refuses for a moment."""
        for _ in range(20):
            command = [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(self._home)]
            self._keeper = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            assert self._keeper.stdout is not None
            self.url = self._keeper.stdout.readline().strip()
            if self.url and self._answers():
                return
            self._drop_keeper()
            time.sleep(0.5)
        raise RuntimeError("the server does not start")

    def kill(self) -> None:
        """kill -9 of the server's first process; the others end by themselves."""
        self._drop_keeper()
        pid = int((data_folder(self._home) / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        self._drop_keeper()
        remove(self._home)  # which leaves the files where it believes a killed keeper alive
        shutil.rmtree(data_folder(self._home), ignore_errors=True)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url):
            return True
        return False

    def _drop_keeper(self) -> None:
        """Killed, so that it does not stop the server as it would at its end."""
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.communicate()
            self._keeper = None
