"""Calibrations in the database: one for each embedding model, made before its first score."""

from collections.abc import Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray

from ty_assets.matching.calibration import OWN, Calibration, Measured, Pair, labelled_pairs, measure, packaged
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database, Row

_COLUMNS = ["model", "cosines", "credits", "pairs", "version"]


def load_calibration(db: Database, engine: InferenceEngine) -> Calibration:
    """The calibration of the engine's embedding model; made and stored before its first score.

    The packaged model's comes with the project, and a new one with a new release takes the place of the old; any other
    model is fitted on the project's labelled pairs: a second of encoding. One fitted on pairs of one's own stays.
    """
    model = engine.embedding_model
    known = stored_calibration(db, model)
    if known is not None and known.version.startswith(OWN):
        return known
    try:
        current = packaged(model)
    except KeyError:
        current = known or measured_by(engine, labelled_pairs()).fit(model)
    if known is None or known.version != current.version:
        store_calibration(db, current)
        known = stored_calibration(db, model)
        assert known is not None
    return known


def store_calibration(db: Database, calibration: Calibration) -> None:
    """Store it in place of the model's one before. Its version is part of what days are scored with: they are again."""
    knots = list(calibration.cosines), list(calibration.credits)
    db.upsert(
        "calibrations", _COLUMNS, [(calibration.model, *knots, calibration.pairs, calibration.version)], ["model"]
    )


def measured_by(engine: InferenceEngine, pairs: Sequence[Pair]) -> Measured:
    """What the engine's embedding model says of the pairs. Raises the engine's error where no text can be encoded."""
    return measure(lambda texts: _encode(engine, texts), pairs)


def _encode(engine: InferenceEngine, texts: Sequence[str]) -> NDArray[np.float32]:
    vectors = dict(engine.embed_each(texts))
    known = next((v for v in vectors.values() if not isinstance(v, Exception)), None)
    if known is None:
        raise next((v for v in vectors.values() if isinstance(v, Exception)), ValueError("no texts to calibrate on"))
    nothing = np.full(known.shape, np.nan, np.float32)
    rows = [nothing if isinstance(v, Exception) else v for v in (vectors[i] for i in range(len(texts)))]
    return np.stack(rows)


def stored_calibration(
    db: Database, model: str, connection: psycopg.Connection[Row] | None = None
) -> Calibration | None:
    """The model's calibration as stored, in single precision; None before its first one."""
    with db.joined(connection) as conn:
        row = conn.execute(db.queries["calibration"], {"model": model}).fetchone()
    if row is None:
        return None
    knots = tuple(row["cosines"]), tuple(row["credits"])
    return Calibration(row["model"], *knots, pairs=row["pairs"], version=row["version"])
