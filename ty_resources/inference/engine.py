"""What answers a `Task` and embeds texts: the protocol that the assets see, whichever engine is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ty_resources.inference.task import Role, Task

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)


@dataclass(frozen=True)
class Answer(Generic[Output]):
    """One item's outcome: an output, or the error that it met. Never both, never neither."""

    output: Output | None
    error: Exception | None = None


class InferenceEngine(Protocol):
    """Answers tasks and embeds texts. Implementations are thread-safe.

    embedding_model: the name that embeddings are stored under.
    calls: how often a model or a rule was really asked since the engine was made (items, not batches), and
    texts really encoded; what a test of "no work is done twice" counts.
    """

    embedding_model: str
    calls: int
    encoded: int

    def model(self, role: Role) -> str:
        """The model's name with its digest or version, as stored in each row."""
        ...

    def task_version(self, task: Task[Any, Any]) -> str:
        """The version that the task's rows carry under this engine."""
        ...

    def run(self, task: Task[Item, Output], items: Sequence[Item]) -> list[Answer[Output]]:
        """Answer each item, in order; an item's error is in its answer and never fails the others."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d) float32, unit length, finite, in the order given."""
        ...
