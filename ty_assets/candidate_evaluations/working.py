"""Working on a batch from wherever it is: its validation, a shift on its requests, and its end.

Belongs here: which of these comes next, and what came of it. Not here: Dagster (`asset`), and each step itself
(`validation`, `shift`, `finishing`). Any number of processes may work on a batch at the same time, and any of them may
be killed at any moment: all that they share is in the database.
"""

import datetime as dt
import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Literal

import psycopg

from ty_assets.candidate_evaluations.finishing import break_off, complete
from ty_assets.candidate_evaluations.parts import Parts
from ty_assets.candidate_evaluations.patience import patiently
from ty_assets.candidate_evaluations.shift import Reason, Shift
from ty_assets.candidate_evaluations.store import LEASE, WorkStore
from ty_assets.candidate_evaluations.validation import validate
from ty_resources.inference.errors import EngineError
from ty_resources.inference.relay import Relay
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

_log = logging.getLogger("ty.batches")

# At a server that is down, and at a file that another process reads.
_LOOK_AGAIN: Final = 1.0

Came = Literal["failed", "completed", "cancelled", "expired", "gone", "paused", "waiting", "stopped", "time", "server"]
Probes = Callable[..., object]


@dataclass(frozen=True)
class WorkResult:
    """came: what the batch has come to, or why this worker has left it: "waiting": another batch has its turn; "time":
    the shift was over; "server": it did not answer for TY_ENGINE_PATIENCE.

    asked: requests passed on by this worker; kept: results it has committed; seconds: that it took. trouble: what was
    wrong with the server when it left.
    """

    came: Came
    asked: int = 0
    kept: int = 0
    seconds: float = 0.0
    trouble: str | None = None


def work(
    db: Database,
    batch_id: str,
    relay: Relay,
    config: Settings,
    *,
    holder: str,
    stop: threading.Event,
    seconds: float = math.inf,
    lease: dt.timedelta = LEASE,
    probes: Probes | None = None,
) -> WorkResult:
    """Do what is to be done for a batch until it has ended, waits, or this worker has to go.

    holder: names this worker, and no other one ever. stop: set by another thread to end it within a moment. seconds:
    after which it leaves the rest to the next. lease: what others wait before they take over from a worker that is
    gone. probes: as `run_probes` of `probes`, asked once all requests have an answer.
    Raises: psycopg.OperationalError where the database stays away for minutes.
    """
    return _Worker(db, batch_id, relay, config, holder, stop, seconds, lease, probes).work()


class _Worker:
    def __init__(
        self,
        db: Database,
        batch_id: str,
        relay: Relay,
        config: Settings,
        holder: str,
        stop: threading.Event,
        seconds: float,
        lease: dt.timedelta,
        probes: Probes | None,
    ) -> None:
        self._db, self._batch_id, self._relay, self._config = db, batch_id, relay, config
        self._stop, self._probes = stop, probes
        self._store = WorkStore(db, batch_id, holder, lease)
        self._began = time.monotonic()
        self._until = self._began + seconds
        self._told = WorkResult("stopped")

    def work(self) -> WorkResult:
        came = None
        try:
            while came is None:
                came = self._step()
        except psycopg.errors.ForeignKeyViolation:
            came = "gone"  # its account was deleted meanwhile, and the batch with it
        with suppress(psycopg.OperationalError):  # a database that is away is not waited for; the lease runs out
            self._store.leave()
        return replace(self._told, came=came, seconds=time.monotonic() - self._began)

    def _step(self) -> Came | None:
        """What comes next by its row; None where there is more to do."""
        if self._stop.is_set():
            return "stopped"
        batch = patiently(self._store.batch, self._stop)
        if batch is None:
            return "gone"
        status = batch["status"]
        if status == "cancelling":
            return self._break_off("cancelled")
        if status in ("validating", "in_progress") and batch["expired"]:
            return self._break_off("expired")
        if status == "finalizing":
            return self._complete()
        if status not in ("validating", "in_progress"):
            ended: Came = status
            return ended
        if batch["paused_at"] is not None:
            return "paused"
        if status == "validating":
            return self._validate(batch)
        return self._shift(batch) if batch["has_turn"] else "waiting"

    def _validate(self, batch: Row) -> Came | None:
        models = self._relay.models()
        found = patiently(lambda: validate(self._db, batch, self._config, models=models, go_on=self._go_on), self._stop)
        if found == "elsewhere":
            self._stop.wait(_LOOK_AGAIN)
            return "time" if time.monotonic() > self._until else None
        return "failed" if found == "failed" else None

    def _go_on(self) -> bool:
        """Asked while a file is read, which takes a minute for a large one."""
        row = self._store.batch()
        return not self._stop.is_set() and row is not None and row["status"] == "validating"

    def _shift(self, batch: Row) -> Came | None:
        width = self._width(batch["model"])
        if width is None:
            return "stopped" if self._stop.is_set() else "server"
        _log.info("%s: %d requests side by side", self._batch_id, width)
        shift = Shift(
            self._store,
            Parts(self._db, batch["input_file_id"]),
            self._relay,
            batch,
            width,
            self._config.batch_attempts,
            self._config.engine_patience,
        )
        reason = shift.run(self._stop, self._until)
        self._told = WorkResult(
            "stopped", self._told.asked + shift.asked, self._told.kept + shift.kept, trouble=shift.trouble.kind
        )
        return self._after(reason)

    def _after(self, reason: Reason) -> Came | None:
        if reason == "done":
            patiently(lambda: self._db.execute("batch_finalize", batch_id=self._batch_id), self._stop)
            return None
        if reason == "yielded":
            return "waiting"
        return None if reason == "cancelling" or reason == "expired" else reason

    def _width(self, model: str) -> int | None:
        """Requests side by side; None where the server does not answer for too long."""
        until = time.monotonic() + self._config.engine_patience
        while not self._stop.is_set():
            try:
                return self._relay.slots(model)
            except EngineError as error:
                patiently(lambda: self._store.beat(0, None, "server_down"), self._stop)
                _log.warning("%s: the model server does not answer (%s)", self._batch_id, type(error).__name__)
                row = patiently(self._store.batch, self._stop)
                if row is None or row["status"] != "in_progress" or row["paused_at"] or row["expired"]:
                    return 1  # the shift sees it, and ends before it has asked anything
                if time.monotonic() > min(until, self._until):
                    return None
                self._stop.wait(_LOOK_AGAIN)
        return None

    def _complete(self) -> Came | None:
        def asked() -> object:
            return self._probes and self._probes(self._db, self._batch_id, self._relay, self._config, stop=self._stop)

        ended = complete(self._db, self._batch_id, self._config, self._stop, probes=asked)
        return self._how_it_ended(ended, "completed")

    def _break_off(self, why: Literal["cancelled", "expired"]) -> Came | None:
        ended = break_off(self._db, self._store, self._batch_id, why, self._config, self._stop)
        return self._how_it_ended(ended, why)

    def _how_it_ended(self, by_us: bool, came: Came) -> Came | None:
        """Where it has not ended by our doing, its row says what is to be done next."""
        return came if by_us else None
