"""How many requests are under way to each model, and how many best are where its servers do not say.

Belongs here: counting and measuring what is relayed. Not here: the search itself (`concurrency`), and whoever keeps to
the limit (`ty_assets.candidate_evaluations.working`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ty_resources.inference.concurrency import Concurrency, Outcome
from ty_resources.inference.errors import ServerBusy, ServerTimeout
from ty_resources.inference.relay import Relayed

# A token that is read takes about this part of the time of one that is written.
_READ_WEIGHT = 0.1


@dataclass
class UnderWay:
    """One request. answer: once it is there. loading: its time says nothing of the server's speed."""

    answer: Relayed | None = None
    loading: bool = False


class RelayLoad:
    """Thread-safe. workers: the limit, where it is set; None: as many as help, found out while requests are relayed."""

    def __init__(self, workers: int | None) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._searches: dict[str, Concurrency] = {}
        self._in_flight: dict[str, int] = {}

    def limit(self, model: str) -> int:
        """Requests to the model that may be in flight now; another moment it may be more or fewer."""
        if self._workers:
            return self._workers
        with self._lock:
            return self._search(model).limit

    @contextmanager
    def request(self, model: str) -> Iterator[UnderWay]:
        """Around one request, which is told its outcome."""
        under_way = UnderWay()
        with self._lock:
            search = self._search(model)
            self._in_flight[model] = taken = self._in_flight.get(model, 0) + 1
            sent = search.begin(taken)
        outcome: Outcome = "uncounted"
        work = 1.0
        try:
            yield under_way
            if under_way.answer and under_way.answer.status == 200 and not under_way.loading:
                outcome, work = "done", _work(under_way.answer)
        except (ServerBusy, ServerTimeout):
            outcome = "overloaded"
            raise
        finally:
            with self._lock:
                search.end(sent, outcome, work, taken=self._in_flight[model])
                self._in_flight[model] -= 1

    def _search(self, model: str) -> Concurrency:
        if model not in self._searches:
            self._searches[model] = Concurrency(self._workers)
        return self._searches[model]


def _work(relayed: Relayed) -> float:
    if relayed.output_tokens is None:
        return 1.0
    read = (relayed.prompt_tokens or 0) - (relayed.cached_tokens or 0)
    return max(relayed.output_tokens + _READ_WEIGHT * max(read, 0), 1.0)
