"""What the tests of the relays share: a request with a long prefix, and relays to either kind of server."""

from typing import Any

import httpx
from canned_server import CannedServer
from handle import SimulatedServer

from ty_resources.inference.relay_ollama import OllamaRelay
from ty_resources.inference.relay_openai import OpenAIRelay

MODEL = "qwen2.5:7b"
RUBRIC = "You judge candidates by what they have proved, and quote the proof. " * 20
SECRET = "Petra Musterfrau has led the night shift of a ward in Bonn-Beuel for eleven years."
COMPLETION = {
    "id": "chatcmpl-7",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "8"}}],
    "usage": {"prompt_tokens": 300, "completion_tokens": 2, "total_tokens": 302},
}


def asked(text: str = SECRET, **more: Any) -> dict[str, Any]:
    """The body of a chat completion."""
    messages = [{"role": "system", "content": RUBRIC}, {"role": "user", "content": text}]
    return {"model": MODEL, "messages": messages, **more}


class Wire(CannedServer):
    """A server of either dialect."""

    def __init__(self, **replies: Any) -> None:
        told = {
            "models": {"data": [{"id": MODEL}]},
            "completions": COMPLETION,
            "props": (404, {"detail": "Not Found"}),
            "version": {"version": "0.33.0"},
            "show": {"model_info": {"qwen2.context_length": 32768}},
            "chat": {"model": MODEL, "message": {"content": "8"}, "done": True, "done_reason": "stop"},
        }
        super().__init__(**{**told, **replies})

    def openai(self, *urls: str, **more: Any) -> OpenAIRelay:
        told = {"api_key": None, "request_timeout": 30.0, "workers": None, **more}
        return OpenAIRelay(urls or ("http://gpu:8000/v1",), transport=httpx.MockTransport(self), **told)

    def ollama(self, *urls: str, **more: Any) -> OllamaRelay:
        told = {"context_tokens": 8192, "keep_alive": "30m", "request_timeout": 30.0, "workers": None, **more}
        return OllamaRelay(urls or ("http://gpu:11434",), transport=httpx.MockTransport(self), **told)


def openai_relay(*servers: SimulatedServer, workers: int | None = None, timeout: float = 30.0) -> OpenAIRelay:
    return OpenAIRelay([server.url for server in servers], api_key=None, request_timeout=timeout, workers=workers)


def ollama_relay(*servers: SimulatedServer, workers: int | None = None, context_tokens: int = 4096) -> OllamaRelay:
    urls = [server.url for server in servers]
    return OllamaRelay(urls, context_tokens=context_tokens, keep_alive="5m", request_timeout=30.0, workers=workers)
