"""What one posting is to the people who have opened it: scored as it stands now, and explained from templates.

Belongs here: rows of profile_posting_matches and match_analyses for some people and one posting, as a run would write
them. Not here: reading the posting (`posting.py`), and a day of postings (matching/asset.py).
"""

import json
import threading
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from ty_assets.matching import explain, gates, scores, scoring
from ty_assets.matching.calibration_store import load_calibration, stored_calibration
from ty_assets.matching.explained import Explained
from ty_assets.matching.load import profile_view
from ty_assets.matching.person import Person
from ty_assets.matching.screening import screen
from ty_assets.openings.posting import KnownPostings, LoadedPosting
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row

Connection = psycopg.Connection[Row]

# Half a megabyte each, at 1024 dimensions and a hundred skills.
_MOST_PEOPLE = 256


@dataclass(frozen=True)
class KnownPerson:
    """row: of `people_to_match`; its input_hash is of what the person was derived from."""

    row: Row
    person: Person

    @property
    def input_hash(self) -> bytes:
        return bytes(self.row["input_hash"])


class KnownPeople:
    """People as matching sees them, kept while somebody opens one match after another. Thread-safe.

    A person who has changed is read anew: what is kept goes by the hash of what the person was derived from. Goes with
    the process; bounded, and nothing of it is logged.
    """

    def __init__(self, most: int = _MOST_PEOPLE) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[uuid.UUID, str], KnownPerson] = OrderedDict()

    def of(
        self, db: Database, connection: Connection, profile_ids: Sequence[uuid.UUID], model: str
    ) -> dict[uuid.UUID, KnownPerson]:
        """These people in the vectors of a model, by profile_id; without those who are not derived yet."""
        people = _rows_of(db, connection, "people_to_match", profile_ids)
        with self._lock:
            known = {key: self._known[key] for p in people if (key := (p["profile_id"], model)) in self._known}
        # The row itself has place and wishes, which the hash of the derivation does not hold alone.
        fresh = [p for p in people if (k := known.get((p["profile_id"], model))) is None or k.row != p]
        loaded = {person.row["profile_id"]: person for person in _loaded(db, connection, fresh, model)}
        with self._lock:
            for profile_id, person in loaded.items():
                self._known[profile_id, model] = person
                self._known.move_to_end((profile_id, model))
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return {profile_id: person for (profile_id, _), person in known.items()} | loaded

    def forget(self, profile_id: uuid.UUID) -> None:
        """Whoever is gone is not kept for those who come."""
        with self._lock:
            for key in [key for key in self._known if key[0] == profile_id]:
                del self._known[key]


def explain_for(
    db: Database,
    engine: InferenceEngine,
    embedded: InferenceEngine,
    posting_id: uuid.UUID,
    profile_ids: Sequence[uuid.UUID],
    known: KnownPeople | None = None,
    postings: KnownPostings | None = None,
) -> dict[uuid.UUID, Row]:
    """What each of these people who has a match with the posting is told, by profile_id: `analyses_of_posting`.

    No model is asked. A match that rests on older facets than the posting has now is scored again, in the vectors it
    was scored in; an analysis that is current is read and not made. What is written is what a run would write, so a
    later run finds it current. A posting that is closed keeps the analysis that it has.

    Somebody waits for it: all is read in one transaction and written in another, a statement each for all people.
    """
    known, postings = known or KnownPeople(), postings or KnownPostings()
    whom = {"posting_id": posting_id, "profile_ids": list(profile_ids)}
    work: list[_Work] = []
    with db.transaction() as connection:
        by_model: dict[str, list[Row]] = defaultdict(list)
        for match in connection.execute(db.queries["matches_of_posting"], whom):
            by_model[match["model"]].append(match)
        for model, matches in by_model.items():
            calibration = stored_calibration(db, model, connection) or load_calibration(db, embedded)
            loaded = postings.of(db, connection, [embedded, engine], calibration, posting_id)
            if loaded is not None:
                people = known.of(db, connection, [match["profile_id"] for match in matches], model)
                work.append(_Work.of(loaded, matches, people))
        if not any(one.is_left for one in work):
            return _told(db, connection, whom)
    for one in work:
        one.score()
    with db.transaction() as connection:
        for one in work:
            one.store(db, connection)
        return _told(db, connection, whom)


def _told(db: Database, connection: Connection, whom: Mapping[str, Any]) -> dict[uuid.UUID, Row]:
    return {row["profile_id"]: row for row in connection.execute(db.queries["analyses_of_posting"], whom)}


def get_ready(db: Database, posting_id: uuid.UUID, profile_ids: Sequence[uuid.UUID], known: KnownPeople) -> None:
    """Read these people while the posting is being read, so that they are there when it is."""
    whom = {"posting_id": posting_id, "profile_ids": list(profile_ids)}
    by_model: dict[str, list[uuid.UUID]] = defaultdict(list)
    with db.transaction() as connection:
        for match in connection.execute(db.queries["matches_of_posting"], whom):
            by_model[match["model"]].append(match["profile_id"])
        for model, people in by_model.items():
            known.of(db, connection, people, model)


@dataclass
class _Work:
    """What is left to do for those whose matches are of one model.

    stale: matches that are scored again, with the person. settled: matches as they are stored.
    """

    loaded: LoadedPosting
    people: Mapping[uuid.UUID, KnownPerson]
    stale: list[Row]
    settled: list[Row]
    fresh: list[dict[str, Any]]

    @classmethod
    def of(cls, loaded: LoadedPosting, matches: Sequence[Row], people: Mapping[uuid.UUID, KnownPerson]) -> "_Work":
        work = cls(loaded, people, [], [], [])
        for match in matches:
            one = people.get(match["profile_id"])
            if one is None or not _has_vectors(one.person):
                continue  # of another model now: the row stays until a run matches the person anew
            (work.settled if _rests_on(match, loaded, one) else work.stale).append(match)
        return work

    @property
    def is_left(self) -> bool:
        return bool(self.stale) or any(map(self._is_new, self.settled))

    def _is_new(self, match: Row) -> bool:
        name = self.people[match["profile_id"]].person.profile.name
        return bool(match["known_hash"] != explain.input_hash(match, name))

    def score(self) -> None:
        self.fresh = [_scored(self.loaded, self.people[match["profile_id"]]) for match in self.stale]

    def store(self, db: Database, connection: Connection) -> None:
        """Write the scores, and the analyses that rest on them."""
        loaded = self.loaded
        if self.fresh:
            # A run replaces the same rows in an order of its own.
            connection.execute(db.queries["lock_table"], {"table": "profile_posting_matches"})
            (posting_id,) = loaded.heads
            known = {match["profile_id"]: match["known_hash"] for match in self.stale}
            asked = {"posting_id": posting_id, "rows": _json(self.fresh)}
            # As the database gives it back: the hash of an analysis is made of that, by a run as well.
            for told in connection.execute(db.queries["rescore_matches"], asked):
                self.settled.append({**told, "known_hash": known[told["profile_id"]]})
        rows = [
            _to_keep(explain.analysis_of(loaded.asked, loaded.texts, match, one, loaded.calibration))
            for match in self.settled
            if self._is_new(match) and (one := self.people[match["profile_id"]].person)
        ]
        if rows:
            connection.execute(db.queries["keep_analyses"], {"rows": _json(rows)})


def _to_keep(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row of match_analyses as `keep_analyses` takes it."""
    ids = {name: str(values[name]) for name in ("profile_id", "posting_id")}
    return {**values, **ids, "input_hash": values["input_hash"].hex()}


def _has_vectors(person: Person) -> bool:
    return bool(person.vectors.any() or person.title_vectors.any())


def _version(loaded: LoadedPosting) -> str:
    return f"{scores.VERSION}-{loaded.calibration.version}"


def _rests_on(match: Row, loaded: LoadedPosting, one: KnownPerson) -> bool:
    """Whether the stored match is of the posting and the person as they are, by the rules as they are."""
    made_of = scores.input_hash(loaded.heads[match["posting_id"]], one.input_hash)
    return bool((match["task_version"], bytes(match["input_hash"])) == (_version(loaded), made_of))


def _scored(loaded: LoadedPosting, one: KnownPerson) -> dict[str, Any]:
    """The match as `scores.match_rows` has it, of this one posting; by name of the column."""
    snapshot, calibration, person = loaded.snapshot, loaded.calibration, one.person
    (posting_id,) = snapshot.postings.posting_ids
    head = loaded.heads[posting_id]
    screened = screen(snapshot.postings, snapshot.texts, person, calibration)
    scored = scoring.score(snapshot.postings, screened, snapshot.titles, person, calibration)
    gated = gates.gate(snapshot.postings, snapshot.texts, screened, person)
    few = Explained(snapshot.postings, loaded.spelt, person, scored, gated, {posting_id: 0})
    matched, missing = few.evidence(posting_id, loaded.told.requirements[posting_id])
    return {
        "profile_id": str(person.profile.profile_id),
        "score": round(float(scored.score[0]), 4),
        "tier": scored.tier(0),
        "passed_gates": bool(gated.passed[0]),
        "gate_reasons": [reason.as_row() for reason in few.reasons(posting_id, head["language"])],
        "basis": scored.basis(0),
        "matched": [item.as_row() for item in matched],
        "missing": [item.as_row() for item in missing],
        "task_version": _version(loaded),
        "input_hash": scores.input_hash(head, one.input_hash).hex(),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _loaded(db: Database, connection: Connection, people: Sequence[Row], model: str) -> Iterator[KnownPerson]:
    """As `load_people` reads everybody."""
    if not people:
        return
    ids = [row["profile_id"] for row in people]
    skills = _by_person(_rows_of(db, connection, "skills_of_people", ids))
    jobs = _by_person(_rows_of(db, connection, "jobs_of_people", ids))
    stored = db.vectors("vectors_of_these_people", connection, model=model, profile_ids=ids)
    vectors = dict(zip(stored.hashes, stored.vectors, strict=True))
    for row in people:
        view = profile_view(row, skills[row["profile_id"]], jobs[row["profile_id"]])
        yield KnownPerson(row, Person.of(view, vectors, stored.vectors.shape[1]))


def _rows_of(db: Database, connection: Connection, name: str, profile_ids: Sequence[uuid.UUID]) -> list[Row]:
    """A run's own query of everybody, narrowed to some."""
    narrowed = sql.SQL(db.queries["of_these_people"]).format(query=sql.SQL(db.queries[name]))
    return connection.execute(narrowed, {"profile_ids": list(profile_ids)}).fetchall()


def _by_person(rows: Sequence[Row]) -> Mapping[uuid.UUID, list[Row]]:
    grouped: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["profile_id"]].append(row)
    return grouped
