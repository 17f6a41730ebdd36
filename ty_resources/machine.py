"""What the machine and this project's processes use of it: psutil, in plain values."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# `ty up` gives it to all its processes, and they to theirs: who has the same value belongs to the same house.
_MARK = "TY_DATABASE_CONNINFO"
# By a word of the command line, the first that fits.
_ROLES = (
    ("dagster-webserver", "dagster-webserver"),
    ("dagster-daemon", "dagster-daemon"),
    ("serving.server", "match-view"),
    ("run_host", "run-host"),
    ("execute_run", "run"),
    ("grpc", "code-server"),
)


@dataclass(frozen=True)
class ProcessUse:
    """Processes of one role together; seconds of CPU since they began, bytes of resident memory."""

    role: str
    processes: int
    cpu_seconds: float
    memory: int


@dataclass(frozen=True)
class MachineUse:
    """cpu: share of all cores since the last look, 0 .. 1. memory, memory_total: bytes in use and in all."""

    cpu: float
    memory: int
    memory_total: int
    processes: Sequence[ProcessUse]


def look(data_folder: Path | None = None) -> MachineUse:
    """Use at this moment. data_folder: of the embedded Postgres, whose processes count too; None for another server."""
    memory = psutil.virtual_memory()
    ours: dict[str, list[tuple[float, int]]] = {}
    for role, process in (*_of_this_house(), *_of_postgres(data_folder)):
        try:
            with process.oneshot():
                times = process.cpu_times()
                use = (times.user + times.system, process.memory_info().rss)
        except psutil.Error:  # it has ended meanwhile
            continue
        ours.setdefault(role, []).append(use)
    return MachineUse(
        psutil.cpu_percent(interval=None) / 100,
        memory.total - memory.available,
        memory.total,
        [
            ProcessUse(role, len(uses), sum(cpu for cpu, _ in uses), sum(rss for _, rss in uses))
            for role, uses in sorted(ours.items())
        ],
    )


def _of_this_house() -> Iterator[tuple[str, psutil.Process]]:
    mark, me = os.environ.get(_MARK), os.getpid()
    for process in psutil.process_iter():
        try:
            if process.pid == me or (mark and process.environ().get(_MARK) == mark):
                yield _role(process.cmdline()), process
        except psutil.Error:  # it has ended, or is another user's
            continue


def _role(command: Sequence[str]) -> str:
    line = " ".join(command)
    return next((role for word, role in _ROLES if word in line), "other")


def _of_postgres(folder: Path | None) -> Iterator[tuple[str, psutil.Process]]:
    if folder is None:
        return
    try:
        server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
        for process in (server, *server.children(recursive=True)):
            yield "postgres", process
    except (OSError, ValueError, IndexError, psutil.Error):  # it does not run, or its files are another user's
        return
