"""How many requests in flight keep a server best busy: found out by trying, while the work goes on.

Belongs here: the arithmetic of one decision after the other, without threads. Not here: how throughput is measured
(`throughput`), and who waits until the limit admits a request (`lanes`).

From 2 the limit is doubled while throughput grows by 10 %, then half of such a step is tried, then smaller limits: the
smallest within 3 % of the best is kept, so a server with one slot ends at 1, and one that gains up to 8 ends at 8.
After that half as many more and a quarter fewer are tried, ever more rarely while it changes nothing, and at once when
throughput at the same limit changes by a quarter. A refused or timed out request takes the limit to 0.7 of what it was
(multiplicative decrease: Chiu and Jain, 1989), or back to where the trial began. In doubt the higher limit wins: too
many requests in flight rarely cost throughput, too few always do.

A request counts when it was sent at the present limit, with all other places taken, and more than half of them were
still taken when it ended; and they count in the order of sending, since the short ones end first.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ty_resources.inference.throughput import Measured

FIRST = 2
HIGHEST = 64
_GROWTH = math.log(1.1)  # what a higher limit must bring
_PLATEAU = math.log(0.97)  # what lower limits may cost, all of them together
_CHANGED = math.log(1.25)  # from here on it is another server than before
_DECREASE = 0.7

# Tuned on simulated servers (curves, slots, refusals; latencies with a lognormal spread of up to 0.5) for the share of
# the best fixed limit's throughput over 1,500 requests.
_FEWEST = 4  # requests before any decision
_MOST, _MOST_PER_PLACE = 24, 2  # requests after which a decision cannot wait
_SURE = 1.3  # standard errors that make a difference clear
_DOUBT = 0.6  # standard errors in favour of the higher limit where it is not clear
_WELL_KNOWN = 0.25  # standard error of the first measurement, of which there is nothing to compare
_AFTER_REFUSAL, _BETWEEN_TRIALS, _LONGEST_BETWEEN = 16, 96, 3072  # requests
_ROUNDS_BETWEEN = 8  # and as many for each place

Outcome = Literal["done", "overloaded", "uncounted"]
_Direction = Literal["up", "down"]


@dataclass(slots=True)
class Sent:
    """A request: when it was sent, at which setting of the limit, and what it told once it has ended."""

    at: float
    setting: int
    ended: bool = False
    work: float = 0.0
    seconds: float = 0.0


class Concurrency:
    """The limit on the requests in flight to one model. Not thread-safe: whoever owns it locks it.

    fixed: the limit, obeyed. clock: seconds. Call `begin` when a request is sent and `end` when it has ended, with the
    number of places taken, its own included; `limit` may have changed then. It is at least 1 and, unless fixed, at
    most 64.
    """

    def __init__(self, fixed: int | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = fixed or FIRST
        self._fixed = fixed is not None
        self._clock = clock
        self._setting = 0
        self._in_flight = 0
        self._filled = False  # so many were in flight at this setting
        self._row: deque[Sent] = deque()  # sent at this setting, with all other places taken
        self._now = Measured(self.limit)
        self._known: dict[int, Measured] = {}  # by limit, as long as it is the same server
        self._base: Measured | None = None  # of the limit that was best so far
        self._direction: _Direction | None = "up"  # of the trials; None: the limit is kept
        self._searching = True  # rather than looking whether the limit that was found still is the best
        self._too_low = 0  # the highest limit known to be too low
        self._too_high: int | None = None  # the lowest one known to bring nothing
        self._halved = False  # the step up that brought nothing
        self._lost = 0.0  # of the best throughput, by having gone down
        self._refused_at: int | None = None  # where to try again
        self._pause = _BETWEEN_TRIALS
        self._until_trial = 0
        self._next_trial: _Direction = "up"

    @property
    def settled(self) -> bool:
        """Whether the limit is one to stay at, and not on trial."""
        return self._fixed or self._direction is None

    @property
    def _enough(self) -> bool:
        return self._now.requests >= _MOST + _MOST_PER_PLACE * self.limit

    def begin(self, taken: int) -> Sent:
        """A request is sent."""
        sent = Sent(self._clock(), self._setting)
        if not self._fixed:
            self._in_flight += 1
            # What is sent at once when the limit rises finds a shorter queue than what follows.
            self._filled = self._filled or self._in_flight >= self.limit
            if self._filled and taken == self.limit:
                self._row.append(sent)
        return sent

    def end(self, sent: Sent, outcome: Outcome, work: float = 1.0, *, taken: int) -> None:
        """A request has ended.

        outcome: "overloaded" for a refusal for now or a timeout, "uncounted" for what does not tell the server's speed.
        work: of a "done" one, above 0.
        """
        if self._fixed:
            return
        self._in_flight -= 1
        if sent.setting != self._setting:
            return
        if outcome == "overloaded":
            self._overloaded()
            return
        sent.ended = True
        if outcome == "done" and 2 * taken > self.limit:
            sent.work, sent.seconds = work, max(self._clock() - sent.at, 1e-6)
        before = self._now.requests
        # One that hangs does not hold up what is known of the others.
        while self._row and (self._row[0].ended or len(self._row) > _FEWEST + 4 * self.limit):
            first = self._row.popleft()
            if first.work:
                self._now.add(first.work, first.seconds)
        if self._now.requests >= max(_FEWEST, before + 1):
            self._consider()

    def _consider(self) -> None:
        if self._base is None:
            if self._now.error < _WELL_KNOWN or self._enough:
                self._base = self._known[self.limit] = self._now
                self._step(self.limit)
        elif self._direction is None:
            self._keep(self._base)
        else:
            self._judge(self._base, self._direction)

    def _judge(self, base: Measured, direction: _Direction) -> None:
        """Whether the limit on trial is better than the base, as soon as that is clear."""
        trial = self._now.after(self._known.get(self.limit))
        gain = trial.throughput - base.throughput
        wanted = _GROWTH if direction == "up" else _PLATEAU - self._lost
        error = math.hypot(trial.error, base.error)
        if abs(gain - wanted) <= _SURE * error and not self._enough:
            return
        self._known[self.limit] = trial
        if gain < wanted + (_DOUBT if direction == "down" else -_DOUBT) * error:
            self._reject(base.limit)
            return
        if direction == "up":
            self._too_low = base.limit
            self._searching = True
            self._lost = 0.0
        else:
            self._lost = min(self._lost + gain, 0.0)
        self._pause = _BETWEEN_TRIALS
        self._base = trial
        self._step(self.limit)

    def _reject(self, base: int, refused: bool = False) -> None:
        if self._direction == "down":
            self._too_low = self.limit
        elif not self._searching:
            self._direction = None
        elif self._halved and not refused:
            self._direction = "down"
        else:
            self._too_high = self.limit
            self._halved = not refused
        self._step(base)

    def _step(self, base: int) -> None:
        """Try the next limit in the present direction, or turn, or stay."""
        if self._direction == "up":
            trial = min(2 * base, HIGHEST) if self._too_high is None else (base + self._too_high) // 2
            if trial > base:
                self._set(trial)
                return
            self._direction = "down"
        between = base - self._too_low
        if self._direction == "down" and between > max(1, base // 8):
            self._set(self._too_low + between // 2 if self._too_low else 3 * base // 4)
            return
        if not self._searching:
            self._pause = min(2 * self._pause, _LONGEST_BETWEEN)
        self._until_trial = max(self._pause, _ROUNDS_BETWEEN * base)
        self._searching = False
        self._direction = None
        self._set(base)

    def _keep(self, base: Measured) -> None:
        """Follow what the limit does, and now and then try another."""
        if self._now.requests < max(16, 2 * self.limit):
            return
        change = self._now.throughput - base.throughput
        if abs(change) > max(_CHANGED, 2 * math.hypot(self._now.error, base.error)):
            self._known = {self.limit: self._now}
            self._base = self._now
            self._lost = 0.0
            self._pause = _BETWEEN_TRIALS
            self._try("up" if change > 0 else "down")
            return
        self._until_trial -= int(self._now.requests)
        self._base = self._known[self.limit] = self._now.after(base)
        self._now = Measured(self.limit)
        if self._until_trial <= 0:
            self._try(self._next_trial)
            self._next_trial = "down" if self._next_trial == "up" else "up"

    def _try(self, direction: _Direction) -> None:
        """From a limit that was kept: half as many more, or where it was before a refusal; or a quarter fewer."""
        self._too_low = 0
        self._too_high = None
        self._halved = False
        trial = self._refused_at or self.limit + max(1, self.limit // 2)
        if direction == "down":
            self._direction = "down"
            self._step(self.limit)
        elif trial <= HIGHEST:
            self._direction = "up"
            self._refused_at = None
            self._set(trial)

    def _overloaded(self) -> None:
        """A request was turned away, or timed out, at the present setting."""
        if self._base is not None and self.limit > self._base.limit:
            self._reject(self._base.limit, refused=True)
            return
        self._known.clear()
        self._base = None
        self._refused_at = self.limit if self.limit > 1 else None
        self._pause = _AFTER_REFUSAL
        self._lost = 0.0
        self._direction = None
        self._set(max(1, int(self.limit * _DECREASE)))

    def _set(self, limit: int) -> None:
        self.limit = limit
        self._setting += 1
        self._filled = False
        self._row.clear()
        self._now = Measured(limit)
