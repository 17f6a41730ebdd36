"""What a person's feedback on one posting comes to: one number that all learning rests on.

Belongs here: the scales, and what outweighs what. Not here: what is learned (`cutoff`, `negative`, `direction`,
`rules`) and rows (`store`).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from ty_assets.feedback.rules import Rule

Scale = Literal["points", "thumbs"]
Decision = Literal["apply", "skip", "maybe"]

# From here on something is liked, or disliked; between the two it is neither, and teaches nothing but the direction.
LIKED: Final = 0.3

# Points go from 1 to 10, with nothing in the middle.
_MIDDLE, _HALF_RANGE = 5.5, 4.5
_THUMB: Final = 0.8
# To apply is the strongest word a person has. To skip one of many is a weak word against it, to hide it a clear one.
_APPLIED: Final = 1.0
_DECISIONS: Final[dict[str, float]] = {"apply": 0.8, "maybe": 0.1, "skip": -0.5}
_HIDDEN: Final = -0.4


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person said of one posting; see match_ratings."""

    rating: int | None = None
    scale: Scale | None = None
    decision: str | None = None
    comment: str | None = None
    applied_at: dt.datetime | None = None
    hidden_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """One posting as the person finds it, with what can be learned from it.

    utility: -1 (not at all) .. 1 (very); None where nothing but a comment was given. score: the match's, 0 .. 1; None
    where there is no match. terms: canonical, of its facets. rules: what the comment states.
    """

    posting_id: UUID
    utility: float | None
    score: float | None = None
    kldb: str | None = None
    terms: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()

    @property
    def liked(self) -> bool:
        return self.utility is not None and self.utility >= LIKED

    @property
    def disliked(self) -> bool:
        return self.utility is not None and self.utility <= -LIKED


def scale_of_old_ratings(ratings: Iterable[int]) -> Scale | None:
    """The scale of ratings that were taken over without one, from all of a person's together.

    Thumbs where there is nothing but 1 and -1, with at least one -1. None where every rating is 1: that may be a thumb
    up as well as the worst of ten points, so nothing is learned from it.
    """
    known = set(ratings)
    if -1 in known:
        return "thumbs"
    return None if known <= {1} else "points"


def utility(feedback: Feedback, old_scale: Scale | None) -> float | None:
    """-1 .. 1; None where the feedback holds no judgement. old_scale: of a rating without a scale of its own.

    A rating is the person's own word and goes before decision and hiding; only to have applied outweighs it.
    """
    if feedback.applied_at is not None:
        return _APPLIED
    scale = feedback.scale or old_scale
    if feedback.rating is not None and scale is not None:
        if scale == "thumbs" or feedback.rating < 0:
            return _THUMB if feedback.rating > 0 else -_THUMB
        return min(1.0, max(-1.0, (feedback.rating - _MIDDLE) / _HALF_RANGE))
    if feedback.hidden_at is not None:
        return _HIDDEN
    return _DECISIONS.get(feedback.decision or "")
