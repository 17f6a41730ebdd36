"""What answers a `Task` and embeds texts: the protocol that the assets see, whichever engine is behind it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ty_resources.inference.task import Role, Task
from ty_resources.inference.usage import Usage

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)

# Who waits: a person who has clicked goes before the night's work, and waits for at most the requests in flight.
Lane = Literal["person", "background"]

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Answer(Generic[Output]):
    """One item's outcome: an output, or the error that it met. Never both, never neither."""

    output: Output | None
    error: Exception | None = None


class InferenceEngine(Protocol):
    """Answers tasks and embeds texts. Implementations are thread-safe.

    remote: whether asking costs a request to a server, so that two processes had better not ask the same.
    embedding_model: the name that embeddings are stored under; ServerDown where only the server knows it.
    calls: how often a model or a rule was really asked since the engine was made (items, not batches), and encoded:
    texts really encoded; what a test of "no work is done twice" counts. usage: times, tokens and loads.
    """

    remote: bool
    calls: int
    encoded: int
    usage: Usage

    @property
    def embedding_model(self) -> str: ...

    def model(self, role: Role) -> str:
        """The model's name with its digest or version, as stored in each row."""
        ...

    def task_version(self, task: Task[Any, Any]) -> str:
        """The version that the task's rows carry under this engine."""
        ...

    def run_each(
        self, task: Task[Item, Output], items: Iterable[Item], lane: Lane = "background"
    ) -> Iterator[tuple[int, Answer[Output]]]:
        """Answers with their item's position, as they come. Items are drawn only as fast as they are asked.

        An item's error is in its answer and never fails the others. A server that is down is waited for; raises
        ServerDown or ModelMissing when that takes too long, and no item is to blame then.
        """
        ...

    def run(self, task: Task[Item, Output], items: Sequence[Item], lane: Lane = "background") -> list[Answer[Output]]:
        """Answer each item, in order."""
        ...

    def embed_each(self, texts: Iterable[str], lane: Lane = "background") -> Iterator[tuple[int, Vector | Exception]]:
        """Vectors (d,) float32, unit length, finite, with their text's position as they come; or the text's error."""
        ...

    def embed(self, texts: Sequence[str], lane: Lane = "background") -> NDArray[np.float32]:
        """(n, d) float32, unit length, finite, in the order given. Raises the error of a text that has none."""
        ...

    def reachable(self) -> bool:
        """Whether the server, or one of them, answers now."""
        ...

    def warm_up(self, roles: Sequence[Role] = (), *, embedding: bool = False) -> None:
        """Load these models now, so that the first question need not wait for it."""
        ...
