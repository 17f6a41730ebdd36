"""All active postings in memory, in the vectors of one model: loaded once, brought up to date by what has changed.

Belongs here: what is kept, and how it follows the tables. Not here: reading columns (`columns.py`), joining arrays
(`merge.py`) and the screening itself (`rank.py`).

A snapshot never changes. Whoever screens takes one and keeps it; a refresh makes the next beside it, and from then on
new readers get that one.
"""

import datetime as dt
import logging
import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.columns import Connection, Heads, read_facets, read_heads, read_vectors, with_rows
from ty_assets.matching.first_reading import hash_keys, read_everything, single_value, untitled
from ty_assets.matching.matrix import Rows
from ty_assets.matching.merge import merged
from ty_assets.matching.postings import Postings
from ty_assets.matching.texts import Texts, domain_of
from ty_resources.postgres import Database

_log = logging.getLogger("ty.matching")

# Changes are kept in the table for so long; who has not looked for longer reads everything anew.
KEEP_CHANGES_HOURS = 48
_REFRESHABLE = dt.timedelta(hours=KEEP_CHANGES_HOURS / 2)
# Terms that nobody asks for any more cost their share of every product. Beyond it all is read anew, above a size.
_WASTE = 0.25
_SMALL = 20_000
# More changes than this share are read faster as a whole.
_MANY = 0.2


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The active postings at one moment, ready to be screened."""

    model: str
    postings: Postings
    texts: Texts
    titles: Texts
    first_seen_on: NDArray[np.int32]  # (P,) ordinal days
    as_of: str  # the database's snapshot

    @property
    def dimension(self) -> int:
        return max(int(self.texts.vectors.shape[1]), int(self.titles.vectors.shape[1]))

    @property
    def matrix_bytes(self) -> int:
        """What the vectors take."""
        return self.texts.vectors.nbytes + self.titles.vectors.nbytes

    def on(self, day: dt.date) -> NDArray[np.int64]:
        """The postings first seen on a day."""
        return np.flatnonzero(self.first_seen_on == day.toordinal())


@dataclass(frozen=True)
class Refreshed:
    """What a refresh changed; postings. whole: everything was read."""

    put_in: int = 0
    taken_out: int = 0
    whole: bool = False


class ScreeningIndex:
    """Keeps the snapshot of one model. Thread-safe: one refresh at a time, any number of readers.

    days: only the postings first seen on these; None for all.
    """

    def __init__(self, db: Database, model: str, days: Sequence[dt.date] | None = None) -> None:
        self._db, self.model = db, model
        self._days = None if days is None else list(days)
        self._writing = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._doubtful = False  # a refresh broke off, so that what stands behind the snapshot's rows is not known
        self._refreshed_at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._terms, self._titles = Rows(0), Rows(0)
        self._without_vector: set[bytes] = set()  # terms of facets
        self._untitled: dict[bytes, set[uuid.UUID]] = {}  # titles without a vector

    @property
    def loaded(self) -> Snapshot | None:
        """The snapshot, where there is one; never waits."""
        return self._snapshot

    def snapshot(self) -> Snapshot:
        """The snapshot; the first call reads it. Raises psycopg.Error where the database is away."""
        known = self._snapshot
        if known is not None:
            return known
        with self._writing:
            return self._snapshot or self._load()

    def refresh(self) -> Refreshed:
        """Bring the snapshot up to date. Costs what has changed, and copying the small arrays of all."""
        with self._writing:
            known = self._snapshot
            late = dt.datetime.now(dt.UTC) - self._refreshed_at > _REFRESHABLE
            if known is None or self._doubtful or late or _wasteful(known):
                return Refreshed(put_in=len(self._load().postings), whole=True)
            self._doubtful = True
            told = self._follow(known)
            self._doubtful = False
            return told

    def _load(self) -> Snapshot:
        self._db.execute("forget_posting_changes", hours=KEEP_CHANGES_HOURS)
        now = dt.datetime.now(dt.UTC)
        read = read_everything(self._db, self.model, self._days)
        self._terms, self._titles = read.term_rows, read.title_rows
        self._without_vector, self._untitled = read.without_vector, dict(read.untitled)
        loaded = Snapshot(self.model, read.postings, read.texts, read.titles, read.first_seen_on, read.as_of)
        self._snapshot, self._doubtful, self._refreshed_at = loaded, False, now
        return loaded

    def _follow(self, known: Snapshot) -> Refreshed:
        db = self._db
        now = dt.datetime.now(dt.UTC)
        with db.at_one_moment() as connection:
            as_of = single_value(connection, db, "current_snapshot")
            changed = {
                row["posting_id"]
                for row in connection.execute(db.queries["changed_postings"], {"snapshot": known.as_of})
            }
            changed |= self._encoded_since(connection)
            if len(changed) > max(_SMALL, _MANY * len(known.postings)):
                whole = True
            else:
                whole = False
                parts = self._read(connection, known.texts, known.titles, sorted(changed)) if changed else None
        if whole:
            return Refreshed(put_in=len(self._load().postings), whole=True)
        self._refreshed_at = now
        if parts is None:
            self._snapshot = replace(known, as_of=as_of)
            return Refreshed()
        heads, new, texts, titles = parts
        gone = known.postings.index_of(changed)
        kept = np.ones(len(known.postings), dtype=bool)
        kept[gone] = False
        postings, source = merged(known.postings, kept, new, texts)
        _ = postings.layout
        first_seen_on = np.concatenate([known.first_seen_on, heads.first_seen_on])[source]
        self._snapshot = Snapshot(self.model, postings, texts, titles, first_seen_on, as_of)
        return Refreshed(put_in=len(new), taken_out=len(gone))

    def _read(
        self, connection: Connection, texts: Texts, titles: Texts, ids: Sequence[uuid.UUID]
    ) -> tuple[Heads, Postings, Texts, Texts]:
        """The postings of these ids that are active, with the texts of all."""
        db = self._db
        heads = read_heads(db, connection, ids=ids, days=self._days)
        asked = read_facets(db, connection, heads, ids=ids, days=self._days)
        texts = self._with_more(connection, texts, np.unique(asked.text_hash), self._terms, titles=False)
        titles = self._with_more(connection, titles, np.unique(heads.columns.title_hash), self._titles, titles=True)
        facets, without = with_rows(asked, texts)
        self._without_vector |= hash_keys(without)
        for key, postings in untitled(heads, titles).items():
            self._untitled.setdefault(key, set()).update(postings)
        return heads, Postings.build(heads.columns, facets, texts, titles), texts, titles

    def _with_more(
        self, connection: Connection, known: Texts, wanted: NDArray[np.bytes_], rows: Rows, *, titles: bool
    ) -> Texts:
        """The known texts and, of the wanted ones, those that are new and have a vector."""
        unknown = [bytes(key).ljust(16, b"\0") for key in wanted[known.find(wanted) < 0].tolist()]
        if not unknown:
            return known
        fresh = Rows(len(unknown))
        keys, terms = read_vectors(self._db, connection, "vectors_of_hashes", fresh, model=self.model, hashes=unknown)
        if len(keys) == 0:
            return known
        order = np.argsort(keys)
        told = [terms[i] for i in order.tolist()]
        vectors = fresh.view()[order]
        more = (
            Texts.of(keys[order], told, vectors)
            if titles
            else Texts.of(keys[order], told, vectors, domain_of, known.domain_names)
        )
        rows.append(vectors)
        words = known.words.with_more(told) if known.words is not None else None
        return known.with_more(more, rows.view(), words)

    def read_some(
        self, connection: Connection, texts: Texts, titles: Texts, ids: Sequence[uuid.UUID], as_of: str
    ) -> Snapshot:
        """The postings of these ids that are active, over these texts and titles and what is new of theirs."""
        heads, postings, texts, titles = self._read(connection, texts, titles, ids)
        return Snapshot(self.model, postings, texts, titles, heads.first_seen_on, as_of)

    def _encoded_since(self, connection: Connection) -> set[uuid.UUID]:
        """Postings whose term or title had no vector and has one now."""
        waiting = [*self._without_vector, *self._untitled]
        if not waiting:
            return set()
        params = {"model": self.model, "hashes": waiting}
        rows = connection.execute(self._db.queries["hashes_with_vector"], params).fetchall()
        here = {bytes(row["text_hash"]) for row in rows}
        found: set[uuid.UUID] = set()
        for key in here:
            found |= self._untitled.pop(key, set())
        terms = list(here & self._without_vector)
        if terms:
            self._without_vector -= here
            asking = connection.execute(self._db.queries["postings_asking_for"], {"hashes": terms})
            found |= {row["posting_id"] for row in asking}
        return found


def load_snapshot(db: Database, model: str, days: Iterable[dt.date] | None = None) -> Snapshot:
    """The active postings of these days, or all, as they are now."""
    return ScreeningIndex(db, model, None if days is None else list(days)).snapshot()


def snapshot_of(db: Database, model: str, ids: Sequence[uuid.UUID]) -> Snapshot:
    """These postings alone, as far as they are active."""
    nothing = Texts.of(np.zeros(0, dtype="S16"), [], np.empty((0, 0), dtype=np.float32))
    with db.at_one_moment() as connection:
        as_of = single_value(connection, db, "current_snapshot")
        return ScreeningIndex(db, model).read_some(connection, nothing, nothing, ids, as_of)


def _wasteful(snapshot: Snapshot) -> bool:
    """Whether many terms, titles or demands are nobody's any more, or are there twice."""
    if len(snapshot.texts.hashes) < _SMALL:
        return False
    used = np.zeros(len(snapshot.texts.hashes), dtype=bool)
    asked = np.zeros(len(snapshot.postings.demands), dtype=bool)
    asked[snapshot.postings.demand] = True
    used[snapshot.postings.demands.text[asked]] = True
    return bool(used.mean() < 1.0 - _WASTE or asked.mean() < 1.0 - _WASTE)
