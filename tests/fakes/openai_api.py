"""The OpenAI dialect on the wire, as far as this project speaks it: chat completions, embeddings, models.

Belongs here: its shapes and error bodies. Not here: what happens in between (`simulation`).
"""

import itertools
import json
import time
from collections.abc import Mapping
from typing import Any

from configuration import Model
from simulation import Simulation, user_text
from wire import Exchange, Handler, HungUp, Refusal


class OpenAIApi:
    """Handlers by method and path."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.routes: dict[tuple[str, str], Handler] = {
            ("GET", "/v1/models"): self.models,
            ("POST", "/v1/chat/completions"): self.chat,
            ("POST", "/v1/embeddings"): self.embeddings,
            ("GET", "/props"): self.props,
        }
        self._numbers = itertools.count(1)

    async def models(self, exchange: Exchange) -> None:
        self._check_key(exchange)
        models = self._simulation.configuration.models
        listed = [{"id": name, "object": "model", "created": 1, "owned_by": "library"} for name in models]
        exchange.reply({"object": "list", "data": listed})

    async def props(self, exchange: Exchange) -> None:
        """llama.cpp's own; there it has one model."""
        configuration = self._simulation.configuration
        if not configuration.llama_cpp:
            raise Refusal(404, "Not Found")
        self._check_key(exchange)
        about = {"n_ctx": configuration.context_length}
        exchange.reply({"default_generation_settings": about, "total_slots": configuration.num_parallel})

    async def chat(self, exchange: Exchange) -> None:
        self._check_key(exchange)
        request = exchange.json()
        model = self._known(exchange, request)
        messages = request.get("messages") or []
        if not messages:
            raise Refusal(400, "[] is too short - 'messages'")
        simulation, user = self._simulation, user_text(messages)
        simulation.counters.chat(user)
        with simulation.counters.asking(model.name):
            fault = simulation.faults.met(exchange.path, model.name, [user], {})
            await simulation.faults.before(fault, exchange, model.name)
            if exchange.began:
                return
            if fault and fault.kind == "cut":
                raise HungUp
            if fault and fault.kind == "error_line":
                raise Refusal(500, "an error was encountered while running the model: unexpected EOF")
            chat = await simulation.chat(model, messages, _as_ollama(request), fault)
        message = {"role": "assistant", "content": chat.content}
        read = {"cache_n": chat.cached_tokens, "prompt_n": chat.prompt_tokens - chat.cached_tokens}
        exchange.reply(
            {
                "id": f"chatcmpl-{next(self._numbers)}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": request["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": chat.finish}],
                "usage": {
                    "prompt_tokens": chat.prompt_tokens,
                    "completion_tokens": chat.output_tokens,
                    "total_tokens": chat.prompt_tokens + chat.output_tokens,
                    "prompt_tokens_details": {"cached_tokens": chat.cached_tokens},
                },
                **({"timings": read} if simulation.configuration.llama_cpp else {}),
            }
        )

    async def embeddings(self, exchange: Exchange) -> None:
        self._check_key(exchange)
        request = exchange.json()
        model = self._known(exchange, request)
        texts = request.get("input")
        texts = [texts] if isinstance(texts, str) else texts
        if not texts or not all(isinstance(text, str) for text in texts):
            raise Refusal(400, "invalid input")
        if model.kind != "embedding":
            raise Refusal(400, f"The model `{model.name}` does not support the Embeddings API")
        simulation = self._simulation
        simulation.counters.texts(texts)
        with simulation.counters.asking(model.name):
            fault = simulation.faults.met(exchange.path, model.name, texts, {})
            await simulation.faults.before(fault, exchange, model.name)
            if exchange.began:
                return
            vectors = await simulation.embed(model, texts, {"truncate": False}, fault)
        data = b",".join(
            b'{"object": "embedding", "index": %d, "embedding": %b}' % (place, written)
            for place, written in enumerate(vectors.written)
        )
        used = {"prompt_tokens": vectors.prompt_tokens, "total_tokens": vectors.prompt_tokens}
        about = json.dumps({"model": request["model"], "usage": used})[1:].encode()
        exchange.reply(b'{"object": "list", "data": [' + data + b"], " + about)

    def _check_key(self, exchange: Exchange) -> None:
        key = self._simulation.configuration.api_key
        if key is not None and exchange.headers.get(b"authorization") != f"Bearer {key}".encode():
            raise Refusal(401, "Incorrect API key provided.", code="invalid_api_key")

    def _known(self, exchange: Exchange, request: Mapping[str, Any]) -> Model:
        name = request.get("model")
        model = self._simulation.counted_model(exchange.path, str(name))
        if model is None:
            raise Refusal(404, f"The model `{name}` does not exist.", code="model_not_found")
        return model


def error_body(refusal: Refusal) -> dict[str, Any]:
    """As OpenAI, vLLM and llama.cpp shape it. A text that is such a body already is llama-server's own."""
    if refusal.message.startswith('{"error"'):
        return dict(json.loads(refusal.message))
    kinds = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 503: "unavailable_error"}
    kind = kinds.get(refusal.status, "server_error" if refusal.status >= 500 else "invalid_request_error")
    code = refusal.extra.get("code")
    return {"error": {"message": refusal.message, "type": kind, "param": None, "code": code}}


def _as_ollama(request: Mapping[str, Any]) -> dict[str, Any]:
    """The same question in the words of the native API. What does not fit is an error here, never cut."""
    told: dict[str, Any] = {"truncate": False, "shift": False}
    wanted = request.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        told["format"] = wanted["json_schema"]["schema"]
    most = request.get("max_completion_tokens") or request.get("max_tokens")
    if most is not None:
        told["options"] = {"num_predict": most}
    return told | {key: request[key] for key in ("id_slot", "cache_prompt") if key in request}
