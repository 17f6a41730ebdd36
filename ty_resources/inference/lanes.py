"""Who may send a request now: a limit that can change while people wait, and two lanes.

Belongs here: admission and its order. Not here: what the limit should be (`concurrency`), and what is sent
(`model_queue`).
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ty_resources.inference.engine import Lane


class Abandoned(Exception):
    """Whoever wanted the answer no longer waits for it. Ends a worker thread; never seen outside the engine."""


@dataclass(frozen=True, eq=False)
class Caller:
    """Somebody who asks, for one item or many, since `began` (time.monotonic()).

    stopped: the answers are wanted no longer; set by `Gate.dismiss`.
    """

    lane: Lane = "background"
    began: float = field(default_factory=time.monotonic)
    stopped: threading.Event = field(default_factory=threading.Event)


class _Waiter:
    __slots__ = ("admitted", "caller", "turn")

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.admitted = False
        self.turn = threading.Lock()  # held until it is this waiter's turn, or it is sent away
        self.turn.acquire()


class Gate:
    """At most `limit` requests in flight; who waits is admitted as they end. Thread-safe.

    People go before background work, each lane in order of arrival. Background requests beyond a limit that was lowered
    do not hold up a person: the first of them to end makes room for the person, though not for background work.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._in_flight: dict[Lane, int] = {"person": 0, "background": 0}
        self._waiting: dict[Lane, deque[_Waiter]] = {"person": deque(), "background": deque()}

    @property
    def limit(self) -> int:
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        """A higher one admits at once; a lower one takes effect as requests end."""
        if limit < 1:
            raise ValueError(f"a limit of {limit} would admit nobody")
        with self._lock:
            self._limit = limit
            self._admit()

    @property
    def in_flight(self) -> int:
        return self._in_flight["person"] + self._in_flight["background"]

    @contextmanager
    def slot(self, caller: Caller) -> Iterator[None]:
        """Wait for admission, and be in flight for as long as the context lasts.

        Raises: Abandoned where the caller has stopped, or is dismissed before it is admitted.
        """
        self._enter(caller)
        try:
            yield
        finally:
            self._leave(caller.lane)

    def dismiss(self, caller: Caller) -> None:
        """The caller stops: who waits here on its behalf is sent away, and nobody is admitted for it any more."""
        caller.stopped.set()
        with self._lock:
            queue = self._waiting[caller.lane]
            for waiter in [waiter for waiter in queue if waiter.caller is caller]:
                queue.remove(waiter)
                waiter.turn.release()

    def _enter(self, caller: Caller) -> None:
        with self._lock:
            if caller.stopped.is_set():
                raise Abandoned
            if self.in_flight < self._limit:
                self._in_flight[caller.lane] += 1
                return
            waiter = _Waiter(caller)
            self._waiting[caller.lane].append(waiter)
        try:
            waiter.turn.acquire()
        except BaseException:  # Ctrl-C in the main thread
            self._withdraw(waiter)
            raise
        if not waiter.admitted:
            raise Abandoned

    def _withdraw(self, waiter: _Waiter) -> None:
        lane = waiter.caller.lane
        with self._lock:
            if not waiter.admitted:
                if waiter in self._waiting[lane]:
                    self._waiting[lane].remove(waiter)
                return
        self._leave(lane)

    def _leave(self, lane: Lane) -> None:
        with self._lock:
            self._in_flight[lane] -= 1
            if self._waiting["person"] and self._in_flight["person"] < self._limit:
                self._admit_first("person")
            self._admit()

    def _admit(self) -> None:
        while self.in_flight < self._limit:
            if self._waiting["person"]:
                self._admit_first("person")
            elif self._waiting["background"]:
                self._admit_first("background")
            else:
                return

    def _admit_first(self, lane: Lane) -> None:
        waiter = self._waiting[lane].popleft()
        waiter.admitted = True
        self._in_flight[lane] += 1
        waiter.turn.release()
