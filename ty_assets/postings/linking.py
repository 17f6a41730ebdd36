"""Each copy points at the first of its kind: of the same text, then of the same job in other words.

A posting is compared once, when it comes or changes, with those that speak for themselves and share a band with it
(signatures.py), whatever their day; so a day costs what is new in it, not what is there. Of two alike the one seen
first speaks, then the smaller id; links are never chains. When who speaks changes, its copies are compared again, also
by a later run if this one is killed. Belongs here: reading, order and writing. Not here: whether two are alike.
"""

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ty_assets.postings import signatures
from ty_assets.postings.duplicates import Candidate, find_duplicates
from ty_assets.postings.job_facts import Head, objections, place_key
from ty_assets.postings.near_duplicates import Advertisement, compare
from ty_resources.postgres import Database, Row

# Raise it when the comparison changes its answers: postings are compared again with their day's next run.
VERSION = f"1-{signatures.VERSION}"
# Postings compared in one transaction: a second or two of work, and the texts of as many candidates in memory.
_BATCH = 500
# The first of a text -> who speaks for it (None: itself), and how alike they are.
_Links = dict[uuid.UUID, tuple[uuid.UUID | None, float]]
_ALONE = (None, 1.0)
_SIGNATURE = ["posting_id", "made_of", "task_version", "place", "bands"]


@dataclass
class Linked:
    """What one run changed. postings: whose link changed; days: theirs; compared: texts laid over each other."""

    postings: set[uuid.UUID] = field(default_factory=set)
    days: set[dt.date] = field(default_factory=set)
    new: int = 0  # postings that were compared with what is there
    compared: int = 0

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.postings.add(row["posting_id"])
            self.days.add(row["first_seen_on"])


def link_copies(
    db: Database, days: Sequence[dt.date], progress: Callable[[int, int], None] = lambda done, total: None
) -> Linked:
    """Bring the links of these days' postings up to date, and of whatever is linked to them."""
    report = Linked()
    work = _link_equal_texts(db, days, report)
    while work:
        for start in range(0, len(work), _BATCH):
            with db.transaction() as connection:
                _lock(db, connection)
                _Round(db, connection, report).play(work[start : start + _BATCH])
            progress(min(start + _BATCH, len(work)), len(work))
        work = _in_order(db, [row["posting_id"] for row in db.rows("doubtful_links")])
    return report


def _lock(db: Database, connection: psycopg.Connection[Row]) -> None:
    """Two days at once would not see each other's new postings."""
    connection.execute(db.queries["lock_table"], {"table": "posting_signatures"})


def _in_order(db: Database, posting_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    return [row["posting_id"] for row in db.rows("seen_order", posting_ids=list(posting_ids))]


def _link_equal_texts(db: Database, days: Sequence[dt.date], report: Linked) -> list[uuid.UUID]:
    """Link what reads the same; the postings, first of their text, that are to be compared with others.

    Done for whole days, changed or not, so that a run killed between writing and linking leaves nothing behind that
    the next would not mend.
    """
    with db.transaction() as connection:
        _lock(db, connection)
        rows = connection.execute(db.queries["postings_with_content_of_days"], {"days": list(days)}).fetchall()
        leader_of = find_duplicates(Candidate(r["posting_id"], r["content_hash"], r["first_seen_on"]) for r in rows)
        by_id = {row["posting_id"]: row for row in rows}
        fresh, unfit, moved = [], [], {}
        wanted: _Links = {}
        for row in rows:
            leader = by_id[leader_of[row["posting_id"]] or row["posting_id"]]
            canonical = leader["duplicate_of"] if leader["method"] == "near" and leader["in_scope"] else None
            target = canonical or leader["posting_id"]
            if row["duplicate_of"] != (None if target == row["posting_id"] else target):
                wanted[leader["posting_id"]] = (canonical, leader["similarity"] or 1.0)
                if row["duplicate_of"] is None and target != row["posting_id"]:
                    moved[row["posting_id"]] = target
            if row is not leader or not row["in_scope"]:
                unfit += [row["posting_id"]] if row["made_of"] is not None or not row["in_scope"] else []
            elif (row["made_of"], row["task_version"]) != (_made_of(row), VERSION):
                fresh.append(row)
        _point(db, connection, report, wanted, moved)
        again = [*unfit, *(row["posting_id"] for row in fresh)]
        connection.execute(db.queries["forget_signatures"], {"posting_ids": again})
        connection.execute(db.queries["doubt_links_to"], {"canonicals": again})
        doubtful = connection.execute(db.queries["doubtful_links"]).fetchall()
    return _in_order(db, list({row["posting_id"] for row in (*fresh, *doubtful)}))


def _made_of(row: Row) -> bytes:
    """16 bytes over what a comparison rests on."""
    said = "\x00".join(str(row[name]) for name in ("first_seen_on", "employer", "city", "region"))
    return hashlib.sha256(bytes(row["content_hash"]) + said.encode("utf-8", "replace")).digest()[:16]


def _point(
    db: Database,
    connection: psycopg.Connection[Row],
    report: Linked,
    wanted: _Links,
    moved: dict[uuid.UUID, uuid.UUID],
) -> None:
    """Write links. moved: who spoke for others and does no more -> who does now."""
    if not wanted and not moved:
        return
    changed: list[Row] = []
    passing = {"canonicals": list(moved), "nexts": list(moved.values())}
    changed += connection.execute(db.queries["pass_on_links"], passing).fetchall() if moved else []
    pointing = {"posting_ids": list(wanted), "canonicals": [canonical for canonical, _ in wanted.values()]}
    changed += connection.execute(db.queries["point_at"], pointing).fetchall()
    told = {"posting_ids": list(wanted), "similarities": [similarity for _, similarity in wanted.values()]}
    connection.execute(db.queries["store_links"], told)
    ids = [row["posting_id"] for row in changed]
    connection.execute(db.queries["forget_links"], {"posting_ids": [*ids, *wanted]})
    for name in ("forget_matches_of_copies", "pass_on_requests"):
        connection.execute(db.queries[name], {"posting_ids": ids})
    report.add(changed)


class _Round:
    """One batch of postings against all that speak for themselves, in the order they were seen."""

    def __init__(self, db: Database, connection: psycopg.Connection[Row], report: Linked) -> None:
        self._db, self._connection, self._report = db, connection, report
        self._texts: dict[uuid.UUID, Advertisement] = {}

    def play(self, posting_ids: Sequence[uuid.UUID]) -> None:
        rows = self._advertisements(posting_ids)
        batch = [row for row in rows if row["in_scope"]]
        self._db.upsert("posting_signatures", _SIGNATURE, map(self._signature, batch), ["posting_id"], self._connection)
        candidates = self._candidates(batch)
        # Out of scope nobody is linked to another text.
        links: _Links = {row["posting_id"]: (None, 1.0) for row in rows if not row["in_scope"]}
        waiting = {row["posting_id"] for row in batch}
        moved: dict[uuid.UUID, uuid.UUID] = {}
        for row in batch:
            waiting.discard(row["posting_id"])
            speaking = [
                other
                for other in candidates[row["posting_id"]]
                if other["candidate"] not in waiting and links.get(other["candidate"], _ALONE)[0] is None
            ]
            self._link(row, sorted(speaking, key=lambda c: (c["first_seen_on"], c["candidate"])), links, moved)
        _point(self._db, self._connection, self._report, links, moved)
        linked = [posting for posting, (canonical, _) in links.items() if canonical is not None]
        self._connection.execute(self._db.queries["silence_signatures"], {"posting_ids": linked})
        self._report.new += len(batch)

    def _link(self, row: Row, speaking: Sequence[Row], links: _Links, moved: dict[uuid.UUID, uuid.UUID]) -> None:
        """To the first that is alike and was seen before; those seen after it that are alike, to it."""
        mine = row["posting_id"]
        links[mine] = _ALONE
        for other in speaking:
            theirs = other["candidate"]
            alike = self._similarity(mine, theirs)
            if alike is None:
                continue
            if (other["first_seen_on"], theirs) < (row["first_seen_on"], mine):
                links[mine] = (theirs, alike)
                return
            links[theirs], moved[theirs] = (mine, alike), mine

    def _signature(self, row: Row) -> tuple[Any, ...]:
        found = signatures.bands(self._texts[row["posting_id"]].words)
        return (row["posting_id"], _made_of(row), VERSION, place_key(row["city"]), found or None)

    def _advertisements(self, posting_ids: Sequence[uuid.UUID]) -> list[Row]:
        rows = self._connection.execute(
            self._db.queries["advertisements"], {"posting_ids": list(posting_ids)}
        ).fetchall()
        for row in rows:
            self._texts[row["posting_id"]] = Advertisement(_head(row), row["description"])
        return rows

    def _candidates(self, batch: Sequence[Row]) -> dict[uuid.UUID, list[Row]]:
        """By posting, those that share a band and whose title, place and employer do not object."""
        heads = {row["posting_id"]: _head(row) for row in batch}
        found = self._connection.execute(self._db.queries["near_candidates"], {"posting_ids": list(heads)}).fetchall()
        kept: dict[uuid.UUID, list[Row]] = defaultdict(list)
        for row in found:
            if not objections(heads[row["posting_id"]], _head(row)):
                kept[row["posting_id"]].append(row)
        unread = {row["candidate"] for rows in kept.values() for row in rows} - self._texts.keys()
        self._advertisements(list(unread))
        return kept

    def _similarity(self, mine: uuid.UUID, theirs: uuid.UUID) -> float | None:
        """None where they are not the same job."""
        self._report.compared += 1
        found = compare(self._texts[mine], self._texts[theirs])
        return found.similarity if found.same_job else None


def _head(row: Row) -> Head:
    return Head(row["title"], row["employer"], row["city"], row["region"])
