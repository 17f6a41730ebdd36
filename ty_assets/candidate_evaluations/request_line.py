"""One line of an input file: a request, or what is wrong with it, in the words and codes of OpenAI's Batch API.

Belongs here: pure rules for one line. Not here: what is wrong between lines (`validation`), and what a model server has
against a request, which goes to the error file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from ty_assets.candidate_evaluations.input_lines import Line
from ty_resources.inference.relay import CHAT, EMBEDDINGS, ENDPOINTS

# Ids of candidates are short; what is longer is a text that went into the wrong field.
LONGEST_ID: Final = 512
_TYPES: Final = {
    dict: "an object", list: "an array", str: "a string", bool: "a boolean", int: "an integer", float: "a number",
    type(None): "null",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """An entry of a batch's `errors.data`. line: of the file, from 1; None for the file as a whole."""

    code: str
    message: str
    param: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Request:
    """prefix: hash of what its prompt begins with, which others may share; empty where there is nothing to share.
    inputs: texts to embed, or 1.
    """

    line: Line
    custom_id: str
    model: str
    prefix: bytes
    inputs: int


class _Refused(Exception):
    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.param = code, message, param


def read_request(line: Line, endpoint: str) -> Request | Fault:
    """The request that stands in this line, or why it is none."""
    try:
        content = _parsed(line)
        custom_id = _custom_id(content)
        if _required(content, "method", str, "method") != "POST":
            raise _Refused("invalid_method", "The method of each request of a batch must be POST.", "method")
        _same_endpoint(_required(content, "url", str, "url"), endpoint)
        body = _required(content, "body", dict, "body")
        model = _required(body, "model", str, "body.model")
        _plain(model, "body.model")
        if body.get("stream"):
            raise _Refused("invalid_value", "Requests of a batch cannot be streamed.", "body.stream")
        return Request(line, custom_id, model, prefix_of(endpoint, body), _inputs(endpoint, body))
    except _Refused as fault:
        return Fault(fault.code, fault.message, fault.param, line.number)


def prefix_of(endpoint: str, body: Mapping[str, Any]) -> bytes:
    """16 bytes that requests have in common whose prompts differ in the last message only."""
    messages = body.get("messages")
    if endpoint != CHAT or not isinstance(messages, list) or len(messages) < 2:
        return b""
    # Most chat templates write the tools before the first message.
    shared = json.dumps([messages[:-1], body.get("tools")], sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(shared.encode(), digest_size=16).digest()


def _parsed(line: Line) -> dict[str, Any]:
    if line.content is None:
        raise _Refused("line_too_long", f"This line has {line.length} bytes, which is more than one request may have.")
    try:
        content = json.loads(line.content.decode("utf-8"), parse_constant=_no_json)
    except UnicodeDecodeError:
        raise _Refused("invalid_json_line", "This line is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise _Refused("invalid_json_line", "This line is not parseable as valid JSON.") from None
    if not isinstance(content, dict):
        raise _Refused(
            "invalid_type", f"Invalid type for a line: expected an object, but got {_type(content)} instead."
        )
    return content


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is Python's, not JSON's")


def _custom_id(content: Mapping[str, Any]) -> str:
    custom_id: str = _required(content, "custom_id", str, "custom_id")
    if not custom_id:
        raise _Refused("invalid_value", "Invalid 'custom_id': expected at least one character.", "custom_id")
    if len(custom_id) > LONGEST_ID:
        told = f"Invalid 'custom_id': expected at most {LONGEST_ID} characters, but got {len(custom_id)} instead."
        raise _Refused("string_above_max_length", told, "custom_id")
    _plain(custom_id, "custom_id")
    return custom_id


def _plain(value: str, param: str) -> None:
    """What neither a database nor a file in UTF-8 can hold."""
    if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        told = f"Invalid '{param}': it holds a null character or half of a surrogate pair."
        raise _Refused("invalid_value", told, param)


def _same_endpoint(url: str, endpoint: str) -> None:
    if url == endpoint:
        return
    if url not in ENDPOINTS:
        told = f"The URL provided for this request is not supported. Supported are {' and '.join(ENDPOINTS)}."
        raise _Refused("invalid_url", told, "url")
    told = f"The URL provided for this request does not match the batch's endpoint {endpoint}."
    raise _Refused("url_mismatch", told, "url")


def _required(content: Mapping[str, Any], name: str, kind: type, param: str) -> Any:
    if name not in content:
        raise _Refused("missing_required_parameter", f"Missing required parameter: '{param}'.", param)
    value = content[name]
    if not isinstance(value, kind):
        told = f"Invalid type for '{param}': expected {_TYPES[kind]}, but got {_type(value)} instead."
        raise _Refused("invalid_type", told, param)
    return value


def _type(value: object) -> str:
    return _TYPES[type(value)]


def _inputs(endpoint: str, body: Mapping[str, Any]) -> int:
    texts = body.get("input")
    if endpoint != EMBEDDINGS or not isinstance(texts, list):
        return 1
    # A list of numbers is one text, as tokens.
    return 1 if texts and isinstance(texts[0], int) else max(1, len(texts))
