"""Writes postings, facets and vectors of the small world into tables, as runs would."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from pgvector import HalfVector
from psycopg.types.json import Jsonb

from tests.matching.world import encode
from ty_assets.matching.views import PostingView, ProfileView
from ty_assets.postings.normalise import normalise_title, text_hash
from ty_resources.postgres import Database

MODEL = "fake"
DAY = dt.date(2026, 3, 2)
_MADE = (MODEL, "1", b"\x00" * 16)


def write_posting(db: Database, view: PostingView, *, day: dt.date = DAY, embedded: bool = True) -> None:
    """The posting with its facets, occupation and analysis, in place of what is there; with vectors or without."""
    key = view.posting_id
    title = normalise_title(view.title)
    head = {
        "posting_id": key,
        "source": "test",
        "external_id": str(key),
        "content_hash": key.bytes,
        "raw_hash": key.bytes,
        "task_version": "1",
        "first_seen_on": day,
        "last_seen_on": day,
        "title": view.title,
        "title_normalised": title,
        "title_hash": text_hash(title),
        "description": " ".join(f.quote for f in view.facets),
        "language": view.language,
        "city": view.city,
        "region": view.region,
        "remote": view.remote,
        "pay": view.pay,
        "in_scope": True,
    }
    facets = [
        (key, n, f.requirement_ordinal, f.alternative_group, f.kind, f.term, f.quote, f.text_hash, f.cefr, f.years,
         f.level, f.must, f.negated, f.weight, *_MADE)
        for n, f in enumerate(view.facets)
    ]  # fmt: skip
    if embedded:
        write_vectors(db, [*(f.term for f in view.facets), title])
    with db.transaction() as connection:
        db.upsert("postings", list(head), [tuple(head.values())], ["posting_id"], connection)
        db.replace("posting_facets", _FACETS, facets, {"posting_id": [key]}, connection)
        requirements = {f.requirement_ordinal: f.quote for f in view.facets}
        rows = [(key, ordinal, quote, quote, True, "skill", *_MADE) for ordinal, quote in requirements.items()]
        db.replace("posting_requirements", _REQUIREMENTS, rows, {"posting_id": [key]}, connection)
        db.upsert("derivations", _LEDGER, [("posting_facets", key, *_MADE, len(facets))], _LEDGER[:2], connection)
        occupation = [(key, "accepted", "lookup", view.kldb, *_MADE)] if view.kldb else []
        db.replace("posting_professions", _OCCUPATION, occupation, {"posting_id": [key]}, connection)
        analysis = [(key, Jsonb({"domain_gates": list(view.domain_gates)}), *_MADE)] if view.domain_gates else []
        db.replace("posting_llm_analysis", _ANALYSIS, analysis, {"posting_id": [key]}, connection)


def write_vectors(db: Database, texts: Iterable[str]) -> None:
    """What the encoder says of these texts."""
    wanted = sorted(set(texts))
    rows = [
        (MODEL, text_hash(text), text, HalfVector(vector), DAY)
        for text, vector in zip(wanted, encode(wanted), strict=True)
    ]
    types = ["text", "bytea", "text", "halfvec", "date"]
    db.insert_new("embeddings", ["model", "text_hash", "text", "embedding", "needed_on"], rows, types=types)


def write_person(db: Database, profile: ProfileView, vectors_of: Sequence[str] = ()) -> None:
    """A person as an import and the asset of facets leave one; vectors_of: titles, beside the skills."""
    key = profile.profile_id
    insert(db, "profile_documents", profile_id=key, bucket=0, format="json-resume", origin="test", document=Jsonb({}))
    insert(
        db,
        "profiles",
        profile_id=key,
        bucket=0,
        headline=profile.headline,
        summary="",
        language=profile.language or "de",
        remote_only=profile.remote_only,
        wished_places=list(profile.wished_places),
        minimum_pay=profile.minimum_pay,
        input_hash=b"\x01" * 16,
        task_version="1",
    )
    made = dict(zip(("model", "task_version", "input_hash"), _MADE, strict=True))
    insert(
        db,
        "profile_careers",
        profile_id=key,
        domains=sorted(profile.domains),
        kldb=list(profile.kldb),
        kldb_level=profile.level,
        years=profile.years,
        degree_level=profile.degree_level,
        **made,
    )
    for ordinal, skill in enumerate(profile.skills):
        insert(
            db,
            "profile_facets",
            profile_id=key,
            ordinal=ordinal,
            kind=skill.kind,
            term=skill.term,
            text_hash=skill.text_hash,
            source=skill.source,
            reason="",
            quote=skill.quote,
            weight=skill.weight,
            **made,
        )
    texts = [*(skill.term for skill in profile.skills), *vectors_of]
    for text, vector in zip(texts, encode(texts), strict=True):
        insert(
            db,
            "profile_embeddings",
            profile_id=key,
            model=MODEL,
            text_hash=text_hash(text),
            embedding=HalfVector(vector),
        )


def insert(db: Database, table: str, **row: Any) -> None:
    db.insert_new(table, list(row), [tuple(row.values())])


def set_status(db: Database, posting_id: uuid.UUID, *, available: bool) -> None:
    with db.transaction() as connection:
        connection.execute(
            "UPDATE postings SET status = %s, available = %s WHERE posting_id = %s",
            ("active" if available else "stale", available, posting_id),
        )


def statement(db: Database, text: str, *values: Any) -> None:
    with db.transaction() as connection:
        connection.execute(text, values)  # type: ignore[arg-type]


_FACETS = [
    "posting_id", "ordinal", "requirement_ordinal", "alternative_group", "kind", "term", "quote", "text_hash", "cefr",
    "years", "level", "must", "negated", "weight", "model", "task_version", "input_hash",
]  # fmt: skip
_REQUIREMENTS = ["posting_id", "ordinal", "text", "quote", "must", "kind", "model", "task_version", "input_hash"]
_LEDGER = ["stage", "subject", "model", "task_version", "input_hash", "row_count"]
_OCCUPATION = ["posting_id", "decision", "method", "kldb", "model", "task_version", "input_hash"]
_ANALYSIS = ["posting_id", "analysis", "model", "task_version", "input_hash"]
