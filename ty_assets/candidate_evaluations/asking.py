"""Threads that ask: each takes a request, passes it on and hands back what came of it.

Belongs here: threads and queues. Not here: the database, which only the conductor knows (`working`), and what follows
from an outcome (`retries`). What waits to be asked is kept short, so that memory is flat and a cancel is quick.
"""

import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ty_resources.inference.relay import Relay, Relayed

# A thread that is one too many looks again after so many seconds.
_IDLE: Final = 0.1


@dataclass(frozen=True)
class Task:
    """A request that is ours to ask. content: its line of the input file."""

    line: int
    custom_id: str
    prefix: bytes
    attempts: int
    losses: int
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.content)["body"]
        return body


@dataclass(frozen=True)
class Outcome:
    """One of relayed and error. seconds: how long it took."""

    task: Task
    relayed: Relayed | None
    error: Exception | None
    seconds: float


class Askers:
    """`width` threads that ask one relay; `widen` changes how many. Only one thread may use it."""

    def __init__(self, relay: Relay, endpoint: str, width: int) -> None:
        self.width = 0
        self.in_flight = 0  # given, and not taken back yet
        self._relay = relay
        self._endpoint = endpoint
        self._waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._closing = False
        self.widen(width)

    def widen(self, width: int) -> None:
        """From now on so many, at least one; whoever is one too many still finishes what it is at."""
        self.width = max(1, width)
        while len(self._threads) < self.width:
            number = len(self._threads)
            thread = threading.Thread(target=self._ask, args=(number,), name=f"ask-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def give(self, task: Task) -> None:
        self.in_flight += 1
        self._waiting.put(task)

    def outcomes(self, timeout: float) -> list[Outcome]:
        """What has come; waits for the first one so many seconds at most."""
        found: list[Outcome] = []
        try:
            found.append(self._outcomes.get(timeout=timeout))
            while True:
                found.append(self._outcomes.get_nowait())
        except queue.Empty:
            self.in_flight -= len(found)
            return found

    def take_back(self) -> list[Task]:
        """What no thread has begun with."""
        found: list[Task] = []
        try:
            while True:
                task = self._waiting.get_nowait()
                if task is not None:
                    found.append(task)
        except queue.Empty:
            self.in_flight -= len(found)
            return found

    def close(self, seconds: float) -> None:
        """Threads end after what they are at; those that take longer than so many seconds are left behind."""
        self._closing = True
        for _ in self._threads:
            self._waiting.put(None)
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _ask(self, number: int) -> None:
        while True:
            while number >= self.width and not self._closing:
                time.sleep(_IDLE)
            if (task := self._waiting.get()) is None:
                return
            began = time.monotonic()
            relayed: Relayed | None = None
            error: Exception | None = None
            try:
                relayed = self._relay.ask(self._endpoint, task.body)
            except Exception as caught:  # a thread that ended would leave its request in flight for ever
                error = caught
            self._outcomes.put(Outcome(task, relayed, error, time.monotonic() - began))


class Aside:
    """Something slow that is done beside the rest, such as reading a prefix into a server's slots."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.error: Exception | None = None
        self.result: Any = None
        self._work = work
        self._thread = threading.Thread(target=self._run, name="aside", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return self.done

    def _run(self) -> None:
        try:
            self.result = self._work()
        except Exception as error:  # told to who asked for it
            self.error = error
