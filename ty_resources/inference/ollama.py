"""Ollama's own API: chat with a schema, and vectors.

Belongs here: the requests, and what a reply that looks right may hide. Not here: which models a server has
(`ollama_models`), errors (`replies`), and which server is asked (`endpoints`). Source of all field names and of the
traps: docs/api.md, api/types.go and server/routes.go of ollama/ollama, v0.33.

Ollama ignores an option that it does not know, so a misspelt one is found by the tests or never. The answer is asked
for in one piece ("stream": false): an error has its proper status then, and reading an answer of 500 tokens line by
line takes 70 ms of processor time instead of 2 (measured), of which 32 answers a second leave nothing.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import numpy as np

from ty_resources.inference.base_urls import base_urls
from ty_resources.inference.client import ChatRequest, Completion, EmbeddingBatch, ServerStatus
from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import (
    AccessDenied,
    ConnectionLost,
    EngineError,
    PromptTooLong,
    ServerDown,
    ServerFault,
)
from ty_resources.inference.ollama_models import DIALECT, OllamaModels
from ty_resources.inference.replies import vectors, was_cut
from ty_resources.inference.wire import Wire

# /api/version waits for nothing but the server's own loop.
_PROBE_SECONDS = 5.0


class OllamaClient:
    """A `ModelClient` for one or several Ollama servers.

    context_tokens: of every model's runner, capped by the model's own. keep_alive: "30m", or seconds; negative: for
    ever. request_timeout: seconds. transport: replaces the network. Raises: SettingsError for a URL that is none.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        context_tokens: int,
        keep_alive: str,
        request_timeout: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        bases = base_urls(urls, DIALECT.urls_setting, bare_port=11434, wrong_ends=("/api", "/v1"))
        self._urls = [base.url for base in bases]
        self._wire = Wire(bases, DIALECT, timeout=request_timeout, transport=transport)
        self._endpoints = Endpoints(self._urls, DIALECT, partial(probe, self._wire))
        self._models = OllamaModels(self._wire, self._endpoints, self._urls, context_tokens)
        self._keep_alive = kept_alive(keep_alive)

    def complete(self, request: ChatRequest) -> Completion:
        return self._endpoints.call(lambda url: self._chat(url, request), request.model)

    def embed(self, model: str, texts: Sequence[str]) -> EmbeddingBatch:
        if not texts:
            return EmbeddingBatch(np.empty((0, 0), np.float32))
        return self._endpoints.call(lambda url: self._embed(url, model, texts), model)

    def identity(self, model: str) -> str:
        return self._models.identity(model)

    def load(self, model: str, *, embedding: bool) -> float | None:
        """Load the model on every server that has it, all at once; seconds until the last was ready.

        Ollama answers a request without messages or texts as soon as the model is loaded. v0.33 does not say how long
        that took, so it is measured here.
        """

        def load_at(url: str) -> float | EngineError:
            try:
                return self._endpoints.call(lambda url: self._load(url, model, embedding), model, only=url)
            except EngineError as error:
                return error

        with ThreadPoolExecutor(len(self._urls), thread_name_prefix="load") as pool:
            outcomes = list(pool.map(load_at, self._urls))
        seconds = [outcome for outcome in outcomes if isinstance(outcome, float)]
        if not seconds:
            raise next(outcome for outcome in outcomes if isinstance(outcome, EngineError))
        return max(seconds)

    def status(self) -> list[ServerStatus]:
        return self._models.status()

    def pull(self, model: str, progress: Callable[[str, int, int], None]) -> None:
        self._models.pull(model, progress)

    def reachable(self) -> bool:
        return self._endpoints.reachable()

    def close(self) -> None:
        self._wire.close()

    def _runner(self, url: str, model: str, **options: float) -> dict[str, Any]:
        """What every request for the model has in common. Of the options only num_ctx belongs to the runner; a
        request that differs in it makes Ollama load the model anew (`needsReload` in server/sched.go)."""
        options["num_ctx"] = self._models.context(url, model)
        return {"model": model, "keep_alive": self._keep_alive, "options": options, "truncate": False}

    def _conversation(self, url: str, model: str, messages: list[dict[str, str]], **options: float) -> dict[str, Any]:
        # shift belongs to the runner as well. think: thoughts would use up the answer's tokens.
        profile = self._runner(url, model, **options)
        return profile | {"messages": messages, "stream": False, "shift": False, "think": False}

    def _chat(self, url: str, request: ChatRequest) -> Completion:
        messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
        body = self._conversation(
            url,
            request.model,
            messages,
            num_predict=request.max_tokens,
            temperature=0,
            seed=request.seed,
            # Older servers default to 1.1, which punishes what we ask for: quoting the text word for word.
            repeat_penalty=1.0,
        )
        found = self._wire.ask(
            url, "/api/chat", body | {"format": request.schema}, model=request.model, private=[request.user]
        )
        completion = _completion(found, url)
        count, context = completion.prompt_tokens, body["options"]["num_ctx"]
        if count is not None and was_cut(count, request.system, request.user, context):
            raise PromptTooLong(
                f"Ollama at {url} read {count} tokens with num_ctx {context}: it cut the prompt, although it was told "
                "not to. Update Ollama, or raise TY_CONTEXT_TOKENS."
            )
        return completion

    def _embed(self, url: str, model: str, texts: Sequence[str]) -> EmbeddingBatch:
        body = self._runner(url, model) | {"input": list(texts)}
        found = self._wire.ask(url, "/api/embed", body, model=model, embedding=True, private=texts)
        try:
            return EmbeddingBatch(vectors(found[0].get("embeddings"), len(texts)), _seconds(found[0]))
        except ValueError as error:
            raise ServerFault(f"Ollama at {url} answered /api/embed for {len(texts)} texts with {error}") from None

    def _load(self, url: str, model: str, embedding: bool) -> float:
        begun = time.monotonic()
        if embedding:
            body = self._runner(url, model) | {"input": []}
            found = self._wire.ask(url, "/api/embed", body, model=model, embedding=True)
        else:
            found = self._wire.ask(url, "/api/chat", self._conversation(url, model, []), model=model)
        told = _seconds(found[-1])
        return time.monotonic() - begun if told is None else told


def probe(wire: Wire, url: str) -> None:
    """Raises: an error unless Ollama answers there."""
    try:
        found = wire.ask(url, "/api/version", timeout=_PROBE_SECONDS)
    except AccessDenied:
        return  # it is alive; the request itself will say what is wrong
    if not isinstance(found[0].get("version"), str):
        raise ServerDown(f"{url} answers, but not as Ollama does. Correct TY_OLLAMA_URLS.")


def kept_alive(told: str) -> str | int:
    """As JSON a number of seconds where it is one: Go cannot read "-1" as a duration."""
    return int(told) if told.lstrip("-").isdigit() else told


def _completion(found: Sequence[dict[str, Any]], url: str) -> Completion:
    """One object, or a line for each token."""
    last = found[-1]
    if last.get("done") is not True:
        # Its runner broke off, and the server sends what it has, with status 200.
        raise ConnectionLost(f"Ollama at {url} ended an answer without saying that it is done")
    parts = [part.get("message") for part in found]
    return Completion(
        text="".join(str(part.get("content") or "") for part in parts if isinstance(part, dict)),
        finish="length" if last.get("done_reason") == "length" else "stop",
        prompt_tokens=_count(last.get("prompt_eval_count")),
        output_tokens=_count(last.get("eval_count")),
        load_seconds=_seconds(last),
    )


def _count(value: object) -> int | None:
    """Ollama leaves out a zero; a prompt has tokens, so 0 is unknown as well."""
    return value if isinstance(value, int) and value > 0 else None


def _seconds(reply: dict[str, Any]) -> float | None:
    nanoseconds = reply.get("load_duration")
    return nanoseconds / 1e9 if isinstance(nanoseconds, int) else None
