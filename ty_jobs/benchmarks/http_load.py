"""Asks a server on this machine for pages, and times it: a process of its own, so that what it costs is told apart.

Reads one JSON object from standard input: port, requests ([path, cookie] each, asked for in turn), seconds, at_once and
rate (a second). Without a rate, each of `at_once` connections asks again as soon as it is answered: that is the
capacity. With one, requests begin at their times whether the server keeps up or not, and each is timed from when it
should have begun: else a server that stalls would not be asked while it does (coordinated omission). Writes one JSON
object. Plain sockets: a client library takes longer than the server.
"""

import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_LENGTH: Final = b"content-length:"


@dataclass(frozen=True)
class Answered:
    seconds: list[float]
    failed: int


class Connection:
    """One connection that is kept. Raises ConnectionError where the server ends it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, request: bytes) -> int:
        """The status of the answer, which is read to its end."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        at = head.lower().find(_LENGTH)
        if at < 0:
            raise ConnectionError("expected an answer with its length")
        await reader.readexactly(int(head[at + len(_LENGTH) : head.index(b"\r\n", at)]))
        return int(head[9:12])


def _requests(wanted: Sequence[Sequence[str]]) -> list[bytes]:
    head = "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}\r\nAccept-Language: de\r\nAccept: */*\r\n\r\n"
    made = [head.format(path, cookie).encode() for path, cookie in wanted]
    random.Random(7).shuffle(made)
    return made


async def closed(port: int, requests: Sequence[bytes], seconds: float, at_once: int) -> Answered:
    taken: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds
    turn = 0

    async def ask() -> None:
        nonlocal turn, failed
        connection = Connection(port)
        while time.perf_counter() < end:
            request, turn = requests[turn % len(requests)], turn + 1
            started = time.perf_counter()
            failed += await connection.get(request) != 200
            taken.append(time.perf_counter() - started)

    await asyncio.gather(*(ask() for _ in range(at_once)))
    return Answered(taken, failed)


async def open_loop(port: int, requests: Sequence[bytes], seconds: float, at_once: int, rate: float) -> Answered:
    """Arrivals are random (Poisson), as those of people are."""
    taken: list[float] = []
    failed = 0
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()

    async def ask() -> None:
        nonlocal failed
        connection = Connection(port)
        while (job := await due.get()) is not None:
            started, request = job
            failed += await connection.get(request) != 200
            taken.append(time.perf_counter() - started)

    workers = [asyncio.create_task(ask()) for _ in range(at_once)]
    chance = random.Random(11)
    begun = moment = time.perf_counter()
    turn = 0
    while moment < begun + seconds:
        moment += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        due.put_nowait((moment, requests[turn % len(requests)]))
        turn += 1
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return Answered(taken, failed)


def main(asked: dict[str, Any]) -> dict[str, float]:
    requests = _requests(asked["requests"])
    started = time.perf_counter()
    where = (asked["port"], requests, asked["seconds"], asked["at_once"])
    rate = asked.get("rate")
    told = asyncio.run(open_loop(*where, rate) if rate else closed(*where))
    elapsed = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    taken = sorted(told.seconds)
    return {
        "rate": len(taken) / elapsed,
        "failed": told.failed,
        "answers": len(taken),
        "p50_ms": 1000 * taken[len(taken) // 2],
        "p99_ms": 1000 * taken[int(len(taken) * 0.99)],
        "cores": (used.ru_utime + used.ru_stime) / elapsed,
    }


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
