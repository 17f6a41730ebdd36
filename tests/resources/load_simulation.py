"""A closed loop of requests against servers whose speed is known, in simulated time: no threads and no waiting.

Belongs here: servers as queues, and the loop that keeps as many requests in flight as the limit allows. Not here: what
is expected of the limit.
"""

import heapq
import itertools
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ty_resources.inference.concurrency import Concurrency, Sent

SEED_CURVE = {1: 6.4, 2: 10.4, 4: 20.7, 8: 32.0, 12: 32.0}


def interpolated(points: Mapping[int, float]) -> Callable[[int], float]:
    known = sorted(points.items())

    def rate(requests: int) -> float:
        place = bisect_right([number for number, _ in known], requests)
        if place == len(known):
            return known[-1][1]
        (left, low), (right, high) = known[place - 1], known[place]
        return low + (high - low) * (requests - left) / (right - left)

    return rate


@dataclass
class SharedServer:
    """n requests are served at rate(n) together, each at an n-th of it. refuses_above: 503 for any more at once."""

    rate: Callable[[int], float]
    refuses_above: int = 10_000
    now: float = 0.0
    _served: float = 0.0
    _ends: list[tuple[float, int]] = field(default_factory=list)

    def accept(self, request: int, work: float) -> bool:
        if len(self._ends) >= self.refuses_above:
            return False
        heapq.heappush(self._ends, (self._served + work, request))
        return True

    def next_end(self) -> float:
        if not self._ends:
            return float("inf")
        return self.now + (self._ends[0][0] - self._served) * len(self._ends) / self.rate(len(self._ends))

    def advance(self, now: float) -> None:
        if self._ends:
            self._served += (now - self.now) * self.rate(len(self._ends)) / len(self._ends)
        self.now = now

    def pop(self) -> int:
        end, request = heapq.heappop(self._ends)
        self._served = end
        return request


@dataclass
class QueueServer:
    """So many slots, each at its own speed; the others wait in order of arrival."""

    slots: int
    seconds: float
    now: float = 0.0
    _running: list[tuple[float, int]] = field(default_factory=list)
    _queue: list[tuple[int, float]] = field(default_factory=list)

    def accept(self, request: int, work: float) -> bool:
        self._queue.append((request, work))
        self._start()
        return True

    def _start(self) -> None:
        while self._queue and len(self._running) < self.slots:
            request, work = self._queue.pop(0)
            heapq.heappush(self._running, (self.now + work * self.seconds, request))

    def next_end(self) -> float:
        return self._running[0][0] if self._running else float("inf")

    def advance(self, now: float) -> None:
        self.now = now

    def pop(self) -> int:
        request = heapq.heappop(self._running)[1]
        self._start()
        return request


@dataclass
class Told:
    """seconds: until the last unit was done. limits: (time, limit) whenever it changed. refused: how many requests."""

    seconds: float
    limits: list[tuple[float, int]]
    refused: int

    def limit_at(self, share: float) -> int:
        """The limit when this share of the time was over."""
        places = [limit for moment, limit in self.limits if moment <= share * self.seconds]
        return places[-1]


def run(
    server: SharedServer | QueueServer,
    units: int,
    fixed: int | None = None,
    *,
    spread: float = 0.0,
    seed: int = 0,
    batch: int = 1,
    pause_when_refused: float = 0.5,
    change: tuple[float, Callable[[], None]] | None = None,
) -> Told:
    """Work off the units. spread: sigma of a lognormal with mean 1 that each request's work is multiplied by.

    change: what happens to the server at which moment.
    """
    clock = [0.0]
    concurrency = Concurrency(fixed, clock=lambda: clock[0])
    chance = random.Random(seed)
    numbers = itertools.count()
    sent: dict[int, tuple[Sent, int]] = {}
    retries: list[tuple[float, int]] = []
    limits = [(0.0, concurrency.limit)]
    left, refused = units, 0

    def send(size: int) -> None:
        nonlocal refused
        number = next(numbers)
        ticket = concurrency.begin(len(sent) + 1)
        work = size * (chance.lognormvariate(-spread * spread / 2, spread) if spread else 1.0)
        if server.accept(number, work):
            sent[number] = (ticket, size)
        else:
            refused += 1
            concurrency.end(ticket, "overloaded", taken=len(sent) + 1)
            heapq.heappush(retries, (clock[0] + pause_when_refused * (1 + chance.random()), size))

    while left or sent or retries:
        while len(sent) < concurrency.limit:
            if retries and retries[0][0] <= clock[0]:
                send(heapq.heappop(retries)[1])
            elif left:
                size = min(batch, left)
                left -= size
                send(size)
            else:
                break
            if limits[-1][1] != concurrency.limit:
                limits.append((clock[0], concurrency.limit))
        due = retries[0][0] if retries and len(sent) < concurrency.limit else float("inf")
        moment = min(server.next_end(), due)
        if change and change[0] <= moment:
            clock[0] = change[0]
            server.advance(clock[0])
            change[1]()
            change = None
            continue
        clock[0] = max(moment, clock[0])
        server.advance(clock[0])
        if server.next_end() <= clock[0] + 1e-12:
            ticket, size = sent.pop(server.pop())
            concurrency.end(ticket, "done", size, taken=len(sent) + 1)
            if limits[-1][1] != concurrency.limit:
                limits.append((clock[0], concurrency.limit))
    return Told(clock[0], limits, refused)
