"""The one way in which services are asked: slowly, under our name, and not again when they turn us away.

Belongs here: pace, pauses, tries, the circuit that ends a round, conditional requests. Not here: what is asked, and
what an answer means (`arbeitsagentur`, `deutsche_bank`, ty_assets/berufenet/fetch.py).
"""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any, Final, Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from ty_resources.settings import Settings
from ty_resources.sources.source import SourceChanged, SourceDown, Validator

PROJECT: Final = "ty-matching"
ATTEMPTS: Final = 6  # for one request; with the pauses between them about two minutes
# In a row, over all requests to a host. One crawler counted its first 403 after some 600 requests, and went on under
# other addresses: we leave instead, and come back later.
REFUSALS: Final = 5
FAILURES: Final = 12
LONGEST_PAUSE: Final = 120.0  # seconds that a run waits within itself; asked for more, it ends and is resumed later
_SLOWEST: Final = 16.0  # times the usual distance between requests, after refusals
_EASIER: Final = 0.95  # of it after each answer, until it is the usual one
_SHOWN: Final = 120
# The agency's gateway says 403 for a path that it does not have; that is no refusal of ours.
_NO_SUCH_PATH: Final = b"No match found for request"


@dataclass(frozen=True)
class Answer:
    """An answer that its asker has to understand: 200, 304 (unchanged), 400, 404, 410. content: its JSON, or None."""

    status: int
    url: str
    content: Any
    validator: Validator | None = None


@dataclass(frozen=True)
class Exchange:
    """One request and its answer as it came, for recordings. `key`: the request without host, query in order."""

    key: str
    status: int
    content_type: str
    body: bytes


class _Again(Exception):
    """A try that failed and may be made again. pause: seconds, where the server says how many."""

    def __init__(self, told: str, pause: float | None = None) -> None:
        super().__init__(told)
        self.told = told
        self.pause = pause


@dataclass
class _Host:
    """How a host is to be treated now; shared by all threads."""

    distance: float  # seconds between two requests
    next_at: float = 0.0
    not_before: float = 0.0
    refusals: int = 0
    failures: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def open(self) -> bool:
        """The circuit: no second try until one request has been answered."""
        return self.refusals >= REFUSALS or self.failures >= FAILURES


class Polite:
    """A client for all services, used by several threads.

    requests_per_second: to one host. backoff: seconds before a second try, doubling, with jitter. tap: is told each
    answer as it came.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        requests_per_second: float = 2.0,
        connections: int = 4,
        timeout: float = 30.0,
        backoff: float = 2.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.connections = connections
        self.tap: Callable[[Exchange], None] | None = None
        self._distance = 1.0 / requests_per_second
        self._backoff = backoff
        self._sleep = sleep
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()
        self._client = httpx.Client(
            headers={"User-Agent": user_agent(contact)},
            timeout=timeout,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            transport=transport,
            # A recording is served on this machine, whatever proxy leads out of it.
            mounts=None if transport else {"all://127.0.0.1": None, "all://localhost": None},
        )

    @classmethod
    def of(cls, config: Settings) -> "Polite":
        """As the settings have it."""
        return cls(
            contact=config.source_contact,
            requests_per_second=config.source_requests_per_second,
            connections=config.source_connections,
            timeout=config.source_timeout,
            backoff=config.source_backoff,
        )

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        validator: Validator | None = None,
    ) -> Answer:
        """Ask for JSON, and again after a pause where that may help.

        validator: of the answer we have; the server may then say 304. Raises: SourceDown after too many tries, or at
        once when we are told to stay away for long; SourceChanged for an answer that no second try will change.
        """
        host = self._host(httpx.URL(url).host)
        request = self._client.build_request(
            "GET", url, params=params, headers={**(headers or {}), **_conditions(validator)}
        )
        tries = Retrying(
            retry=retry_if_exception_type(_Again),
            stop=lambda state: state.attempt_number >= ATTEMPTS or host.open,
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return tries(self._once, request, host)
        except _Again as failed:
            raise SourceDown(f"{_named(request)}: {failed.told}", failed.pause) from None

    def _once(self, request: httpx.Request, host: _Host) -> Answer:
        self._wait_turn(host)
        try:
            response = self._client.send(request)
        except httpx.RequestError as error:
            with host.lock:
                host.failures += 1
            raise _Again(f"no answer ({type(error).__name__}: {error})") from None
        if self.tap is not None:
            self.tap(_exchange(request, response))
        if response.status_code in (403, 429):
            raise self._refused(request, response, host)
        if response.status_code >= 500:
            with host.lock:
                host.failures += 1
            raise _Again(f"answered {response.status_code} {_beginning(response)}", _retry_after(response))
        content = self._content(request, response, host)
        with host.lock:
            host.refusals = host.failures = 0
            host.distance = max(self._distance, host.distance * _EASIER)
        return Answer(response.status_code, str(request.url), content, _validator(response))

    def _content(self, request: httpx.Request, response: httpx.Response, host: _Host) -> Any:
        """The JSON of an answer. A page in its place is mostly maintenance, so it is asked for again."""
        if response.status_code == 304:
            return None
        if response.status_code not in (200, 400, 404, 410):
            raise SourceChanged(
                f"{_named(request)}: expected 200, got {response.status_code} {_beginning(response)}; the service has "
                "changed, see whether there is a newer version of this program"
            )
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError):
            if response.status_code != 200:
                return None
            with host.lock:
                host.failures += 1
            raise _Again(f"expected JSON, got {_beginning(response) or 'nothing'}") from None

    def _refused(self, request: httpx.Request, response: httpx.Response, host: _Host) -> Exception:
        if _NO_SUCH_PATH in response.content:
            return SourceChanged(f"{_named(request)}: the service no longer has this path ({_beginning(response)})")
        pause = _retry_after(response)
        with host.lock:
            host.refusals += 1
            host.distance = min(host.distance * 2, self._distance * _SLOWEST)
            if pause is not None and pause <= LONGEST_PAUSE:
                host.not_before = max(host.not_before, self._clock() + pause)
        told = f"turned away with {response.status_code} {_beginning(response)}"
        if pause is not None and pause > LONGEST_PAUSE:
            return SourceDown(f"{_named(request)}: {told}; to come back in {pause:.0f} s", pause)
        return _Again(told, pause)

    def _wait_turn(self, host: _Host) -> None:
        with host.lock:
            at = max(self._clock(), host.next_at, host.not_before)
            host.next_at = at + host.distance
        while (left := max(at, host.not_before) - self._clock()) > 0:
            self._sleep(left)

    def _pause(self, state: RetryCallState) -> float:
        """Doubling, with jitter, so that several that were turned away do not come back together."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.pause if isinstance(error, _Again) and error.pause is not None else 0.0
        longest = min(self._backoff * 2 ** (state.attempt_number - 1), LONGEST_PAUSE / 2)
        return min(max(asked, random.uniform(longest / 2, longest)), LONGEST_PAUSE)

    def _host(self, name: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(name, _Host(self._distance))

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def user_agent(contact: str | None) -> str:
    """Who asks: project, version, and where to complain."""
    try:
        number = version(PROJECT)
    except PackageNotFoundError:  # run from a folder that was never installed
        number = "0"
    # Headers are ASCII, on one line.
    told = " ".join((contact or "").encode("ascii", "replace").decode().split())
    return f"{PROJECT}/{number}" + (f" (contact: {told})" if told else "")


def request_key(url: httpx.URL) -> str:
    """Path and query without the host, parameters in order: the same request has the same key wherever it is sent."""
    query = httpx.QueryParams(sorted(url.params.multi_items()))
    return f"{url.path}?{query}" if str(query) else url.path


def _conditions(validator: Validator | None) -> dict[str, str]:
    if validator is None:
        return {}
    told = {"If-None-Match": validator.etag, "If-Modified-Since": validator.last_modified}
    return {name: value for name, value in told.items() if value}


def _validator(response: httpx.Response) -> Validator | None:
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    return Validator(etag, modified) if etag or modified else None


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, from a number of them or from a date."""
    told = response.headers.get("retry-after", "").strip()
    if not told:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def _exchange(request: httpx.Request, response: httpx.Response) -> Exchange:
    kind = response.headers.get("content-type", "application/json")
    return Exchange(request_key(request.url), response.status_code, kind, response.content)


def _named(request: httpx.Request) -> str:
    return f"{request.url.host}{request_key(request.url)}"[:300]


def _beginning(response: httpx.Response) -> str:
    text = " ".join(response.text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
