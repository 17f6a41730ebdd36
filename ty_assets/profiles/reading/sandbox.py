"""Reading a stranger's document in a process of its own, which may crash, hang or swell without harm.

Belongs here: starting, feeding, bounding and ending that process. Not here: what it may do (confinement.py).

Each document gets a new interpreter: it inherits no memory, no open file and no environment of the server, and takes
about 0.3 s to start. The bytes go by pipe, so that nothing personal lies in files or in the list of processes.
"""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

import ty_assets
from ty_assets.profiles.reading.answer import ReadCv, UnreadableCv
from ty_assets.profiles.reading.confinement import CPU_SECONDS, read_answer
from ty_assets.profiles.reading.limits import MAX_UPLOAD_BYTES

AT_MOST = 2  # documents read at the same time: with two cores more would only slow one another
WAITING = 20  # documents that may wait for their turn; each holds its bytes in memory
TIMEOUT_SECONDS = 20.0  # from the start of the process; what takes longer hangs
_MAX_ANSWER = 8_000_000  # bytes; a resume has at most 200,000 characters of up to 12 bytes as JSON escapes, and fields
_CHUNK = 65_536
_ROOT = str(Path(ty_assets.__file__).resolve().parent.parent)
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from ty_assets.profiles.reading.confinement import main; main()"
)
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class _Turns:
    """Who may read now, in one event loop."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(AT_MOST)
        self.waiting = 0


_turns: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns]" = WeakKeyDictionary()


async def read_apart(data: bytes, filename: str | None, language: str | None = None) -> ReadCv:
    """The same as `read_cv`, in another process. Raises UnreadableCv for whatever goes wrong there."""
    if len(data) > MAX_UPLOAD_BYTES:
        raise UnreadableCv("too_large", bytes=len(data), limit=MAX_UPLOAD_BYTES)
    turns = _turns.setdefault(asyncio.get_running_loop(), _Turns())
    if turns.waiting >= WAITING:
        raise UnreadableCv("busy")
    turns.waiting += 1
    try:
        async with turns.free:
            return await run_apart([sys.executable, "-I", "-c", _PROGRAM, _ROOT], data)
    finally:
        turns.waiting -= 1


async def run_apart(command: list[str], data: bytes, timeout_seconds: float = TIMEOUT_SECONDS) -> ReadCv:
    """Feed the bytes to the command and read its answer; whatever happens, no process of its group is left."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # a traceback may quote the document
        start_new_session=True,
        env=_ENVIRONMENT,
        cwd="/",
    )
    try:
        answer = await asyncio.wait_for(_exchange(process, data), timeout_seconds)
    except TimeoutError as error:
        raise UnreadableCv("timed_out", seconds=int(timeout_seconds)) from error
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await _ended(process)
    if process.returncode == -signal.SIGXCPU or (process.returncode == -signal.SIGKILL and not answer):
        raise UnreadableCv("timed_out", seconds=CPU_SECONDS)
    return read_answer(answer)


async def _exchange(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    reading = asyncio.ensure_future(_bounded(process.stdout))
    try:
        # A process that ended early has closed the pipe; its answer, if any, is read still.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for start in range(0, len(data), _CHUNK):
                process.stdin.write(data[start : start + _CHUNK])
                await process.stdin.drain()
            process.stdin.close()
            await process.stdin.wait_closed()
        return await reading
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, UnreadableCv):
            await reading


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Return when a killed process is gone.

    asyncio counts a process as ended only when its pipes are, and leaves a full one unread: so what it said is emptied.
    """
    assert process.stdout is not None
    while await process.stdout.read(_CHUNK):
        pass
    await process.wait()


async def _bounded(stream: asyncio.StreamReader) -> bytes:
    parts, size = [], 0
    while chunk := await stream.read(_CHUNK):
        size += len(chunk)
        if size > _MAX_ANSWER:
            raise UnreadableCv("crashed")
        parts.append(chunk)
    return b"".join(parts)
