"""Which models are configured, and what the servers have of them: what `ty models` tells.

Belongs here: plain values from plain values. Not here: asking a server (the clients), and printing (`models_commands`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ty_resources.inference.client import ModelStatus, ServerStatus
from ty_resources.inference.embedded import EMBEDDING_MODEL, RULES_MODEL
from ty_resources.settings import Settings

State = Literal["loaded", "there", "missing", "unknown", "packaged"]

_START = {
    "ollama": "Start it with `ollama serve`, or set TY_OLLAMA_URLS.",
    "openai": "Start the server, or set TY_OPENAI_BASE_URL and TY_OPENAI_API_KEY.",
}


@dataclass(frozen=True)
class Configured:
    """A model that the settings name. role: what it is for. packaged: it needs no server."""

    role: str
    model: str
    packaged: bool = False


@dataclass(frozen=True)
class ModelLine:
    """One configured model. state: "unknown" where no server answers.

    servers, lacking: base URLs that have it, and those that answer and have it not. size, vram: bytes.
    """

    role: str
    model: str
    state: State
    servers: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    size: int | None = None
    vram: int | None = None
    context_tokens: int | None = None

    @property
    def ready(self) -> bool:
        return self.state in ("loaded", "there", "packaged")


def configured_models(config: Settings) -> list[Configured]:
    """One for each role."""
    if config.engine == "embedded":
        return [
            Configured("extraction", RULES_MODEL, packaged=True),
            Configured("reasoning", RULES_MODEL, packaged=True),
            Configured("embedding", EMBEDDING_MODEL, packaged=True),
        ]
    return [
        Configured("extraction", config.extraction_model),
        Configured("reasoning", config.reasoning_model),
        Configured("embedding", config.embedding_model, packaged=config.embedding_model == EMBEDDING_MODEL),
    ]


def model_lines(
    wanted: Sequence[Configured], servers: Sequence[ServerStatus], full_name: Callable[[str], str] = str
) -> list[ModelLine]:
    """What the servers have of each. full_name: so that bge-m3 is found as bge-m3:latest where that is the same."""
    return [_line(one, servers, full_name) for one in wanted]


def _line(wanted: Configured, servers: Sequence[ServerStatus], full_name: Callable[[str], str]) -> ModelLine:
    if wanted.packaged:
        return ModelLine(wanted.role, wanted.model, "packaged")
    answering = [server for server in servers if server.error is None]
    found = [_find(server, full_name(wanted.model), full_name) for server in answering]
    having = [model for model in found if model is not None]
    if not answering:
        return ModelLine(wanted.role, wanted.model, "unknown")
    loaded = [model for model in having if model.loaded]
    return ModelLine(
        wanted.role,
        wanted.model,
        "loaded" if loaded else "there" if having else "missing",
        servers=tuple(model.server for model in having),
        lacking=tuple(server.url for server, model in zip(answering, found, strict=True) if model is None),
        digests=tuple(dict.fromkeys(model.digest for model in having if model.digest)),
        size=next((model.size for model in having if model.size is not None), None),
        vram=next((model.vram for model in loaded if model.vram is not None), None),
        context_tokens=next((model.context_tokens for model in loaded if model.context_tokens is not None), None),
    )


def _find(server: ServerStatus, name: str, full_name: Callable[[str], str]) -> ModelStatus | None:
    return next((model for model in server.models if full_name(model.name) == name), None)


def missing_models(lines: Sequence[ModelLine]) -> list[str]:
    """Those that no server has, each once."""
    return list(dict.fromkeys(line.model for line in lines if line.state == "missing"))


def hints(engine: str, lines: Sequence[ModelLine], servers: Sequence[ServerStatus]) -> list[str]:
    """What to do about what is not as it should be; nothing where all is well."""
    told = []
    if servers and all(server.error is not None for server in servers):
        told.append(f"No server answers. {_START[engine]}")
    if missing := missing_models(lines):
        if engine == "ollama":
            told.append("Fetch what is missing with `ty models pull`.")
        else:
            there = dict.fromkeys(model.name for server in servers for model in server.models)
            told.append(
                f"Start the server with {' and '.join(missing)}, or set TY_EXTRACTION_MODEL, TY_REASONING_MODEL and "
                f"TY_EMBEDDING_MODEL to what it has: {', '.join(there) or 'nothing'}."
            )
    for line in {line.model: line for line in lines}.values():
        if line.servers and line.lacking:
            told.append(f"{line.model} is asked only at {' and '.join(line.servers)}: the others do not have it.")
        if len(line.digests) > 1:
            told.append(
                f"{line.model} is not the same on all servers, and is refused: fetch it again on each with "
                f"`ty models pull {line.model}`."
            )
    return told
