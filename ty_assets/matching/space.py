"""In which model's vectors a day is matched: the configured model's when they are all there, else the packaged one's.

So everybody has matches as soon as the rules have read a day, whatever the model server does, and a day changes over as
a whole, but for people who have no vectors of the model yet: cosines of two models are never compared.
"""

import datetime as dt
import logging

from ty_assets.derive import day_subject
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.calibration_store import load_calibration, stored_calibration
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import EngineError
from ty_resources.postgres import Database

STAGE = "match_scores"  # in the ledger of days

_log = logging.getLogger("ty.matching")


def matching_space(db: Database, engine: InferenceEngine, embedded: InferenceEngine, day: dt.date) -> Calibration:
    """The calibration of the model whose vectors the day is matched in."""
    model = _preferred(db, engine, day)
    if model is not None and model != embedded.embedding_model:
        calibration = stored_calibration(db, model)
        if calibration is not None and db.value("day_is_covered", day=day, model=model):
            return calibration
    return load_calibration(db, embedded)


def matched_in(db: Database, day: dt.date) -> str | None:
    """The embedding model that the day's scores were made with; None where there are none."""
    row = db.row("derivation", stage=STAGE, subject=day_subject(day))
    model: str | None = row["model"] if row else None
    return model


def _preferred(db: Database, engine: InferenceEngine, day: dt.date) -> str | None:
    try:
        return engine.embedding_model
    except EngineError as error:
        # The server need not be there for matching: a day that was matched in its model's vectors stays there.
        _log.warning("%s; %s is matched in the vectors that are there", error, day)
        return matched_in(db, day)
