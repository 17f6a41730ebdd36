"""What goes wrong on purpose: which fault a request meets, and those that come before or instead of an answer.

Belongs here: matching and counting, refusals, hanging, hanging up, spoiled contents. Not here: the shapes of errors
on the wire (`ollama_api`, `openai_api`).

Before anything is done: a status ("400", "404", "429", "500", "503", ...; `seconds` is its Retry-After), "timeout"
(never answers), "drop" (hangs up), "html" (a 502 with a page), "garbage" (a 200 that is no JSON), "slow" (by
`seconds`, simulated).
Of a chat's answer: "length" (breaks off), "bad_json", "schema" (JSON of another schema), "unquoted" (claims with
evidence that stands nowhere), "empty", "error_line" (an error after a 200 where streamed, else a 500), "cut" (the
stream ends without its last line; hangs up where not streamed).
Of embeddings: "nan" (a 400), "nan_500" (older servers' 500), "nan_values" (null for each number of the texts that
match), "zero" (0 for each), "missing" (one vector less than asked).
Of a download: any kind, which breaks it off.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from configuration import Configuration, Fault
from loading import BUSY
from wire import Exchange, HungUp, Refusal

_STOPPED = (
    "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama "
    "server logs for details"
)
_TEXTS = {
    400: "invalid request",
    401: "unauthorized",
    403: "forbidden",
    404: "model '{model}' not found",
    429: "too many requests",
    500: _STOPPED,
    502: "bad gateway",
    503: BUSY,
}


class Faults:
    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def met(self, endpoint: str, model: str, texts: Iterable[str], options: Mapping[str, Any]) -> Fault | None:
        """The first fault that applies, counted as having happened."""
        for fault in self._configuration.faults:
            named = fault.endpoint in (None, endpoint) and fault.model in (None, model)
            in_text = fault.match is None or any(fault.match in text for text in texts)
            if named and in_text and fault.times != 0 and not (fault.cpu_works and options.get("num_gpu") == 0):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def met_by_name(self, endpoint: str) -> Fault | None:
        """For endpoints that ask no model: only faults that name them apply."""
        if any(fault.endpoint == endpoint for fault in self._configuration.faults):
            return self.met(endpoint, "", [], {})
        return None

    async def before(self, fault: Fault | None, exchange: Exchange, model: str) -> None:
        """Do what the fault does before an answer, if it is of that sort; returns where the request goes on."""
        if fault is None:
            return
        if fault.kind.isdigit():
            status = int(fault.kind)
            text = _TEXTS.get(status, "error").format(model=model)
            raise Refusal(status, text, retry_after=fault.seconds or None)
        if fault.kind == "timeout":
            await asyncio.Event().wait()
        if fault.kind == "drop":
            raise HungUp
        if fault.kind == "html":
            exchange.reply(b"<html><body><h1>502 Bad Gateway</h1></body></html>", 502, content_type=b"text/html")
        if fault.kind == "garbage":
            exchange.reply(b'{"model": "')
        if fault.kind == "slow":
            await asyncio.sleep(self._configuration.real(fault.seconds))


def spoiled(kind: str, content: str) -> str:
    """A chat's answer as the fault leaves it."""
    if kind == "bad_json":
        return content[:-1] + ", and so on"
    if kind == "schema":
        return json.dumps({"answer": "another schema"})
    if kind == "unquoted":
        return json.dumps(_without_evidence(json.loads(content)), ensure_ascii=False)
    if kind == "empty":
        return ""
    if kind == "length":
        return content[: len(content) // 2]
    return content


def _without_evidence(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "words that stand nowhere" if key == "quote" else _without_evidence(one) for key, one in value.items()
        }
    return [_without_evidence(one) for one in value] if isinstance(value, list) else value
