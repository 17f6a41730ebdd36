"""The dialect of OpenAI's API as vLLM, llama.cpp, LiteLLM and SGLang speak it: chat completions and embeddings.

Belongs here: the requests and replies of this dialect. Not here: errors (`replies`), which server is asked
(`endpoints`), and Ollama, whose own API can do more (`ollama`).
"""

import json
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx
import numpy as np

from ty_resources.inference.base_urls import base_urls
from ty_resources.inference.client import ChatRequest, Completion, EmbeddingBatch, ModelStatus, ServerStatus
from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import (
    EngineError,
    PromptTooLong,
    RequestRefused,
    ServerBusy,
    ServerDown,
    ServerFault,
)
from ty_resources.inference.replies import Dialect, vectors, was_cut
from ty_resources.inference.wire import Wire
from ty_resources.settings import SettingsError

PROBE_SECONDS = 5.0

DIALECT = Dialect(
    name="OpenAI-compatible server",
    urls_setting="TY_OPENAI_BASE_URL",
    down_hint="Start the server, or correct TY_OPENAI_BASE_URL.",
    missing_hint="Start the server with it, or name a model that it has (`ty models` lists them).",
    access_hint="Set TY_OPENAI_API_KEY to a key that the server takes.",
)

# vLLM, SGLang, llama.cpp and LiteLLM name one of these when they cannot compile a schema or know of none.
_NO_SCHEMAS = re.compile(r"response_format|json_?\s?schema|guided|structured output|grammar", re.I)


class OpenAIClient:
    """A `ModelClient` for one or several servers with the same models.

    api_key: sent as a bearer token; None: none. context_tokens: what prompts are made for; the server's own limit is
    set where it starts. request_timeout: seconds. transport: replaces the network.
    Raises: SettingsError for a URL or a key that is none.
    """

    def __init__(
        self,
        base_url: Sequence[str],
        *,
        api_key: str | None,
        context_tokens: int,
        request_timeout: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        bases = base_urls(base_url, DIALECT.urls_setting, default_path="/v1")
        self._urls = [base.url for base in bases]
        self._wire = Wire(bases, DIALECT, timeout=request_timeout, key=checked_key(api_key), transport=transport)
        self._endpoints = Endpoints(self._urls, DIALECT, partial(probe, self._wire))
        self._without_schema: set[tuple[str, str]] = set()  # (base URL, schema name)
        self._lock = threading.Lock()

    def complete(self, request: ChatRequest) -> Completion:
        return self._endpoints.call(lambda url: self._chat(url, request), request.model)

    def embed(self, model: str, texts: Sequence[str]) -> EmbeddingBatch:
        if not texts:
            return EmbeddingBatch(np.empty((0, 0), np.float32))
        return self._endpoints.call(lambda url: self._embed(url, model, texts), model)

    def identity(self, model: str) -> str:
        """The name alone: this dialect tells no digest."""
        return model

    def load(self, model: str, *, embedding: bool) -> float | None:
        """Nothing to do: these servers load their models when they start."""
        return None

    def status(self) -> list[ServerStatus]:
        return [self._status(url) for url in self._urls]

    def pull(self, model: str, progress: Callable[[str, int, int], None]) -> None:
        raise RequestRefused(f"Only Ollama fetches models. {DIALECT.missing_hint}")

    def reachable(self) -> bool:
        return self._endpoints.reachable()

    def close(self) -> None:
        self._wire.close()

    def _chat(self, url: str, request: ChatRequest) -> Completion:
        where = (url, request.schema_name)
        if where not in self._without_schema:
            try:
                return self._completion(url, request, request.system, _with_schema(request))
            except RequestRefused as error:
                if error.whole_server or not _NO_SCHEMAS.search(str(error)):
                    raise
        # The server knows no schemas, or not what this one needs: it is told in words, and the answer is checked.
        system = f"{request.system}\n\nAnswer with one JSON object of this JSON schema:\n{json.dumps(request.schema)}"
        completion = self._completion(url, request, system, {"type": "json_object"})
        with self._lock:
            self._without_schema.add(where)
        return completion

    def _completion(self, url: str, request: ChatRequest, system: str, response_format: dict[str, Any]) -> Completion:
        body = {
            "model": request.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": request.user}],
            "response_format": response_format,
            "temperature": 0,
            "seed": request.seed,
            "max_tokens": request.max_tokens,
            "stream": False,
        }
        found = self._wire.ask(url, "/chat/completions", body, model=request.model, private=[request.user])[0]
        choices = found.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            raise ServerFault(f"{url} answered /chat/completions without a message in choices[0]")
        used = found.get("usage")
        used = used if isinstance(used, dict) else {}
        finish = choice.get("finish_reason")
        prompt_tokens = _count(used.get("prompt_tokens"))
        if prompt_tokens is not None and was_cut(prompt_tokens, system, request.user):
            raise PromptTooLong(
                f"{url} read only {prompt_tokens} tokens: it cut the prompt. Raise the server's context limit."
            )
        return Completion(
            text=_unfenced(str(message.get("content") or "")),
            finish="length" if finish == "length" else "stop",
            prompt_tokens=prompt_tokens,
            output_tokens=_count(used.get("completion_tokens")),
        )

    def _embed(self, url: str, model: str, texts: Sequence[str]) -> EmbeddingBatch:
        body = {"model": model, "input": list(texts), "encoding_format": "float"}
        found = self._wire.ask(url, "/embeddings", body, model=model, embedding=True, private=texts)[0]
        try:
            data = found["data"]
            # The protocol numbers them, and promises no order.
            rows = {one["index"]: one["embedding"] for one in data}
            return EmbeddingBatch(vectors([rows[place] for place in range(len(data))], len(texts)))
        except (KeyError, TypeError) as error:
            raise ServerFault(f"{url} answered /embeddings without {error}") from None
        except ValueError as error:
            raise ServerFault(f"{url} answered /embeddings for {len(texts)} texts with {error}") from None

    def _status(self, url: str) -> ServerStatus:
        try:
            listed = self._wire.ask(url, "/models", timeout=PROBE_SECONDS)[0].get("data")
        except EngineError as error:
            return ServerStatus(url, None, str(error))
        models = [one for one in listed if isinstance(one, dict) and one.get("id")] if isinstance(listed, list) else []
        # There is no version in this dialect; who owns the models is mostly who serves them ("vllm", "llamacpp").
        version = next((str(one["owned_by"]) for one in models if one.get("owned_by")), "unknown")
        return ServerStatus(
            url,
            version,
            None,
            tuple(
                ModelStatus(name=str(one["id"]), server=url, loaded=True, context_tokens=_context(one))
                for one in models
            ),
        )


def probe(wire: Wire, url: str) -> None:
    """Any word of a server is a sign of life, a 401 as well as a busy server's 429: the request will tell."""
    reply = wire.reply(url, "/models", timeout=PROBE_SECONDS)
    if reply.status == 503:
        raise ServerBusy(f"{url} is not ready (503)")
    if reply.status >= 500 or 300 <= reply.status < 400:
        raise ServerDown(f"{url} answered {reply.status} to /models")


def checked_key(key: str | None) -> str | None:
    """The key without the line end that a file leaves at it."""
    key = (key or "").strip()
    if not key.isascii() or any(not character.isprintable() or character.isspace() for character in key):
        raise SettingsError("TY_OPENAI_API_KEY has characters that no key has: expected letters, digits and signs")
    return key or None


def _with_schema(request: ChatRequest) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": request.schema_name, "schema": request.schema, "strict": True},
    }


def _unfenced(text: str) -> str:
    """Without the Markdown fence that models put around JSON when nothing but words keeps them from it."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", text, re.S)
    return fenced[1] if fenced else text


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _context(model: dict[str, Any]) -> int | None:
    """vLLM and SGLang: max_model_len. llama.cpp: meta.n_ctx."""
    meta = model.get("meta")
    context = model.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else None)
    return context if isinstance(context, int) else None
