"""What the tests of the Ollama client share: a question, its answer, and clients of either kind of server."""

from typing import Any

import httpx
from canned_server import CannedServer
from handle import SimulatedServer

from ty_resources.inference.client import ChatRequest
from ty_resources.inference.ollama import OllamaClient

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
SECRET = "Wir suchen eine Pflegefachkraft (m/w/d) für unsere Station in Bonn-Beuel."
ASKED = ChatRequest("qwen2.5:7b", "Read the posting.", SECRET, "posting", SCHEMA, max_tokens=100, seed=7)
ANSWER = {
    "model": "qwen2.5:7b",
    "message": {"role": "assistant", "content": '{"title": "Pflege"}'},
    "done": True,
    "done_reason": "stop",
    "load_duration": 2_500_000_000,
    "prompt_eval_count": 31,
    "eval_count": 8,
}


class Wire(CannedServer):
    """An Ollama server with one model."""

    def __init__(self, **replies: Any) -> None:
        told = {
            "version": {"version": "0.33.0"},
            "show": {"model_info": {"general.architecture": "qwen2", "qwen2.context_length": 32768}},
            "tags": {"models": [{"name": "qwen2.5:7b", "digest": "845dbda0ea48ed749caafd9e6037047aa19acfcfd82e704d"}]},
            "ps": {"models": []},
            "chat": ANSWER,
        }
        super().__init__(**{**told, **replies})

    def client(self, *urls: str, **more: Any) -> OllamaClient:
        told = {"context_tokens": 8192, "keep_alive": "30m", "request_timeout": 30.0, **more}
        return OllamaClient(urls or ("http://gpu:11434",), transport=httpx.MockTransport(self), **told)


def client_of(*servers: SimulatedServer, **more: Any) -> OllamaClient:
    """A client of simulated servers."""
    told = {"context_tokens": 8192, "keep_alive": "30m", "request_timeout": 30.0, **more}
    return OllamaClient([server.url for server in servers], **told)
