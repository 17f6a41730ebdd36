"""Matches that somebody opens: the posting read once for everybody, then told to each person from templates.

Belongs here: who waits for whom and for how long, in this process. Not here: what is read and written
(ty_assets/openings), and how it is shown (`analyses.py`, `pages.py`). The event loop is never blocked: all that asks
the database or a model runs in threads.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from serving.replica import note_written
from ty_assets.openings.people import KnownPeople, explain_for, get_ready
from ty_assets.openings.posting import KnownPostings, Told, Unread, look_up, note, read
from ty_assets.polish.store import polish
from ty_assets.verdicts.store import current_verdict, read_verdicts
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

T = TypeVar("T")

_log = logging.getLogger("ty.serving")

# Readings at a time; a model has few slots, and the night keeps some of them busy.
_AT_ONCE = 4
# Postings that wait to be read; beyond it an opened posting is only noted, and the next run reads it first.
_WAITING = 64
# People of one posting who are told together: one statement each way serves them all, and nobody waits for the last.
_TOGETHER = 25

# Those who come within this time are read with one statement.
_GATHERED_SECONDS = 0.2


@dataclass(frozen=True)
class OpenedMatch:
    """What one person is told of one posting. told: None while the model still reads; row: of `analyses_of_posting`,
    None where there is no such match."""

    told: Told | None
    row: Row | None


class OpenedMatches:
    """Opens matches. Used from one event loop; close at the end."""

    def __init__(self, db: Database, engine: InferenceEngine, embedded: InferenceEngine, config: Settings) -> None:
        self._db, self._engine, self._embedded, self._config = db, engine, embedded, config
        # Apart, so that what takes milliseconds never waits for what takes a minute.
        self._checking = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="opened-check")
        self._looking = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="opened-look")
        self._reading = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="opened-read")
        self._telling = ThreadPoolExecutor(2, thread_name_prefix="opened-tell")
        self._smoothing = ThreadPoolExecutor(1, thread_name_prefix="opened-polish")  # holds back no reading
        self._flights: dict[UUID, asyncio.Task[Told | None]] = {}
        self._polishing: set[tuple[UUID, UUID, str]] = set()
        self._expected: dict[UUID, set[UUID]] = {}
        self._unread = 0
        self._known, self._postings = KnownPeople(), KnownPostings()
        self._decisions: dict[tuple[UUID, UUID], asyncio.Task[None]] = {}
        self._people: dict[UUID, dict[UUID, list[asyncio.Future[Row | None]]]] = {}
        self._tellers: dict[UUID, asyncio.Task[None]] = {}

    @property
    def remote(self) -> bool:
        """Whether a model is configured at all."""
        return self._engine.remote

    @property
    def patience(self) -> float:
        """Seconds that somebody waits for the model at most."""
        return self._config.analysis_patience

    async def open(self, profile_id: UUID, posting_id: UUID, patience: float) -> OpenedMatch:
        """Have the posting read if it is not, wait for at most `patience` seconds, and explain it to the person.

        However many open one posting at the same time, the model is asked once. Raises psycopg.Error where the database
        is away.
        """
        note_written()  # by threads, over connections of their own
        pair = {"profile_id": profile_id, "posting_id": posting_id}
        if not await self._in(self._checking, lambda: self._db.value("match_exists", **pair)):
            return OpenedMatch(None, None)
        flight = self._flights.get(posting_id)
        if flight is None:
            flight = self._flights[posting_id] = asyncio.create_task(self._bring(posting_id))
            flight.add_done_callback(lambda done: self._landed(posting_id, done))
        if not flight.done():
            self._expect(profile_id, posting_id)
        done, _ = await asyncio.wait({flight}, timeout=patience)
        told = flight.result() if done else None
        return OpenedMatch(told, await self._explained(profile_id, posting_id))

    def forget(self, profile_id: UUID) -> None:
        """Let go of what is known of a person."""
        self._known.forget(profile_id)

    def _expect(self, profile_id: UUID, posting_id: UUID) -> None:
        """Read the person while the posting is being read, together with who else waits for it."""
        if posting_id not in self._expected:
            asyncio.get_running_loop().call_later(_GATHERED_SECONDS, self._get_ready, posting_id)
        self._expected.setdefault(posting_id, set()).add(profile_id)

    def _get_ready(self, posting_id: UUID) -> None:
        people = list(self._expected.pop(posting_id))
        if posting_id in self._flights:  # else they are told already
            with suppress(RuntimeError):  # closed meanwhile
                self._telling.submit(get_ready, self._db, posting_id, people, self._known)

    async def decide(self, profile_id: UUID, posting_id: UUID, patience: float) -> bool:
        """Ask the reasoning model for its verdict on a match, once for all who ask at the same time, before the night's
        questions; whether it has answered within `patience` seconds. What it says is in the rows of `open`.

        Raises EngineError where it cannot be asked, and psycopg.Error where the database is away. Does nothing where no
        model is configured, or where it has said so already.
        """
        note_written()
        known = {"profile_id": profile_id, "posting_id": posting_id}
        if not self._engine.remote or not await self._in(
            self._checking, lambda: self._db.value("match_exists", **known)
        ):
            return True
        pair = (profile_id, posting_id)
        flight = self._decisions.get(pair)
        if flight is None:
            flight = self._decisions[pair] = asyncio.create_task(self._in(self._reading, lambda: self._ask(*pair)))
            flight.add_done_callback(lambda done: self._decided(pair, done))
        done, _ = await asyncio.wait({flight}, timeout=patience)
        if done:
            flight.result()
        return bool(done)

    @property
    def polishes(self) -> bool:
        """Whether the wording of opened letters is smoothed at all."""
        return self._config.polish_letters and self._engine.remote

    @property
    def is_polishing(self) -> bool:
        """Whether a letter's wording is being asked for."""
        return bool(self._polishing)

    def smooth(self, profile_id: UUID, posting_id: UUID, language: str, sentences: Sequence[Mapping[str, Any]]) -> None:
        """Have a letter's wording polished, where that is asked for (TY_POLISH_LETTERS); nobody waits for it."""
        key = (profile_id, posting_id, language)
        if not self.polishes or key in self._polishing:
            return
        self._polishing.add(key)
        self._smoothing.submit(self._polish, key, sentences)

    def _polish(self, key: tuple[UUID, UUID, str], sentences: Sequence[Mapping[str, Any]]) -> None:
        try:
            polish(self._db, self._engine, *key, sentences)
        except EngineError as error:
            _log.warning("a letter keeps its draft: %s", error)
        except Exception as error:
            # By class only: the message may quote the letter.
            _log.error("a letter could not be polished: %s", type(error).__name__)
        finally:
            self._polishing.discard(key)

    def is_deciding(self, profile_id: UUID, posting_id: UUID) -> bool:
        """Whether the reasoning model is being asked about this match."""
        return (profile_id, posting_id) in self._decisions

    def _ask(self, profile_id: UUID, posting_id: UUID) -> None:
        if current_verdict(self._db, self._engine, profile_id, posting_id) is not None:
            return
        wanted = [{"profile_id": profile_id, "posting_id": posting_id}]
        attempts = self._config.max_attempts
        read_verdicts(self._db, self._engine, wanted, None, max_attempts=attempts, lane="person")

    def _decided(self, pair: tuple[UUID, UUID], flight: asyncio.Task[None]) -> None:
        del self._decisions[pair]
        if not flight.cancelled():
            flight.exception()  # seen, also where nobody waits any longer

    def _landed(self, posting_id: UUID, flight: asyncio.Task[Told | None]) -> None:
        del self._flights[posting_id]
        if not flight.cancelled():
            flight.exception()  # seen, also where nobody waits any longer

    async def _bring(self, posting_id: UUID) -> Told | None:
        found = await self._in(self._looking, lambda: look_up(self._db, self._engine, posting_id))
        if not isinstance(found, Unread):
            return found
        unread = found
        if self._unread >= _WAITING:
            await self._in(self._looking, lambda: note(self._db, unread))
            return unread.by_rules("busy")
        self._unread += 1
        try:
            return await self._in(self._reading, lambda: read(self._db, self._engine, self._config, unread))
        finally:
            self._unread -= 1

    async def _explained(self, profile_id: UUID, posting_id: UUID) -> Row | None:
        future: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        self._people.setdefault(posting_id, {}).setdefault(profile_id, []).append(future)
        if posting_id not in self._tellers:
            self._tellers[posting_id] = asyncio.create_task(self._tell(posting_id))
        return await future

    async def _tell(self, posting_id: UUID) -> None:
        """Explain the posting to those who wait, some at a time, until nobody does."""
        waiting = self._people[posting_id]
        try:
            while waiting:
                whom = {person: waiting.pop(person) for person in list(waiting)[:_TOGETHER]}
                tell = partial(self._rows, posting_id, list(whom))
                try:
                    rows = await self._in(self._telling, tell)
                except Exception as error:
                    for future in (future for futures in whom.values() for future in futures if not future.done()):
                        future.set_exception(error)
                else:
                    for person, futures in whom.items():
                        for future in (future for future in futures if not future.done()):
                            future.set_result(rows.get(person))
        finally:
            del self._people[posting_id], self._tellers[posting_id]

    def _rows(self, posting_id: UUID, people: list[UUID]) -> dict[UUID, Row]:
        return explain_for(self._db, self._engine, self._embedded, posting_id, people, self._known, self._postings)

    @staticmethod
    async def _in(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def close(self) -> None:
        """Drop what waits; what is asked already is kept when it comes."""
        for pool in (self._checking, self._looking, self._reading, self._telling, self._smoothing):
            pool.shutdown(wait=False, cancel_futures=True)
        self._db.close()
