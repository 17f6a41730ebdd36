"""Whether a batch judged its last candidates as it judged its first.

Belongs here: scores over their place in the file, as numbers and a sentence. Not here: where the scores come from
(quality.py) and pictures (plots.py).

Scores that rise or fall along a file need not be the model's doing: the file may be sorted. Candidates asked about
again tell the two apart: what they scored then less what they scored first has nothing to do with who they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from ty_assets.candidate_evaluations.estimates import Estimate, mean, slope

# Of the scale, from the first candidate to the last. Less than that moves no candidate by half a point on 1..10.
LIMIT: Final = 0.05
FEWEST: Final = 20  # fewer tell nothing about a tenth of them
_TENTHS: Final = 10


class Scored(NamedTuple):
    """An answer: the line of the file, and its overall score."""

    line: int
    score: float


@dataclass(frozen=True)
class Drift:
    """change: of the overall score from the first line to the last, in points. tenths: the mean of each tenth.

    again: the same of the differences of those asked about again; None without such. limit: points that a change may
    have. scores: what it is made of.
    """

    change: Estimate
    again: Estimate | None
    tenths: tuple[Estimate, ...]
    limit: float
    scores: tuple[Scored, ...]

    @property
    def enough(self) -> bool:
        return len(self.scores) >= FEWEST

    @property
    def drifts(self) -> bool:
        """Whether scores change along the file by more than the limit, and not by chance."""
        return self.enough and self.change.is_not_zero and abs(self.change.value) > self.limit

    @property
    def is_the_models(self) -> bool | None:
        """Whether those asked about again changed alike; None where too few were."""
        if self.again is None or self.again.count < FEWEST // 2:
            return None
        return self.again.is_not_zero and abs(self.again.value) > self.limit

    @property
    def passed(self) -> bool:
        return not (self.drifts and self.is_the_models is not False) and not self.is_the_models

    def told(self) -> str:
        if not self.enough:
            return f"{len(self.scores)} scores are too few to tell; from {FEWEST} on they are looked at"
        change = self.change
        told = (
            f"from the first candidate to the last the overall score changes by {change.value:+.2f} "
            f"({change.low:+.2f} to {change.high:+.2f}), limit {self.limit:.2f}"
        )
        if self.is_the_models is None:
            return told + ("; the file may be sorted, or the model drifts" if self.drifts else "")
        if self.is_the_models:
            return told + "; the same candidates asked about again changed along the file, too: the model drifts"
        return told + ("; asked about again they scored as before: the file is sorted" if self.drifts else "")


def drift(scores: Sequence[Scored], differences: Sequence[Scored], span: int) -> Drift:
    """scores: of the batch. differences: first score less later one of those asked about again. span: of the scale."""
    ordered = tuple(sorted(scores))
    tenths: tuple[Estimate, ...] = ()
    if len(ordered) >= FEWEST:
        parts = np.array_split(np.array([one.score for one in ordered]), _TENTHS)
        tenths = tuple(mean(part.tolist()) for part in parts)
    first, last = (ordered[0].line, ordered[-1].line) if ordered else (0, 0)
    return Drift(
        change=_change(ordered, first, last),
        again=_change(differences, first, last) if differences else None,
        tenths=tenths,
        limit=LIMIT * span,
        scores=ordered,
    )


def _change(scores: Sequence[Scored], first: int, last: int) -> Estimate:
    width = max(last - first, 1)
    return slope([(one.line - first) / width for one in scores], [one.score for one in scores])
