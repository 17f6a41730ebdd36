"""What a model server's reply means: its JSON, or the error class that its status and its words stand for.

Belongs here: reading bodies, and the table from status and text to `errors`, which both dialects share. Not here:
HTTP itself (`wire`), and what is done about an error (`endpoints`, `model_engine`).
"""

import email.utils
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from ty_resources.inference import errors

# A server's message is quoted up to this length; longer ones are stack traces or pages.
_QUOTED_CHARACTERS = 300
# A run of characters that a message shares with the text sent is no accident.
_SHARED_CHARACTERS = 24
# Tokens of German, English and JSON have three to five bytes; twice as many mean that half of the prompt is missing.
_MOST_BYTES_PER_TOKEN = 8.0
_MANY_BYTES_PER_TOKEN = 5.5
# A server that asks for more patience than this is mistaken, or its clock is.
_LONGEST_WAIT_SECONDS = 600.0

# llama.cpp, Ollama on top of it, vLLM, SGLang, LiteLLM, text-embeddings-inference. "physical batch size": llama.cpp's
# answer, with status 500, to an embedding text longer than its batch.
_TOO_LONG = re.compile(
    r"context (?:length|size|window)|exceed_context|exceeds? (?:the )?(?:available |maximum )?context"
    r"|(?:prompt|input|text|sequence|request) (?:is |was )?too long|too large to process|physical batch size"
    r"|ContextWindowExceeded|must have less than \d+ tokens",
    re.I,
)
_NO_VECTOR = re.compile(r"\b(?:NaN|Inf)\b|unsupported value|not JSON compliant")
_NO_MODEL = re.compile(
    r"model\b.{0,200}\b(?:not found|does not exist)|try pulling|invalid model name|(?:no such|unknown) model",
    re.I | re.S,
)
_UNSUITED = re.compile(r"does not support|not support embeddings|Pooling type 'none'", re.I)
# Ollama cannot start the model at all; a crash at one prompt reads "model runner has unexpectedly stopped" or "an
# error was encountered while running the model", and is that item's.
_NOT_LOADED = re.compile(
    r"requires more system memory|(?:unable|failed) to load model|process has terminated|waiting for llama"
    r"|during startup",
    re.I,
)
# Ollama's /api/embed answers 400 whatever broke below it (`server/routes.go`, EmbedHandler).
_BROKE_BELOW = re.compile(
    r"do embedding request|embed(?:ding)? response|connection (?:refused|reset)|EOF|server status|no longer running"
    r"|not responding",
    re.I,
)


@dataclass(frozen=True)
class Dialect:
    """What a message says of a kind of server. The hints are sentences; `missing_hint` may have {model}."""

    name: str
    urls_setting: str
    down_hint: str
    missing_hint: str
    access_hint: str


@dataclass(frozen=True)
class Reply:
    """One HTTP reply. url: the base URL. retry_after: the header as it came. request_id: the server's, if any."""

    url: str
    path: str
    status: int
    content: bytes
    retry_after: str | None = None
    location: str | None = None
    request_id: str | None = None


def documents(content: bytes) -> list[Any]:
    """The JSON documents of a body: one, or one a line (NDJSON).

    Raises: ValueError. pydantic's parser reads vectors six times as fast as json (measured: 64 x 1024 floats in
    6 instead of 38 ms), but refuses half of a surrogate pair, which a broken answer may have.
    """
    for parse in (from_json, json.loads):
        try:
            return [parse(content)]
        except ValueError:
            continue
    found = [json.loads(line) for line in content.splitlines() if line.strip()]
    if not found:
        raise ValueError("the body is empty")
    return found


def vectors(rows: object, texts: int) -> NDArray[np.float32]:
    """(texts, d) float32 of a list of lists; null, as llama.cpp writes NaN, becomes NaN.

    Raises: ValueError where it is not one vector for each text, all of one length.
    """
    try:
        with np.errstate(over="ignore"):
            found = np.array(rows, np.float32)
    except (TypeError, ValueError):
        raise ValueError("vectors of different lengths, or no numbers") from None
    if found.ndim != 2 or found.shape[0] != texts or found.shape[1] == 0:
        raise ValueError(f"an array of the shape {found.shape}")
    return found


def was_cut(prompt_tokens: int, system: str, user: str, context: int | None = None) -> bool:
    """Whether a server read only a part of the prompt, and said nothing of it.

    prompt_tokens: what it counted. context: tokens of its runner. Older Ollama servers keep as many of the prompt as
    the context has; v0.33, where it is not told `truncate: false`, about half of them (contextShiftPromptLimit in
    llm/llama_server.go: num_ctx/2 + 2, one more with a token for the beginning). A whole prompt may be as long as
    that by chance, so its bytes decide.
    """
    bytes_per_token = sum(len(text.encode("utf-8", "replace")) for text in (system, user)) / prompt_tokens
    if bytes_per_token > _MOST_BYTES_PER_TOKEN or (context is not None and prompt_tokens >= context - 1):
        return True
    at_half = context is not None and 0 <= prompt_tokens - context // 2 <= 4
    return at_half and bytes_per_token > _MANY_BYTES_PER_TOKEN


def error_text(document: object) -> str:
    """The server's words: `{"error": text}`, `{"error": {"message": text}}`, `{"message": ...}`, `{"detail": ...}`.

    Ollama hands on llama-server's JSON as a text, so a text is looked into as well. Of FastAPI's list of faults only
    place and message are taken: `input` would repeat the whole request.
    """
    if isinstance(document, str):
        if document.lstrip().startswith("{"):
            try:
                return error_text(json.loads(document))
            except ValueError:
                pass
        return document.strip()
    if isinstance(document, list):
        return "; ".join(error_text(part) for part in document)
    if isinstance(document, dict):
        if "loc" in document and "msg" in document:
            return f"{'.'.join(str(part) for part in document['loc'])}: {document['msg']}"
        for name in ("error", "message", "detail"):
            if document.get(name):
                kind = document.get("type") if name == "message" else None
                words = error_text(document[name])
                return f"{words} ({kind})" if isinstance(kind, str) and kind else words
    return ""


def quoted(words: str, private: Sequence[str] = ()) -> str:
    """The words for a message, shortened; left out where they repeat what was sent."""
    short = " ".join(words.split())[:_QUOTED_CHARACTERS]
    for sent in (" ".join(text.split()) for text in private):
        width = min(_SHARED_CHARACTERS, len(sent))
        runs = (short[start : start + width] for start in range(len(short) - width + 1))
        if width >= 8 and any(run in sent for run in runs):
            return "its message repeats the text and is left out"
    return short or "it says nothing more"


def error_of(
    dialect: Dialect,
    reply: Reply,
    words: str,
    *,
    model: str | None,
    embedding: bool = False,
    private: Sequence[str] = (),
) -> errors.EngineError:
    """The error that a reply of status 300 or more stands for, with what came and what to do.

    words: the server's own. model: the one asked for, if one was. embedding: vectors were asked for. private: texts
    that no message may show.
    """
    status, url = reply.status, reply.url
    said = f"{dialect.name} at {url} answered {status} to {reply.path}: {quoted(words, private)}"
    if status in (401, 403, 407):
        # Its words may hold a part of the key.
        return errors.AccessDenied(f"{dialect.name} at {url} denies access ({status}). {dialect.access_hint}")
    if 300 <= status < 400:
        where = (reply.location or "another address").split("?")[0]
        return errors.ServerDown(f"{url} sends on to {where}. Name the server itself in {dialect.urls_setting}.")
    if status in (429, 503):
        return errors.ServerBusy(said, retry_after(reply.retry_after))
    if status in (408, 504):
        return errors.ServerTimeout(f"{said}. A proxy before the server may wait for less than an answer takes.")
    if status == 413 or (status in (400, 422, 500) and _TOO_LONG.search(words)):
        return errors.PromptTooLong(f"{said}. Raise TY_CONTEXT_TOKENS, or the server's own limit.")
    if embedding and _NO_VECTOR.search(words):
        return errors.InvalidEmbedding(said)
    return _rarer(dialect, reply, words, said, model, embedding)


def _rarer(
    dialect: Dialect, reply: Reply, words: str, said: str, model: str | None, embedding: bool
) -> errors.EngineError:
    status = reply.status
    if "token repeat limit" in words:  # Ollama gives up an answer that repeats itself; another seed may not
        return errors.SchemaViolation(said)
    if status == 501 or (status == 400 and _UNSUITED.search(words)):
        use = "embeddings" if embedding else "this"
        return errors.ModelMissing(f"{said}. The server has no {model} that serves {use}; choose another model.")
    if status in (400, 404) and model and _NO_MODEL.search(words):
        return errors.ModelMissing(f"{reply.url} has no model {model}. {dialect.missing_hint.format(model=model)}")
    if status == 404:
        return errors.ServerDown(f"{said}. It does not speak as {dialect.name} does: check {dialect.urls_setting}.")
    if status >= 500 and _NOT_LOADED.search(words):
        return errors.ServerDown(f"{said}. The server cannot load {model}: give it memory or a smaller model.")
    if status >= 499 or (embedding and _BROKE_BELOW.search(words)):
        return errors.ServerFault(said)
    return errors.RequestRefused(said)


def retry_after(header: str | None) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date (RFC 9110, 10.2.3); None where there is none."""
    if header is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(?:\.\d+)?\s*", header):
        seconds = float(header)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)
