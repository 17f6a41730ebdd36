"""From which score on a person likes matches: a cutoff of their own, fitted from ratings with a prior.

Belongs here: the fit. Not here: what a rating is worth (`opinions`) and what the cutoff hides (`verdicts`).

Model: a psychometric function with lapses (Wichmann and Hill, 2001),
P(like | score) = lapse * guess + (1 - lapse) * logistic(steepness * (score - cutoff)), on a grid, integrated over
steepness, lapse and guess. The lapse is what keeps ratings without sense from moving the cutoff: they are explained by
lapses, and the cutoff stays where the prior has it. The prior lies around the tiers' cutoffs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.scoring import TIERS

# The tiers' cutoffs, how much each is believed, and the spread around them; the lowest is for who likes what scores
# nothing, or has nothing better.
_PRIOR: Final = ((TIERS["none"], 0.25), (TIERS["weak"], 0.35), (TIERS["partial"], 0.25), (TIERS["strong"], 0.15))
_SPREAD: Final = 0.1
_CUTOFFS: Final = np.linspace(0.0, 1.0, 101)
# From a like that comes in over a fifth of the scale to one that comes in over a twentieth.
_STEEPNESS: Final = np.array([16.0, 32.0, 64.0])
_LAPSES: Final = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 1.0])
_LAPSE_PRIOR: Final = np.array([0.15, 0.25, 0.3, 0.15, 0.05, 0.1])
# What a lapse says: hardly ever "like" where something besides the score puts people off, anything else by dice.
_GUESSES: Final = np.array([0.02, 0.2, 0.5, 0.8])

# What is hidden lies below the cutoff with this probability: a match too many costs a glance, one too few a job.
_SURE: Final = 0.9
# Nats that the ratings must tell of the cutoff before anything is hidden. It and _SURE were set on simulated raters
# other than those that are reported: surer costs precision after twenty ratings, less sure costs jobs that are wanted.
# What ratings by dice hide lies at the very bottom, where hardly anybody likes anything.
_TELLS: Final = 0.05
# Fewer ratings of either mind draw no line, so five ratings never do.
_LEAST: Final = 3


class Cutoff(NamedTuple):
    """hides_below: 0 .. 1, 0 where nothing is hidden. expected: the posterior mean. information: nats gained."""

    hides_below: float
    expected: float
    information: float


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    prior: NDArray[np.float64]  # (C,) of the cutoffs
    rest: NDArray[np.float64]  # (K, L, G) prior of the other parameters


@cache
def _grid() -> _Grid:
    mixture = sum(share * np.exp(-0.5 * ((_CUTOFFS - centre) / _SPREAD) ** 2) for centre, share in _PRIOR)
    prior = np.asarray(mixture / np.sum(mixture), dtype=np.float64)
    rest = np.ones((len(_STEEPNESS), len(_LAPSES), len(_GUESSES))) * _LAPSE_PRIOR[None, :, None]
    return _Grid(prior, rest / rest.sum())


def fit_cutoff(scores: Sequence[float], liked: Sequence[bool]) -> Cutoff:
    """The cutoff that ratings tell. scores: 0 .. 1, of matches that were liked or not, in any order.

    Raises ValueError where the two differ in length.
    """
    grid = _grid()
    values, likes = np.asarray(scores, dtype=np.float64), np.asarray(liked, dtype=bool)
    if values.shape != likes.shape:
        raise ValueError(f"expected one score for each rating, got {len(values)} scores and {len(likes)} ratings")
    log_like = np.zeros((len(_CUTOFFS), *grid.rest.shape))
    # A hundredth is finer than a score means: equal ones are reckoned once, so that many ratings cost no more.
    kinds, counts = np.unique(np.column_stack([np.round(values, 2), likes]), axis=0, return_counts=True)
    for (value, like), count in zip(kinds, counts, strict=True):
        sense = 1.0 / (1.0 + np.exp(-_STEEPNESS[None, :] * (value - _CUTOFFS[:, None])))  # (C, K)
        chance = (
            _LAPSES[None, None, :, None] * _GUESSES[None, None, None, :]
            + (1.0 - _LAPSES[None, None, :, None]) * sense[:, :, None, None]
        )
        log_like += count * np.log(np.maximum(chance if like else 1.0 - chance, 1e-12))
    weights = grid.prior[:, None, None, None] * grid.rest[None]
    posterior = np.exp(log_like - log_like.max()) * weights
    marginal = posterior.sum(axis=(1, 2, 3))
    marginal /= marginal.sum()
    known = marginal > 1e-300
    information = float(np.sum(marginal[known] * np.log(marginal[known] / grid.prior[known])))
    expected = float(marginal @ _CUTOFFS)
    if information < _TELLS or min(int(likes.sum()), int((~likes).sum())) < _LEAST:
        return Cutoff(0.0, expected, information)
    below = float(_CUTOFFS[int(np.searchsorted(np.cumsum(marginal), 1.0 - _SURE))])
    return Cutoff(round(below, 2), expected, information)
