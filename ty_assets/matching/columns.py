"""Postings, facets and vectors from the tables into columns, fast enough for all that are active.

Belongs here: the layout of what COPY BINARY sends. Not here: what the columns become (`postings.py`, `texts.py`), and
who keeps them (`index.py`).
"""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
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
_READ = tuple(field.name for field in fields(FacetColumns) if field.name != "text_row")
_FOUND_AT_ONCE = 1 << 18

# A vector's row as `vectors_of_hashes` sends it: columns, length, 16 bytes of hash, length, dimension, unused, halves,
# length, text.
_HASH, _DIMENSION, _HALVES = slice(6, 22), slice(26, 28), 30
# Halves are widened while they are in a core's cache.
_WIDENED_AT_ONCE = 64 * 1024


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
        self.more(len(rows), rows.shape[1])[:] = rows

    def more(self, count: int, dimension: int) -> NDArray[np.float32]:
        """(count, dimension) new rows at the end, to be filled. ValueError for another dimension than theirs."""
        if self._data.size == 0:
            self._data = np.empty((self._room, dimension), dtype=np.float32)
        if dimension != self.dimension:
            raise ValueError(f"expected vectors of {self.dimension} dimensions, got {dimension}")
        if self.count + count > len(self._data):
            larger = np.empty((int((self.count + count) * 1.5), self.dimension), dtype=np.float32)
            larger[: self.count] = self._data[: self.count]
            self._data = larger
        self.count += count
        return self._data[self.count - count : self.count]

    def view(self, dimension: int = 0) -> NDArray[np.float32]:
        """(count, d) as it is now; (0, dimension) where there is none."""
        if self.count == 0:
            return np.empty((0, self.dimension or dimension), dtype=np.float32)
        return self._data[: self.count]


def widen(halves: NDArray[np.int16], out: NDArray[np.float32]) -> None:
    """Halves as Postgres sends them, (n, d) of their bits, into single precision; for finite ones, as pgvector has.

    Exponent and fraction move to where single precision has them, and 2**112 makes up for the other bias. A third of
    the time of `astype`, which looks at each number.
    """
    step = max(1, _WIDENED_AT_ONCE // max(1, halves.shape[1]))
    for start in range(0, len(halves), step):
        bits = halves[start : start + step].astype(np.int32)
        bits <<= 13
        bits &= _SIGN_AND_REST
        np.multiply(bits.view(np.float32), np.float32(2.0**112), out=out[start : start + step])


# Sign, and the fifteen bits behind it; between them the sign was copied.
_SIGN_AND_REST = np.uint32(0x8FFFE000).view(np.int32)


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
    ids: Sequence[uuid.UUID] | None = None,
    days: Sequence[dt.date] | None = None,
) -> FacetColumns:
    """The facets of these postings, in any order; `with_rows` has yet to find their texts.

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
    found = [_facets(np.zeros(0, dtype=_FACET), np.zeros(0, dtype=HASH), places)]
    for rows in stream:
        sizes = np.array([(len(row) - _FACETS) // _FACET.itemsize for row in rows])
        of_rows = np.frombuffer(b"".join(row[_ID] for row in rows), dtype=HASH)
        packed = np.frombuffer(b"".join(row[_FACETS:] for row in rows), dtype=_FACET)
        found.append(_facets(packed, np.repeat(of_rows, sizes), places))
    columns_of = [{name: getattr(part, name) for name in _READ} for part in found]
    del found
    # Column by column, each part let go as it is joined.
    return FacetColumns(**{name: np.concatenate([part.pop(name) for part in columns_of]) for name in _READ})


def with_rows(facets: FacetColumns, texts: Texts) -> tuple[FacetColumns, NDArray[np.bytes_]]:
    """The facets with the rows of their texts, without their hashes; and the hashes that have no vector.

    What has none is left out.
    """
    text = np.empty(len(facets.text_hash), dtype=np.int32)
    for start in range(0, len(text), _FOUND_AT_ONCE):
        some = slice(start, start + _FOUND_AT_ONCE)
        text[some] = texts.find(facets.text_hash[some])
    without = text < 0
    missing = np.unique(facets.text_hash[without])
    facets = replace(facets, text_hash=np.zeros(0, dtype=HASH), text_row=text)
    if len(missing):
        kept = ~without
        columns = {name: getattr(facets, name)[kept] for name in (*_READ, "text_row") if name != "text_hash"}
        facets = replace(facets, **columns)
    return facets, missing


def _facets(rows: NDArray[np.void], ids: NDArray[np.bytes_], places: NDArray[np.bytes_]) -> FacetColumns:
    """One block as columns."""
    if (rows["kind"] < 0).any():
        raise ValueError(f"a facet of a kind that is none of {', '.join(KINDS)}")
    posting = _places(ids, places)
    kept = posting >= 0
    rows = rows[kept]
    return FacetColumns(
        posting=posting[kept].astype(np.int32),
        ordinal=rows["ordinal"].astype(np.int16),
        requirement=rows["requirement"].astype(np.int16),
        group=rows["group"].astype(np.int16),
        kind=rows["kind"].astype(np.int8),
        text_hash=rows["text_hash"].copy(),
        cefr=rows["cefr"].astype(np.int8),
        years=rows["years"].astype(np.float32),
        level=rows["level"].astype(np.int8),
        must=rows["must"].copy(),
        negated=rows["negated"].copy(),
        weight=rows["weight"].astype(np.float32),
    )


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
    for block in db.copied(connection, name, _BLOCK // 4, **params):
        dimension = int.from_bytes(block[0][_DIMENSION], "big")
        end = _HALVES + 2 * dimension
        heads = np.frombuffer(b"".join([row[:_HALVES] for row in block]), dtype=np.uint8).reshape(-1, _HALVES)
        if (heads[:, _DIMENSION] != heads[0, _DIMENSION]).any():
            raise ValueError("vectors of more than one dimension in one read: select those of one model")
        halves = np.frombuffer(b"".join([row[_HALVES:end] for row in block]), dtype=">i2")
        widen(halves.reshape(len(block), dimension), rows.more(len(block), dimension))
        hashes.append(np.ascontiguousarray(heads[:, _HASH]).view(HASH).ravel())
        texts.extend([str(row[end + 4 :], "utf-8") for row in block])
    return np.concatenate(hashes or [np.zeros(0, dtype=HASH)]), texts
