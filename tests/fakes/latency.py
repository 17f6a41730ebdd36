"""How fast a simulated device works: throughput as a function of the requests in flight.

Belongs here: the curve and the processor that shares it. Not here: which requests run (`loading`: slots, loads) and
what a unit of work is.
"""

import asyncio
import itertools
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from heapq import heappop, heappush

# Event loops wake up to a millisecond late. Timers are set for half of it earlier, and what is due within that time is
# counted as done: so replies are late and early alike, and measured throughput is the curve's.
_RESOLUTION = 0.0005


class Curve:
    """Units a second by requests in flight, interpolated between the points given, flat above them."""

    def __init__(self, points: Mapping[str, float] | Mapping[int, float]) -> None:
        known = sorted((int(number), float(rate)) for number, rate in points.items())
        if not known or known[0][0] < 1 or any(rate <= 0 for _, rate in known):
            raise ValueError(f"a curve needs rates above 0 for 1 request and more, not {dict(points)}")
        self._numbers = [number for number, _ in known]
        self._rates = [rate for _, rate in known]

    def __call__(self, requests: int) -> float:
        """The rate of all requests in flight together."""
        place = bisect_left(self._numbers, requests)
        if place == len(self._numbers):
            return self._rates[-1]
        if place == 0:
            return self._rates[0] * requests / self._numbers[0]
        left, right = self._numbers[place - 1], self._numbers[place]
        share = (requests - left) / (right - left)
        return self._rates[place - 1] + share * (self._rates[place] - self._rates[place - 1])

    def scaled(self, factor: float) -> "Curve":
        return Curve({n: rate * factor for n, rate in zip(self._numbers, self._rates, strict=True)})


class SharedProcessor:
    """Processor sharing: n requests in flight are served at curve(n) together, each at an n-th of it.

    `_served` is what a request that is there all along has been given; one that arrives at `_served` = s with w units
    of work is done when it reaches s + w. So a single heap says who is next, and an arrival changes nobody's place.
    """

    def __init__(self, curve: Curve | None) -> None:
        self._curve = curve
        self._loop = asyncio.get_running_loop()
        self._ends: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._served = 0.0
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.active = 0

    def change_curve(self, curve: Curve | None) -> None:
        """From now on; work in hand keeps what it has been served."""
        self._advance()
        self._curve = curve
        self._wake_for_next()

    @contextmanager
    def working(self, units: float) -> Iterator[asyncio.Future[None]]:
        """Takes on so many units of work from now on; the future is done when they are, at once without a curve.

        Whoever leaves before that gives up, and the others are faster.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        if self._curve is None or units <= 0:
            done.set_result(None)
        else:
            self._advance()
            heappush(self._ends, (self._served + units, next(self._numbers), done))
            self.active += 1
            self._wake_for_next()
        try:
            yield done
        finally:
            if not done.done() or done.cancelled():  # cancelled: with the task that awaited it
                done.cancel()
                self._advance()
                self.active -= 1
                self._wake_for_next()

    def _advance(self) -> None:
        """Bring the books up to now, each completion at its own moment, since it makes the others faster."""
        now = self._loop.time()
        if self._curve is None:
            while self._ends:
                self._finish(heappop(self._ends)[2])
        while self._drop_cancelled() and self._curve is not None:
            end, _, done = self._ends[0]
            moment = self._since + max(end - self._served, 0.0) * self.active / self._curve(self.active)
            if moment > now + _RESOLUTION:
                self._served += max(now - self._since, 0.0) * self._curve(self.active) / self.active
                break
            heappop(self._ends)
            self._served = max(end, self._served)
            self._since = max(moment, self._since)
            self._finish(done)
        if not self._ends:
            self._served = 0.0
        self._since = max(now, self._since)

    def _drop_cancelled(self) -> bool:
        """Whether anything is left to do."""
        while self._ends and self._ends[0][2].cancelled():
            heappop(self._ends)
        return bool(self._ends)

    def _finish(self, done: asyncio.Future[None]) -> None:
        if not done.done():
            self.active -= 1
            done.set_result(None)

    def _wake_for_next(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._drop_cancelled() and self._curve is not None:
            left = max(self._ends[0][0] - self._served, 0.0) * self.active / self._curve(self.active)
            self._timer = self._loop.call_at(self._since + left - _RESOLUTION, self._on_timer)

    def _on_timer(self) -> None:
        self._advance()
        self._wake_for_next()
