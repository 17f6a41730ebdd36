"""An engine that answers by turning text round, and counts: what the cache is tested with.

As a program it answers numbered texts through the cache, in a process of its own:
`counting_engine.py CONNINFO LOG FIRST COUNT SECONDS LEASE_SECONDS`.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ty_resources.inference.cache import run_cached_each
from ty_resources.inference.engine import Answer
from ty_resources.inference.leases import Leases
from ty_resources.inference.task import Role, Task
from ty_resources.inference.usage import Usage
from ty_resources.postgres import Database


class Text(BaseModel):
    text: str


class Turned(BaseModel):
    text: str


class Turn(Task[Text, Turned]):
    name = "turn"
    version = "1"
    output = Turned
    package = "ty_resources"

    @property
    def prompt(self) -> str:
        return "Turn the text round."


class CountingEngine:
    """Keeps `window` questions in flight; on_ask is called with each text, and may raise the item's error.

    asked: the texts, in order; also a line each in `log`, where several processes write.
    """

    embedding_model = "counting"

    def __init__(
        self,
        *,
        remote: bool = True,
        window: int = 1,
        seconds: float = 0.0,
        on_ask: Callable[[str], None] = lambda text: None,
        log: Path | None = None,
    ) -> None:
        self.remote = remote
        self.usage = Usage()
        self.calls = self.encoded = self.batches = 0
        self.asked: list[str] = []
        self.lanes: set[str] = set()
        self.down: Exception | None = None
        self._window, self._seconds, self._on_ask, self._log = window, seconds, on_ask, log

    def model(self, role: Role) -> str:
        return "counting"

    def task_version(self, task: Task[Any, Any]) -> str:
        return task.prompt_version()

    def warm_up(self, roles: Sequence[Role] = (), *, embedding: bool = False) -> None:
        pass

    def _ask(self, text: str) -> None:
        self.asked.append(text)
        if self._log:
            with self._log.open("a") as log:
                log.write(f"{text}\n")
        self._on_ask(text)

    def _each(self, items: Iterable[Any], answer: Callable[[Any], Any]) -> Iterator[tuple[int, Any]]:
        self.batches += 1
        flying: deque[tuple[int, Any]] = deque()
        stream = enumerate(items)
        while True:
            if self.down:
                raise self.down
            while len(flying) < self._window and (drawn := next(stream, None)):
                flying.append((drawn[0], answer(drawn[1])))
            if not flying:
                return
            time.sleep(self._seconds)
            yield flying.popleft()

    def run_each(self, task: Any, items: Iterable[Any], lane: str = "background") -> Iterator[tuple[int, Any]]:
        def answer(item: Text) -> Answer[Turned]:
            try:
                self._ask(item.text)
            except ValueError as error:
                return Answer(None, error)
            self.calls += 1
            return Answer(Turned(text=item.text[::-1]))

        self.lanes.add(lane)
        yield from self._each(items, answer)

    def run(self, task: Any, items: Sequence[Any], lane: str = "background") -> list[Any]:
        answers = dict(self.run_each(task, items))
        return [answers[place] for place in range(len(items))]

    def embed_each(self, texts: Iterable[str], lane: str = "background") -> Iterator[tuple[int, Any]]:
        def vector(text: str) -> NDArray[np.float32] | Exception:
            try:
                self._ask(text)
            except ValueError as error:
                return error
            self.encoded += 1
            return np.array([1.0, 0.0], np.float32)

        self.lanes.add(lane)
        yield from self._each(texts, vector)

    def embed(self, texts: Sequence[str], lane: str = "background") -> NDArray[np.float32]:
        return np.stack([vector for _, vector in self.embed_each(texts)])


def main() -> None:
    conninfo, log, first, count, seconds, lease_seconds = sys.argv[1:]
    items = [Text(text=f"text {number}") for number in range(int(first), int(first) + int(count))]
    engine = CountingEngine(window=4, seconds=float(seconds), log=Path(log))
    with Database(conninfo) as db:
        leases = Leases(db, float(lease_seconds))
        for position, answer in run_cached_each(db, engine, Turn(), items, leases=leases):
            assert answer.output is not None, answer.error
            print(position, answer.output.text, flush=True)


if __name__ == "__main__":
    main()
