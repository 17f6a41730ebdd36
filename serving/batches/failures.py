"""Candidates that got no answer, with the reason as people are told it.

Belongs here: reading the first of them. Not here: why a request fails (ty_assets/candidate_evaluations/working.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from serving.matches import Matches

SHOWN: Final = 10
_TOLD: Final = 300


@dataclass(frozen=True)
class Failure:
    """code: such as batch_cancelled, or the status that a server gave: "400". message: in the server's words."""

    line: int
    custom_id: str
    code: str
    message: str


async def failures_of(reader: Matches, batch: Mapping[str, Any]) -> list[Failure]:
    rows = await reader.rows("evaluation_failures", batch_id=batch["batch_id"], most=SHOWN)
    return [_failure(row["line"], json.loads(row["content"])) for row in rows]


def _failure(line: int, content: Mapping[str, Any]) -> Failure:
    error, response = content.get("error"), content.get("response")
    if isinstance(error, Mapping):
        code, message = error.get("code"), error.get("message")
    else:
        told = response if isinstance(response, Mapping) else {}
        body = told.get("body")
        inner = body.get("error") if isinstance(body, Mapping) else None
        code, message = told.get("status_code"), inner.get("message") if isinstance(inner, Mapping) else inner
    return Failure(line, str(content.get("custom_id", "")), str(code or ""), str(message or "")[:_TOLD])
