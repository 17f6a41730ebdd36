"""Asking models by Ollama's native API: names, shapes, statuses, NDJSON.

Belongs here: what docs/api.md and server/routes.go of Ollama 0.33 say of requests and replies. Not here: what happens
in between (`simulation`), endpoints that ask no model (`ollama_models_api`), and the OpenAI dialect.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from configuration import Model
from ollama_models_api import known
from simulation import Chat, Simulation, Timing, user_text
from wire import Exchange, Handler, HungUp, Refusal

_PIECES = 6  # of a streamed answer


class OllamaApi:
    """Handlers by method and path."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.routes: dict[tuple[str, str], Handler] = {
            ("POST", "/api/generate"): self.generate,
            ("POST", "/api/chat"): self.chat,
            ("POST", "/api/embed"): self.embed,
        }

    async def generate(self, exchange: Exchange) -> None:
        """Loads and unloads only: this project asks by /api/chat."""
        request = exchange.json()
        model = known(self._simulation, exchange, request)
        if request.get("prompt"):
            raise Refusal(501, "the simulated server generates by /api/chat only")
        await self._load(exchange, model, request, {"response": ""})

    async def chat(self, exchange: Exchange) -> None:
        request = exchange.json()
        model = known(self._simulation, exchange, request)
        if model.kind != "chat":
            raise Refusal(400, f'"{request["model"]}" does not support chat')
        messages = request.get("messages") or []
        if not messages:
            await self._load(exchange, model, request, {"message": {"role": "assistant", "content": ""}})
            return
        _check_format(request.get("format"))
        simulation, user = self._simulation, user_text(messages)
        simulation.counters.chat(user)
        with simulation.counters.asking(model.name):
            fault = simulation.faults.met(exchange.path, model.name, [user], request.get("options") or {})
            await simulation.faults.before(fault, exchange, model.name)
            if exchange.began:
                return
            chat = await simulation.chat(model, messages, request, fault)
            kind = fault.kind if fault else ""
            if request.get("stream") is False:
                if kind == "error_line":
                    raise Refusal(500, "an error was encountered while running the model: unexpected EOF")
                if kind == "cut":
                    raise HungUp
                exchange.reply({**_part(request, chat.content), **_end(chat)})
            else:
                self._stream(exchange, request, chat, kind)

    def _stream(self, exchange: Exchange, request: Mapping[str, Any], chat: Chat, fault: str) -> None:
        exchange.begin()
        size = max(-(-len(chat.content) // _PIECES), 1)
        pieces = [chat.content[start : start + size] for start in range(0, len(chat.content), size)]
        if fault in ("error_line", "cut"):
            pieces = pieces[: len(pieces) // 2]
        for piece in pieces:
            exchange.line({**_part(request, piece), "done": False})
        if fault == "error_line":
            exchange.line({"error": "an error was encountered while running the model: unexpected EOF"})
        elif fault != "cut":
            exchange.line({**_part(request, ""), **_end(chat)})
        exchange.end()

    async def embed(self, exchange: Exchange) -> None:
        request = exchange.json()
        texts = request.get("input", [])
        texts = ([texts] if texts else []) if isinstance(texts, str) else texts
        if texts is not None and not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
            raise Refusal(400, "invalid input type")
        model = known(self._simulation, exchange, request)
        if model.kind != "embedding":
            raise Refusal(501, "this model does not support embeddings")
        simulation = self._simulation
        if not texts:
            with simulation.counters.asking(model.name):
                await simulation.load(model, request)
            exchange.reply({"model": request["model"], "embeddings": []})
            return
        simulation.counters.texts(texts)
        with simulation.counters.asking(model.name):
            fault = simulation.faults.met(exchange.path, model.name, texts, request.get("options") or {})
            await simulation.faults.before(fault, exchange, model.name)
            if exchange.began:
                return
            vectors = await simulation.embed(model, texts, request, fault)
            # Put together by hand, since the vectors are written already.
            head = b'{"model": "%b", "embeddings": [%b], ' % (request["model"].encode(), b",".join(vectors.written))
            about = {**_durations(vectors.timing), "prompt_eval_count": vectors.prompt_tokens}
            exchange.reply(head + json.dumps(about)[1:].encode())

    async def _load(
        self, exchange: Exchange, model: Model, request: Mapping[str, Any], empty: Mapping[str, Any]
    ) -> None:
        """What a request without a prompt does. It is one line, streamed or not."""
        reason = "load"
        with self._simulation.counters.asking(model.name):
            if request.get("keep_alive") in (0, "0", "0s"):
                reason = "unload"
                runner = self._simulation.scheduler.loaded.get(model.name)
                if runner is not None:
                    self._simulation.scheduler.expire(runner)
                durations = {}
            else:
                durations = _durations(await self._simulation.load(model, request))
        about = {"model": request["model"], "created_at": _now(), **empty, "done": True, "done_reason": reason}
        exchange.reply({**about, **durations})


def _check_format(told: Any) -> None:
    if told not in (None, "", "json") and not isinstance(told, dict):
        raise Refusal(400, f'invalid format: {told!r}; expected "json" or a valid JSON Schema object')


def _part(request: Mapping[str, Any], content: str) -> dict[str, Any]:
    return {"model": request["model"], "created_at": _now(), "message": {"role": "assistant", "content": content}}


def _end(chat: Chat) -> dict[str, Any]:
    busy = chat.timing.ended - chat.timing.began
    reading = busy * chat.prompt_tokens / max(chat.prompt_tokens + 10 * chat.output_tokens, 1)  # writing is slower
    return {
        "done": True,
        "done_reason": chat.finish,
        **_durations(chat.timing),
        "prompt_eval_count": chat.prompt_tokens,
        "prompt_eval_duration": _nanoseconds(reading),
        "eval_count": chat.output_tokens,
        "eval_duration": _nanoseconds(busy - reading),
    }


def _durations(timing: Timing) -> dict[str, Any]:
    return {
        "total_duration": _nanoseconds(timing.ended - timing.arrived),
        "load_duration": _nanoseconds(timing.loaded - timing.arrived),
    }


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
