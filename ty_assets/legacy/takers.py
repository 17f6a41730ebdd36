"""What is done with a chunk of each large table: rows are read without the database, then stored in one transaction.

Not here: chunks (importer.py), processes, transactions and what has been killed (workers.py).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from pgvector import HalfVector

from ty_assets.legacy.chunks import Chunk, OldRow, careful_rows, quick_rows
from ty_assets.legacy.posting_rows import copy_new, store_beside
from ty_assets.legacy.postings import PostingRow, Reading
from ty_assets.legacy.quick_postings import QuickReading
from ty_assets.legacy.ratings import Rating, is_rated, read_rating
from ty_assets.legacy.report import Counts
from ty_assets.legacy.tables import EMBEDDINGS, MATCHES, POSTINGS, OldTable
from ty_assets.legacy.vectors import OldVector, base_name, read_vector
from ty_resources import failures
from ty_resources.postgres import Database, Row

STAGE = "legacy"  # in `failures`
TASK_VERSION = "1"
BEFORE_THE_FIRST_DAY = "first seen before TY_START_DATE: they belong to that day"

Connection = psycopg.Connection[Row]


@dataclass
class Parsed:
    """A chunk's rows that can be stored, and what is to be said of the others."""

    rows: list[Any] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    failed: list[failures.Failure] = field(default_factory=list)

    def refuse(self, place: str, error: Exception) -> None:
        self.counts.refused += 1
        message = f"{place}: {error}"
        self.failed.append(failures.Failure(STAGE, place, TASK_VERSION, type(error).__name__, message))


class Taker(Protocol):
    """One large table.

    read: the chunk's rows; carefully: without short cuts. store: the number of rows that were not there; beside: some
    may be there already. separable: may be sent to another process.
    """

    table: OldTable
    separable: bool

    def read(self, chunk: Chunk, carefully: bool) -> Parsed: ...

    def store(self, db: Database, rows: Sequence[Any], connection: Connection, beside: bool) -> int: ...


def each(parsed: Parsed, rows: Iterable[OldRow], take: Callable[[Mapping[str, str]], str | None]) -> None:
    """Count the rows and give each to `take`, which raises for a bad one, or says why one is left out."""
    for row in rows:
        parsed.counts.read += 1
        try:
            if row.error is not None:
                raise row.error
            if reason := take(row.cells):
                parsed.counts.left_out[reason] += 1
        except (ValueError, RecursionError) as error:
            parsed.refuse(row.place, error)


def each_quickly(
    parsed: Parsed,
    table: OldTable,
    chunk: Chunk,
    columns: Sequence[str],
    quick: Callable[[list[bytes]], bool],
    take: Callable[[Mapping[str, str]], str | None],
) -> None:
    """As `each`, but rows that `quick` takes are not read by the csv module; it says False to those it leaves."""
    cells = quick_rows(chunk.data, len(columns))
    if cells is None:
        each(parsed, careful_rows(table, chunk, columns), take)
        return
    doubtful = [number for number, row in enumerate(cells) if not quick(row)]
    parsed.counts.read += len(cells) - len(doubtful)
    if doubtful:
        rows = list(careful_rows(table, chunk, columns))
        each(parsed, (rows[number] for number in doubtful), take)


class PostingsTaker:
    """postings -> raw_postings, sightings, legacy_ids."""

    table = POSTINGS
    separable = True

    def __init__(self, columns: Sequence[str], reading: Reading, now: dt.datetime) -> None:
        self._columns = list(columns)
        self._reading = reading
        self._quick = QuickReading(reading, columns)
        self._now = now

    def read(self, chunk: Chunk, carefully: bool) -> Parsed:
        parsed = Parsed()

        def quick(cells: list[bytes]) -> bool:
            row = self._quick.row(cells)
            if row is not None:
                parsed.rows.append(row)
            return row is not None

        def take(cells: Mapping[str, str]) -> None:
            parsed.rows.append(self._reading.row(cells))

        if carefully:
            each(parsed, careful_rows(self.table, chunk, self._columns), take)
        else:
            each_quickly(parsed, self.table, chunk, self._columns, quick, take)
        if clamped := sum(row.clamped for row in parsed.rows):
            parsed.counts.notes[BEFORE_THE_FIRST_DAY] = clamped
        return parsed

    def store(self, db: Database, rows: Sequence[PostingRow], connection: Connection, beside: bool) -> int:
        return (store_beside if beside else copy_new)(db, rows, self._now, connection)


class VectorsTaker:
    """embeddings -> embeddings. model: as the engine names it; None: nobody says under which name to keep them."""

    table = EMBEDDINGS
    separable = True
    _COLUMNS = ("model", "text_hash", "text", "embedding", "needed_on")
    _TYPES = ("text", "bytea", "text", "halfvec", "date")

    def __init__(self, columns: Sequence[str], model: str | None, private: set[bytes], today: dt.date) -> None:
        self._columns = list(columns)
        self._model = model
        self._private = private
        self._today = today

    def read(self, chunk: Chunk, carefully: bool) -> Parsed:
        parsed = Parsed()
        model = base_name(self._model or "")

        def take(cells: Mapping[str, str]) -> str | None:
            if self._model is None:
                return "the model's name with its digest is not known: give --embedding-model, or start its server"
            vector = read_vector(cells, model)
            if vector.key in self._private:
                return "of what a person wrote: encoded anew beside the person"
            parsed.rows.append(vector)
            return None

        def quick(cells: list[bytes]) -> bool:
            try:
                given = {name: cell.decode() for name, cell in zip(self._columns, cells, strict=True) if cell}
                if reason := take(given):
                    parsed.counts.left_out[reason] += 1
            except ValueError:
                return False
            return True

        if carefully:
            each(parsed, careful_rows(self.table, chunk, self._columns), take)
        else:
            each_quickly(parsed, self.table, chunk, self._columns, quick, take)
        return parsed

    def store(self, db: Database, rows: Sequence[OldVector], connection: Connection, beside: bool) -> int:
        values = ((self._model, row.key, row.text, HalfVector(row.vector), self._today) for row in rows)
        return db.insert_new("embeddings", self._COLUMNS, values, connection, self._TYPES)


class RatingsTaker:
    """profile_posting_matches -> match_ratings. ids: old id -> ours, by kind, as far as the import knows them."""

    table = MATCHES
    separable = False  # it asks for ids, and there are few
    _COLUMNS = ("profile_id", "posting_id", "rating", "decision", "comment", "rated_at", "source")

    def __init__(
        self,
        columns: Sequence[str],
        ids: Callable[[str, list[str]], Mapping[str, UUID]],
        zone: ZoneInfo,
        now: dt.datetime,
    ) -> None:
        self._columns = list(columns)
        self._ids = ids
        self._zone = zone
        self._now = now

    def read(self, chunk: Chunk, carefully: bool) -> Parsed:
        parsed = Parsed()
        rows = list(careful_rows(self.table, chunk, self._columns))
        rated = [row.cells for row in rows if is_rated(row.cells)]
        profiles = self._ids("profile", [cells.get("profile_id", "").strip() for cells in rated])
        postings = self._ids("posting", [cells.get("posting_id", "").strip() for cells in rated])

        def take(cells: Mapping[str, str]) -> str | None:
            if not is_rated(cells):
                return "rated by nobody"
            parsed.rows.append(read_rating(cells, profiles, postings, self._zone, self._now))
            return None

        each(parsed, rows, take)
        return parsed

    def store(self, db: Database, rows: Sequence[Rating], connection: Connection, beside: bool) -> int:
        values = [(*row, "legacy") for row in rows]
        return db.insert_new("match_ratings", self._COLUMNS, values, connection)
