"""From what is known about the nearest code to the probability that it is the right one.

Belongs here: the calibration, its file and the formula. Not here: the features (candidates.py).
"""

import json
from collections.abc import Mapping
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Features = dict[str, NDArray[np.float64]]  # name -> (q,), one value per title


class Calibration(BaseModel):
    """From features to a probability, and where a decision begins; figures and origin are for the reader."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    encoder: str
    fitted_on: str
    pairs: int
    figures: dict[str, float]
    coefficients: dict[str, float]
    intercept: float
    accept: float  # from this probability on nine in ten are right
    uncertain: float  # below it the answer is none
    found: dict[str, float]  # share right among dictionary answers: hint, title, known_words

    def probability(self, features: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """(q,) in 0 .. 1: logistic regression; features that have no coefficient are not used."""
        logit = self.intercept + sum(weight * features[name] for name, weight in sorted(self.coefficients.items()))
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def default_calibration() -> Calibration:
    """The calibration that comes with the project, for the embedded encoder."""
    text = files("ty_assets.berufenet").joinpath("calibration.json").read_text("utf-8")
    return Calibration.model_validate(json.loads(text))
