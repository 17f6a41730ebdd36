"""One request of a batch, passed on to the model server as its sender wrote it: the protocol that the batches see.

Belongs here: the protocol, its answer, and the choice of the dialect. Not here: HTTP and the dialects (`relay_openai`,
`relay_ollama`), and when a request is asked again (`ty_assets.candidate_evaluations.working`). A `ModelClient` asks the
project's own questions; a relay adds nothing to a question and takes nothing from it, so that a batch gets what the
same request would get on its own. No body is ever logged: candidates are people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ty_resources.settings import Settings

CHAT: Final = "/v1/chat/completions"
EMBEDDINGS: Final = "/v1/embeddings"
ENDPOINTS: Final = (CHAT, EMBEDDINGS)


@dataclass(frozen=True)
class Relayed:
    """What the model server answered: an answer, or a refusal that asking again does not change.

    status: 200, or that of the refusal (400, 404, 413, 422, ...). request_id: the server's, else one made here.
    body: an object of OpenAI's API (chat.completion, list of embeddings), or {"error": {message, type, param, code}}.
    prompt_tokens: all of the prompt, cached ones included. cached_tokens: those of them that the server says it took
    from its cache; None where it does not say, never a guess. output_tokens: of the answer.
    """

    status: int
    request_id: str
    body: dict[str, Any]
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None


class Relay(Protocol):
    """One or several model servers that requests are passed on to. Thread-safe."""

    def ask(self, endpoint: str, body: Mapping[str, Any]) -> Relayed:
        """Ask once. endpoint: one of ENDPOINTS. body: of a request to it, which is left as it is.

        Raises: ServerDown, ConnectionLost, ServerBusy (with retry_after), ServerTimeout and ServerFault for what may be
        asked again; AccessDenied where the server wants another key, which is no request's fault. What the server has
        against the request itself is returned.
        """
        ...

    def slots(self, model: str) -> int:
        """Requests that the servers take side by side, at least 1: as set, else as they say."""
        ...

    def warm(self, body: Mapping[str, Any]) -> int:
        """Have every slot read what all requests with this prefix begin with: all messages but the last.

        One slot after the other: simultaneous requests with a prefix that no slot has yet reuse nothing of each other.
        Returns how many slots have it now; 0 where the server offers no such thing or there is nothing to read, which
        is no error. Raises what `ask` raises.
        """
        ...

    def models(self) -> set[str] | None:
        """Names that the servers take; None where no server answers or it does not tell."""
        ...

    def vram(self) -> int | None:
        """Bytes of GPU memory that the loaded models take, as the servers tell; None where they do not."""
        ...

    def cancel_all(self) -> None:
        """Break off what is in flight: each such `ask` raises ConnectionLost soon. Later requests are unaffected."""
        ...

    def close(self) -> None: ...


def open_relay(config: Settings) -> Relay | None:
    """The relay to the model servers that the settings name; None on the embedded engine. Nothing is asked yet."""
    # Imported here: httpx takes a tenth of a second that the embedded default need not pay.
    if config.engine == "ollama":
        from ty_resources.inference.relay_ollama import OllamaRelay

        return OllamaRelay(
            config.ollama_urls,
            context_tokens=config.context_tokens,
            keep_alive=config.keep_alive,
            request_timeout=config.request_timeout,
            workers=config.workers,
        )
    if config.engine == "openai":
        from ty_resources.inference.relay_openai import OpenAIRelay

        return OpenAIRelay(
            config.openai_base_url,
            api_key=config.openai_api_key.get_secret_value() if config.openai_api_key else None,
            request_timeout=config.request_timeout,
            workers=config.workers,
        )
    return None
