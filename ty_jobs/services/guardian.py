"""Ends what `ty up` has started when `ty up` is killed, and so can end nothing itself.

Belongs here: a small process beside `ty up`, and its handle. It hears by a pipe, which closes with whoever holds its
other end, however that ends. Not here: the ordinary end (`together`).
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

_STOP_SECONDS = 10.0
_DISMISSED = "dismissed"


class Guardian:
    """A handle on the process. home: whose embedded Postgres is to stop when nobody else uses it."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ty_jobs.services.guardian", str(home.resolve())],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """From now on the processes of this group are not to outlive us."""
        self._tell(str(group))

    def dismiss(self) -> None:
        """All has ended in its own way."""
        self._tell(_DISMISSED)
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # somebody has killed it; then we do without
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()


def main() -> None:
    """Read groups from standard input; at its end stop them, unless dismissed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        if line.strip() == _DISMISSED:
            return
        groups.append(int(line))
    stop_groups(groups, _STOP_SECONDS)
    home = Path(sys.argv[1])
    if (home / "postgres.location").exists() or (home / "postgres").exists():
        from ty_resources import embedded_postgres

        # This process joins it, and stops it at its end, unless another is there.
        embedded_postgres.start(home)
        embedded_postgres.forget_the_dead(home)


def stop_groups(groups: list[int], seconds: float) -> bool:
    """SIGTERM to all processes of these groups, SIGKILL to those that are left after that time; whether none was."""
    for group in groups:
        _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while (left := [group for group in groups if is_alive(group)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    for group in left:
        _signal(group, signal.SIGKILL)
    return not left


def is_alive(group: int) -> bool:
    """Whether any process of the group is there; one that has ended and nobody asked about is not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    main()
