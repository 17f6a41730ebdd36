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

from psycopg import sql

from ty_assets.matching import explain, gates, scores, scoring
from ty_assets.matching.calibration_store import load_calibration, stored_calibration
from ty_assets.matching.explained import Explained
from ty_assets.matching.load import profile_view
from ty_assets.matching.person import Person
from ty_assets.matching.screening import screen
from ty_assets.openings.posting import LoadedPosting, load_posting
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row

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

    def of(self, db: Database, profile_ids: Sequence[uuid.UUID], model: str) -> dict[uuid.UUID, KnownPerson]:
        """These people in the vectors of a model, by profile_id; without those who are not derived yet."""
        people = _rows_of(db, "people_to_match", profile_ids)
        with self._lock:
            known = {key: self._known[key] for p in people if (key := (p["profile_id"], model)) in self._known}
        # The row itself has place and wishes, which the hash of the derivation does not hold alone.
        fresh = [p for p in people if (k := known.get((p["profile_id"], model))) is None or k.row != p]
        loaded = {person.row["profile_id"]: person for person in _loaded(db, fresh, model)}
        with self._lock:
            for profile_id, person in loaded.items():
                self._known[profile_id, model] = person
                self._known.move_to_end((profile_id, model))
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return {profile_id: person for (profile_id, _), person in known.items()} | loaded


def explain_for(
    db: Database,
    engine: InferenceEngine,
    embedded: InferenceEngine,
    posting_id: uuid.UUID,
    profile_ids: Sequence[uuid.UUID],
    known: KnownPeople | None = None,
) -> dict[uuid.UUID, Row]:
    """What each of these people who has a match with the posting is told, by profile_id: `analyses_of_posting`.

    No model is asked. A match that rests on older facets than the posting has now is scored again, in the vectors it
    was scored in; an analysis that is current is read and not made. What is written is what a run would write, so a
    later run finds it current. A posting that is closed keeps the analysis that it has.
    """
    known = known or KnownPeople()
    whom = {"posting_id": posting_id, "profile_ids": list(profile_ids)}
    by_model: dict[str, list[Row]] = defaultdict(list)
    for match in db.rows("matches_of_posting", **whom):
        by_model[match["model"]].append(match)
    for model, matches in by_model.items():
        calibration = stored_calibration(db, model) or load_calibration(db, embedded)
        loaded = load_posting(db, [embedded, engine], calibration, posting_id)
        if loaded is not None:
            _explain(db, loaded, matches, known.of(db, [match["profile_id"] for match in matches], model))
    return {row["profile_id"]: row for row in db.rows("analyses_of_posting", **whom)}


def get_ready(db: Database, posting_id: uuid.UUID, profile_ids: Sequence[uuid.UUID], known: KnownPeople) -> None:
    """Read these people while the posting is being read, so that they are there when it is."""
    whom = {"posting_id": posting_id, "profile_ids": list(profile_ids)}
    by_model: dict[str, list[uuid.UUID]] = defaultdict(list)
    for match in db.rows("matches_of_posting", **whom):
        by_model[match["model"]].append(match["profile_id"])
    for model, people in by_model.items():
        known.of(db, people, model)


def _explain(
    db: Database, loaded: LoadedPosting, matches: Sequence[Row], people: Mapping[uuid.UUID, KnownPerson]
) -> None:
    rescored: list[tuple[Row, dict[str, Any]]] = []
    settled: list[tuple[Row, KnownPerson]] = []
    for match in matches:
        one = people.get(match["profile_id"])
        if one is None or not _has_vectors(one.person):
            continue  # of another model now: the row stays until a run matches the person anew
        if _rests_on(match, loaded, one):
            settled.append((match, one))
        else:
            rescored.append((match, _scored(loaded, one)))
    with db.transaction() as connection:
        if rescored:
            # A run replaces the same rows in an order of its own.
            connection.execute(db.queries["lock_table"], {"table": "profile_posting_matches"})
        for match, fresh in rescored:
            # As the database gives it back: the hash below is made of that, by a run as well.
            told = connection.execute(db.queries["rescore_match"], fresh).fetchone()
            if told is not None:
                settled.append(({**told, "known_hash": match["known_hash"]}, people[match["profile_id"]]))
        rows = [
            explain.analysis_row(loaded, told, one.person, loaded.calibration, loaded.requirements, loaded.facets)
            for told, one in settled
            if told["known_hash"] != explain.input_hash(told, one.person.profile.name)
        ]
        if rows:
            db.upsert("match_analyses", explain.COLUMNS, rows, ["profile_id", "posting_id"], connection)


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
        "profile_id": person.profile.profile_id,
        "posting_id": posting_id,
        "score": round(float(scored.score[0]), 4),
        "tier": scored.tier(0),
        "passed_gates": bool(gated.passed[0]),
        "gate_reasons": _json([reason.as_row() for reason in few.reasons(posting_id, head["language"])]),
        "basis": scored.basis(0),
        "matched": _json([item.as_row() for item in matched]),
        "missing": _json([item.as_row() for item in missing]),
        "task_version": _version(loaded),
        "input_hash": scores.input_hash(head, one.input_hash),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _loaded(db: Database, people: Sequence[Row], model: str) -> Iterator[KnownPerson]:
    """As `load_people` reads everybody."""
    if not people:
        return
    ids = [row["profile_id"] for row in people]
    skills, jobs = _by_person(_rows_of(db, "skills_of_people", ids)), _by_person(_rows_of(db, "jobs_of_people", ids))
    stored = db.vectors("vectors_of_these_people", model=model, profile_ids=ids)
    vectors = dict(zip(stored.hashes, stored.vectors, strict=True))
    for row in people:
        view = profile_view(row, skills[row["profile_id"]], jobs[row["profile_id"]])
        yield KnownPerson(row, Person.of(view, vectors, stored.vectors.shape[1]))


def _rows_of(db: Database, name: str, profile_ids: Sequence[uuid.UUID]) -> list[Row]:
    """A run's own query of everybody, narrowed to some."""
    with db.transaction() as connection:
        narrowed = sql.SQL(db.queries["of_these_people"]).format(query=sql.SQL(db.queries[name]))
        return connection.execute(narrowed, {"profile_ids": list(profile_ids)}).fetchall()


def _by_person(rows: Sequence[Row]) -> Mapping[uuid.UUID, list[Row]]:
    grouped: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["profile_id"]].append(row)
    return grouped
