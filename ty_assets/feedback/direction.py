"""Towards which titles a person's ratings point: a vector that drifts with them, and moves the order a little.

Belongs here: the vector, how far it is trusted, and the bounded adjustment. Not here: where vectors come from and how a
model's name goes with them (`store`): vectors of two models are never compared.

Method: Rocchio (1971) with utilities as weights, over unit vectors of titles, older ratings counting less. Trust is
measured on ratings the vector has not seen, each left out in turn: a vector that does not tell liked from disliked
titles moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# The most that a place in the order can owe to ratings, on the score's scale: a quarter of a tier's width.
MOST: Final = 0.05
# Small changes are none: most rows stay as they are when a rating comes.
STEP: Final = 0.005
# Ratings after which one counts half.
HALF_LIFE: Final = 30
# Ratings at which the vector is half of what it may become.
_HALF_TRUST: Final = 10
_LEAST: Final = 4
# Disliked titles say less of what is wanted than liked ones (Salton and Buckley, 1990: 0.25 to 0.75).
_AWAY: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """vector: (d,) unit length. centre, spread: of the rated titles' similarities. trust: 0 .. 1."""

    vector: NDArray[np.float32]
    centre: float
    spread: float
    trust: float


def learn_direction(vectors: NDArray[np.float32], utilities: Sequence[float]) -> Direction | None:
    """From rated titles, the oldest first. vectors: (n, d) unit length, of one model; utilities: -1 .. 1.

    None for fewer than four ratings, for ratings of one mind (there is nothing to tell apart), and where liked and
    disliked titles cancel out.
    """
    worth = np.asarray(utilities, dtype=np.float64)
    if len(worth) < _LEAST or not (worth > 0).any() or not (worth < 0).any():
        return None
    age = np.arange(len(worth))[::-1]
    weights = np.where(worth > 0, worth, _AWAY * worth) * 0.5 ** (age / HALF_LIFE)
    parts = vectors.astype(np.float64) * weights[:, None]
    total = parts.sum(axis=0)
    length = float(np.linalg.norm(total))
    if length < 1e-9:
        return None
    without = total[None, :] - parts
    lengths = np.linalg.norm(without, axis=1)
    seen = np.einsum("ij,ij->i", vectors.astype(np.float64), without) / np.maximum(lengths, 1e-9)
    told_apart = _area_under_curve(seen[worth > 0], seen[worth < 0])
    trust = max(0.0, 2.0 * told_apart - 1.0) * len(worth) / (len(worth) + _HALF_TRUST)
    spread = max(float(seen.std()), 1e-3)
    return Direction((total / length).astype(np.float32), float(seen.mean()), spread, round(trust, 4))


def adjustment(similarity: float | None, centre: float, spread: float, trust: float) -> float:
    """What is added to a score for the order: in [-MOST, MOST], in steps; 0 for a title without a vector."""
    if similarity is None or trust <= 0:
        return 0.0
    amount = MOST * trust * float(np.tanh((similarity - centre) / (2.0 * spread)))
    return round(round(amount / STEP) * STEP, 4)


def _area_under_curve(liked: NDArray[np.float64], disliked: NDArray[np.float64]) -> float:
    """Probability that a liked title is nearer than a disliked one; ties count half (Mann and Whitney, 1947)."""
    difference = liked[:, None] - disliked[None, :]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())
