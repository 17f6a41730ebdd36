"""What a simulated server is like: its models, its speed, its faults. Everything may be changed while it runs.

Belongs here: names, defaults and meaning of the configuration's keys. Not here: what follows from them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from latency import Curve


@dataclass(frozen=True)
class Model:
    """A model on the disk. size: bytes. load_seconds: simulated. context: tokens that it was trained for."""

    name: str
    kind: Literal["chat", "embedding"] = "chat"
    digest: str = ""
    size: int = 4_683_087_332
    dims: int = 0
    num_parallel: int | None = None  # slots; None: the server's number for chats, no limit for embeddings
    load_seconds: float = 0.0
    context: int = 32_768
    load_error: str | None = None  # a 500 with this text instead of a load, e.g. for lack of memory


DEFAULT_MODELS: Mapping[str, Mapping[str, Any]] = {
    "qwen2.5-coder:7b": {"kind": "chat", "size": 4_683_087_561},
    "qwen2.5:7b": {"kind": "chat", "size": 4_683_087_332},
    "bge-m3": {"kind": "embedding", "size": 1_157_672_605, "dims": 1024, "context": 8192},
}


@dataclass
class Fault:
    """Something that goes wrong, for the requests that it applies to and as often as `times` (None: always).

    match: part of the user's text or of a text to embed. endpoint: e.g. "/api/chat". model: as configured. Given none
    of them it applies to everything that asks a model. kind: see `faults`. cpu_works: not with num_gpu 0.
    """

    kind: str
    match: str | None = None
    endpoint: str | None = None
    model: str | None = None
    times: int | None = None
    cpu_works: bool = False
    seconds: float = 0.0


@dataclass
class Configuration:
    """time_scale: simulated seconds in a real one; replies report real time. See the fields' comments for the rest."""

    models: dict[str, Model] = field(default_factory=dict)
    pullable: dict[str, Model] = field(default_factory=dict)  # what /api/pull finds in the registry
    time_scale: float = 1.0
    curve: Curve | None = None  # texts embedded per simulated second, by requests in flight; None: no time at all
    chat_seconds: float = 0.0  # of one chat that is alone; more in flight are sped up as the curve says
    chat_curve: Curve | None = None  # only its proportions count; None: those of `curve`
    spread: float = 0.3  # texts take up to this share more or less; if all took the same, requests would go in step
    num_parallel: int = 4  # OLLAMA_NUM_PARALLEL, for chat models that say nothing
    max_loaded_models: int = 3
    max_queue: int = 512
    keep_alive: str | float = "5m"
    context_length: int = 4096  # OLLAMA_CONTEXT_LENGTH: num_ctx of a request that does not say
    version: str = "0.33.0"
    cuts: bool = False  # an older server, which cuts prompts whatever a request says of truncate and shift
    llama_cpp: bool = False  # beside /v1 it tells of its slots, and in its answers of its work, as llama.cpp does
    api_key: str | None = None  # what /v1 asks for as a bearer
    answers: Literal["rules", "echo", "obey", "canned"] = "echo"
    orders: list[str] = field(default_factory=list)  # parts of lines that "obey" obeys, besides those it sees itself
    faults: list[Fault] = field(default_factory=list)
    pull_seconds: float = 0.0  # simulated, of a download
    down: bool = False  # connections are accepted and closed, those in flight as well

    def update(self, content: Mapping[str, Any]) -> None:
        """Set the keys that are there. ValueError, and nothing changed, for one that is unknown or malformed."""
        known = {one.name for one in fields(self)}
        if unknown := set(content) - known:
            raise ValueError(f"unknown keys {sorted(unknown)}; known are {sorted(known)}")
        parsed = {key: _parsed(key, value) for key, value in content.items()}
        for key, value in parsed.items():
            setattr(self, key, value)

    def embedding_curve(self) -> Curve | None:
        """Texts per real second."""
        return self.curve.scaled(self.time_scale) if self.curve else None

    def chats_curve(self) -> Curve | None:
        """Chats per real second."""
        if not self.chat_seconds:
            return None
        shape = self.chat_curve or self.curve or Curve({1: 1.0})
        return shape.scaled(self.time_scale / self.chat_seconds / shape(1))

    def real(self, simulated_seconds: float) -> float:
        return simulated_seconds / self.time_scale


def configured(content: Mapping[str, Any]) -> Configuration:
    """The defaults with these changes."""
    configuration = Configuration()
    configuration.update({"models": DEFAULT_MODELS, **content})
    return configuration


def _parsed(key: str, value: Any) -> Any:
    if key in ("models", "pullable"):
        return {name: model(name, told) for name, told in value.items()}
    if key in ("curve", "chat_curve"):
        return Curve(value) if value else None
    if key == "faults":
        return [Fault(**fault) for fault in value]
    return value


def model(name: str, told: Mapping[str, Any]) -> Model:
    """A model with what follows from its name where nothing is told."""
    defaults: dict[str, Any] = {"digest": hashlib.sha256(name.encode()).hexdigest()}
    if told.get("kind") == "embedding":
        defaults.update(dims=1024, context=8192)
    try:
        return Model(name=name, **{**defaults, **told})
    except TypeError as error:
        raise ValueError(f"model {name}: {error}") from error
