"""What a file of any size costs the view that takes it and gives it: no memory, and nobody else's time."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from batch_world import END, FILE, PURPOSE, Recruiter, blocks, recruiter, sent, until

from ty_resources.postgres import Database


@pytest.mark.slow
def test_two_hundred_megabytes_go_up_and_down_in_flat_memory_while_others_are_served(db: Database) -> None:
    sarah = recruiter(db.conninfo)
    size = 200_000_000
    with View(db) as (process, url), sarah.client(url, timeout=300) as client:
        client.files.create(file=("warm.jsonl", bytes(5_000_000)), purpose="batch")
        before = process.memory_info().rss
        most, longest, done = [before], [0.0], threading.Event()

        def watch() -> None:
            while not done.is_set():
                begun = time.monotonic()
                client.files.list(limit=1)
                longest[0] = max(longest[0], time.monotonic() - begun)
                most[0] = max(most[0], process.memory_info().rss)
                time.sleep(0.05)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            made = _uploaded(url, sarah, size)
            received = 0
            with client.files.with_streaming_response.content(made["id"]) as answer:
                for block in answer.iter_bytes():
                    received += len(block)
        finally:
            done.set()
            watching.join()
        assert received == size == made["bytes"]
        assert most[0] - before < 30_000_000, f"{(most[0] - before) / 1e6:.0f} MB"
        assert most[0] < 400_000_000, f"{most[0] / 1e6:.0f} MB"
        assert longest[0] < 10, "nobody waits for somebody else's file"
        client.files.delete(made["id"])


def _uploaded(url: str, of: Recruiter, size: int) -> dict[str, Any]:
    """By a body that is made as it is sent: the official client would hold it in memory."""

    def body() -> Iterator[bytes]:
        yield FILE[: -len(b"{}\n\r\n")]
        yield from blocks(size)
        yield b"\r\n" + PURPOSE + END

    answer = sent(url, of, body())
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


class View:
    """The view in a process of its own, so that its memory is nobody else's; without what it warms up for others."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __enter__(self) -> tuple[psutil.Process, str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        program = (
            "import sys, uvicorn; from serving.app import create_app; "
            "uvicorn.run(create_app(sys.argv[1]), port=int(sys.argv[2]), log_level='error')"
        )
        self._process = subprocess.Popen([sys.executable, "-c", program, self._db.conninfo, str(port)])
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert self._process.poll() is None, "the view ended while it started"
            try:
                return httpx.get(f"{url}/health").status_code == 200
            except httpx.TransportError:
                return False

        until(answers, "the view starts", seconds=60)
        return psutil.Process(self._process.pid), url

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
