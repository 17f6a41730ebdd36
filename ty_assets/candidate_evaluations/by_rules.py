"""Answers to a batch without any model server: rules and the packaged encoder, on the embedded engine.

Belongs here: the relay that a batch sees in place of a model server, and which requests it takes. Not here: how a text
is judged by a criterion (judging.py). It answers what `Question` asks and texts to embed; of anything else it says
what would answer it.
"""

import base64
import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ty_assets.candidate_evaluations.judging import Rules
from ty_assets.candidate_evaluations.question import asked
from ty_resources.inference.embedded import EMBEDDING_MODEL
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import ConnectionLost
from ty_resources.inference.relay import CHAT, EMBEDDINGS, Relayed
from ty_resources.settings import Settings

MODEL: Final = "rules"
_NEEDS_MODEL: Final = (
    "No model server is set up: the embedded engine answers requests that were prepared from a rubric "
    "(`ty batch prepare`) and embeddings. Set TY_ENGINE to ollama or openai to have a model answer any request."
)
_PIECES: Final = re.compile(r"\w+|[^\w\s]")


class RulesRelay:
    """Implements `Relay`. Deterministic: the same request gets the same answer, whatever was asked before."""

    def __init__(self, config: Settings, engine: InferenceEngine | None = None) -> None:
        self._workers = config.workers or os.cpu_count() or 1
        self._engine = engine
        self._rules: Rules | None = None
        self._lock = threading.Lock()
        self._cancelled = 0

    def ask(self, endpoint: str, body: Mapping[str, Any]) -> Relayed:
        cancelled = self._cancelled
        answer = self._embeddings(body) if endpoint == EMBEDDINGS else self._judged(endpoint, body)
        if self._cancelled != cancelled:
            raise ConnectionLost("broken off")
        return answer

    def slots(self, model: str) -> int:
        return self._workers

    def warm(self, body: Mapping[str, Any]) -> int:
        return 0

    def models(self) -> set[str] | None:
        return {MODEL, EMBEDDING_MODEL}

    def vram(self) -> int | None:
        return None

    def cancel_all(self) -> None:
        self._cancelled += 1

    def close(self) -> None:
        return None

    def _judged(self, endpoint: str, body: Mapping[str, Any]) -> Relayed:
        question = asked(body) if endpoint == CHAT else None
        if question is None:
            return _refused(_NEEDS_MODEL)
        content = json.dumps(self._ready().judge(question.rubric, question.text), ensure_ascii=False)
        read = sum(_tokens(str(message["content"])) for message in body["messages"])
        written = _tokens(content)
        completion = {
            "id": f"chatcmpl-{_digest(content + str(body['messages'][-1]['content']))}",
            "object": "chat.completion",
            "created": 0,  # the same request gets the same answer
            "model": MODEL,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content, "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
        }
        return Relayed(200, str(completion["id"]), completion, prompt_tokens=read, output_tokens=written)

    def _embeddings(self, body: Mapping[str, Any]) -> Relayed:
        given = body.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
            return _refused("Expected a text or a list of texts; the embedded engine takes no tokens.", "input")
        form = body.get("encoding_format", "float")
        if form not in ("float", "base64"):
            return _refused("Expected float or base64.", "encoding_format")
        vectors = self._ready().encode(texts)
        if body.get("dimensions") not in (None, vectors.shape[1]):
            return _refused(f"The packaged encoder makes vectors of {vectors.shape[1]} dimensions.", "dimensions")
        read = sum(map(_tokens, texts))
        data = [
            {
                "object": "embedding",
                "index": position,
                "embedding": vector.tolist()
                if form == "float"
                else base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode(),
            }
            for position, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": read, "total_tokens": read}
        answer = {"object": "list", "data": data, "model": EMBEDDING_MODEL, "usage": usage}
        return Relayed(200, f"embd-{_digest(json.dumps(texts))}", answer, prompt_tokens=read)

    def _ready(self) -> Rules:
        """The rules, whose encoder loads with the first request: it takes a second."""
        with self._lock:
            if self._rules is None:
                if self._engine is None:
                    from ty_resources.connect import embedded_engine

                    self._engine = embedded_engine()
                self._rules = Rules(self._engine.embed)
            return self._rules


def _tokens(text: str) -> int:
    """Words and signs: the rules read no tokens of any vocabulary."""
    return len(_PIECES.findall(text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _refused(message: str, param: str | None = None) -> Relayed:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": "not_supported"}
    return Relayed(400, f"req_{_digest(message)}", {"error": error})
