"""The process that runs are forked from: what a run needs is imported and loaded before the first one is asked for.

A run in a process of its own starts with 10 s of imports, of the encoder's weights and of the occupation index; a
fork of this one starts at once, and shares that memory. `ty_jobs.launcher` starts it and speaks with it, one JSON
object a line: in come `{"run_id", "command"}`, out go `{"run_id", "pid"}` and, when that process has ended,
`{"run_id", "exit"}`. It takes runs until its input ends, and itself ends with its last run; with --end-runs it kills
them then, and they die with it: who watches over them is gone, and they will be started elsewhere. SIGUSR1 has a run
end at its next checkpoint (ty_resources/draining.py).

It has one thread: another one's locks would be copied locked into each fork.
"""

import gc
import json
import logging
import os
import select
import signal
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from ty_jobs.process_death import die_with_parent
from ty_resources.draining import drain_on

_log = logging.getLogger("ty.run_host")


def main() -> None:
    # What a run prints belongs to its log; the launcher's line is kept apart.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    # Ctrl-C and a service manager reach the whole group; the runs end in their own way, and this process after them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    _load()
    _serve(sys.stdin.buffer, out, woken, end_runs="--end-runs" in sys.argv[1:])


def _load() -> None:
    """Import and warm up what runs use. Best effort: what fails here fails in a run, with its message."""
    try:
        import dagster_postgres  # noqa: F401

        from ty_jobs.definitions import build_definitions
        from ty_jobs.rehearsal import rehearse
        from ty_resources.connect import connect, embedded_engine
        from ty_resources.settings import settings

        build_definitions().resolve_all_job_defs()
        with connect(settings()) as db:
            rehearse(db, embedded_engine())
    except Exception:
        _log.exception("could not load everything beforehand")
    # Objects that stay are not looked at again, and so their memory stays shared with the forks.
    gc.collect()
    gc.freeze()


def _serve(requests: BinaryIO, out: BinaryIO, woken: int, end_runs: bool) -> None:
    children: dict[int, str] = {}  # run ids by process id
    open_for_more, unread = True, b""
    os.set_blocking(requests.fileno(), False)
    while open_for_more or children:
        watched = [woken, requests.fileno()] if open_for_more else [woken]
        ready, _, _ = select.select(watched, [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(children, out)
        if requests.fileno() in ready:
            received = os.read(requests.fileno(), 65536)
            open_for_more = bool(received)
            if end_runs and not received:
                for child in children:
                    os.kill(child, signal.SIGKILL)
            *lines, unread = (unread + received).split(b"\n")
            for line in lines:
                asked = json.loads(line)
                pid = _fork(asked["command"], end_runs)
                children[pid] = asked["run_id"]
                _tell(out, {"run_id": asked["run_id"], "pid": pid})


def _reap(children: dict[int, str], out: BinaryIO) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        if pid in children:
            _tell(out, {"run_id": children.pop(pid), "exit": os.waitstatus_to_exitcode(status)})


def _tell(out: BinaryIO, message: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more; the runs go on
        out.write(json.dumps(message).encode() + b"\n")


def _fork(command: list[str], dies_with_us: bool) -> int:
    """Run Dagster's command line in a fork; its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if dies_with_us:
            die_with_parent()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        drain_on(signal.SIGUSR1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        from dagster._cli.api import api_cli

        api_cli.main(args=command, standalone_mode=False)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        _log.exception("a run's process ended early")
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Without the exit handlers of the process it was forked from, which would stop the embedded server.
        os._exit(code)


if __name__ == "__main__":
    main()
