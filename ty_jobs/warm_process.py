"""One `ty_jobs.run_host` seen from outside: asks it for runs, and hears of their beginnings and ends.

Belongs here: the process and the lines that are spoken with it. Not here: what a run's beginning or end means
(`launcher` on one machine, `fleet.worker` in a pool).
"""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import IO

_log = logging.getLogger("ty.launcher")
_OURS = ("ty_assets", "ty_resources", "ty_jobs", "sql")


class WarmProcess:
    """Forks runs.

    on_start: called with a run's id and its process's, on_end: with the run's id and the exit code, negative for a
    signal; both from a thread of this object. ends_runs: what has been forked is killed when this process ends, or
    lets go; else it goes on to its own end.
    """

    def __init__(
        self, on_start: Callable[[str, int], None], on_end: Callable[[str, int], None], *, ends_runs: bool = False
    ) -> None:
        self._on_start, self._on_end = on_start, on_end
        self._code = _code_state()
        self._asked: set[str] = set()  # and not forked yet
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ty_jobs.run_host", *(["--end-runs"] if ends_runs else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._requests: IO[bytes] = self._process.stdin
        self._writing = threading.Lock()
        threading.Thread(target=self._listen, args=[self._process.stdout], daemon=True, name="run-host").start()

    def usable(self) -> bool:
        """Whether it lives, and the code is still what it was when it was imported."""
        return self._process.poll() is None and self._code == _code_state()

    def start(self, run_id: str, command: list[str]) -> None:
        with self._writing:
            self._asked.add(run_id)
            self._requests.write(json.dumps({"run_id": run_id, "command": command}).encode() + b"\n")
            self._requests.flush()

    def close(self) -> None:
        """Take no more runs; it ends with its last one."""
        with suppress(BrokenPipeError):
            self._requests.close()

    def _listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            told = json.loads(line)
            try:
                if "pid" in told:
                    self._asked.discard(told["run_id"])
                    self._on_start(told["run_id"], told["pid"])
                else:
                    self._on_end(told["run_id"], told["exit"])
            except Exception:
                _log.exception("could not note what has become of run %s", told["run_id"])
        exit_code = self._process.wait()
        for run_id in list(self._asked):  # it ended before it had a process for them
            self._on_end(run_id, exit_code)


def _code_state() -> tuple[int, int]:
    """Number of the project's files and the time of the last change: another one wants another host."""
    stamps = [
        file.stat().st_mtime_ns
        for package in _OURS
        for file in Path(str(files(package))).rglob("*")
        if file.suffix in (".py", ".sql", ".md", ".toml", ".csv")
    ]
    return len(stamps), max(stamps)
