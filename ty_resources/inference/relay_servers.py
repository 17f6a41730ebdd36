"""The servers that requests are passed on to, whichever dialect they speak: one request's way, and breaking it off.

Belongs here: choosing the server, refusals in place of errors, prompts that a server has cut. Not here: what is sent
and what is made of the answer (`relay_openai`, `relay_ollama`).
"""

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import ConnectionLost, EngineError, InvalidEmbedding, ServerFault
from ty_resources.inference.relay import Relayed
from ty_resources.inference.relay_load import RelayLoad
from ty_resources.inference.relay_refusals import is_refusal, refusal, refused
from ty_resources.inference.replies import Reply, vectors, was_cut
from ty_resources.inference.usage import LOADED_WITHIN_SECONDS
from ty_resources.inference.wire import Wire

# Prefixes whose server is remembered; a batch has one, a handful of batches a handful.
_PREFIXES = 256
# A context of a thousand tokens is the least that the settings allow, and a cut leaves half of it.
_FEWEST_TOKENS = 256
_REPEATED = re.compile(r"(.)\1{3,}", re.S)
_LONGEST_RUN = r"\1\1\1"


class BrokenOff(Exception):
    """`cancel_all` was called while the request was under way. No `EngineError`, so that no other server is tried."""


class Passage:
    """One request on its way. model: "" where it names none. private: texts that no message of an error may show.

    reply: the last one. load_seconds: the time that the model took to load before it answered.
    """

    def __init__(self, wire: Wire, model: str, private: Sequence[str], embedding: bool) -> None:
        self._wire = wire
        self.model = model
        self._private = private
        self._embedding = embedding
        self.reply: Reply | None = None
        self.load_seconds = 0.0

    def post(self, url: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The last JSON object of the reply. Raises: whatever it stands for instead."""
        self.reply = None
        self.reply = self._wire.reply(url, path, body)
        found = self._wire.read(self.reply, model=self.model or None, embedding=self._embedding, private=self._private)[
            -1
        ]
        content = self.reply.content
        # JSON knows neither of these, PostgreSQL and strict readers refuse them; they are rare enough to look first.
        if b"NaN" in content or b"Infinity" in content or b"\\ud" in content or b"\\uD" in content:
            found = strict(found)
        return found

    @property
    def request_id(self) -> str | None:
        return self.reply.request_id if self.reply else None


class RelayServers:
    """Thread-safe. Owns the wire."""

    def __init__(self, wire: Wire, endpoints: Endpoints, load: RelayLoad) -> None:
        self._wire = wire
        self._endpoints = endpoints
        self.load = load
        self._lock = threading.Lock()
        self._cancels = 0
        self._read_at: OrderedDict[int, str] = OrderedDict()  # prefix -> the server that read it last

    def ask(
        self,
        body: Mapping[str, Any],
        send: Callable[[Passage, str, Mapping[str, Any]], Relayed],
        *,
        embedding: bool = False,
        only: str | None = None,
    ) -> Relayed:
        """Pass one request on: send(passage, base URL, body). only: the one server that will do."""
        try:
            return self._ask(body, send, embedding, only)
        except RecursionError:
            return refused(400, "the request is nested too deeply")

    def _ask(
        self,
        body: Mapping[str, Any],
        send: Callable[[Passage, str, Mapping[str, Any]], Relayed],
        embedding: bool,
        only: str | None,
    ) -> Relayed:
        model = body.get("model")
        passage = Passage(self._wire, model if isinstance(model, str) else "", texts(body), embedding)
        prefix = None if embedding or only else _prefix(body)
        with self._lock:
            cancels = self._cancels
            prefer = self._read_at.get(prefix) if prefix is not None else None

        def at(url: str) -> Relayed:
            if cancels != self._cancels:
                raise BrokenOff
            try:
                relayed = send(passage, url, body)
            except EngineError:
                if cancels != self._cancels:
                    raise BrokenOff from None  # another server would only do the work again
                raise
            self._note(prefix, url)
            return relayed

        with self.load.request(passage.model) as under_way:
            try:
                relayed = self._endpoints.call(at, passage.model or None, only, prefer)
            except BrokenOff:
                raise ConnectionLost("the request was broken off") from None
            except EngineError as error:
                if not is_refusal(error):
                    if cancels != self._cancels:
                        raise ConnectionLost("the request was broken off") from None
                    raise
                relayed = refusal(error, passage.reply)
            under_way.answer, under_way.loading = relayed, passage.load_seconds > LOADED_WITHIN_SECONDS
        return relayed

    def cancel_all(self) -> None:
        with self._lock:
            self._cancels += 1
        self._wire.break_off()

    def close(self) -> None:
        self.cancel_all()
        self._wire.close()

    def _note(self, prefix: int | None, url: str) -> None:
        if prefix is None:
            return
        with self._lock:
            self._read_at[prefix] = url
            self._read_at.move_to_end(prefix)
            if len(self._read_at) > _PREFIXES:
                self._read_at.popitem(last=False)


def probing(wire: Wire, probe: Callable[[Wire, str], None]) -> Callable[[str], None]:
    """The probe, again where it was broken off with everything else: that says nothing of the server."""

    def probed(url: str) -> None:
        while True:
            broken_off = wire.broken_off
            try:
                return probe(wire, url)
            except EngineError:
                if broken_off == wire.broken_off:
                    raise

    return probed


def texts(body: Mapping[str, Any]) -> list[str]:
    """All that a request has a model read, as far as it is text: contents of messages, inputs."""
    found: list[str] = []
    given = body.get("messages", body.get("input"))
    for part in given if isinstance(given, list) else [given]:
        content = part.get("content") if isinstance(part, dict) else part
        for piece in content if isinstance(content, list) else [content]:
            text = piece.get("text") if isinstance(piece, dict) else piece
            if isinstance(text, str):
                found.append(text)
    return found


def cut_prompt(body: Mapping[str, Any], prompt_tokens: int | None, context: int | None, hint: str) -> Relayed | None:
    """The refusal in place of an answer to a prompt that the server read only a part of; None for a whole one.

    What is lost first is the beginning: the rubric. Such an answer looks like any other, and is worthless.
    """
    read = texts(body)
    if not prompt_tokens or prompt_tokens < _FEWEST_TOKENS or not read:
        return None
    # A line of a hundred dashes is one token or two in some vocabularies, and no sign of a cut.
    shortened = "".join(_REPEATED.sub(_LONGEST_RUN, text) for text in read)
    if not was_cut(prompt_tokens, "", shortened, context):
        return None
    message = f"The server read only {prompt_tokens} tokens of the prompt and answered all the same: it cut it. {hint}"
    return refused(400, message, code="prompt_truncated", kind="context_length_error")


def strict(value: Any) -> Any:
    """The value without what JSON does not know: numbers that are none become null, halves of pairs a question mark."""
    if isinstance(value, dict):
        return {strict(key): strict(one) for key, one in value.items()}
    if isinstance(value, list):
        return [strict(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def checked_vectors(rows: Sequence[Any], texts: int, where: str) -> None:
    """Raises: ServerFault unless there is one vector for each text, InvalidEmbedding where a number of one is none."""
    if rows and all(isinstance(row, str) for row in rows):
        return  # base64, as asked
    try:
        found = vectors(rows, texts)
    except ValueError as error:
        raise ServerFault(f"{where} for {texts} texts with {error}") from None
    if not np.isfinite(found).all():
        raise InvalidEmbedding("embedding contains NaN or Inf values")


def _prefix(body: Mapping[str, Any]) -> int | None:
    messages = body.get("messages")
    if not isinstance(messages, list) or len(messages) < 2:
        return None
    return hash((body.get("model"), repr(messages[:-1])))
