"""HTTP/1.1 as bytes on a socket: requests in, replies out, keep-alive, chunked streams.

Belongs here: what every endpoint needs of HTTP. Not here: what the endpoints are (`ollama_api`, `openai_api`). A
framework would cost more than the whole simulation: benchmarks that shorten time by 20 ask 1,500 times a second.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, cast

import httptools

_JSON = b"application/json; charset=utf-8"
_NDJSON = b"application/x-ndjson"


class Refusal(Exception):
    """An answer other than 200, raised by whoever finds the reason."""

    def __init__(self, status: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.extra = extra


class HungUp(Exception):
    """The connection is to be closed without a word."""


class Exchange:
    """One request, and the one reply to it: either `reply`, or `begin`, any number of `line`s and `end`."""

    def __init__(
        self,
        transport: asyncio.Transport,
        method: str,
        path: str,
        headers: dict[bytes, bytes],
        body: bytes,
        query: str = "",
    ):
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.began = False
        self._transport = transport

    def json(self) -> dict[str, Any]:
        """The body, which must be an object."""
        if not self.body:
            raise Refusal(400, "missing request body")
        try:
            content = json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, f"invalid character in request: {error}") from error
        if not isinstance(content, dict):
            raise Refusal(400, "json: cannot unmarshal into Go value of type api.Request")
        return content

    def reply(
        self, content: Any, status: int = 200, headers: dict[str, str] | None = None, content_type: bytes = _JSON
    ) -> None:
        """A whole answer; bytes are sent as they are, everything else as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        self.began = True
        head = _head(status, content_type, headers) + b"content-length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)

    def begin(self, content_type: bytes = _NDJSON) -> None:
        """The head of a stream: its status is 200, whatever comes later."""
        self.began = True
        self._transport.write(_head(200, content_type, None) + b"transfer-encoding: chunked\r\n\r\n")

    def line(self, content: Any) -> None:
        """One JSON object on a line of its own."""
        self.write(json.dumps(content, ensure_ascii=False).encode() + b"\n")

    def write(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        self._transport.write(b"0\r\n\r\n")

    def hang_up(self) -> None:
        """Close at once."""
        self._transport.close()


Handler = Callable[[Exchange], Awaitable[None]]


class HttpProtocol(asyncio.Protocol):
    """One connection. A client that hangs up cancels the handler of its request, as it does in Ollama."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._parser = httptools.HttpRequestParser(self)
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        path, _, query = self._url.decode().partition("?")
        method = self._parser.get_method().decode()
        exchange = Exchange(self._transport, method, path, self._headers, b"".join(self._body), query)
        self._task = asyncio.create_task(self._answer(exchange, self._parser.should_keep_alive()))

    async def _answer(self, exchange: Exchange, keep_alive: bool) -> None:
        try:
            await self._handler(exchange)
        except HungUp:
            keep_alive = False
        if not keep_alive:
            exchange.hang_up()


def _head(status: int, content_type: bytes, headers: dict[str, str] | None) -> bytes:
    head = b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\n" % (status, _phrase(status), content_type)
    for name, value in (headers or {}).items():
        head += f"{name}: {value}\r\n".encode()
    return head


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Error"
