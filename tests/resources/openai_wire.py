"""What the tests of the OpenAI-compatible client share: a question, its answer, clients of either kind of server."""

from typing import Any

import httpx
import pytest
from canned_server import CannedServer
from handle import SimulatedServer

from ty_resources.inference import errors
from ty_resources.inference.client import ChatRequest
from ty_resources.inference.openai_compatible import OpenAIClient

KEY = "sk-very-secret-0123456789"
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
SECRET = "Wir suchen eine Pflegefachkraft (m/w/d) für unsere Station in Bonn-Beuel."
ASKED = ChatRequest("qwen2.5:7b", "Read the posting.", SECRET, "posting", SCHEMA, max_tokens=100, seed=7)
ANSWER = {
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": '{"title": "a"}'}}],
    "usage": {"prompt_tokens": 31, "completion_tokens": 8, "total_tokens": 39},
}


class Wire(CannedServer):
    """A server of the dialect with one answer."""

    def __init__(self, **replies: Any) -> None:
        super().__init__(**{"models": {"data": []}, "completions": ANSWER, **replies})

    def client(self, *urls: str, key: str | None = KEY) -> OpenAIClient:
        return OpenAIClient(
            urls or ("http://gpu:8000/v1",),
            api_key=key,
            context_tokens=8192,
            request_timeout=30.0,
            transport=httpx.MockTransport(self),
        )

    def fails(self) -> errors.EngineError:
        """The error that a question meets."""
        with pytest.raises(errors.EngineError) as told:
            self.client().complete(ASKED)
        return told.value


def client_of(*servers: SimulatedServer, key: str | None = None) -> OpenAIClient:
    """A client of simulated servers."""
    return OpenAIClient([server.url for server in servers], api_key=key, context_tokens=8192, request_timeout=30.0)


def error_body(status: int, message: str, **more: object) -> tuple[int, dict[str, Any]]:
    """As OpenAI shapes it."""
    return status, {"error": {"message": message, "type": "invalid_request_error", "code": status, **more}}
