"""Vectors of texts that are nobody's secret: read where they are known, encoded and kept where they are not."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import HalfVector

from ty_assets.postings.normalise import text_hash
from ty_resources import failures
from ty_resources.inference.embedding_flight import embed_once
from ty_resources.inference.engine import InferenceEngine, Vector
from ty_resources.inference.task import Encode
from ty_resources.postgres import Database, Row

STAGE = "embeddings"  # in `failures`

# Texts between two lines of progress.
_TOLD = 512
# Committed at a time: about a second of the packaged encoder's work.
_BATCH = 2048
_COLUMNS = ["model", "text_hash", "text", "embedding", "needed_on"]
_TYPES = ["text", "bytea", "text", "halfvec", "date"]


@dataclass
class EmbeddingReport:
    """What one run encoded; texts."""

    encoded: int = 0
    failed: int = 0


def embed_missing(
    db: Database,
    engine: InferenceEngine,
    days: Sequence[dt.date],
    *,
    max_attempts: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> EmbeddingReport:
    """Encode and store every text of these days that the model has not seen, each once for all processes.

    A text that the model cannot encode is recorded in `failures` by its hash, with the text in the message, and tried
    again by the next run until it is given up. Raises ServerDown or ModelMissing when the engine gives up; what was
    encoded until then is kept.
    """
    model = engine.embedding_model
    missing = db.rows("texts_without_embedding", days=list(days), model=model)
    wanted = {bytes(row["text_hash"]): row for row in missing}
    if wanted and engine.remote:
        engine.warm_up(embedding=True)
    report = EmbeddingReport()

    def known(keys: Sequence[bytes]) -> set[bytes]:
        return {bytes(row["text_hash"]) for row in db.rows("embeddings_there", model=model, hashes=list(keys))}

    def store(connection: psycopg.Connection[Row], vectors: Sequence[tuple[bytes, Vector]]) -> None:
        rows = [
            (model, key, wanted[key]["text"], HalfVector(vector), wanted[key]["needed_on"]) for key, vector in vectors
        ]
        db.insert_new("embeddings", _COLUMNS, rows, connection, _TYPES)
        failures.resolve(db, STAGE, [key.hex() for key, _ in vectors], connection)

    texts = ((key, row["text"]) for key, row in wanted.items())
    for done, encoded in enumerate(embed_once(db, engine, texts, known=known, store=store), 1):
        report.encoded += encoded.here
        if encoded.error is not None:
            failures.record(db, [_failure(wanted[encoded.key], model, encoded.error)], max_attempts)
            report.failed += 1
        if done % _TOLD == 0 or done == len(wanted):
            progress(done, len(wanted))
    return report


def _failure(row: Row, model: str, error: Exception) -> failures.Failure:
    told = f"{row['text']!r} has no vector by {model}: {error}"
    subject = bytes(row["text_hash"]).hex()
    return failures.Failure(STAGE, subject, model, type(error).__name__, told, row["needed_on"])


def keeping(db: Database, engine: InferenceEngine, needed_on: dt.date) -> Encode:
    """An `Encode` that keeps what it encodes.

    It returns what was stored, halves, also at the first time: so every process and every run computes with the
    same numbers.
    """

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        wanted = {text_hash(text): text for text in texts}
        known = db.vectors("embeddings_of", model=engine.embedding_model, hashes=list(wanted))
        missing = sorted(set(wanted) - set(known.hashes))
        if missing:
            for start in range(0, len(missing), _BATCH):
                batch = missing[start : start + _BATCH]
                _store(db, engine, [(key, wanted[key], needed_on) for key in batch])
            known = db.vectors("embeddings_of", model=engine.embedding_model, hashes=list(wanted))
        row_of = {key: i for i, key in enumerate(known.hashes)}
        return known.vectors[[row_of[text_hash(text)] for text in texts]]

    return encode


def keep_vectors(db: Database, model: str, vectors: Mapping[str, NDArray[np.float32]], needed_on: dt.date) -> None:
    """Write vectors that `keeping` gave for another database, where this one lacks them."""
    rows = ((model, text_hash(text), text, HalfVector(vector), needed_on) for text, vector in vectors.items())
    if vectors:
        db.insert_new("embeddings", _COLUMNS, rows, types=_TYPES)


def _store(db: Database, engine: InferenceEngine, texts: Sequence[tuple[bytes, str, dt.date]]) -> None:
    vectors = engine.embed([text for _, text, _ in texts])
    rows = (
        (engine.embedding_model, key, text, HalfVector(vector), needed_on)
        for (key, text, needed_on), vector in zip(texts, vectors, strict=True)
    )
    db.insert_new("embeddings", _COLUMNS, rows, types=_TYPES)
