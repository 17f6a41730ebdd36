"""One question from its arrival at a model to its result, whatever dialect it came in.

Belongs here: the order of things (runner, prompt, slot, work, answer) and what fits into a context. Not here: how
requests and replies are written (`ollama_api`, `openai_api`).
"""

import asyncio
import json
import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

from answers import answer
from configuration import Configuration, Fault, Model
from counters import Counters
from embedding import vector_json
from faults import Faults, spoiled
from loading import Runner, Scheduler
from slots import Slot, Slots, common
from wire import Refusal

CHARACTERS_PER_TOKEN = 3.5
_KEEP = 4  # num_keep

NAN = "embedding contains NaN or Inf values"
OLD_NAN = "failed to encode response: json: unsupported value: NaN"
TOO_LONG = (
    "the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the "
    "context length in settings, or use a model with a longer context length"
)
INPUT_TOO_LONG = "the input length exceeds the context length"


def tokens(text: str) -> int:
    """About as many as a real tokeniser's."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


@dataclass
class Timing:
    """Moments of a request, by time.monotonic(): real time, however it is shortened."""

    arrived: float
    loaded: float = 0.0
    began: float = 0.0
    ended: float = 0.0


@dataclass
class Chat:
    content: str
    finish: Literal["stop", "length"]
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    timing: Timing


@dataclass
class Vectors:
    """written: a JSON list for each text."""

    written: list[bytes]
    prompt_tokens: int
    timing: Timing


class Simulation:
    """The server behind both dialects."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.scheduler = Scheduler(configuration)
        self.counters = Counters()
        self.faults = Faults(configuration)
        self._rules = ThreadPoolExecutor(1, thread_name_prefix="rules")

    def model(self, name: str) -> Model | None:
        """The model of that name, with or without its ":latest"."""
        models = self.configuration.models
        plain = name.removesuffix(":latest")
        return models.get(plain) or models.get(f"{plain}:latest")

    def counted_model(self, endpoint: str, name: str) -> Model | None:
        """The same, and the request is counted."""
        model = self.model(name)
        self.counters.requests[endpoint][model.name if model else name] += 1
        return model

    def _size(self, texts: Sequence[str]) -> float:
        """Units of work, one for each text on average: always the same for the same text."""
        spread = self.configuration.spread
        return sum(1 + spread * (crc32(text.encode("utf-8", "replace")) / 2**31 - 1) for text in texts)

    async def load(self, model: Model, request: Mapping[str, Any]) -> Timing:
        timing = Timing(time.monotonic())
        async with self.scheduler.runner(model, request):
            timing.loaded = timing.began = timing.ended = time.monotonic()
        return timing

    async def chat(
        self, model: Model, messages: Sequence[Mapping[str, Any]], request: Mapping[str, Any], fault: Fault | None
    ) -> Chat:
        """request: Ollama's, of which options, format, keep_alive, truncate and shift are read; id_slot and
        cache_prompt are llama.cpp's."""
        timing = Timing(time.monotonic())
        if self.configuration.cuts:
            request = {**request, "truncate": True, "shift": True}
        async with self.scheduler.runner(model, request) as runner:
            timing.loaded = time.monotonic()
            messages, prompt_tokens = fitted(messages, request, runner)
            prompt = _prompt(messages)
            slots = runner.slots or Slots(1)
            async with slots.taken(prompt, request.get("id_slot")) as slot:
                timing.began = time.monotonic()
                cached_tokens = _cached_tokens(slot, prompt, prompt_tokens, request)
                slot.read = ""  # until it is read: who hangs up leaves nothing
                user = user_text(messages)
                loop = asyncio.get_running_loop()
                way, orders = self.configuration.answers, self.configuration.orders
                schema = request.get("format")
                schema = schema if isinstance(schema, Mapping) else None
                with self.scheduler.processor(model).working(self._size([user])) as work:
                    if way in ("rules", "obey"):  # takes a while: the others go on
                        content = await loop.run_in_executor(self._rules, answer, way, schema, user, orders)
                    else:
                        content = answer(way, schema, user)
                    await work
                slot.read = prompt + content
            content = spoiled(fault.kind if fault else "", content)
            most = _answer_limit(request, runner, prompt_tokens)
            finish: Literal["stop", "length"] = "stop"
            if tokens(content) > most:
                content = content[: int(most * CHARACTERS_PER_TOKEN)]
                finish = "length"
            if fault and fault.kind == "length":
                finish = "length"
            timing.ended = time.monotonic()
            self.counters.answered(prompt_tokens, cached_tokens)
        return Chat(content, finish, prompt_tokens, cached_tokens, tokens(content), timing)

    async def embed(
        self, model: Model, texts: Sequence[str], request: Mapping[str, Any], fault: Fault | None
    ) -> Vectors:
        """request: Ollama's, of which options, keep_alive, truncate and dimensions are read."""
        timing = Timing(time.monotonic())
        async with self.scheduler.runner(model, request) as runner:
            timing.loaded = timing.began = time.monotonic()
            lengths = [tokens(text) + 2 for text in texts]
            if request.get("truncate") is False and any(length > runner.num_ctx for length in lengths):
                raise Refusal(400, INPUT_TOO_LONG)
            texts = [text[: int((runner.num_ctx - 2) * CHARACTERS_PER_TOKEN)] for text in texts]
            with self.scheduler.processor(model).working(self._size(texts)) as work:
                dims = min(int(request.get("dimensions") or model.dims), model.dims)
                written = [vector_json(text, dims) for text in texts]
                await work
            if fault and fault.kind == "nan":
                raise Refusal(400, NAN)
            if fault and fault.kind == "nan_500":
                raise Refusal(500, OLD_NAN)
            if fault:
                written = _spoiled_vectors(fault, texts, written)
            timing.ended = time.monotonic()
            self.counters.texts_embedded[model.name] += len(texts)
        return Vectors(written, sum(min(length, runner.num_ctx) for length in lengths), timing)


def _prompt(messages: Sequence[Mapping[str, Any]]) -> str:
    """As a template writes it."""
    parts = (f"<|{message.get('role')}|>{message.get('content') or ''}" for message in messages)
    return "".join(parts) + "<|assistant|>"


def _cached_tokens(slot: Slot, prompt: str, prompt_tokens: int, request: Mapping[str, Any]) -> int:
    """Tokens that the slot has read before; the last one is always read again, for what follows it."""
    if request.get("cache_prompt") is False:
        return 0
    share = common(slot.read, prompt) / len(prompt)
    return min(int(share * prompt_tokens), prompt_tokens - 1)


def user_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """The last message of the user."""
    return next((str(m.get("content") or "") for m in reversed(messages) if m.get("role") == "user"), "")


def fitted(
    messages: Sequence[Mapping[str, Any]], request: Mapping[str, Any], runner: Runner
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """What the model really reads, and its tokens.

    By default, silently: the oldest messages go first, but for system messages and the last one (server/prompt.go); if
    that is not enough, the prompt's first tokens and its tail stay, about half of the context (llm/llama_server.go,
    contextShiftPromptLimit). shift: false makes that an error, with truncate: false it is llama-server's own.
    """
    needed = _prompt_tokens(messages)
    if needed < runner.num_ctx:
        return messages, needed
    truncate, shift = request.get("truncate") is not False, request.get("shift") is not False
    if not truncate and not shift:
        message = (
            f"request ({needed} tokens) exceeds the available context size ({runner.num_ctx} tokens), try increasing it"
        )
        error = {"code": 400, "message": message, "type": "exceed_context_size_error"}
        raise Refusal(400, json.dumps({"error": {**error, "n_prompt_tokens": needed, "n_ctx": runner.num_ctx}}))
    kept = list(messages)
    if truncate:
        oldest = [message for message in kept[:-1] if message.get("role") != "system"]
        while oldest and _prompt_tokens(kept) >= runner.num_ctx:
            kept.remove(oldest.pop(0))
    needed = _prompt_tokens(kept)
    if needed < runner.num_ctx:
        return kept, needed
    if not shift:
        raise Refusal(400, TOO_LONG)
    limit = runner.num_ctx - max((runner.num_ctx - _KEEP) // 2, 1)
    tail = int((limit - _KEEP) * CHARACTERS_PER_TOKEN)
    cut = "".join(str(message.get("content") or "") for message in kept)[-tail:]
    return [{"role": "user", "content": cut}], limit


def _prompt_tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    return sum(tokens(str(message.get("content") or "")) + 4 for message in messages)


def _answer_limit(request: Mapping[str, Any], runner: Runner, prompt_tokens: int) -> int:
    """Tokens that an answer may have: num_predict; ten contexts where it says nothing; without shift, what is left."""
    told = int((request.get("options") or {}).get("num_predict", -1))
    limit = told if told >= 0 else 10 * runner.num_ctx
    return limit if request.get("shift") is not False else min(limit, runner.num_ctx - prompt_tokens)


def _spoiled_vectors(fault: Fault, texts: Sequence[str], written: list[bytes]) -> list[bytes]:
    if fault.kind == "missing":
        return written[:-1]
    bad = {"nan_values": b"null", "zero": b"0"}.get(fault.kind)
    if bad is None:
        return written
    return [
        b"[" + b",".join([bad] * (vector.count(b",") + 1)) + b"]" if (fault.match or "") in text else vector
        for text, vector in zip(texts, written, strict=True)
    ]
