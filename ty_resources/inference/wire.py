"""HTTP to model servers: one pool of connections, JSON out and in, and every fault of the line as an `EngineError`.

Belongs here: httpx and nothing above it. Not here: which server is asked (`endpoints`), what is asked (`ollama`,
`openai_compatible`), and what a status means (`replies`).
"""

import contextlib
import json
import socket
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from ty_resources.inference import errors
from ty_resources.inference.base_urls import BaseUrl
from ty_resources.inference.replies import Dialect, Reply, documents, error_of, error_text

_CONNECT_SECONDS = 10.0
# uvicorn (vLLM, SGLang, LiteLLM) and llama.cpp close a connection that was idle for five seconds; one that is given
# up earlier here cannot be used in the moment when it is closed there.
_IDLE_SECONDS = 2.0


class Wire:
    """Asks servers of one dialect. Thread-safe.

    timeout: seconds that one answer may take. key: sent as a bearer token where the URL has no password of its own.
    transport: replaces the network.
    """

    def __init__(
        self,
        bases: Sequence[BaseUrl],
        dialect: Dialect,
        *,
        timeout: float,
        key: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._dialect = dialect
        self._timeout = timeout
        bearer = f"Bearer {key}" if key else None
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._sockets_lock = threading.Lock()
        self.broken_off = 0  # how often, so far
        self._headers = {base.url: _headers(base.authorization or bearer) for base in bases}
        self._client = httpx.Client(
            timeout=self._limits(timeout),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=_IDLE_SECONDS),
            # A proxy that the environment names cannot know this machine's own ports.
            mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
            if transport is None
            else None,
            transport=transport,
        )

    def ask(
        self,
        base: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        model: str | None = None,
        embedding: bool = False,
        private: Sequence[str] = (),
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """The JSON objects of the reply, at least one: POST with a body, else GET.

        Raises: whatever status, words or line stand for; also where a line after status 200 is an error.
        """
        reply = self.reply(base, path, body, timeout=timeout)
        return self.read(reply, model=model, embedding=embedding, private=private)

    def read(
        self, reply: Reply, *, model: str | None = None, embedding: bool = False, private: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """As `ask`, of a reply that has come."""
        base, path = reply.url, reply.path
        try:
            found = documents(reply.content)
        except (ValueError, RecursionError):
            found = None
        if reply.status >= 300:
            words = " ".join(error_text(part) for part in found or ()) or _plain(reply.content)
            raise error_of(self._dialect, reply, words, model=model, embedding=embedding, private=private)
        if found is None or not all(isinstance(part, dict) for part in found):
            raise errors.ServerFault(
                f"{self._dialect.name} at {base} answered {path} with something that is no JSON object "
                f"({len(reply.content)} bytes). Check that {self._dialect.urls_setting} names the server itself."
            )
        for part in found:
            if part.get("error"):
                raise self._late(reply, part, model, embedding, private)
        return found

    def reply(
        self, base: str, path: str, body: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> Reply:
        """The reply as it came, of any status."""
        with self._sockets_lock:
            broken_off = self.broken_off
        try:
            response = self._client.request(
                "GET" if body is None else "POST",
                f"{base}{path}",
                content=None if body is None else json.dumps(body).encode(),
                headers=self._headers[base],
                timeout=self._limits(timeout or self._timeout),
                extensions={"trace": partial(self._note_socket, broken_off)},
            )
        except httpx.HTTPError as error:
            raise self._fault(base, path, error, timeout or self._timeout) from error
        return Reply(
            base,
            path,
            response.status_code,
            response.content,
            response.headers.get("retry-after"),
            response.headers.get("location"),
            response.headers.get("x-request-id"),
        )

    def lines(self, base: str, path: str, body: Mapping[str, Any], *, model: str, timeout: float) -> Iterator[Any]:
        """The JSON objects of a reply that comes line by line. timeout: seconds between two lines."""
        try:
            with self._client.stream(
                "POST",
                f"{base}{path}",
                content=json.dumps(body).encode(),
                headers=self._headers[base],
                timeout=self._limits(timeout),
            ) as response:
                reply = Reply(base, path, response.status_code, b"", response.headers.get("retry-after"))
                if reply.status >= 300:
                    content = response.read()
                    try:
                        words = error_text(documents(content)[0])
                    except ValueError:
                        words = _plain(content)
                    raise error_of(self._dialect, reply, words, model=model)
                for line in response.iter_lines():
                    if line.strip():
                        yield _line(line, self._dialect, base, path)
        except httpx.HTTPError as error:
            raise self._fault(base, path, error, timeout) from error

    def break_off(self) -> None:
        """Cut the connections of all replies that are awaited now; each raises ConnectionLost or ServerDown at once.

        The server notices and stops working for them. Requests that begin later get connections of their own.
        """
        with self._sockets_lock:
            self.broken_off += 1
            sockets = list(self._sockets)
        for one in sockets:
            _cut(one)

    def close(self) -> None:
        self._client.close()

    def _note_socket(self, broken_off: int, event: str, info: Mapping[str, Any]) -> None:
        """httpx tells of each step of a request here. broken_off: how often that had been when the request began."""
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        connected = info["return_value"].get_extra_info("socket")
        with self._sockets_lock:
            self._sockets.add(connected)
            too_late = broken_off != self.broken_off
        if too_late:
            _cut(connected)

    def _late(
        self, reply: Reply, part: dict[str, Any], model: str | None, embedding: bool, private: Sequence[str]
    ) -> errors.EngineError:
        """An error after status 200: its words say what it is, and so does a status beside them."""
        status = part.get("status")
        if not isinstance(status, int) and isinstance(part["error"], dict):
            status = part["error"].get("code")
        failed = Reply(reply.url, reply.path, status if isinstance(status, int) and 400 <= status < 600 else 500, b"")
        return error_of(self._dialect, failed, error_text(part), model=model, embedding=embedding, private=private)

    def _fault(self, base: str, path: str, error: httpx.HTTPError, timeout: float) -> errors.EngineError:
        name, why = self._dialect.name, str(error) or type(error).__name__
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.UnsupportedProtocol):
            return errors.ServerDown(f"{base} does not answer ({why}). {self._dialect.down_hint}")
        if isinstance(error, httpx.TimeoutException):
            return errors.ServerTimeout(
                f"{name} at {base} did not answer {path} within {timeout:g} s. It may be overloaded; "
                "TY_REQUEST_TIMEOUT sets how long an answer may take."
            )
        if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
            return errors.ConnectionLost(f"the connection to {name} at {base} broke before {path} was answered ({why})")
        return errors.ServerFault(f"{name} at {base} answered {path} with something that cannot be read ({why})")

    @staticmethod
    def _limits(seconds: float) -> httpx.Timeout:
        return httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))


def _cut(connection: socket.socket) -> None:
    """Wake who waits at it: closing it would not. The base class's way, since TLS's own takes the session from under
    the thread that reads."""
    with contextlib.suppress(OSError):  # it is closed already
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _headers(authorization: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    return headers | {"Authorization": authorization} if authorization else headers


def _plain(content: bytes) -> str:
    text = content.decode("utf-8", "replace").strip()
    return "an HTML page" if text.startswith("<") else text


def _line(line: str, dialect: Dialect, base: str, path: str) -> Any:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise errors.ServerFault(f"{dialect.name} at {base} answered {path} with a line that is no JSON object")
    return found
