"""Everything that screening keeps in memory, read from the tables for the first time.

Belongs here: what is read when, so that a process answers soon and its memory has no peak. Not here: the layout of what
is sent (`columns.py`), and what is kept and followed afterwards (`index.py`).
"""

import ctypes
import datetime as dt
import sys
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.columns import (
    Connection,
    Heads,
    fill_vectors,
    read_facets,
    read_heads,
    read_texts,
    with_rows,
)
from ty_assets.matching.matrix import Rows
from ty_assets.matching.postings import FacetColumns, Postings
from ty_assets.matching.texts import Texts, domain_of
from ty_assets.matching.title_words import TitleWords
from ty_resources.postgres import Database

# Up to so many vectors for each that is wanted it is faster to read all than to have the server choose.
_FEW_UNUSED = 1.5
# Room for the terms of some weeks. Not filled, it costs addresses and no memory.
_SPARE = 1.25


@dataclass(frozen=True, eq=False)
class FirstReading:
    """The tables at one moment. term_rows, title_rows: the matrices behind the texts' vectors."""

    as_of: str  # the database's snapshot
    postings: Postings
    first_seen_on: NDArray[np.int32]  # (P,) ordinal days
    texts: Texts
    titles: Texts
    term_rows: Rows
    title_rows: Rows
    without_vector: set[bytes]  # terms of facets
    untitled: Mapping[bytes, set[uuid.UUID]]  # titles without a vector, and whose they are


@dataclass(frozen=True, eq=False)
class _Joined:
    """What needs the texts, and not yet their vectors."""

    postings: Postings
    first_seen_on: NDArray[np.int32]
    words: TitleWords
    without_vector: set[bytes]
    untitled: Mapping[bytes, set[uuid.UUID]]


def read_everything(db: Database, model: str, days: Sequence[dt.date] | None) -> FirstReading:
    """The active postings of these days, or all, with the texts and vectors that they ask for.

    Two connections: the server works on both at once, and this process on one while the other waits. Vectors come
    last: when they fill the memory, what facets are made from has left it.
    """
    with (
        db.at_one_moment() as connection,
        db.beside(connection) as other,
        ThreadPoolExecutor(1, thread_name_prefix="facets") as thread,
    ):
        for each in (connection, other):
            each.execute(db.queries["read_much"])
        as_of = single_value(connection, db, "current_snapshot")
        asked = thread.submit(_asked, db, other, days)
        stored = int(single_value(connection, db, "vector_count", model=model))
        dimension = int(single_value(connection, db, "dimension_of", model=model))
        term_rows, title_rows = Rows(int(stored * _SPARE) + 1024), Rows(int(stored * _SPARE) + 1024)
        wanted = {"model": model, "days": days}
        texts = _unfilled(*read_texts(db, connection, "screened_terms", **wanted), term_rows, dimension, domain_of)
        titles = _unfilled(*read_texts(db, connection, "screened_titles", **wanted), title_rows, dimension)
        joining = thread.submit(_joined, asked, texts, titles)
        _fill(db, connection, model, texts, titles, stored)
        joined = joining.result()
    return FirstReading(
        as_of=as_of,
        postings=joined.postings,
        first_seen_on=joined.first_seen_on,
        texts=texts,
        titles=replace(titles, words=joined.words),
        term_rows=term_rows,
        title_rows=title_rows,
        without_vector=joined.without_vector,
        untitled=joined.untitled,
    )


def untitled(heads: Heads, titles: Texts) -> dict[bytes, set[uuid.UUID]]:
    """The postings whose title is not among these, by its hash."""
    found: dict[bytes, set[uuid.UUID]] = defaultdict(set)
    for place in np.flatnonzero(titles.find(heads.columns.title_hash) < 0).tolist():
        key = bytes(heads.columns.title_hash[place]).ljust(16, b"\0")
        found[key].add(heads.columns.posting_ids[place])
    return dict(found)


def hash_keys(hashes: NDArray[np.bytes_]) -> set[bytes]:
    """As Postgres has them: NumPy drops zeros at the end."""
    return {bytes(key).ljust(16, b"\0") for key in hashes.tolist()}


def single_value(connection: Connection, db: Database, name: str, **params: Any) -> Any:
    """The one column of a named query's one row."""
    row = connection.execute(db.queries[name], params).fetchone()
    assert row is not None
    return next(iter(row.values()))


def _unfilled(
    keys: NDArray[np.bytes_],
    terms: Sequence[str],
    rows: Rows,
    dimension: int,
    domain_of: Callable[[str], str | None] | None = None,
) -> Texts:
    """The texts with room for their vectors."""
    order = np.argsort(keys).astype(np.int32)
    return Texts.of(keys, terms, rows.more(len(keys), dimension), domain_of, sorted_rows=order)


def _fill(db: Database, connection: Connection, model: str, texts: Texts, titles: Texts, stored: int) -> None:
    """stored: how many vectors the model has."""
    if stored <= _FEW_UNUSED * (len(texts.hashes) + len(titles.hashes)):
        fill_vectors(db, connection, "vectors_of_model", (texts, titles), model=model)
        return
    hashes = sorted(hash_keys(texts.hashes) | hash_keys(titles.hashes))
    fill_vectors(db, connection, "vectors_of_hashes", (texts, titles), model=model, hashes=hashes)


def _asked(db: Database, connection: Connection, days: Sequence[dt.date] | None) -> list[tuple[Heads, FacetColumns]]:
    heads = read_heads(db, connection, days=days)
    return [(heads, read_facets(db, connection, heads, days=days))]


def _joined(asked: Future[list[tuple[Heads, FacetColumns]]], texts: Texts, titles: Texts) -> _Joined:
    """Takes what was asked out of its list, so that it is let go as soon as it has served."""
    heads, facets = asked.result().pop()
    _give_back()
    facets, without = with_rows(facets, texts)
    postings = Postings.build(heads.columns, facets, texts, titles)
    del facets
    _ = postings.layout  # made now, so that no reader waits for it
    without_title, first_seen_on = untitled(heads, titles), heads.first_seen_on
    del heads
    _give_back()
    return _Joined(postings, first_seen_on, TitleWords.of(titles.terms), hash_keys(without), without_title)


def _give_back() -> None:
    """What was read and let go, back to the system before as much is needed again: a tenth of the vectors' size."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # glibc's; other allocators give back by themselves
        trim(0)
