"""The way of all requests for one model to its server: admitted one by one, tried again where that can help.

Belongs here: lanes, limit, retries and pauses put together, and what is measured of a request. Not here: what is asked
(`questions`, `vectors`), and how each of these works (`lanes`, `concurrency`, `outage`).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, sleep_using_event, wait_random_exponential

from ty_resources.inference.client import ModelClient
from ty_resources.inference.concurrency import Concurrency, Outcome
from ty_resources.inference.errors import EngineError, ServerBusy, ServerDown, ServerTimeout
from ty_resources.inference.lanes import Caller, Gate
from ty_resources.inference.outage import PERSON_SECONDS, Outage
from ty_resources.inference.usage import LOADED_WITHIN_SECONDS, Usage

Reply = TypeVar("Reply")

# Tries of one request. A busy server says nothing of the request; a timeout has cost its whole time already.
_TRIES = 4
_TRIES_BY_ERROR: dict[type[EngineError], int] = {ServerBusy: 8, ServerTimeout: 2}
_TRIES_FOR_A_PERSON = 2
_LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Told:
    """What a reply tells. work: the weight that its time is compared by, 0 where it is not; else as `Usage.request`."""

    work: float
    load_seconds: float | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None


class ModelQueue:
    """All requests for one model. Thread-safe.

    workers: requests in flight; None: as many as help. first_wait: seconds before the second try on average, doubled
    each time; the wait is anything between 0 and twice that ("full jitter"), so that not all come back at once.
    """

    def __init__(
        self,
        model: str,
        client: ModelClient,
        outage: Outage,
        usage: Usage,
        *,
        workers: int | None,
        first_wait: float,
    ) -> None:
        self._model = model
        self._client = client
        self._outage = outage
        self._usage = usage
        self._lock = threading.Lock()
        self._concurrency = Concurrency(workers)
        self._gate = Gate(self._concurrency.limit)
        self._backoff = wait_random_exponential(multiplier=2 * first_wait, max=_LONGEST_WAIT_SECONDS)
        self._speed: float | None = None

    @property
    def limit(self) -> int:
        """Requests in flight at most, now."""
        return self._gate.limit

    @property
    def in_flight(self) -> int:
        return self._gate.in_flight

    @property
    def settled(self) -> bool:
        """Whether the limit is not on trial."""
        return self._concurrency.settled

    @property
    def work_per_second(self) -> float | None:
        """Of all requests in flight together, lately; None before the first reply."""
        return self._speed

    def dismiss(self, caller: Caller) -> None:
        """The caller wants no more answers: what waits on its behalf ends; what is in flight cannot be called back."""
        self._gate.dismiss(caller)

    def ask(
        self,
        caller: Caller,
        request: Callable[[], Reply],
        told: Callable[[Reply], Told],
        *,
        most_tries: int | None = None,
    ) -> Reply:
        """Send a request, again where that can help, and give its reply.

        Raises: the last try's error; ServerDown when nobody has answered for too long; Abandoned.
        """

        def over(state: RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            tries = next((n for kind, n in _TRIES_BY_ERROR.items() if isinstance(error, kind)), _TRIES)
            if caller.lane == "person":
                tries = _TRIES_FOR_A_PERSON if _retry_after(error) <= PERSON_SECONDS else 1
            return state.attempt_number >= min(tries, most_tries or tries)

        retrying = Retrying(
            retry=retry_if_exception(
                lambda error: isinstance(error, EngineError) and error.again and not error.whole_server
            ),
            stop=lambda state: caller.stopped.is_set() or over(state),
            wait=self._wait,
            sleep=sleep_using_event(caller.stopped),  # the slot is free meanwhile
            before_sleep=lambda _: self._usage.retry(self._model),
            reraise=True,
        )
        return retrying(self._send, caller, request, told)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return max(self._backoff(state), min(_retry_after(error), _LONGEST_WAIT_SECONDS))

    def _send(self, caller: Caller, request: Callable[[], Reply], told: Callable[[Reply], Told]) -> Reply:
        """One try. Nobody there is no try: it is waited for."""
        since: float | None = None
        while True:
            if self._outage.on:
                since = since or time.monotonic()
                self._outage.wait(caller, since)
            with self._gate.slot(caller):
                if self._outage.on:
                    continue
                try:
                    reply = self._measured(request, told)
                except ServerDown as error:
                    self._outage.begin(error)
                    continue
                except EngineError as error:
                    failure = error
                else:
                    self._outage.answered()
                    return reply
            self._look_after(failure)
            raise failure

    def _look_after(self, failure: EngineError) -> None:
        """A connection that broke may be its request's fault; or the server has gone, and the others need not try."""
        if not failure.again or isinstance(failure, ServerBusy):
            self._outage.answered()
        elif not self._outage.on and not self._client.reachable():
            self._outage.begin(failure)

    def _measured(self, request: Callable[[], Reply], told: Callable[[Reply], Told]) -> Reply:
        began = time.monotonic()
        with self._lock:
            taken = self._gate.in_flight
            sent = self._concurrency.begin(taken)
        outcome: Outcome = "uncounted"
        about = Told(1.0)
        try:
            reply = request()
            seconds = time.monotonic() - began
            about = told(reply)
            if about.work and (about.load_seconds or 0.0) <= LOADED_WITHIN_SECONDS:
                outcome = "done"
        except (ServerBusy, ServerTimeout):
            outcome = "overloaded"
            raise
        finally:
            with self._lock:
                self._concurrency.end(sent, outcome, about.work, taken=self._gate.in_flight)
                if self._gate.limit != self._concurrency.limit:
                    self._gate.limit = self._concurrency.limit
        if outcome == "done":
            speed = taken * about.work / max(seconds, 1e-6)
            self._speed = speed if self._speed is None else 0.7 * self._speed + 0.3 * speed
        self._usage.request(
            self._model,
            seconds,
            load_seconds=about.load_seconds,
            prompt_tokens=about.prompt_tokens,
            output_tokens=about.output_tokens,
        )
        return reply


def _retry_after(error: BaseException | None) -> float:
    return error.retry_after or 0.0 if isinstance(error, ServerBusy) else 0.0
