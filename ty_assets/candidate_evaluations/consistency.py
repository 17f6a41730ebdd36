"""Whether the same candidate scores the same when asked about again.

Belongs here: the spread of repeats, as numbers and a sentence. Not here: the asking (probes.py).

Temperature 0 and a seed do not make a model server exact: sums come out otherwise with other requests beside them. The
spread says how many points apart two candidates have to be before their order means something.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ty_assets.candidate_evaluations.rubric import OVERALL

# Of the scale. Half a point on 1..10.
LIMIT: Final = 0.05
_TWO_SIDED: Final = 1.96
Scores = Mapping[str, float]  # by criterion, and overall


@dataclass(frozen=True)
class Consistency:
    """deviation: standard deviation of one candidate's overall scores, of all candidates together, in points.

    identical: share of candidates whose scores were the same each time, in every criterion. widest: the most that one
    candidate's overall scores lie apart. by_criterion: as deviation. ranges: lowest and highest overall of each.
    """

    candidates: int
    repeats: int
    unanswered: int
    deviation: float
    identical: float
    widest: float
    by_criterion: Mapping[str, float]
    ranges: tuple[tuple[float, float], ...]
    limit: float

    @property
    def passed(self) -> bool:
        return not self.candidates or self.deviation <= self.limit

    @property
    def tells_apart(self) -> float:
        """Points that the overall scores of two candidates have to differ by to be no chance, 19 times in 20."""
        return _TWO_SIDED * math.sqrt(2) * self.deviation

    def told(self) -> str:
        if not self.candidates:
            return "nobody was asked about again"
        told = (
            f"{self.candidates} candidates asked about {self.repeats} times more: {self.identical:.0%} scored "
            f"exactly the same, the overall score has a standard deviation of {self.deviation:.2f} (limit "
            f"{self.limit:.2f}), at most {self.widest:.2f} apart"
        )
        return told + (f"; {self.unanswered} repeats got no answer" if self.unanswered else "")


def consistency(asked: Sequence[Sequence[Scores]], unanswered: int, span: int) -> Consistency:
    """asked: of each candidate the scores of the batch and of every repeat. span: of the rubric's scale."""
    several = [scores for scores in asked if len(scores) > 1]
    keys = list(several[0][0]) if several else []
    ranges = [(min(one[OVERALL] for one in scores), max(one[OVERALL] for one in scores)) for scores in several]
    return Consistency(
        candidates=len(several),
        repeats=max((len(scores) - 1 for scores in several), default=0),
        unanswered=unanswered,
        deviation=_deviation([[one[OVERALL] for one in scores] for scores in several]),
        identical=float(np.mean([all(one == scores[0] for one in scores) for scores in several])) if several else 0.0,
        widest=max((high - low for low, high in ranges), default=0.0),
        by_criterion={key: _deviation([[one[key] for one in scores] for scores in several]) for key in keys},
        ranges=tuple(ranges),
        limit=LIMIT * span,
    )


def _deviation(groups: Sequence[Sequence[float]]) -> float:
    """Pooled within groups: the root of the mean variance, each group by its degrees of freedom."""
    freedom = sum(len(group) - 1 for group in groups)
    if not freedom:
        return 0.0
    return math.sqrt(sum(float(np.var(group)) * len(group) for group in groups) / freedom)
