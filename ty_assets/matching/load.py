"""From tables to what the pure functions of this folder take: postings as arrays, people as views."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from psycopg import sql

from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching.person import Person
from ty_assets.matching.places import town
from ty_assets.matching.postings import FacetColumns, PostingColumns, Postings
from ty_assets.matching.texts import HASH, Texts
from ty_assets.matching.views import CEFR, KIND_CODE, Job, ProfileSkill, ProfileView
from ty_assets.profiles.mobility import read_mobility
from ty_resources.postgres import Database, Row, Stored


@dataclass(frozen=True)
class Day:
    """The active postings of some days, ready to be screened.

    heads: by posting_id; what explanations and rows need beside the arrays. requirements: texts by posting and
    ordinal. dimension: of all vectors.
    """

    postings: Postings
    texts: Texts
    titles: Texts
    heads: Mapping[uuid.UUID, Row]
    requirements: Mapping[uuid.UUID, Mapping[int, str]]
    dimension: int


def load_day(db: Database, model: str, days: Sequence[dt.date]) -> Day:
    """Read the active postings of these days with facets and vectors."""
    heads = db.rows("posting_heads", days=list(days))
    facets = db.rows("facets_of_days", days=list(days))
    terms = {bytes(f["text_hash"]): f["term"] for f in facets}
    titles = {bytes(h["title_hash"]): h["title_normalised"] for h in heads}
    term_vectors = db.vectors("facet_vectors_of_days", model=model, days=list(days))
    title_vectors = db.vectors("title_vectors_of_days", model=model, days=list(days))
    # A day may have no facets at all: its empty matrix is as wide as the titles' all the same.
    dimension = max(term_vectors.vectors.shape[1], title_vectors.vectors.shape[1])
    requirements: dict[uuid.UUID, dict[int, str]] = defaultdict(dict)
    for row in db.rows("requirement_texts_of_days", days=list(days)):
        requirements[row["posting_id"]][row["ordinal"]] = row["text"]
    place = {head["posting_id"]: i for i, head in enumerate(heads)}
    texts = _texts(term_vectors, terms, dimension)
    known_titles = _texts(title_vectors, titles, dimension)
    hashes = np.array([bytes(f["text_hash"]) for f in facets], dtype=HASH)
    usable = (texts.find(hashes) >= 0) & np.array([f["posting_id"] in place for f in facets], dtype=bool)
    columns = _facet_columns([f for f, good in zip(facets, usable, strict=True) if good], place)
    postings = Postings.build(_heads(heads), columns, texts, known_titles)
    return Day(postings, texts, known_titles, {head["posting_id"]: head for head in heads}, requirements, dimension)


def _texts(stored: Stored, terms: Mapping[bytes, str], dimension: int) -> Texts:
    # A posting whose facets failed has a title with a vector and no head: it is not screened yet.
    rows = [i for i, key in enumerate(stored.hashes) if key in terms]
    hashes = [stored.hashes[i] for i in rows]
    vectors = stored.vectors[rows] if rows else np.empty((0, dimension), np.float32)
    return Texts.build(hashes, [terms[key] for key in hashes], vectors, vocabulary().domain_of)


def _heads(heads: Sequence[Row]) -> PostingColumns:
    return PostingColumns(
        posting_ids=[h["posting_id"] for h in heads],
        title_hash=np.array([bytes(h["title_hash"]) for h in heads], dtype=HASH),
        kldb=np.array([(h["kldb"] or "").encode() for h in heads], dtype="S5"),
        city=[h["city"] for h in heads],
        region=[h["region"] for h in heads],
        remote=[h["remote"] for h in heads],
        pay=[h["pay"] for h in heads],
        domain_gates=[h["analysis"].get("domain_gates", []) if h["analysis"] else [] for h in heads],
    )


def _facet_columns(rows: Sequence[Row], place: Mapping[uuid.UUID, int]) -> FacetColumns:
    return FacetColumns(
        posting=np.array([place[r["posting_id"]] for r in rows], dtype=np.int64),
        ordinal=np.array([r["ordinal"] for r in rows], dtype=np.int16),
        requirement=np.array([r["requirement_ordinal"] for r in rows], dtype=np.int16),
        group=np.array([-1 if r["alternative_group"] is None else r["alternative_group"] for r in rows], np.int16),
        kind=np.array([KIND_CODE[r["kind"]] for r in rows], dtype=np.int8),
        text_hash=np.array([bytes(r["text_hash"]) for r in rows], dtype=HASH),
        cefr=np.array([CEFR[r["cefr"]] if r["cefr"] else 0 for r in rows], dtype=np.int8),
        years=np.array([np.nan if r["years"] is None else r["years"] for r in rows], dtype=np.float32),
        level=np.array([r["level"] or 0 for r in rows], dtype=np.int8),
        must=np.array([r["must"] for r in rows], dtype=bool),
        negated=np.array([r["negated"] for r in rows], dtype=bool),
        weight=np.array([r["weight"] for r in rows], dtype=np.float32),
    )


def load_people(db: Database, model: str, dimension: int) -> list[tuple[Person, bytes]]:
    """Everybody who has facets, with the hash of what they were derived from; ordered by profile_id."""
    return load_some(db, model, dimension, [row["profile_id"] for row in db.rows("people_to_match")])


def load_some(db: Database, model: str, dimension: int, profile_ids: Sequence[uuid.UUID]) -> list[tuple[Person, bytes]]:
    """The same of some people; without those who have no facets."""
    if not profile_ids:
        return []
    with db.transaction() as connection:

        def of_them(name: str) -> list[Row]:
            narrowed = sql.SQL(db.queries["of_these_people"]).format(query=sql.SQL(db.queries[name]))
            return connection.execute(narrowed, {"profile_ids": list(profile_ids)}).fetchall()

        people = sorted(of_them("people_to_match"), key=lambda row: row["profile_id"])
        skills: dict[uuid.UUID, list[Row]] = defaultdict(list)
        for row in of_them("skills_of_people"):
            skills[row["profile_id"]].append(row)
        jobs: dict[uuid.UUID, list[Row]] = defaultdict(list)
        for row in of_them("jobs_of_people"):
            jobs[row["profile_id"]].append(row)
    stored = db.vectors("vectors_of_these_people", model=model, profile_ids=list(profile_ids))
    # Postings without a term or a title that has a vector have no dimension of their own.
    dimension = dimension or int(stored.vectors.shape[1])
    vectors = dict(zip(stored.hashes, stored.vectors, strict=True))  # equal texts have equal vectors, whoever's
    views = [(row, profile_view(row, skills[row["profile_id"]], jobs[row["profile_id"]])) for row in people]
    return [(Person.of(view, vectors, dimension), bytes(row["input_hash"])) for row, view in views]


def profile_view(person: Row, skills: Sequence[Row], jobs: Sequence[Row]) -> ProfileView:
    """A person as matching sees them, from rows of the named queries."""
    sought = read_mobility(person["summary"])
    return ProfileView(
        profile_id=person["profile_id"],
        headline=person["headline"],
        name=person["name"],
        language=person["language"],
        domains=frozenset(person["domains"]),
        kldb=tuple(person["kldb"]),
        level=person["kldb_level"],
        years=person["years"],
        degree_level=person["degree_level"],
        languages={s["term"]: s["cefr"] or "" for s in skills if s["kind"] == "language"},
        skills=tuple(
            ProfileSkill(
                term=s["term"],
                kind=s["kind"],
                text_hash=bytes(s["text_hash"]),
                source=s["source"],
                reason=s["reason"],
                quote=s["quote"],
                weight=s["weight"],
                years=s["years"],
            )
            for s in skills
        ),
        jobs=tuple(Job(j["position"], j["organisation"], j["started_on"], j["ended_on"]) for j in jobs),
        city=person["city"],
        region=person["region"],
        remote_only=person["remote_only"],
        minimum_pay=person["minimum_pay"],
        wished_places=tuple(person["wished_places"]),
        moves=sought.moves,
        named_places=tuple(name for name in sought.towns if town(name) is not None),
    )
