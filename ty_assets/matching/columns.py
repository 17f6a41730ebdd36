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

from ty_assets.matching.matrix import Rows, widen
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
# length, text. A text's row has its length and itself behind the hash.
_HASH, _DIMENSION, _HALVES, _TEXT = slice(6, 22), slice(26, 28), 30, 26


@dataclass(frozen=True, eq=False)
class Heads:
    """P postings ascending by posting_id."""

    columns: PostingColumns
    first_seen_on: NDArray[np.int32]  # (P,) ordinal days


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


def read_texts(db: Database, connection: Connection, name: str, **params: Any) -> tuple[NDArray[np.bytes_], list[str]]:
    """The hashes and texts of a named query, in the order they come."""
    hashes: list[NDArray[np.bytes_]] = []
    texts: list[str] = []
    for block in db.copied(connection, name, _BLOCK, **params):
        hashes.append(np.frombuffer(b"".join([row[_HASH] for row in block]), dtype=HASH))
        texts.extend([str(row[_TEXT:], "utf-8") for row in block])
    return np.concatenate(hashes or [np.zeros(0, dtype=HASH)]), texts


def fill_vectors(db: Database, connection: Connection, name: str, into: Sequence[Texts], **params: Any) -> None:
    """Write the vectors of a named query where their texts are; a text may be in several.

    RuntimeError where a text is left without: what was read of one moment has every one.
    """
    filled = [0] * len(into)
    for block in db.copied(connection, name, _BLOCK // 4, **params):
        hashes, halves = _halves(block)
        for n, texts in enumerate(into):
            found = texts.find(hashes)
            here = found >= 0
            rows = found[here]
            if len(rows) == 0:
                continue
            theirs = halves if len(rows) == len(halves) else halves[here]
            filled[n] += len(rows)
            if rows[-1] - rows[0] + 1 == len(rows) and (np.diff(rows) == 1).all():
                # The server has most often read them in the order in which it has told their texts.
                widen(theirs, texts.vectors[rows[0] : rows[-1] + 1])
            else:
                wide = np.empty(theirs.shape, dtype=np.float32)
                widen(theirs, wide)
                texts.vectors[rows] = wide
    if filled != [len(texts.hashes) for texts in into]:
        raise RuntimeError(f"expected vectors of {[len(texts.hashes) for texts in into]} texts, got {filled}")


def read_vectors(
    db: Database, connection: Connection, name: str, rows: Rows, **params: Any
) -> tuple[NDArray[np.bytes_], list[str]]:
    """Append the vectors of a named query to `rows`; their hashes and texts in the order they came."""
    hashes: list[NDArray[np.bytes_]] = []
    texts: list[str] = []
    for block in db.copied(connection, name, _BLOCK // 4, **params):
        keys, halves = _halves(block)
        widen(halves, rows.more(*halves.shape))
        hashes.append(keys)
        behind = _HALVES + 2 * halves.shape[1] + 4
        texts.extend([str(row[behind:], "utf-8") for row in block])
    return np.concatenate(hashes or [np.zeros(0, dtype=HASH)]), texts


def _halves(block: Sequence[bytes | memoryview]) -> tuple[NDArray[np.bytes_], NDArray[np.int16]]:
    """Hashes (n,) and halves (n, d) of rows that begin with both."""
    dimension = int.from_bytes(block[0][_DIMENSION], "big")
    end = _HALVES + 2 * dimension
    heads = np.frombuffer(b"".join([row[:_HALVES] for row in block]), dtype=np.uint8).reshape(-1, _HALVES)
    if (heads[:, _DIMENSION] != heads[0, _DIMENSION]).any():
        raise ValueError("vectors of more than one dimension in one read: select those of one model")
    halves = np.frombuffer(b"".join([row[_HALVES:end] for row in block]), dtype=">i2")
    return np.ascontiguousarray(heads[:, _HASH]).view(HASH).ravel(), halves.reshape(len(block), dimension)
