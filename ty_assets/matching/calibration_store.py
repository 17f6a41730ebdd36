"""Calibrations in the database: one for each embedding model, made before its first score."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import Calibration, calibrate, packaged
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database


def load_calibration(db: Database, engine: InferenceEngine) -> Calibration:
    """The calibration of the engine's embedding model; made and stored before its first score.

    The packaged model's comes with the project; any other is fitted on the project's labelled pairs: a second of
    encoding.
    """
    model = engine.embedding_model
    known = stored_calibration(db, model)
    if known is None:
        try:
            known = packaged(model)
        except KeyError:
            known, _ = calibrate(model, lambda texts: _encode(engine, texts))
        columns = ["model", "cosines", "credits", "pairs", "version"]
        values = (known.model, list(known.cosines), list(known.credits), known.pairs, known.version)
        db.insert_new("calibrations", columns, [values])
        known = stored_calibration(db, model)
        assert known is not None
    return known


def _encode(engine: InferenceEngine, texts: Sequence[str]) -> NDArray[np.float32]:
    vectors = dict(engine.embed_each(texts))
    known = next((v for v in vectors.values() if not isinstance(v, Exception)), None)
    if known is None:
        raise next((v for v in vectors.values() if isinstance(v, Exception)), ValueError("no texts to calibrate on"))
    nothing = np.full(known.shape, np.nan, np.float32)
    rows = [nothing if isinstance(v, Exception) else v for v in (vectors[i] for i in range(len(texts)))]
    return np.stack(rows)


def stored_calibration(db: Database, model: str) -> Calibration | None:
    """The model's calibration as stored, in single precision; None before its first one."""
    row = db.row("calibration", model=model)
    if row is None:
        return None
    knots = tuple(row["cosines"]), tuple(row["credits"])
    return Calibration(row["model"], *knots, pairs=row["pairs"], version=row["version"])
