"""One worker's shift on one batch: takes requests, has them asked, keeps what comes of them, until something ends it.

Belongs here: the conductor, which alone knows the database. Not here: the threads (`asking`), what follows from a
failure (`retries`, `trouble`), and what is done before and after (`working`). What it holds is bounded by the number of
slots, so a file's size changes nothing; what it has not committed is repeated should it be killed: the requests in
flight, and the few whose answers came since the last commit, which is a fraction of a second ago.
"""

import random
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Final, Literal

import psycopg

from ty_assets.candidate_evaluations.asking import Aside, Askers, Outcome, Task
from ty_assets.candidate_evaluations.parts import PartMissing, Parts
from ty_assets.candidate_evaluations.patience import patiently
from ty_assets.candidate_evaluations.result_lines import Result, answered, unanswered
from ty_assets.candidate_evaluations.retries import SUSPECT_AFTER, verdict
from ty_assets.candidate_evaluations.store import Again, Taken, WorkStore
from ty_assets.candidate_evaluations.trouble import Trouble
from ty_assets.candidate_evaluations.warming import Warming
from ty_resources.inference.errors import EngineError
from ty_resources.inference.relay import Relay
from ty_resources.postgres import Row

# A cancel is to be seen within two seconds; a heartbeat well within the lease.
_LOOK: Final = 0.5
_BEAT: Final = 2.0
_LEFT: Final = 0.2
_PACE: Final = 5.0
_VRAM: Final = 15.0
# How long an answer waits for others to be committed with it.
_COMMIT: Final = 0.2
# Requests that were put back come again when their time has come, and not only when all others are done.
_FROM_THE_START: Final = 20.0
_TICK: Final = 0.05
# Threads that ask a server which has gone silent are not waited for.
_GRACE: Final = 5.0

Reason = Literal["done", "gone", "cancelling", "expired", "paused", "yielded", "stopped", "time", "server"]
# These let what is in flight finish; the others break it off.
_GENTLE: Final = ("paused", "yielded", "time")


class Shift:
    """asked, kept: requests that were asked, and results that were committed. trouble: with the server, if any."""

    def __init__(
        self,
        store: WorkStore,
        parts: Parts,
        relay: Relay,
        batch: Row,
        width: int,
        attempts: int,
        patience: float,
    ) -> None:
        self.asked = self.kept = 0
        self.trouble = Trouble(faults=max(12, 3 * width))
        self._store, self._parts, self._relay = store, parts, relay
        self._attempts, self._patience = attempts, patience
        self._model = batch["model"]
        self._askers = Askers(relay, batch["endpoint"], width)
        self._ready: deque[Task] = deque()
        self._flying: dict[int, Task] = {}
        self._results: list[Result] = []
        self._again: list[Again] = []
        self._after: tuple[bytes, int] | None = None
        self._warming = Warming(relay, width)
        self._vram: Aside | None = None
        self._vram_bytes: int | None = None
        self._alone = False  # what is in flight is suspected of breaking connections
        self._empty = False  # nothing was there to be taken
        self._due = dict.fromkeys(("look", "beat", "pace", "vram", "commit", "start", "take", "left"), 0.0)
        self._luck = random.Random()
        self._beat_every = min(_BEAT, store.lease.total_seconds() / 4)

    def run(self, stop: threading.Event, until: float) -> Reason:
        """Work until all is done or something else ends it. until: by time.monotonic(), when this shift is over.

        Nothing is ours after it. Raises: psycopg.OperationalError where the database stays away.
        """
        reason: Reason = "stopped"
        try:
            patiently(lambda: self._store.pace(anew=True), stop)
            while True:
                now = time.monotonic()
                if ended := self._end(stop, now, until):
                    reason = ended
                    break
                self._hand_out(stop, now)
                self._collect(stop)
            self._wind_up(reason, stop)
        finally:
            self._close()
        return reason

    # ending

    def _end(self, stop: threading.Event, now: float, until: float) -> Reason | None:
        if stop.is_set():
            return "stopped"
        if now >= until:
            return "time"
        if self.trouble.kind in ("server_down", "access_denied") and self.trouble.lasted(now) > self._patience:
            return "server"
        if self._is_due("look", now, _LOOK):
            row = patiently(self._store.batch, stop)
            if ended := _ended(row):
                return ended
        if self._is_due("beat", now, self._beat_every):
            self._beat(stop, now)
        if self._is_due("pace", now, _PACE):
            patiently(self._store.pace, stop)
        return "done" if self._nothing_left(stop) else None

    def _nothing_left(self, stop: threading.Event) -> bool:
        if self._flying or self._ready or self._results or self._again or not self._empty:
            return False
        if not self._is_due("left", time.monotonic(), _LEFT):
            return False
        left = patiently(self._store.left, stop)
        return not left["waiting"] and not left["taken"]

    def _wind_up(self, reason: Reason, stop: threading.Event) -> None:
        """Let what is in flight finish, or break it off; keep what has come of it."""
        self._take_back()
        give_up = time.monotonic() + _GRACE
        while self._askers.in_flight:
            now = time.monotonic()
            if reason not in _GENTLE:
                self._relay.cancel_all()  # again and again: a thread may have been about to ask
            if reason in _GENTLE:
                row = patiently(self._store.batch, stop) if self._is_due("look", now, _LOOK) else None
                if stop.is_set() or (row is not None and _ended(row) in ("cancelling", "expired")):
                    reason, give_up = "stopped", now + _GRACE
                elif self._is_due("beat", now, self._beat_every):
                    self._beat(stop, now)
            elif now > give_up:
                break
            self._collect(stop, broken_off=reason not in _GENTLE)
        self._commit(stop)

    def _take_back(self) -> None:
        for task in self._askers.take_back():
            self.asked -= 1
            self._flying.pop(task.line)
            self._ready.append(task)

    def _close(self) -> None:
        self._take_back()
        if self._askers.in_flight or self._warming.under_way:
            self._relay.cancel_all()
        self._askers.close(0.0 if self._askers.in_flight else _GRACE)
        # Who ends does not wait for a database that is away: the lease runs out by itself.
        with suppress(psycopg.OperationalError):
            self._store.leave()

    # handing out

    def _hand_out(self, stop: threading.Event, now: float) -> None:
        """Keep every thread busy, and as many requests at hand as there are threads."""
        if self.trouble.waiting(now):
            return
        if self._warming.under_way:
            if error := self._warming.wait():
                self.trouble.failed(0, error, now)
            return
        # What is best is found out while requests run, where a server does not tell.
        with suppress(EngineError):
            self._askers.widen(self._relay.slots(self._model))
        # Each thread finds its next one waiting; where something is wrong, one request looks whether it still is.
        room = 2 * self._askers.width if self.trouble.kind is None else 1
        while len(self._flying) < room:
            if len(self._ready) <= self._askers.width and not self._fill(stop, now):
                return
            task = self._ready[0]
            suspect = task.losses >= SUSPECT_AFTER
            if (suspect or self._alone) and self._flying:
                return
            if self._warming.wanted(task, self._ready):
                if not self._flying:
                    self._warming.begin(task)
                return
            self._ready.popleft()
            self._alone = suspect
            self._flying[task.line] = task
            self.asked += 1
            self._askers.give(task)

    def _fill(self, stop: threading.Event, now: float) -> bool:
        """Take some more; whether there are any at hand."""
        most = 2 * self._askers.width - len(self._ready)
        if most <= 0:
            return True
        if self._empty and not self._is_due("take", now, _LOOK):
            return bool(self._ready)
        if self._is_due("start", now, _FROM_THE_START):
            self._after = None
        taken = self._take(most, stop)
        if not taken and self._after is not None:
            self._after = None
            taken = self._take(most, stop)
        self._empty = not taken
        if self._empty:
            self._due["take"] = now + _LOOK
        for one in taken:
            self._after = (one.prefix, one.line)
            self._load(one, stop)
        return bool(self._ready)

    def _take(self, most: int, stop: threading.Event) -> list[Taken]:
        return patiently(
            lambda: self._store.take(most, self._after), stop, before_again=lambda: self._store.only(self._ours())
        )

    def _load(self, one: Taken, stop: threading.Event) -> None:
        try:
            content = patiently(lambda: self._parts.stretch(one.at_byte, one.length), stop)
        except PartMissing as error:
            failed = verdict(error, one.attempts, one.losses, self._attempts, self._luck)
            self._results.append(unanswered(one.line, one.custom_id, failed.code, failed.message))
            return
        self._ready.append(Task(one.line, one.custom_id, one.prefix, one.attempts, one.losses, content))

    def _ours(self) -> list[int]:
        """Every request that is noted as ours and accounted for here."""
        return [
            *self._flying,
            *(task.line for task in self._ready),
            *(result.line for result in self._results),
            *(again.line for again in self._again),
        ]

    # collecting

    def _collect(self, stop: threading.Event, *, broken_off: bool = False) -> None:
        for outcome in self._askers.outcomes(_TICK):
            self._flying.pop(outcome.task.line)
            self._take_in(outcome, broken_off)
        if not self._flying:
            self._alone = False
        now = time.monotonic()
        waiting = len(self._results) + len(self._again)
        if waiting >= self._askers.width or (waiting and self._is_due("commit", now, _COMMIT)):
            self._commit(stop)

    def _take_in(self, outcome: Outcome, broken_off: bool) -> None:
        task = outcome.task
        if outcome.relayed is not None:
            self.trouble.answered()
            self._results.append(answered(task.line, task.custom_id, outcome.relayed, outcome.seconds))
            return
        assert outcome.error is not None
        if broken_off:
            self._again.append(Again(task.line, task.attempts, task.losses))
            return
        self.trouble.failed(task.line, outcome.error, time.monotonic())
        found = verdict(outcome.error, task.attempts, task.losses, self._attempts, self._luck)
        if found.kind == "failed":
            self._results.append(
                unanswered(task.line, task.custom_id, found.code, found.message, seconds=outcome.seconds)
            )
        elif found.kind == "later":
            self._again.append(Again(task.line, found.attempts, found.losses, found.delay))
        else:
            self._ready.appendleft(task)

    def _commit(self, stop: threading.Event) -> None:
        if self._results:
            self.kept += patiently(lambda: self._store.keep(self._results), stop)
            self._results = []
        if self._again:
            patiently(lambda: self._store.again(self._again), stop)
            self._again = []
            self._empty = False

    # what is told of it

    def _beat(self, stop: threading.Event, now: float) -> None:
        if self._vram is not None and self._vram.done:
            self._vram_bytes, self._vram = self._vram.result, None
        if self._vram is None and self._is_due("vram", now, _VRAM):
            self._vram = Aside(self._relay.vram)
        told = (min(len(self._flying), self._askers.width), self._vram_bytes, self.trouble.kind)
        patiently(lambda: self._store.beat(*told), stop)

    def _is_due(self, what: str, now: float, every: float) -> bool:
        if now < self._due[what]:
            return False
        self._due[what] = now + every
        return True


def _ended(row: Row | None) -> Reason | None:
    """What its row says against going on."""
    if row is None:
        return "gone"
    if row["status"] == "cancelling":
        return "cancelling"
    if row["status"] != "in_progress":
        return "done"  # somebody else has finished it
    if row["expired"]:
        return "expired"
    if row["paused_at"] is not None:
        return "paused"
    return None if row["has_turn"] else "yielded"
