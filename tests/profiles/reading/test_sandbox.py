"""The process beside: what it may not do, how it is ended, and that nothing of it is left."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from tests.profiles.reading import paper
from ty_assets.profiles.reading import confinement, sandbox
from ty_assets.profiles.reading.answer import ReadCv, UnreadableCv
from ty_assets.profiles.reading.limits import MAX_UPLOAD_BYTES
from ty_assets.profiles.reading.read import read_cv

ROOT = str(Path(__file__).resolve().parents[3])
TEXT = paper.as_text(paper.notation("en_uk"))


def command(program: str) -> list[str]:
    """A process that has the sandbox's limits and then does this."""
    limits = "from ty_assets.profiles.reading.confinement import *; limit_resources(1); give_up_rights()"
    return [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {ROOT!r}); {limits}\n{program}"]


def cause(program: str, *, timeout: float = 20.0, data: bytes = b"x") -> UnreadableCv:
    with pytest.raises(UnreadableCv) as caught:
        asyncio.run(sandbox.run_apart(command(program), data, timeout))
    return caught.value


def test_a_cv_comes_through_as_it_would_be_read_here() -> None:
    assert asyncio.run(sandbox.read_apart(TEXT, "cv.txt")) == read_cv(TEXT, "cv.txt")


def test_the_cause_comes_through_with_its_parameters() -> None:
    with pytest.raises(UnreadableCv) as caught:
        asyncio.run(sandbox.read_apart(b"%PDF-1.7 nothing", "cv.pdf"))

    assert (caught.value.code, caught.value.parameters) == ("malformed", {"kind": "pdf"})


def test_too_large_a_document_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run_apart", None)

    with pytest.raises(UnreadableCv) as caught:
        asyncio.run(sandbox.read_apart(b"a" * (MAX_UPLOAD_BYTES + 1), None))

    assert caught.value.code == "too_large"


def test_what_hangs_is_ended_with_all_its_children(tmp_path: Path) -> None:
    # started before the rights are given up, as a reader of documents never could
    program = (
        "import subprocess, sys, time; child = subprocess.Popen(['sleep', '600']);"
        "print(child.pid, file=open(sys.argv[1], 'w')); time.sleep(600)"
    )

    async def run(told: Path) -> int:
        with pytest.raises(UnreadableCv) as caught:
            await sandbox.run_apart([sys.executable, "-c", program, str(told)], b"", 1.5)
        assert caught.value.code == "timed_out"
        return int(told.read_text())

    child = asyncio.run(run(tmp_path / "pid"))
    # Killed it is; a busy machine takes a moment to carry it out.
    ends = time.monotonic() + 30
    while (state := _state_of(child)) not in ("", "Z") and time.monotonic() < ends:
        time.sleep(0.02)
    assert state in ("", "Z")


def _state_of(process: int) -> str:
    """As the kernel tells it; "" for none of that number."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_what_computes_without_end_is_ended_by_the_kernel() -> None:
    assert cause("while True: pass").code == "timed_out"


def test_what_swells_is_stopped() -> None:
    assert cause("answer_of(b''); held = [bytes(50_000_000) for _ in range(100)]").code == "crashed"


def test_what_swells_while_reading_is_told_as_that() -> None:
    program = (
        "import ty_assets.profiles.reading.read as read\n"
        "read.read_cv = lambda data, name: [bytes(50_000_000) for _ in range(100)]\n"
        "sys.stdout.buffer.write(answer_of(b'x'))"
    )

    assert cause(program).code == "out_of_memory"


@pytest.mark.parametrize("end", ["os.kill(0, 9)", "import os; os.abort()", "raise SystemExit(3)", "pass"])
def test_a_process_that_dies_is_a_crash_and_no_more(end: str) -> None:
    assert cause(end).code in ("crashed", "timed_out")


@pytest.mark.parametrize(
    "answer", [b"", b"{}", b'{"read": {"kind": 1}}', b'{"unreadable": "no such code"}', b"[" * 9_000, b"\xff"]
)
def test_an_answer_of_another_form_is_a_crash(answer: bytes) -> None:
    with pytest.raises(UnreadableCv) as caught:
        confinement.read_answer(answer)

    assert caught.value.code == "crashed"


def test_an_endless_answer_is_cut_off() -> None:
    assert cause("while True: sys.stdout.buffer.write(b'a' * 65_536)").code == "crashed"


@pytest.mark.parametrize(
    "forbidden",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
        "open('/tmp/written_by_a_cv', 'w')",
        "import os; os.remove('/tmp')",
        "import ctypes; ctypes.CDLL(None)",
    ],
)
def test_no_network_no_program_and_no_file(forbidden: str) -> None:
    allowed = 'sys.stdout.buffer.write(b\'{"unreadable": "empty", "parameters": {}}\'); sys.stdout.flush()'

    assert cause(f"try:\n    {forbidden}\nexcept PermissionError:\n    {allowed}").code == "empty"


def test_the_process_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_DATABASE_URL", "postgresql://secret")
    program = "import json, os; sys.stdout.write(json.dumps({'unreadable': 'empty', 'parameters': dict(os.environ)}))"

    assert "TY_DATABASE_URL" not in cause(program).parameters


def test_no_more_than_a_few_read_at_once_and_no_more_than_some_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    now = most = 0

    async def reading(*_: object) -> ReadCv:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return ReadCv("text", {}, (), 1, 0)

    monkeypatch.setattr(sandbox, "run_apart", reading)

    async def crowd() -> list[object]:
        uploads = [sandbox.read_apart(b"x", None) for _ in range(sandbox.WAITING + 3)]
        return await asyncio.gather(*uploads, return_exceptions=True)

    answers = asyncio.run(crowd())

    refused = [answer.code for answer in answers if isinstance(answer, UnreadableCv)]
    assert refused == ["busy"] * 3
    assert most == sandbox.AT_MOST


def test_a_client_who_leaves_leaves_no_process() -> None:
    async def leave() -> int:
        task = asyncio.ensure_future(sandbox.run_apart([sys.executable, "-c", "import time; time.sleep(600)"], b""))
        while not (children := _children()):
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return children[0]

    child = asyncio.run(leave())

    assert child not in _children()


def _children() -> list[int]:
    text = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    return [pid for pid in map(int, text.split()) if b"time.sleep(600)" in Path(f"/proc/{pid}/cmdline").read_bytes()]
