"""Chunks taken in: read, stored and counted in one transaction each, by as many processes as there are processors.

Reading is half of the work and Python's, storing is Postgres's: one process keeps one processor busy with the one while
it waits for the other. Not here: which chunks there are (importer.py), what is done with one (takers.py).
"""

import json
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType

from psycopg import errors

from ty_assets.legacy.chunks import Chunk
from ty_assets.legacy.posting_rows import CANNOT_COPY
from ty_assets.legacy.report import Counts
from ty_assets.legacy.tables import LegacyError
from ty_assets.legacy.takers import Parsed, Taker
from ty_resources import failures
from ty_resources.postgres import Database

_TRIES = 5
# Processes take a second to start: a few chunks are in before.
_CHUNKS_ALONE = 4


class Importing:
    """One import's chunks of one table. number: of the import in the database."""

    def __init__(self, db: Database, number: int, taker: Taker) -> None:
        self._db = db
        self._number = number
        self._taker = taker

    def take(self, chunk: Chunk) -> Counts:
        """Take one in. Raises: LegacyError when the database does not take it, however it is offered."""
        beside, parsed = False, self._read(chunk, carefully=False)
        for _ in range(_TRIES):
            try:
                return self._store(chunk, parsed, beside)
            except (errors.UniqueViolation, errors.DeadlockDetected):
                # Something is there already; or two chunks hold versions of the same postings.
                beside = True
            except CANNOT_COPY:
                beside, parsed = True, self._read(chunk, carefully=True)
        table = self._taker.table.name
        raise LegacyError(f"{table}: {_TRIES} tries could not store the chunk at line {chunk.line}; see Postgres' log")

    def _read(self, chunk: Chunk, *, carefully: bool) -> Parsed:
        parsed = self._taker.read(chunk, carefully)
        # Before the rows: a kill in between leaves failures that the next call writes again, and none is lost.
        failures.record(self._db, parsed.failed, max_attempts=1)
        return parsed

    def _store(self, chunk: Chunk, parsed: Parsed, beside: bool) -> Counts:
        key = {"import_id": self._number, "old_table": self._taker.table.name, "chunk": chunk.name}
        with self._db.transaction() as connection:
            connection.execute(self._db.queries["do_not_wait_for_disk"])
            claim = connection.execute(self._db.queries["claim_legacy_chunk"], {**key, "counts": "{}"})
            if claim.rowcount:
                stored = self._taker.store(self._db, parsed.rows, connection, beside) if parsed.rows else 0
                parsed.counts.stored, parsed.counts.already_there = stored, len(parsed.rows) - stored
                counts = {**key, "counts": json.dumps(parsed.counts.as_dict())}
                connection.execute(self._db.queries["count_legacy_chunk"], counts)
                return parsed.counts
        # A call that was killed has just had its last word: what it stored is in.
        return Counts.of(self._db.value("legacy_chunk", **key))


class Workers:
    """Takes chunks here at first, and by processes once they are there. Use as a context manager."""

    def __init__(self, db: Database, number: int, taker: Taker) -> None:
        self._db = db
        self._here = Importing(db, number, taker)
        self._begin = (db.url, db.schema, number, taker, os.getpid())
        self._separable = taker.separable
        self._given = 0
        self._pool: ProcessPoolExecutor | None = None
        self._ready: Future[None] | None = None
        self.at_once = os.cpu_count() or 1

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=error is not None)

    def take(self, chunk: Chunk) -> Future[Counts]:
        """The chunk's counts, now or later."""
        self._given += 1
        if self._pool is None and self._separable and self._given > _CHUNKS_ALONE:
            # Not by fork, which copies the threads' locks and the connections.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.at_once, context, initializer=_begin, initargs=self._begin)
            self._ready = self._pool.submit(_nothing)
        if self._pool is not None and self._ready is not None and self._ready.done():
            return self._pool.submit(_take, chunk)
        taken: Future[Counts] = Future()
        taken.set_result(self._here.take(chunk))
        return taken


_importing: Importing | None = None  # of a worker process


def _begin(url: str, schema: str, number: int, taker: Taker, parent: int) -> None:
    global _importing
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets chunks end
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _importing = Importing(Database(url, schema, pool_size=2), number, taker)


def _end_with(parent: int) -> None:
    """A parent that was killed tells nobody, and its workers would wait for chunks for ever."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _nothing() -> None:
    pass


def _take(chunk: Chunk) -> Counts:
    if _importing is None:
        raise RuntimeError("a worker takes chunks once it has begun")
    return _importing.take(chunk)
