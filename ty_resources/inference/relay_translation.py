"""Between OpenAI's API and Ollama's own: the same request, and the same answer, in the other's words.

Belongs here: names and shapes, and what Ollama cannot do. Not here: what belongs to a runner, such as num_ctx
(`relay_ollama`). Ollama has such a translation itself (openai/openai.go, whose names and defaults are followed), which
ignores num_ctx and passes over in silence what it cannot do: an answer to another question would look like any other.
"""

import base64
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class Untranslatable(ValueError):
    """What Ollama cannot do; param: the name that asks for it."""

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param


# OpenAI's name -> Ollama's option. Both default to 1 there; Ollama's own defaults would give other answers.
_OPTIONS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    # No names of OpenAI's, but all local servers know them.
    "top_k": "top_k",
    "min_p": "min_p",
    "repeat_penalty": "repeat_penalty",
}
_DEFAULTS = {"temperature": 1.0, "top_p": 1.0}
# They say nothing of the answer.
_WITHOUT_EFFECT = {
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "user",
}
# What may be there as long as it asks for nothing: the values that do.
_HARMLESS: Mapping[str, Sequence[Any]] = {
    "n": (1,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "tool_choice": ("auto", "none"),
    "verbosity": ("medium",),
}
_TRANSLATED = {
    "model",
    "messages",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "response_format",
    "logprobs",
    "top_logprobs",
    "tools",
    "reasoning_effort",
    "think",
}
_THINK: Mapping[str, bool | str] = {
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "max",
    "max": "max",
}


def native_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request of /api/chat without what belongs to the runner; its options are those of the sampling.

    Raises: Untranslatable.
    """
    _refuse_unknown(body, _TRANSLATED | set(_OPTIONS))
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Untranslatable("messages", "expected a list with at least one message in 'messages'")
    options: dict[str, Any] = dict(_DEFAULTS)
    for name, option in _OPTIONS.items():
        if body.get(name) is not None:
            options[option] = body[name]
    for name in ("max_tokens", "max_completion_tokens"):  # the newer name wins
        if body.get(name) is not None:
            options["num_predict"] = body[name]
    if body.get("stop") is not None:
        options["stop"] = [body["stop"]] if isinstance(body["stop"], str) else body["stop"]
    request: dict[str, Any] = {"messages": _native_messages(messages), "options": options}
    wanted = _format(body.get("response_format"))
    if wanted is not None:
        request["format"] = wanted
    if body.get("tools") and body.get("tool_choice") != "none":
        request["tools"] = body["tools"]
    for name in ("logprobs", "top_logprobs"):
        if body.get(name) is not None:
            request[name] = body[name]
    think = _thinking(body)
    return request if think is None else {**request, "think": think}


def chat_completion(model: str, last: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAI's chat.completion of the reply of /api/chat."""
    told = last.get("message")
    told = told if isinstance(told, dict) else {}
    message: dict[str, Any] = {"role": "assistant", "content": told.get("content") or ""}
    if told.get("thinking"):
        message["reasoning"] = told["thinking"]
    calls = [_tool_call(index, call) for index, call in enumerate(told.get("tool_calls") or ())]
    if calls:
        message["tool_calls"] = calls
        message["content"] = message["content"] or None
    reason = last.get("done_reason")
    finish = "length" if reason == "length" else "tool_calls" if calls else "stop"
    logprobs = last.get("logprobs")
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": str(last.get("model") or model),
        "system_fingerprint": "fp_ollama",
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": {"content": logprobs, "refusal": None} if logprobs else None,
                "finish_reason": finish,
            }
        ],
        **_usage(last.get("prompt_eval_count"), last.get("eval_count") or 0),
    }


def native_embed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request of /api/embed without what belongs to the runner. Raises: Untranslatable."""
    _refuse_unknown(body, {"model", "input", "dimensions", "encoding_format"})
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise Untranslatable("input", "expected a text or a list of texts in 'input'; Ollama takes no tokens")
    if body.get("encoding_format") not in (None, "float", "base64"):
        raise Untranslatable("encoding_format", "expected float or base64 in 'encoding_format'")
    dimensions = body.get("dimensions")
    return {"input": texts} if dimensions is None else {"input": texts, "dimensions": dimensions}


def embedding_list(
    model: str, rows: Sequence[Any], body: Mapping[str, Any], prompt_tokens: int | None
) -> dict[str, Any]:
    """OpenAI's list of embeddings of the vectors of /api/embed."""
    packed = body.get("encoding_format") == "base64"
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(row) if packed else row}
            for index, row in enumerate(rows)
        ],
        "model": model,
        "usage": {"prompt_tokens": prompt_tokens or 0, "total_tokens": prompt_tokens or 0},
    }


def _refuse_unknown(body: Mapping[str, Any], known: set[str]) -> None:
    for name, value in body.items():
        if value is None or name in known or name in _WITHOUT_EFFECT:
            continue
        if name not in _HARMLESS:
            raise Untranslatable(name, f"Ollama knows nothing that corresponds to '{name}': leave it out")
        if value not in _HARMLESS[name]:
            raise Untranslatable(name, f"Ollama cannot do what '{name}' asks for with {json.dumps(value)[:80]}")


def _native_messages(messages: Sequence[Any]) -> list[dict[str, Any]]:
    found = []
    tools: dict[str, str] = {}  # the calls' ids -> names: Ollama wants the name
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise Untranslatable("messages", "expected objects with a role and a content in 'messages'")
        role = "system" if message["role"] == "developer" else message["role"]
        text, images = _content(message.get("content"))
        native: dict[str, Any] = {"role": role, "content": text}
        if images:
            native["images"] = images
        if calls := message.get("tool_calls"):
            native["tool_calls"] = [_native_call(call, tools) for call in calls]
        if called := message.get("tool_call_id"):
            native["tool_call_id"] = called
            native["tool_name"] = message.get("name") or tools.get(called, "")
        found.append(native)
    return found


def _content(content: Any) -> tuple[str, list[str]]:
    """The text, and images in base64."""
    if content is None or isinstance(content, str):
        return content or "", []
    texts: list[str] = []
    images: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url":
            source = part.get("image_url")
            url = str(source.get("url") if isinstance(source, dict) else source)
            if not url.startswith("data:") or ";base64," not in url:
                raise Untranslatable("messages", "Ollama fetches no images: put them in as data: URLs in base64")
            images.append(url.partition(";base64,")[2])
        else:
            raise Untranslatable(
                "messages", f"Ollama takes text and images in a message, and no {kind or 'other part'}"
            )
    return "\n".join(texts), images


def _native_call(call: Any, tools: dict[str, str]) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        raise Untranslatable("messages", "expected calls of functions in 'tool_calls'")
    tools[str(call.get("id"))] = str(function.get("name"))
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except (ValueError, TypeError):
        raise Untranslatable("messages", "expected JSON in the arguments of 'tool_calls'") from None
    return {"id": call.get("id"), "function": {"name": function.get("name"), "arguments": arguments}}


def _tool_call(index: int, call: Mapping[str, Any]) -> dict[str, Any]:
    function = call.get("function") or {}
    arguments = json.dumps(function.get("arguments") or {}, ensure_ascii=False)
    return {
        "id": call.get("id") or f"call_{uuid.uuid4().hex[:24]}",
        "index": index,
        "type": "function",
        "function": {"name": function.get("name"), "arguments": arguments},
    }


def _format(wanted: Any) -> Any:
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if wanted is None or kind == "text":
        return None
    if kind == "json_object":
        return "json"
    told = wanted.get("json_schema") if kind == "json_schema" else None
    if not isinstance(told, dict) or not isinstance(told.get("schema"), dict):
        raise Untranslatable("response_format", "expected text, json_object or a json_schema in 'response_format'")
    return told["schema"]


def _thinking(body: Mapping[str, Any]) -> bool | str | None:
    if body.get("think") is not None:
        think: bool | str = body["think"]
        return think
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in _THINK:
        raise Untranslatable("reasoning_effort", f"expected one of {', '.join(_THINK)} in 'reasoning_effort'")
    return None if effort is None else _THINK[effort]


def _usage(prompt_tokens: Any, output_tokens: int) -> dict[str, Any]:
    """Ollama leaves out a count that it does not know; it never says what its cache has saved."""
    if not isinstance(prompt_tokens, int):
        return {}
    total = prompt_tokens + output_tokens
    return {
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": output_tokens, "total_tokens": total},
    }


def _packed(row: Sequence[float]) -> str:
    return base64.b64encode(np.asarray(row, "<f4").tobytes()).decode()
