"""Requests of a batch to Ollama, by its own API, which does what its OpenAI dialect cannot: keep to one context.

Belongs here: what every request has in common, so that no runner is loaded anew and no prompt is cut. Not here: names
and shapes (`relay_translation`), and the way to a server (`relay_servers`).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from ty_resources.inference.base_urls import base_urls
from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import ConnectionLost, ServerFault
from ty_resources.inference.ollama import kept_alive, probe
from ty_resources.inference.ollama_models import DIALECT, OllamaModels
from ty_resources.inference.relay import EMBEDDINGS, Relayed
from ty_resources.inference.relay_load import RelayLoad
from ty_resources.inference.relay_refusals import new_request_id, refused
from ty_resources.inference.relay_servers import Passage, RelayServers, checked_vectors, cut_prompt, probing
from ty_resources.inference.relay_translation import (
    Untranslatable,
    chat_completion,
    embedding_list,
    native_chat,
    native_embed,
)
from ty_resources.inference.wire import Wire

_HINT = "Update Ollama, or raise TY_CONTEXT_TOKENS."


class OllamaRelay:
    """A `Relay` to one or several Ollama servers.

    context_tokens, keep_alive, request_timeout, transport: as `OllamaClient`. workers: requests in flight; None: as
    many as help. Raises: SettingsError for a URL that is none.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        context_tokens: int,
        keep_alive: str,
        request_timeout: float,
        workers: int | None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        bases = base_urls(urls, DIALECT.urls_setting, bare_port=11434, wrong_ends=("/api", "/v1"))
        self._urls = [base.url for base in bases]
        wire = Wire(bases, DIALECT, timeout=request_timeout, transport=transport)
        endpoints = Endpoints(self._urls, DIALECT, probing(wire, probe))
        self._servers = RelayServers(wire, endpoints, RelayLoad(workers))
        self._models = OllamaModels(wire, endpoints, self._urls, context_tokens)
        self._keep_alive = kept_alive(keep_alive)

    def ask(self, endpoint: str, body: Mapping[str, Any]) -> Relayed:
        embedding = endpoint == EMBEDDINGS
        if not isinstance(body.get("model"), str) or not body["model"]:
            return refused(400, "you must provide a model parameter", param="model", code="missing_required_parameter")
        try:
            native = native_embed(body) if embedding else native_chat(body)
        except Untranslatable as error:
            return refused(400, str(error), param=error.param, code="unsupported_parameter")
        send = partial(self._embed if embedding else self._chat, native)
        return self._servers.ask(body, send, embedding=embedding)

    def slots(self, model: str) -> int:
        """Ollama does not tell OLLAMA_NUM_PARALLEL; it is tried out while requests are relayed (`concurrency`)."""
        return self._servers.load.limit(model)

    def warm(self, body: Mapping[str, Any]) -> int:
        """Nothing: a slot cannot be named here, and as many requests at once read the prefix as often as the batch's
        own first ones do."""
        return 0

    def models(self) -> set[str] | None:
        """With and without ":latest", as Ollama takes them."""
        answering = [server for server in self._models.status() if server.error is None]
        names = {model.name for server in answering for model in server.models}
        return names | {name.removesuffix(":latest") for name in names} if answering else None

    def vram(self) -> int | None:
        return self._models.vram()

    def cancel_all(self) -> None:
        self._servers.cancel_all()

    def close(self) -> None:
        self._servers.close()

    def _runner(self, url: str, model: str) -> dict[str, Any]:
        """What decides which runner answers: another value in one request would have Ollama load the model anew."""
        options = {"num_ctx": self._models.context(url, model)}
        return {"model": model, "keep_alive": self._keep_alive, "truncate": False, "options": options}

    def _chat(self, native: Mapping[str, Any], passage: Passage, url: str, body: Mapping[str, Any]) -> Relayed:
        runner = self._runner(url, passage.model)
        options = {**native["options"], **runner["options"]}
        # shift belongs to the runner as well: false makes an answer that is too long end, and forget nothing.
        request = {**runner, **native, "options": options, "shift": False, "stream": False}
        last = passage.post(url, "/api/chat", request)
        if last.get("done") is not True:
            raise ConnectionLost(f"Ollama at {url} ended an answer without saying that it is done")
        passage.load_seconds = _seconds(last.get("load_duration"))
        completion = chat_completion(passage.model, last)
        used = completion.get("usage") or {}
        relayed = Relayed(
            200,
            passage.request_id or new_request_id(),
            completion,
            prompt_tokens=used.get("prompt_tokens"),
            output_tokens=used.get("completion_tokens"),
        )
        return cut_prompt(body, relayed.prompt_tokens, options["num_ctx"], _HINT) or relayed

    def _embed(self, native: Mapping[str, Any], passage: Passage, url: str, body: Mapping[str, Any]) -> Relayed:
        found = passage.post(url, "/api/embed", {**self._runner(url, passage.model), **native})
        passage.load_seconds = _seconds(found.get("load_duration"))
        rows = found.get("embeddings")
        if not isinstance(rows, list):
            raise ServerFault(f"Ollama at {url} answered /api/embed without vectors")
        checked_vectors(rows, len(native["input"]), f"Ollama at {url} answered /api/embed")
        read = found.get("prompt_eval_count")
        read = read if isinstance(read, int) and read > 0 else None
        listed = embedding_list(passage.model, rows, body, read)
        return Relayed(200, passage.request_id or new_request_id(), listed, prompt_tokens=read)


def _seconds(nanoseconds: object) -> float:
    return nanoseconds / 1e9 if isinstance(nanoseconds, int) else 0.0
