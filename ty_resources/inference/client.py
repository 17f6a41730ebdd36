"""What a model server can do, whichever dialect it speaks: the protocol between `model_engine` and the wires.

Belongs here: requests and replies as plain values. Not here: retries, concurrency and what is asked (`model_engine`),
and HTTP (`ollama`, `openai_compatible`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ChatRequest:
    """One independent question: a system message, a user message, and the JSON schema of the answer.

    max_tokens: of the answer. seed: temperature is always 0; another seed is how a bad answer is asked for again.
    """

    model: str
    system: str
    user: str
    schema_name: str
    schema: dict[str, Any]
    max_tokens: int
    seed: int = 0


@dataclass(frozen=True)
class Completion:
    """The answer's text, and what the server measured; None where it does not say.

    finish: "length" when the text broke off at a limit. prompt_tokens: all of the prompt, cached ones included.
    load_seconds: the time the model took to load before this answer, near 0 for a loaded one.
    """

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    load_seconds: float | None = None


@dataclass(frozen=True)
class EmbeddingBatch:
    """vectors: (n, d) float32 as the server sent them, in the order asked; not checked, not normalised."""

    vectors: NDArray[np.float32]
    load_seconds: float | None = None


@dataclass(frozen=True)
class ModelStatus:
    """One model on one server. size, vram: bytes. digest: of the weights. context_tokens: of the loaded runner."""

    name: str
    server: str
    loaded: bool
    digest: str | None = None
    size: int | None = None
    vram: int | None = None
    context_tokens: int | None = None


@dataclass(frozen=True)
class ServerStatus:
    """One base URL: its version where it answers, else what is wrong."""

    url: str
    version: str | None
    error: str | None
    models: tuple[ModelStatus, ...] = ()


class ModelClient(Protocol):
    """One or several servers of one dialect. Thread-safe. Every method raises only `EngineError`s."""

    def complete(self, request: ChatRequest) -> Completion:
        """Ask once. A text that breaks off is returned with finish="length", not raised."""
        ...

    def embed(self, model: str, texts: Sequence[str]) -> EmbeddingBatch:
        """Encode a batch in one request; InvalidEmbedding where the server could not encode one of them."""
        ...

    def identity(self, model: str) -> str:
        """The name that rows are stored under: the model's name, with twelve digits of its digest if there is one."""
        ...

    def load(self, model: str, *, embedding: bool) -> float | None:
        """Load the model if it is not; seconds it took, None where the server does not say."""
        ...

    def status(self) -> list[ServerStatus]:
        """Every base URL with what it has. Never raises for a server that is down: its error says so."""
        ...

    def pull(self, model: str, progress: Callable[[str, int, int], None]) -> None:
        """Fetch a missing model; progress(step, bytes done, bytes in all). RequestRefused where it cannot."""
        ...

    def reachable(self) -> bool:
        """Whether any base URL answers now."""
        ...

    def close(self) -> None: ...
