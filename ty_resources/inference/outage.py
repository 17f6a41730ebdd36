"""A server that is down: everybody waits, one looks whether it is back, and no item is to blame.

Belongs here: the pause, its patience, and what is told of it. Not here: which errors mean that a server is down (the
clients), and what is sent again afterwards (`model_queue`).
"""

import logging
import threading
import time
from collections.abc import Callable

from ty_resources.inference.errors import EngineError, ServerDown
from ty_resources.inference.lanes import Abandoned, Caller

# A person who has clicked had better hear it than wait.
PERSON_SECONDS = 2.0

_FIRST_INTERVAL, _LONGEST_INTERVAL, _GROWTH = 0.25, 10.0, 1.5
_LOOK_UP_SECONDS = 0.1  # who waits notices within this time that its caller has stopped

_log = logging.getLogger("ty.inference")


class Outage:
    """The pause that all requests of an engine share. Thread-safe.

    reachable: whether the server answers now. patience: seconds that background work waits, counted from the first
    failure after an answer, so that a server which is reachable and never answers is not waited for without end; a
    caller that came later has its own patience. A thread looks for the server while somebody waits.
    """

    def __init__(self, reachable: Callable[[], bool], patience: float) -> None:
        self._reachable = reachable
        self._patience = patience
        self._changed = threading.Condition()
        self._down = False
        self._since: float | None = None  # the first failure after the last answer
        self._why = ""
        self._interval = _FIRST_INTERVAL
        self._waiting = 0
        self._looking = False
        self._looked_at = 0.0
        self._hurry = False

    @property
    def on(self) -> bool:
        """Whether requests had better wait."""
        return self._down

    def begin(self, error: EngineError) -> None:
        """A request has found nobody there."""
        with self._changed:
            self._down = True
            self._why = str(error)
            if self._since is None:
                self._since = time.monotonic()
                _log.warning("%s Waiting for it, for at most %.0f s; no work is lost.", self._why, self._patience)

    def answered(self) -> None:
        """A server has answered a request: what was down is up."""
        if self._since is None:
            return
        with self._changed:
            if self._since is not None:
                _log.warning("The server answers again after %.1f s; going on.", time.monotonic() - self._since)
            self._forget()

    def wait(self, caller: Caller, since: float) -> None:
        """Return once there is a chance of an answer; at once where nothing is wrong.

        since: when this request was held up first, by time.monotonic(). Raises: ServerDown when the patience is over,
        Abandoned when the caller has stopped.
        """
        with self._changed:
            self._waiting += 1
            self._look_for_newcomer(caller)
            try:
                while self._down:
                    if caller.stopped.is_set():
                        raise Abandoned
                    left = self._give_up_at(caller, since) - time.monotonic()
                    if left <= 0:
                        raise ServerDown(self._verdict())
                    if not self._looking:
                        self._looking = True
                        threading.Thread(target=self._look, name="outage", daemon=True).start()
                    self._changed.wait(min(left, _LOOK_UP_SECONDS))
            finally:
                self._waiting -= 1
                if not self._waiting and self._down:
                    self._forget()  # the next request finds out for itself

    def _look_for_newcomer(self, caller: Caller) -> None:
        """Who comes after the last look should not have to wait for the next, which may be long in coming."""
        if self._down and caller.began > max(self._looked_at, self._since or 0.0):
            self._hurry = True
            self._interval = _FIRST_INTERVAL
            self._changed.notify_all()

    def _give_up_at(self, caller: Caller, since: float) -> float:
        patience = max(self._since or since, caller.began) + self._patience
        return min(patience, since + PERSON_SECONDS) if caller.lane == "person" else patience

    def _verdict(self) -> str:
        seconds = time.monotonic() - self._since if self._since is not None else 0.0
        return f"{self._why} It has not answered for {seconds:.1f} s; nothing was recorded as failed."

    def _forget(self) -> None:
        self._down = False
        self._since = None
        self._interval = _FIRST_INTERVAL
        self._changed.notify_all()

    def _look(self) -> None:
        """Ask whether the server is there, ever more rarely, until it is or nobody waits."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._hurry or not self._down, self._interval)
                self._hurry = False
                if not self._down or not self._waiting:
                    self._looking = False
                    return
                self._interval = min(self._interval * _GROWTH, _LONGEST_INTERVAL)
                self._looked_at = time.monotonic()
            if self._reachable():
                with self._changed:
                    self._down = False
                    self._looking = False
                    self._changed.notify_all()
                return
