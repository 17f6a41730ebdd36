"""Things on their way to an engine: looked up, leased when it is their turn, put aside while somebody else asks.

Belongs here: `Work` (what is asked and where answers are kept), which positions wait for which key, and what may be
asked next. Not here: the asking and the keeping (`single_flight`).
"""

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Generic, NamedTuple, TypeVar

import psycopg

from ty_resources.inference.leases import Leases
from ty_resources.postgres import Row

Thing = TypeVar("Thing")
Value = TypeVar("Value")

# Looked up with one statement: more and more while all are known, few where they are asked, so that things are drawn
# about when it is their turn.
_FEWEST, _MOST = 8, 128
# Positions that may wait, or have their answer and not be handed out, before no more are drawn.
_MOST_WAITING = 2048
# How often the answer is looked for that somebody else is asking for; the interval grows from the one to the other.
_FIRST_POLL_SECONDS, _LAST_POLL_SECONDS = 0.05, 1.0
# Keys that failed in this stream and are not asked again in it.
_FAILURES_REMEMBERED = 1000


class Work(ABC, Generic[Thing, Value]):
    """What is asked and kept. group: how many are leased, and kept, with one statement."""

    group: int = 1

    @abstractmethod
    def known(self, keys: Sequence[bytes]) -> Mapping[bytes, Value]:
        """What is kept already."""

    @abstractmethod
    def ask(self, things: Iterator[Thing]) -> Iterator[tuple[int, Value | Exception]]:
        """An answer for each, with its place in `things`, as they come; draws things only as fast as it asks."""

    @abstractmethod
    def keep(self, connection: psycopg.Connection[Row], made: Sequence[tuple[bytes, Value]]) -> None:
        """Write what was made; it is committed when the leases are given back."""


class Settled(NamedTuple):
    """One position's outcome: an answer, or the error that it met."""

    position: int
    key: bytes
    outcome: Any  # Value | Exception


class Waiting:
    """Which positions wait for which key, and outcomes that can be handed out.

    Thread-safe: an engine may draw things in one thread while answers are handed out in another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._positions: dict[bytes, list[int]] = {}
        self._ready: list[Settled] = []
        self._failed: dict[bytes, Exception] = {}
        self._count = 0

    def __len__(self) -> int:
        """Positions that were drawn and not handed out."""
        return self._count

    @property
    def any_ready(self) -> bool:
        return bool(self._ready)

    def join(self, position: int, key: bytes) -> bool:
        """Let the position wait for the key; whether it is the first that does."""
        with self._lock:
            self._count += 1
            if key in self._failed:
                self._ready.append(Settled(position, key, self._failed[key]))
                return False
            first = key not in self._positions
            self._positions.setdefault(key, []).append(position)
            return first

    def settle(self, key: bytes, outcome: Any) -> None:
        with self._lock:
            if isinstance(outcome, Exception):
                self._failed[key] = outcome
                if len(self._failed) > _FAILURES_REMEMBERED:
                    del self._failed[next(iter(self._failed))]
            self._ready.extend(Settled(position, key, outcome) for position in self._positions.pop(key))

    def ready(self) -> list[Settled]:
        """Hand out what can be."""
        with self._lock:
            settled, self._ready = self._ready, []
            self._count -= len(settled)
        return settled


class Source(Generic[Thing, Value]):
    """Things that are to be asked here, leased when they are drawn. One thread draws at a time."""

    def __init__(
        self, leases: Leases, work: Work[Thing, Value], things: Iterable[tuple[bytes, Thing]], waiting: Waiting
    ) -> None:
        self._leases = leases
        self._work = work
        self._things = enumerate(things)
        self._waiting = waiting
        self._exhausted = False
        self._chunk = max(_FEWEST, work.group)
        self._pending: deque[tuple[bytes, Thing]] = deque()  # not known
        self._leased: deque[tuple[bytes, Thing]] = deque()  # to be asked here
        self._aside: dict[bytes, Thing] = {}  # leased by somebody else
        self._poll_every = _FIRST_POLL_SECONDS
        self._poll_at = 0.0

    @property
    def empty(self) -> bool:
        return self._exhausted and not (self._pending or self._leased or self._aside)

    def stream(self, first: tuple[bytes, Thing], asked: dict[int, bytes]) -> Iterator[Thing]:
        """Things for one conversation; asked: the key of each by its place."""
        rest = iter(self.draw, None)
        for place, (key, thing) in enumerate(chain([first], rest)):
            asked[place] = key
            yield thing

    def draw(self, idle: bool = False) -> tuple[bytes, Thing] | None:
        """The next that is leased; None where nothing can be asked now.

        idle: nothing is being asked, so what is ready is better handed out before anything is begun.
        """
        while not self._leased:
            self._poll()
            if idle and self._waiting.any_ready:
                return None
            if self._pending:
                self._lease()
            elif self._exhausted or len(self._waiting) >= _MOST_WAITING:
                return None
            else:
                self._look_up()
        return self._leased.popleft()

    def wait(self) -> None:
        """Until it is time to look again for what somebody else is asking."""
        time.sleep(max(0.0, self._poll_at - time.monotonic()))

    def _look_up(self) -> None:
        chunk = list(islice(self._things, self._chunk))
        self._exhausted = len(chunk) < self._chunk
        new = {key: thing for position, (key, thing) in chunk if self._waiting.join(position, key)}
        found = self._found(list(new))
        self._pending.extend((key, thing) for key, thing in new.items() if key not in found)
        self._chunk = max(_FEWEST if self._pending else min(2 * self._chunk, _MOST), self._work.group)

    def _lease(self) -> None:
        wanted = dict(self._pending.popleft() for _ in range(min(self._work.group, len(self._pending))))
        got = self._leases.acquire(wanted)
        # Who held the lease until now may have kept its answer since it was looked up.
        found = self._found(list(got))
        self._leases.release(found)
        for key, thing in wanted.items():
            if key not in got:
                self._set_aside(key, thing)
            elif key not in found:
                self._leased.append((key, thing))

    def _set_aside(self, key: bytes, thing: Thing) -> None:
        if not self._aside:
            self._poll_every = _FIRST_POLL_SECONDS
            self._poll_at = time.monotonic() + self._poll_every
        self._aside[key] = thing

    def _poll(self) -> None:
        """Take up again what has been answered elsewhere, or has no holder any more."""
        if not self._aside or time.monotonic() < self._poll_at:
            return
        moved = self._found(list(self._aside))
        for key in moved:
            del self._aside[key]
        for key in set(self._aside) - self._leases.held(self._aside):
            self._pending.append((key, self._aside.pop(key)))
            moved.add(key)
        self._poll_every = _FIRST_POLL_SECONDS if moved else min(1.5 * self._poll_every, _LAST_POLL_SECONDS)
        self._poll_at = time.monotonic() + self._poll_every

    def _found(self, keys: Sequence[bytes]) -> set[bytes]:
        """Settle what is kept already; which of the keys."""
        known = self._work.known(keys) if keys else {}
        for key, value in known.items():
            self._waiting.settle(key, value)
        return set(known)
