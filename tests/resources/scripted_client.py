"""A model client in this process that does what a test tells it, and engines and tasks to go with it.

Belongs here: what several engine tests share. Not here: true behaviour of a server, which the simulated one has.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from ty_resources.inference.client import ChatRequest, Completion, EmbeddingBatch, ServerStatus
from ty_resources.inference.engine import Answer
from ty_resources.inference.errors import EngineError, ServerDown
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.task import Task

DIMENSIONS = 4


class Text(BaseModel):
    text: str


class Turned(BaseModel):
    text: str


class Turn(Task[Text, Turned]):
    """Turn a text round. The user message is the text itself, so that a script can read it."""

    name = "turn"
    version = "1"
    output = Turned
    package = "ty_resources"

    @property
    def prompt(self) -> str:
        return "Turn the text round."

    def user_message(self, item: Text) -> str:
        return item.text


class TurnByWords(Turn):
    """Splits in the middle, between words; the parts come back in the reverse order."""

    def split(self, item: Text) -> list[Text]:
        words = item.text.split()
        half = len(words) // 2
        return [Text(text=" ".join(words[:half])), Text(text=" ".join(words[half:]))] if half else []

    def merge(self, item: Text, outputs: Sequence[Turned]) -> Turned:
        return Turned(text=" ".join(output.text for output in reversed(outputs)))


def turned(request: ChatRequest) -> Completion:
    """The right answer."""
    text = Turned(text=request.user[::-1]).model_dump_json()
    return Completion(text, "stop", prompt_tokens=(len(request.system) + len(request.user)) // 4, output_tokens=9)


def vector_of(text: str) -> list[float]:
    """Not of unit length, as a server may send it."""
    return [float(len(text)), 1.0, 2.0, float(sum(map(ord, text)) % 97)]


class ScriptedClient:
    """on_chat, on_text: called for each request or text; they answer, raise, or wait. down: connections are refused.

    chats, embeds: what was asked, in order. most_in_flight: at the same time.
    """

    def __init__(
        self,
        on_chat: Callable[[ChatRequest], Completion] = turned,
        on_text: Callable[[str], list[float]] = vector_of,
        seconds: float = 0.0,
    ) -> None:
        self.on_chat = on_chat
        self.on_text = on_text
        self.seconds = seconds
        self.down = False
        self.chats: list[ChatRequest] = []
        self.embeds: list[list[str]] = []
        self.probes = 0
        self.loaded: list[str] = []
        self.closed = False
        self.in_flight = 0
        self.most_in_flight = 0
        self._lock = threading.Lock()

    def complete(self, request: ChatRequest) -> Completion:
        with self._lock:
            self.chats.append(request)
        return self._serve(lambda: self.on_chat(request))

    def embed(self, model: str, texts: Sequence[str]) -> EmbeddingBatch:
        with self._lock:
            self.embeds.append(list(texts))
        return self._serve(lambda: EmbeddingBatch(np.array([self.on_text(text) for text in texts], np.float32)))

    def _serve(self, answer: Callable[[], Any]) -> Any:
        if self.down:
            raise ServerDown("nobody answers at http://scripted.")
        with self._lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.seconds:
                time.sleep(self.seconds)
            return answer()
        finally:
            with self._lock:
                self.in_flight -= 1

    def identity(self, model: str) -> str:
        if self.down:
            raise ServerDown("nobody answers at http://scripted.")
        return f"{model}@0123456789ab"

    def load(self, model: str, *, embedding: bool) -> float | None:
        self.loaded.append(model)
        return 1.5

    def status(self) -> list[ServerStatus]:
        return []

    def pull(self, model: str, progress: Callable[[str, int, int], None]) -> None:
        raise NotImplementedError

    def reachable(self) -> bool:
        self.probes += 1
        return not self.down

    def close(self) -> None:
        self.closed = True


def engine_of(client: Any, **changed: Any) -> ModelEngine:
    """An engine that does not wait long between tries."""
    told: dict[str, Any] = {
        "extraction_model": "chat",
        "reasoning_model": "thinker",
        "embedding_model": "encoder",
        "workers": 4,
        "context_tokens": 1000,
        "max_answer_tokens": 100,
        "patience": 20.0,
        "first_wait": 0.001,
        **changed,
    }
    return ModelEngine(client, **told)


def error_of(answer: Answer[Turned]) -> Exception:
    """The error of an answer that has one."""
    assert answer.output is None
    assert answer.error is not None
    return answer.error


def ask(client: ScriptedClient, text: str, task: Turn | None = None) -> Answer[Turned]:
    """One text's answer."""
    (answer,) = engine_of(client).run(task or Turn(), [Text(text=text)])
    return answer


class Failing:
    """Raises the errors given, one for each call with this text in it, then lets it through. calls: how many came."""

    def __init__(self, match: str, *errors: EngineError) -> None:
        self.calls = 0
        self._match = match
        self._errors = list(errors)
        self._lock = threading.Lock()

    def check(self, text: str) -> None:
        if self._match not in text:
            return
        with self._lock:
            self.calls += 1
            error = self._errors.pop(0) if self._errors else None
        if error:
            raise error

    def chat(self, request: ChatRequest) -> Completion:
        self.check(request.user)
        return turned(request)

    def vector(self, text: str) -> list[float]:
        self.check(text)
        return vector_of(text)


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for it, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def no_workers() -> bool:
    """Whether all threads of all runs, and those that look for a server, have ended."""
    return not any(thread.name.startswith(("inference-", "outage")) for thread in threading.enumerate())
