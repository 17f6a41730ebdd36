"""Lines of the output and error files, in the form of OpenAI's Batch API.

Belongs here: pure. Not here: what becomes a line (`retries`), and where lines are kept (`store`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ty_assets.candidate_evaluations.ids import new_request_id
from ty_resources.inference.relay import Relayed


@dataclass(frozen=True)
class Result:
    """What one request has come to. content: its line, without the line's end. seconds: that the model took."""

    line: int
    is_error: bool
    content: str
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float = 0.0


def answered(line: int, custom_id: str, relayed: Relayed, seconds: float) -> Result:
    """An answer, for the output file; or the server's refusal, for the error file."""
    told = {"status_code": relayed.status, "request_id": relayed.request_id, "body": relayed.body}
    return Result(
        line,
        not 200 <= relayed.status < 300,
        _line(custom_id, told, None),
        relayed.prompt_tokens,
        relayed.cached_tokens,
        relayed.output_tokens,
        seconds,
    )


def unanswered(line: int, custom_id: str, code: str, message: str, seconds: float = 0.0) -> Result:
    """No answer came, or the request was never asked."""
    return Result(line, True, _line(custom_id, None, {"code": code, "message": message}), seconds=seconds)


def _line(custom_id: str, response: Mapping[str, Any] | None, error: Mapping[str, str] | None) -> str:
    told = {"id": new_request_id(), "custom_id": custom_id, "response": response, "error": error}
    try:
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which some models write: as an escape it can be kept
        text = json.dumps(told, separators=(",", ":"))
    return text
