"""Vectors of texts that are nobody's secret: read where they are known, encoded and kept where they are not."""

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from ty_assets.postings.normalise import text_hash
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.task import Encode
from ty_resources.postgres import Database

# Committed at a time: about a second of the packaged encoder's work.
_BATCH = 2048
_COLUMNS = ["model", "text_hash", "text", "embedding", "needed_on"]
_TYPES = ["text", "bytea", "text", "halfvec", "date"]


def embed_missing(
    db: Database,
    engine: InferenceEngine,
    days: Sequence[dt.date],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Encode and store every text of these days that the model has not seen; the number encoded."""
    missing = db.rows("texts_without_embedding", days=list(days), model=engine.embedding_model)
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        _store(db, engine, [(row["text_hash"], row["text"], row["needed_on"]) for row in batch])
        progress(start + len(batch), len(missing))
    return len(missing)


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


def _store(db: Database, engine: InferenceEngine, texts: Sequence[tuple[bytes, str, dt.date]]) -> None:
    vectors = engine.embed([text for _, text, _ in texts])
    rows = (
        (engine.embedding_model, key, text, HalfVector(vector), needed_on)
        for (key, text, needed_on), vector in zip(texts, vectors, strict=True)
    )
    db.insert_new("embeddings", _COLUMNS, rows, types=_TYPES)
