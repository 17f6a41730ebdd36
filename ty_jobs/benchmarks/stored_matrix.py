"""A generated world written into the tables, as the pipeline would have left it.

Belongs here: rows from arrays. Not here: what is in the world (`generated_matrix.py`).
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
from pgvector import HalfVector
from psycopg.types.json import Jsonb

from ty_assets.matching.person import Person
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import CEFR, KINDS
from ty_jobs.benchmarks.generated_matrix import World
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)
_MADE = ("generated", "1", b"\x00" * 16)
_CEFR = [None, *CEFR]


def store_postings(db: Database, world: World, first: int = 0, count: int | None = None) -> None:
    """Heads, occupations, analyses and facets of some postings of the world."""
    last = len(world.heads.posting_ids) if count is None else first + count
    chosen = range(first, last)
    heads = world.heads
    db.insert_new("postings", _POSTING, _postings(world, chosen))
    kldb = heads.kldb.astype(str)
    occupations = ((heads.posting_ids[i], "accepted", "lookup", kldb[i], *_MADE) for i in chosen)
    db.insert_new("posting_professions", _OCCUPATION, occupations)
    guarded = (
        (heads.posting_ids[i], Jsonb({"domain_gates": list(heads.domain_gates[i])}), *_MADE)
        for i in chosen
        if heads.domain_gates[i]
    )
    db.insert_new("posting_llm_analysis", ["posting_id", "analysis", *_PROVENANCE], guarded)
    db.insert_new("posting_facets", list(_FACET), _facets(world, chosen), types=list(_FACET.values()))
    ledger = (("posting_facets", heads.posting_ids[i], *_MADE, 8) for i in chosen)
    db.insert_new("derivations", ["stage", "subject", *_PROVENANCE, "row_count"], ledger)


def store_vectors(db: Database, model: str, texts: Texts) -> None:
    rows = (
        (model, bytes(key).ljust(16, b"\0"), term, HalfVector(vector.astype(np.float16)), DAY)
        for key, term, vector in zip(texts.hashes.tolist(), texts.terms, texts.vectors, strict=True)
    )
    types = ["text", "bytea", "text", "halfvec", "date"]
    db.insert_new("embeddings", ["model", "text_hash", "text", "embedding", "needed_on"], rows, types=types)


def store_vectors_of_person(db: Database, model: str, person: Person) -> uuid.UUID:
    """What the same in SQL compares with; the id that they are stored under."""
    key = person.profile.profile_id
    document = (key, 0, "json-resume", "generated", Jsonb({}))
    db.insert_new("profile_documents", ["profile_id", "bucket", "format", "origin", "document"], [document])
    columns = ["profile_id", "bucket", "headline", "summary", "language", "input_hash", "task_version"]
    db.insert_new("profiles", columns, [(key, 0, "", "", "de", b"\0" * 16, "1")])
    rows = (
        (key, model, bytes(text).ljust(16, b"\0"), HalfVector(vector))
        for text, vector in zip(person.hashes.tolist(), person.vectors, strict=True)
    )
    types = ["uuid", "text", "bytea", "halfvec"]
    db.insert_new("profile_embeddings", ["profile_id", "model", "text_hash", "embedding"], rows, types=types)
    return key


def _postings(world: World, chosen: range) -> Iterator[tuple[Any, ...]]:
    heads = world.heads
    title = {bytes(key): term for key, term in zip(world.titles.hashes.tolist(), world.titles.terms, strict=True)}
    for i in chosen:
        key, hashed = heads.posting_ids[i], bytes(heads.title_hash[i])
        name, padded = title[hashed], hashed.ljust(16, b"\0")
        day = DAY - dt.timedelta(days=i % 90)
        place = (heads.city[i], heads.region[i], heads.remote[i])
        yield (
            key,
            "generated",
            str(key),
            key.bytes,
            key.bytes,
            "1",
            day,
            day,
            name,
            name,
            padded,
            "",
            "de",
            *place,
            True,
        )


def _facets(world: World, chosen: range) -> Iterator[tuple[Any, ...]]:
    facets, terms, ids = world.facets, world.texts.terms, world.heads.posting_ids
    first, end = np.searchsorted(facets.posting, (chosen.start, chosen.stop))
    for i in range(first, end):
        years, group = float(facets.years[i]), int(facets.group[i])
        yield (
            ids[int(facets.posting[i])],
            int(facets.ordinal[i]),
            int(facets.requirement[i]),
            None if group < 0 else group,
            KINDS[facets.kind[i]],
            terms[int(world.facet_terms[i])],
            "",
            bytes(facets.text_hash[i]).ljust(16, b"\0"),
            _CEFR[facets.cefr[i]],
            None if np.isnan(years) else years,
            int(facets.level[i]) or None,
            bool(facets.must[i]),
            bool(facets.negated[i]),
            float(facets.weight[i]),
            *_MADE,
        )


_PROVENANCE = ("model", "task_version", "input_hash")
_POSTING = [
    "posting_id", "source", "external_id", "content_hash", "raw_hash", "task_version", "first_seen_on", "last_seen_on",
    "title", "title_normalised", "title_hash", "description", "language", "city", "region", "remote", "in_scope",
]  # fmt: skip
_OCCUPATION = ["posting_id", "decision", "method", "kldb", *_PROVENANCE]
_FACET = {
    "posting_id": "uuid", "ordinal": "int2", "requirement_ordinal": "int2", "alternative_group": "int2",
    "kind": "text", "term": "text", "quote": "text", "text_hash": "bytea", "cefr": "text", "years": "float4",
    "level": "int2", "must": "bool", "negated": "bool", "weight": "float4", "model": "text", "task_version": "text",
    "input_hash": "bytea",
}  # fmt: skip
