"""Queues: what waits where arrivals are uneven, in closed form, event by event, and as a flow over a day.

Belongs here: the mathematics, in seconds and counts. Not here: what arrives and what serves it (`plan.py`).
"""

import heapq
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass


def waits_share(arrivals: float, service: float, servers: int) -> float:
    """Probability that who comes has to wait, in M/M/c (Erlang's C formula); 1 where more comes than is served.

    arrivals: a second. service: mean seconds of one server for one.
    """
    load = arrivals * service
    if load >= servers:
        return 1.0
    # By the recursion of Erlang's B, which stays within a double for thousands of servers.
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(arrivals: float, service: float, servers: int) -> float:
    """Mean seconds before one is begun with, in M/M/c; infinite where more comes than is served."""
    spare = servers / service - arrivals
    return waits_share(arrivals, service, servers) / spare if spare > 0 else math.inf


def wait_quantile(arrivals: float, service: float, servers: int, share: float) -> float:
    """Seconds that so large a share waits no longer than, in M/M/c."""
    spare = servers / service - arrivals
    if spare <= 0:
        return math.inf
    waiting = waits_share(arrivals, service, servers)
    return 0.0 if waiting <= 1 - share else math.log(waiting / (1 - share)) / spare


@dataclass(frozen=True)
class Served:
    """What became of all that came. waits: seconds each waited, in the order of coming. busy: server-seconds."""

    waits: list[float]
    busy: float
    ended: float


def serve(arrivals: Sequence[float], service: Callable[[random.Random], float], servers: int, seed: int = 1) -> Served:
    """First come, first served, event by event; for services that no formula knows.

    arrivals: moments, ascending. service: draws the seconds of one.
    """
    chance = random.Random(seed)
    free = [0.0] * servers
    heapq.heapify(free)
    waits, busy, ended = [], 0.0, 0.0
    for moment in arrivals:
        begun = max(moment, heapq.heappop(free))
        seconds = service(chance)
        heapq.heappush(free, begun + seconds)
        waits.append(begun - moment)
        busy += seconds
        ended = max(ended, begun + seconds)
    return Served(waits, busy, ended)


@dataclass(frozen=True)
class Flow:
    """Work over some hours, as a fluid. waiting: after each hour. done: of each hour."""

    waiting: list[float]
    done: list[float]

    @property
    def left(self) -> float:
        return self.waiting[-1] if self.waiting else 0.0


def flow(arrivals: Sequence[float], capacity: Sequence[float], before: float = 0.0) -> Flow:
    """What is done and what waits, hour by hour. arrivals, capacity: server-seconds of each hour. before: left over."""
    waiting, done = [], []
    for coming, able in zip(arrivals, capacity, strict=True):
        whole = before + coming
        done.append(min(whole, able))
        before = whole - done[-1]
        waiting.append(before)
    return Flow(waiting, done)


def hours_until_empty(arrivals: Sequence[float], capacity: Sequence[float], before: float = 0.0) -> float:
    """Hours from the beginning until nothing waits after the last arrival, with the days repeating; may be infinite."""
    if before + sum(arrivals) == 0:
        return 0.0
    told = flow(arrivals, capacity, before)
    last = max((hour for hour, coming in enumerate(arrivals) if coming), default=0)
    for hour in range(last, len(told.waiting)):
        if told.waiting[hour] <= 1e-9:
            return hour + (told.done[hour] / capacity[hour] if capacity[hour] else 0.0)
    a_day = sum(capacity)
    if a_day <= 0:
        return math.inf
    whole, rest = divmod(told.left, a_day)
    hours = len(arrivals) * (1 + whole)
    for able in capacity:
        if rest <= able:
            return hours + (rest / able if able else 0.0)
        hours, rest = hours + 1, rest - able
    return hours
