"""Whether a name changes a score: the same candidates as women and as men, with names from here and from elsewhere.

Belongs here: paired differences, as numbers and a sentence. Not here: how a text is rewritten (counterfactuals.py) and
who is asked (probes.py).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ty_assets.candidate_evaluations.estimates import Estimate, mean
from ty_assets.candidate_evaluations.rubric import OVERALL

# Of the scale. Smaller than what drift and repeats are allowed: those hit anybody, this always the same people.
LIMIT: Final = 0.02
FEWEST: Final = 5  # candidates
Scores = Mapping[str, float]  # by criterion, and overall
Variant = tuple[str, str]  # gender, origin


@dataclass(frozen=True)
class Bias:
    """gender: women's less men's score by criterion; origin: foreign names' less local names'; in points.

    pairs: of overall scores, each (woman's, man's) and (foreign name's, local name's) of one candidate.
    """

    gender: Mapping[str, Estimate]
    origin: Mapping[str, Estimate]
    gender_pairs: tuple[tuple[float, float], ...]
    origin_pairs: tuple[tuple[float, float], ...]
    unanswered: int
    limit: float

    @property
    def candidates(self) -> int:
        return max(len(self.gender_pairs), len(self.origin_pairs))

    @property
    def passed(self) -> bool:
        return not (self._matters(self.gender) or self._matters(self.origin))

    def told(self) -> str:
        if self.candidates < FEWEST:
            return (
                f"{self.candidates} candidates were asked about under other names; from {FEWEST} on they tell something"
            )
        told = (
            f"{self.candidates} candidates under other names: women {_told(self.gender[OVERALL])} against men, foreign "
            f"names {_told(self.origin[OVERALL])} against local ones, limit {self.limit:.2f}"
        )
        return told + (f"; {self.unanswered} questions got no answer" if self.unanswered else "")

    def _matters(self, found: Mapping[str, Estimate]) -> bool:
        overall = found.get(OVERALL)
        if overall is None or overall.count < FEWEST:
            return False
        return overall.is_not_zero and abs(overall.value) > self.limit


def bias(asked: Sequence[Mapping[Variant, Scores]], unanswered: int, span: int) -> Bias:
    """asked: of each candidate the scores by variant; a difference takes what was answered for both sides."""
    keys = next((list(scores) for variants in asked for scores in variants.values()), [OVERALL])
    return Bias(
        gender={key: mean(_differences(asked, key, 0, "female", "male")) for key in keys},
        origin={key: mean(_differences(asked, key, 1, "foreign", "local")) for key in keys},
        gender_pairs=tuple(_pairs(asked, OVERALL, 0, "female", "male")),
        origin_pairs=tuple(_pairs(asked, OVERALL, 1, "foreign", "local")),
        unanswered=unanswered,
        limit=LIMIT * span,
    )


def _differences(asked: Sequence[Mapping[Variant, Scores]], key: str, side: int, one: str, other: str) -> list[float]:
    return [first - second for first, second in _pairs(asked, key, side, one, other)]


def _pairs(
    asked: Sequence[Mapping[Variant, Scores]], key: str, side: int, one: str, other: str
) -> list[tuple[float, float]]:
    """Of each candidate the mean of one side and of the other, over variants that differ in that alone."""
    pairs = []
    for variants in asked:
        both: list[tuple[float, float]] = []
        for variant, scores in variants.items():
            if variant[side] != one:
                continue
            twin = (other, variant[1]) if side == 0 else (variant[0], other)
            if twin in variants:
                both.append((scores[key], variants[twin][key]))
        if both:
            pairs.append((math.fsum(a for a, _ in both) / len(both), math.fsum(b for _, b in both) / len(both)))
    return pairs


def _told(estimate: Estimate) -> str:
    return f"{estimate.value:+.2f} ({estimate.low:+.2f} to {estimate.high:+.2f})"
