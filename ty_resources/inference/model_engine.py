"""The engine that asks models on servers, whichever dialect they speak.

Belongs here: the `InferenceEngine` protocol put together from its parts, and which model does what. Not here: requests
(`questions`, `vectors`), lanes, retries and pauses (`model_queue`), threads (`fan_out`), and HTTP (the clients).
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ty_resources.inference.client import ModelClient
from ty_resources.inference.engine import Answer, InferenceEngine, Lane, Vector
from ty_resources.inference.errors import EngineError
from ty_resources.inference.fan_out import fan_out
from ty_resources.inference.lanes import Abandoned, Caller
from ty_resources.inference.model_queue import ModelQueue, Told
from ty_resources.inference.outage import Outage
from ty_resources.inference.prompt_length import PromptLength
from ty_resources.inference.questions import Questions
from ty_resources.inference.task import Role, Task
from ty_resources.inference.usage import Usage
from ty_resources.inference.vectors import Batch, Encoded, Vectors

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)

_FIRST_WAIT_SECONDS = 0.5


class ModelEngine:
    """Answers tasks by chat models and embeds texts by an embedding model. Thread-safe.

    workers: requests in flight to each model; None: as many as help. context_tokens: of a prompt with its answer;
    max_answer_tokens: of these, the answer's. patience: seconds that background work waits for a server that is down.
    embedding_engine: embeds instead, where the server is to answer tasks only. first_wait: seconds before a failed
    request is sent again, growing with each try.
    """

    remote = True

    def __init__(
        self,
        client: ModelClient,
        *,
        extraction_model: str,
        reasoning_model: str,
        embedding_model: str,
        workers: int | None,
        context_tokens: int,
        max_answer_tokens: int,
        patience: float,
        embedding_engine: InferenceEngine | None = None,
        first_wait: float = _FIRST_WAIT_SECONDS,
    ) -> None:
        self.calls = 0
        self.encoded = 0
        self.usage = Usage()
        self._client = client
        self._models: dict[Role, str] = {"extraction": extraction_model, "reasoning": reasoning_model}
        self._context_tokens = context_tokens
        self._answer_tokens = max_answer_tokens
        self._embedding_engine = embedding_engine
        self._lock = threading.Lock()
        outage = Outage(client.reachable, patience)

        def queue(model: str) -> ModelQueue:
            return ModelQueue(model, client, outage, self.usage, workers=workers, first_wait=first_wait)

        self._chats = {model: queue(model) for model in self._models.values()}
        self._lengths = {model: PromptLength() for model in self._chats}
        self._embedding_model = embedding_model
        self._embedding_queue = queue(embedding_model)
        self._vectors = Vectors(embedding_model, client, self._embedding_queue, self._count_encoded)

    @property
    def embedding_model(self) -> str:
        """As stored with each vector. Raises: what the client's `identity` raises."""
        if self._embedding_engine:
            return self._embedding_engine.embedding_model
        return self._identity(self._embedding_model)

    def model(self, role: Role) -> str:
        """As stored with each row. Raises: as `embedding_model`."""
        return self._identity(self._models[role])

    def task_version(self, task: Task[Any, Any]) -> str:
        return task.prompt_version()

    def run_each(
        self, task: Task[Item, Output], items: Iterable[Item], lane: Lane = "background"
    ) -> Iterator[tuple[int, Answer[Output]]]:
        """Answers with their item's position, as they come.

        Items are drawn in the reader's own thread, half as many again as there are requests in flight. A reader that
        closes the iterator, or stops at an error, leaves only requests in flight behind.
        """
        model = self._models[task.role]
        queue = self._chats[model]
        questions = Questions(
            task,
            model,
            self._client,
            queue,
            self._lengths[model],
            context_tokens=self._context_tokens,
            answer_tokens=self._answer_tokens,
            asked=self._count_call,
        )
        caller = Caller(lane)

        def answer(numbered: tuple[int, Item]) -> tuple[int, Answer[Output]]:
            number, item = numbered
            try:
                return number, Answer(questions.answer(item, caller))
            except Abandoned:
                raise
            except Exception as error:
                if isinstance(error, EngineError) and error.whole_server:
                    raise
                return number, Answer(None, error)

        yield from fan_out(enumerate(items), answer, lambda: _ahead(queue), lambda: queue.dismiss(caller))

    def run(self, task: Task[Item, Output], items: Sequence[Item], lane: Lane = "background") -> list[Answer[Output]]:
        answers = dict(self.run_each(task, items, lane))
        return [answers[number] for number in range(len(items))]

    def embed_each(self, texts: Iterable[str], lane: Lane = "background") -> Iterator[tuple[int, Vector | Exception]]:
        """Vectors or errors with their text's position, as they come; drawn and closed as in `run_each`."""
        if self._embedding_engine:
            for number, vector in self._embedding_engine.embed_each(texts, lane):
                self._count_encoded(not isinstance(vector, Exception))
                yield number, vector
            return
        queue, caller = self._embedding_queue, Caller(lane)

        def encode(batch: Batch) -> Encoded:
            return self._vectors.encode(batch, caller)

        batches = self._vectors.batches(texts)
        for encoded in fan_out(batches, encode, lambda: _ahead(queue), lambda: queue.dismiss(caller)):
            yield from encoded

    def embed(self, texts: Sequence[str], lane: Lane = "background") -> NDArray[np.float32]:
        if self._embedding_engine:
            vectors = self._embedding_engine.embed(texts, lane)
            self._count_encoded(len(vectors))
            return vectors
        rows: list[Vector | None] = [None] * len(texts)
        for number, vector in self.embed_each(texts, lane):
            if isinstance(vector, Exception):
                raise vector
            rows[number] = vector
        return np.stack(rows) if rows else np.empty((0, self._vectors.dimensions or 0), np.float32)  # type: ignore[arg-type]

    def reachable(self) -> bool:
        return self._client.reachable()

    def warm_up(self, roles: Sequence[Role] = (), *, embedding: bool = False) -> None:
        """Load these models, one after the other; a server that is down is waited for as by background work."""
        for model in dict.fromkeys(self._models[role] for role in roles):
            self._load(model, self._chats[model], embedding=False)
        if embedding and self._embedding_engine:
            self._embedding_engine.warm_up(embedding=True)
        elif embedding:
            self._load(self._embedding_model, self._embedding_queue, embedding=True)

    def close(self) -> None:
        """Give the connections back; requests in flight fail."""
        self._client.close()

    def _load(self, model: str, queue: ModelQueue, *, embedding: bool) -> None:
        queue.ask(Caller(), lambda: self._client.load(model, embedding=embedding), lambda seconds: Told(0.0, seconds))

    def _identity(self, model: str) -> str:
        # Not kept here: a model that is fetched anew while this process lives has another identity. The client asks
        # again every few minutes.
        return self._client.identity(model)

    def _count_call(self) -> None:
        with self._lock:
            self.calls += 1

    def _count_encoded(self, texts: int) -> None:
        with self._lock:
            self.encoded += texts


def _ahead(queue: ModelQueue) -> int:
    """Jobs drawn and not yet told: enough that no worker waits while an answer is being written down."""
    return queue.limit + queue.limit // 2 + 2
