"""A server that answers what it was told, for tests of exact bodies; it is the network of a client.

Belongs here: `httpx.MockTransport`'s handler. Not here: behaviour, which the simulated server in tests/fakes has.
"""

import json
from typing import Any

import httpx


class CannedServer:
    """Answers what `replies` has for the last part of a path: a body, a (status, body), an exception, or a list of
    them, one a request; bytes are sent as they are. `asked` and `headers` say what came."""

    def __init__(self, **replies: Any) -> None:
        self.replies: dict[str, Any] = replies
        self.reply_headers: dict[str, str] = {}
        self.headers: dict[str, httpx.Headers] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.headers[request.url.path] = request.headers
        self.asked.append((name, json.loads(request.content) if request.content else {}))
        reply = self.replies[name]
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if isinstance(reply, Exception):
            raise reply
        status, body = reply if isinstance(reply, tuple) else (200, reply)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=self.reply_headers)

    def bodies(self, name: str) -> list[dict[str, Any]]:
        """What was sent to the path that ends so."""
        return [body for asked, body in self.asked if asked == name]
