"""Real answers of a service, kept in a file and served again from this machine.

A recording is JSON lines: first what was recorded and from where, then each request with its answer. Headers of
requests are not kept, and so no key and no contact. Not here: which requests are made (ty_jobs/source_commands.py).
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import httpx

from ty_resources.sources.polite import Exchange, Polite, request_key
from ty_resources.sources.source import SourceError


class Enough(Exception):
    """As many requests as were wanted are in."""


@dataclass
class Recording:
    """What a file holds. answers: for each request those that it had, in order."""

    name: str
    url: str
    answers: dict[str, list[Exchange]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(map(len, self.answers.values()))


@dataclass
class Tally:
    """made: requests in the file so far."""

    made: int = 0


@contextmanager
def recorded(client: Polite, file: Path, name: str, url: str, requests: int) -> Iterator[Tally]:
    """Within it the client's answers go to the file, the first so many; `Enough` is raised after them, and ends it."""
    tally = Tally()
    with file.open("w", encoding="utf-8") as out:
        _write(out, {"recorded": name, "url": url, "at": datetime.now(UTC).isoformat(timespec="seconds")})
        lock = threading.Lock()

        def tap(exchange: Exchange) -> None:
            with lock:
                if tally.made < requests:
                    _write(out, _line(exchange))
                    tally.made += 1
                if tally.made >= requests:
                    raise Enough

        client.tap = tap
        try:
            yield tally
        except Enough:
            pass
        finally:
            client.tap = None


def read_recording(file: Path) -> Recording:
    """Raises: SourceError with the line that cannot be read, OSError."""
    recording: Recording | None = None
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                told = json.loads(line)
                if recording is None:
                    recording = Recording(told["recorded"], told["url"])
                    continue
                exchange = Exchange(told["request"], int(told["status"]), told["content_type"], told["body"].encode())
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise SourceError(
                    f"{file.name}:{number}: expected a line that `ty source record` has written, got {line[:60]!r} "
                    f"({type(error).__name__})"
                ) from None
            recording.answers.setdefault(exchange.key, []).append(exchange)
    if recording is None:
        raise SourceError(f"{file.name}: expected a recording of `ty source record`; the file is empty")
    return recording


def replay_server(recording: Recording, port: int = 0) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 that gives the recorded answers; one request's last answer is given for ever.

    port: 0 for any that is free. The caller calls `serve_forever` and `server_close`.
    """
    given: dict[str, int] = {}
    lock = threading.Lock()

    class Replay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            key = request_key(httpx.URL(f"http://replay{self.path}"))
            answers = recording.answers.get(key)
            if answers is None:
                self._send(404, "application/json", json.dumps({"message": f"not recorded: {key}"}).encode())
                return
            with lock:
                place = given.get(key, 0)
                given[key] = place + 1
            answer = answers[min(place, len(answers) - 1)]
            self._send(answer.status, answer.content_type, answer.body)

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Who replays is told the requests by the one who asks."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Replay)
    server.daemon_threads = True
    return server


def replayed_url(recording: Recording, port: int) -> str:
    """The recorded service's address, on this machine."""
    return f"http://127.0.0.1:{port}{httpx.URL(recording.url).path.rstrip('/')}"


def _line(exchange: Exchange) -> dict[str, Any]:
    body = exchange.body.decode("utf-8", "replace")
    return {
        "request": exchange.key, "status": exchange.status, "content_type": exchange.content_type, "body": body,
    }  # fmt: skip


def _write(out: IO[str], told: dict[str, Any]) -> None:
    out.write(json.dumps(told, ensure_ascii=False) + "\n")
    out.flush()
