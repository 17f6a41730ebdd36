"""Postings, facets and vectors from the tables into columns, fast enough for all that are active.

Belongs here: the layout of what COPY BINARY sends. Not here: what the columns become (`postings.py`, `texts.py`), and
who keeps them (`index.py`).
"""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from ty_assets.matching.postings import FacetColumns, Ids, PostingColumns
from ty_assets.matching.texts import HASH, Texts
from ty_assets.matching.views import CEFR, KINDS
from ty_resources.postgres import Database

Connection = psycopg.Connection[Any]
T = TypeVar("T")

# Rows decoded at once: some megabytes, so that what is read is never in memory twice.
_BLOCK = 8192

# One facet as `screened_facets` packs it, and where these begin in a row: behind the count of columns, the posting's id
# with its length, and the length of all its facets.
_FACET = np.dtype(
    [
        ("text_hash", HASH),
        ("ordinal", ">i2"),
        ("requirement", ">i2"),
        ("group", ">i2"),
        ("kind", ">i2"),
        ("cefr", ">i2"),
        ("years", ">f4"),
        ("level", ">i2"),
        ("must", "?"),
        ("negated", "?"),
        ("weight", ">f4"),
    ]
)
_ID, _FACETS = slice(6, 22), 26


@dataclass(frozen=True, eq=False)
class Heads:
    """P postings ascending by posting_id."""

    columns: PostingColumns
    first_seen_on: NDArray[np.int32]  # (P,) ordinal days


class Rows:
    """A matrix that grows at its end. What is there never moves while somebody reads it.

    Room that is not filled yet costs addresses and no memory. One writer; every reader has a view of its own.
    """

    def __init__(self, room: int) -> None:
        self._room = max(room, 1)
        self._data = np.empty((0, 0), dtype=np.float32)
        self.count = 0

    @property
    def dimension(self) -> int:
        """0 before the first row."""
        return int(self._data.shape[1])

    def append(self, rows: NDArray[np.floating]) -> None:
        """ValueError for rows of another dimension."""
        if self._data.size == 0:
            self._data = np.empty((self._room, rows.shape[1]), dtype=np.float32)
        if rows.shape[1] != self.dimension:
            raise ValueError(f"expected vectors of {self.dimension} dimensions, got {rows.shape[1]}")
        if self.count + len(rows) > len(self._data):
            larger = np.empty((int((self.count + len(rows)) * 1.5), self.dimension), dtype=np.float32)
            larger[: self.count] = self._data[: self.count]
            self._data = larger
        self._data[self.count : self.count + len(rows)] = rows
        self.count += len(rows)

    def view(self, dimension: int = 0) -> NDArray[np.float32]:
        """(count, d) as it is now; (0, dimension) where there is none."""
        if self.count == 0:
            return np.empty((0, self.dimension or dimension), dtype=np.float32)
        return self._data[: self.count]


def read_heads(
    db: Database,
    connection: Connection,
    ids: Sequence[uuid.UUID] | None = None,
    days: Sequence[dt.date] | None = None,
) -> Heads:
    """What gates and titles need of the active postings: these, those of these days, or all."""
    known: dict[str, str] = {}

    def once(text: str | None) -> str | None:
        """A place's name is kept in memory once, not at each of its postings."""
        return None if text is None else known.setdefault(text, text)

    nothing = np.zeros(0, dtype=HASH)
    ids_read, titles, codes, seen = [nothing], [nothing], [np.zeros(0, dtype="S5")], [np.zeros(0, dtype=np.int32)]
    city: list[str | None] = []
    region: list[str | None] = []
    remote: list[bool | None] = []
    gates: list[tuple[str, ...]] = []
    pay: list[float | None] = []
    # A cursor on the server: all rows as Python objects would take as much as a third of the vectors.
    with connection.cursor("screened_postings", row_factory=tuple_row) as cursor:
        cursor.execute(
            db.queries["screened_postings"],
            {"ids": None if ids is None else list(ids), "days": None if days is None else list(days)},
            binary=True,
        )
        while rows := cursor.fetchmany(_BLOCK):
            ids_read.append(np.array([row[0] for row in rows], dtype=HASH))
            seen.append(np.array([row[1].toordinal() for row in rows], dtype=np.int32))
            titles.append(np.array([bytes(row[2]) for row in rows], dtype=HASH))
            codes.append(np.array([(row[3] or "").encode() for row in rows], dtype="S5"))
            city.extend(once(row[4]) for row in rows)
            region.extend(once(row[5]) for row in rows)
            remote.extend(row[6] for row in rows)
            gates.extend(_listed(row[7]) for row in rows)
            pay.extend(row[8] for row in rows)
    raw = np.concatenate(ids_read)
    # Sorted here: the ids are in no order on disk, and sorting 260,000 rows costs the server more.
    order = np.argsort(raw)
    columns = PostingColumns(
        posting_ids=Ids(raw[order]),
        title_hash=np.concatenate(titles)[order],
        kldb=np.concatenate(codes)[order],
        city=_in(order, city),
        region=_in(order, region),
        remote=_in(order, remote),
        domain_gates=_in(order, gates),
        pay=_in(order, pay),
    )
    return Heads(columns, np.concatenate(seen)[order])


def _in(order: NDArray[np.int64], values: Sequence[T]) -> list[T]:
    return [values[at] for at in order.tolist()]


@lru_cache(maxsize=1024)
def _listed(names: str | None) -> tuple[str, ...]:
    return tuple(json.loads(names)) if names else ()


def read_facets(
    db: Database,
    connection: Connection,
    heads: Heads,
    texts: Texts,
    ids: Sequence[uuid.UUID] | None = None,
    days: Sequence[dt.date] | None = None,
) -> tuple[FacetColumns, NDArray[np.bytes_]]:
    """The facets of these postings, in any order, and the hashes of those that are left out for want of a vector.

    ids and days: what to ask the server for, as for `read_heads`.
    """
    places = Ids.of(heads.columns.posting_ids).raw
    stream = db.copied(
        connection,
        "screened_facets",
        _BLOCK,
        kinds=list(KINDS),
        cefr=list(CEFR),
        ids=None if ids is None else list(ids),
        days=None if days is None else list(days),
    )
    nothing = np.zeros(0, dtype=HASH)
    found, missing = [_facets(np.zeros(0, dtype=_FACET), nothing, places, texts)[0]], [nothing]
    for rows in stream:
        sizes = np.array([(len(row) - _FACETS) // _FACET.itemsize for row in rows])
        of_rows = np.frombuffer(b"".join(row[_ID] for row in rows), dtype=HASH)
        packed = np.frombuffer(b"".join(row[_FACETS:] for row in rows), dtype=_FACET)
        columns, without = _facets(packed, np.repeat(of_rows, sizes), places, texts)
        found.append(columns)
        missing.append(without)
    columns_of = [{f.name: getattr(part, f.name) for f in fields(FacetColumns)} for part in found]
    del found
    # Column by column, each part let go as it is joined.
    joined = {f.name: np.concatenate([part.pop(f.name) for part in columns_of]) for f in fields(FacetColumns)}
    return FacetColumns(**joined), np.unique(np.concatenate(missing))


def _facets(
    rows: NDArray[np.void], ids: NDArray[np.bytes_], places: NDArray[np.bytes_], texts: Texts
) -> tuple[FacetColumns, NDArray[np.bytes_]]:
    """One block as columns, and the hashes that have no vector."""
    if (rows["kind"] < 0).any():
        raise ValueError(f"a facet of a kind that is none of {', '.join(KINDS)}")
    posting = _places(ids, places)
    text = texts.find(rows["text_hash"])
    known = posting >= 0
    missing = rows["text_hash"][known & (text < 0)]
    kept = known & (text >= 0)
    rows = rows[kept]
    return FacetColumns(
        posting=posting[kept].astype(np.int32),
        ordinal=rows["ordinal"].astype(np.int16),
        requirement=rows["requirement"].astype(np.int16),
        group=rows["group"].astype(np.int16),
        kind=rows["kind"].astype(np.int8),
        text_hash=np.zeros(0, dtype=HASH),
        cefr=rows["cefr"].astype(np.int8),
        years=rows["years"].astype(np.float32),
        level=rows["level"].astype(np.int8),
        must=rows["must"].copy(),
        negated=rows["negated"].copy(),
        weight=rows["weight"].astype(np.float32),
        text_row=text[kept].astype(np.int32),
    ), missing


def _places(ids: NDArray[np.bytes_], places: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Where each id is among the places, which are ascending; -1 for one that is not there.

    The facets of a posting lie together: one look-up for each run of equal ids.
    """
    if len(ids) == 0 or len(places) == 0:
        return np.full(len(ids), -1, dtype=np.int64)
    first = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    at = np.minimum(np.searchsorted(places, ids[first]), len(places) - 1)
    at = np.where(places[at] == ids[first], at, -1)
    return np.repeat(at, np.diff(np.r_[first, len(ids)]))


def read_vectors(
    db: Database, connection: Connection, name: str, rows: Rows, **params: Any
) -> tuple[NDArray[np.bytes_], list[str]]:
    """Append the vectors of a named query to `rows`; their hashes and texts in the order they came."""
    hashes: list[NDArray[np.bytes_]] = []
    texts: list[str] = []
    for block in db.copied(connection, name, _BLOCK // 2, **params):
        # columns, length, 16 bytes of hash, length, dimension, unused, halves, length, text
        dimension = int.from_bytes(block[0][26:28], "big")
        end = 30 + 2 * dimension
        part = np.frombuffer(b"".join(row[30:end] for row in block), dtype=">f2")
        if len(part) != dimension * len(block) or any(row[26:28] != block[0][26:28] for row in block):
            raise ValueError("vectors of more than one dimension in one read: select those of one model")
        rows.append(part.reshape(len(block), dimension))
        hashes.append(np.frombuffer(b"".join(row[6:22] for row in block), dtype=HASH))
        texts.extend(bytes(row[end + 4 :]).decode() for row in block)
    return np.concatenate(hashes or [np.zeros(0, dtype=HASH)]), texts
