"""A newcomer's first page has matches: all active postings are kept in memory, and screened when it is opened.

Belongs here: the threads that load, follow and screen, and who waits for how long. Not here: the screening
(`ty_assets/matching/newcomers.py`) and the page. The event loop never waits: it has a thread do all of it.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from fastapi import Request

from serving.accounts.identity import account_of
from serving.replica import note_written
from ty_assets.matching.newcomers import WarmIndexes, is_newcomer, screen_newcomer
from ty_resources.postgres import Database
from ty_resources.settings import Settings

T = TypeVar("T")

_log = logging.getLogger("ty.serving")

# A page waits no longer than this for whether somebody is new, and for the screening: it then shows what there is, and
# the rows are there when it is opened again. Longer only where all postings have yet to be read.
_PATIENCE_LOOK = 1.0
_PATIENCE_SCREEN = 5.0
# Who has matches will have them for some time; without this every page would ask.
_REMEMBERED_SECONDS = 60.0
_REMEMBERED = 10_000
# After a failure nobody waits for the next one.
_PAUSE_SECONDS = 10.0


class Screening:
    """Keeps the postings in memory and screens newcomers. Thread-safe; start it, and close it at the end."""

    def __init__(self, db: Database, packaged_model: str, config: Settings) -> None:
        self._db, self._config = db, config
        self._indexes = WarmIndexes(db, packaged_model)
        # Two at a time: the product has all cores to itself anyway.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="screening")
        self._running: dict[UUID, Future[int]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._settled: dict[UUID, float] = {}
        self._pause_until = 0.0

    @property
    def indexes(self) -> WarmIndexes:
        """The postings in memory, for whoever screens besides."""
        return self._indexes

    def start(self) -> None:
        """Load in the background, and follow the tables from then on."""
        threading.Thread(target=self._follow, name="screening-index", daemon=True).start()

    def close(self) -> None:
        """Begin nothing more; what is being screened is stored when it is done."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._db.close()

    async def ready(self, profile_id: UUID) -> None:
        """Return when the person has matches, if any are to be had, or when waiting has been long enough.

        Several who open one newcomer's list at once wait for one screening.
        """
        now = time.monotonic()
        if now < self._settled.get(profile_id, 0.0) or now < self._pause_until or self._closed.is_set():
            return
        running = self._running.get(profile_id)
        if running is None:
            new = await self._waited(self._submitted(lambda: is_newcomer(self._db, profile_id)), _PATIENCE_LOOK)
            if new is False:
                self._settle(profile_id)
            if not new:
                return
            with self._lock:
                running = self._running.get(profile_id)
                if running is None:
                    running = self._running[profile_id] = self._submitted(lambda: self._screen(profile_id))
        note_written()
        await self._waited(running, _PATIENCE_SCREEN)

    async def _waited(self, future: Future[T], patience: float) -> T | None:
        done, _ = await asyncio.wait({asyncio.wrap_future(future)}, timeout=patience)
        for finished in done:
            error = finished.exception()
            if error is None:
                return finished.result()
            self._failed(error)
        return None

    def _submitted(self, work: Callable[[], T]) -> Future[T]:
        return self._pool.submit(work)

    def _screen(self, profile_id: UUID) -> int:
        try:
            stored = screen_newcomer(self._indexes, profile_id, self._config.matches_per_day)
            self._settle(profile_id)
            return stored
        finally:
            with self._lock:
                self._running.pop(profile_id, None)

    def _settle(self, profile_id: UUID) -> None:
        with self._lock:
            if len(self._settled) >= _REMEMBERED:
                self._settled.clear()
            self._settled[profile_id] = time.monotonic() + _REMEMBERED_SECONDS

    def _failed(self, error: BaseException) -> None:
        # Its class alone: a message may quote what a person wrote.
        _log.warning("nobody is screened for %.0f s: %s", _PAUSE_SECONDS, type(error).__name__)
        self._pause_until = time.monotonic() + _PAUSE_SECONDS

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                self._indexes.refresh()
            except Exception as error:
                if not self._closed.is_set():
                    _log.warning("the postings in memory are not followed: %s", type(error).__name__)
            self._closed.wait(self._config.screening_refresh_seconds)


async def newcomers_first(request: Request) -> None:
    """For every route about a person's matches: whoever is new is screened before it is answered."""
    screening: Screening | None = getattr(request.app.state, "screening", None)
    account = account_of(request)
    if screening is not None and account is not None and account.has_profile:
        await screening.ready(account.profile_id)
