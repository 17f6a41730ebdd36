"""Reads from a streaming replica, and who may not read there yet: a visitor sees at once what they have written.

Belongs here: a request's place in the primary's log, and a replica that is asked whether it has got that far. A place
travels with the visitor in a cookie, so any process of the match view knows it; who sends no cookies back (a program
with a token) is answered by the replica as it is. Not here: which statement is sent (`matches`).
"""

import re
import time
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from psycopg import Error, OperationalError
from psycopg_pool import AsyncConnectionPool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ty_resources.postgres import Queries, prepare_threshold

_COOKIE: Final = "ty_written"
# A replica that is further behind than this is broken, and its metrics say so.
_COOKIE_SECONDS: Final = 3600
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# After it did not answer; the primary answers meanwhile.
_PAUSE_SECONDS: Final = 5.0
_TIMEOUT_SECONDS: Final = 1.0
_WRITES: Final = re.compile(r"\b(INSERT\s+INTO|UPDATE\s+\w+|DELETE\s+FROM|FOR\s+UPDATE|pg_advisory_\w+)\b", re.I)


@dataclass
class _Place:
    """position: in the primary's log, that a read has to be after. wrote: something in this very request."""

    position: int = 0
    wrote: bool = False


_place: ContextVar[_Place | None] = ContextVar("place_in_the_log", default=None)


class ReplicaUnfit(Exception):
    """Not there, or not as far as the visitor is: the primary answers."""


def note_written() -> None:
    """Something was written for this visitor, also by a thread: from here on they read what is after it."""
    place = _place.get()
    if place is not None:
        place.wrote = True


def writes(statement: str) -> bool:
    """Whether a named statement may change something or takes a lock, which a replica refuses."""
    return _WRITES.search(re.sub(r"--[^\n]*", "", statement)) is not None


class Replica:
    """One streaming replica. Not several behind one address: what one of them has says nothing of another."""

    def __init__(self, url: str, queries: Queries, pool_size: int = 4) -> None:
        self._queries = queries
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=pool_size,
            timeout=_TIMEOUT_SECONDS,
            kwargs={"autocommit": True, "prepare_threshold": prepare_threshold()},
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        self._replayed = 0
        self._pause_until = 0.0
        self.answered = 0  # for metrics and tests

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close()

    async def read(self, row_factory: Any, query: str, parameters: dict[str, Any]) -> list[Any]:
        """Raises ReplicaUnfit, whatever the reason is; any other error is the statement's own."""
        place = _place.get() or _Place()
        if place.wrote or time.monotonic() < self._pause_until:
            raise ReplicaUnfit
        try:
            async with self._pool.connection() as connection, connection.cursor(row_factory=row_factory) as cursor:
                if place.position > self._replayed:
                    told = await (await connection.execute(self._queries["replayed_position"])).fetchone()
                    self._replayed = max(self._replayed, told[0] if told and told[0] is not None else 0)
                    if place.position > self._replayed:
                        raise ReplicaUnfit
                await cursor.execute(self._queries[query], parameters)
                rows = await cursor.fetchall()
        except OperationalError as error:
            # 40001: the replica had to drop rows that this very read was using. Anything else: it is not there.
            if error.sqlstate != "40001":
                self._pause_until = time.monotonic() + _PAUSE_SECONDS
            raise ReplicaUnfit from error
        self.answered += 1
        return rows


class ReadsAfterWrites:
    """Gives each request its place in the log, and the visitor the new one after a change."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (matches := getattr(scope["app"].state, "matches", None)) is None:
            await self._app(scope, receive, send)
            return
        if matches.replica is None:
            await self._app(scope, receive, send)
            return
        place = _Place(_position(Headers(scope=scope)))
        token = _place.set(place)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and (place.wrote or scope["method"] not in _SAFE):
                place.wrote = True  # so that it is the primary who says how far it is
                with suppress(Error):
                    (told_by_primary,) = await matches.rows("written_position")
                    position = told_by_primary["position"]
                    secure = "; Secure" if self._secure else ""
                    MutableHeaders(scope=message).append(
                        "set-cookie",
                        f"{_COOKIE}={position}; Max-Age={_COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}",
                    )
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            _place.reset(token)


def _position(headers: Headers) -> int:
    """What a stranger puts there costs nobody else anything: their own reads go to the primary."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
        return max(0, min(2**63 - 1, int(jar[_COOKIE].value)))
    except (CookieError, KeyError, ValueError):
        return 0
