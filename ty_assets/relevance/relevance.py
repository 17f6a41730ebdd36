"""What is read first, what later and what not at all, by what people here look for.

relevance: the score that a posting would have for everybody as one person (interests.py), so at least that of anybody.
What is out is less than a weak match for each of them: that is a bound, not an estimate. And it is among nobody's best
matches: where little fits, or much fails a gate, these reach far down. Pure functions only.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import numpy as np

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.person import Person
from ty_assets.matching.postings import Postings
from ty_assets.matching.scoring import TIERS, score
from ty_assets.matching.screening import screen
from ty_assets.matching.texts import Texts

Decision = Literal["first", "later", "out"]

# Raise it when the comparison or a threshold changes.
VERSION: Final = "1"
FIRST: Final = TIERS["partial"]
OUT: Final = TIERS["weak"]
# Somebody's own occupation is never out, however little of what it asks they have: three digits of the code shared, or
# a title half as near as the same.
_OWN_OCCUPATION: Final = 0.4

NOBODY: Final = "nobody is here to look for anything"
_AMONG_BEST: Final = "far from everybody, yet among somebody's best matches"
_NO_VECTOR: Final = "its title and terms have no vectors"


@dataclass(frozen=True, slots=True)
class Relevance:
    """One posting's: 0 .. 1, what follows, and why."""

    relevance: float
    decision: Decision
    reason: str


def judge(
    postings: Postings,
    texts: Texts,
    titles: Texts,
    everybody: Sequence[Person],
    calibration: Calibration,
    best: Collection[UUID] = (),
) -> list[Relevance]:
    """One for each posting, in their order; they lie as matching takes them.

    everybody: as of `everybody_as_one`. best: postings among somebody's best matches.
    """
    found = np.zeros((3, len(postings)), dtype=np.float32)
    for one in everybody:
        screened = screen(postings, texts, one, calibration)
        scored = score(postings, screened, titles, one, calibration)
        found = np.maximum(found, [scored.score, scored.occupation, np.nan_to_num(screened.score)])
    known = (postings.title >= 0) | (np.diff(postings.posting_start) > 0)
    values = zip(*found.tolist(), known.tolist(), postings.posting_ids, strict=True)
    return [decide(near, occupation, asked, told, best=i in best) for near, occupation, asked, told, i in values]


def decide(relevance: float, occupation: float, asked: float, known: bool, *, best: bool = False) -> Relevance:
    """occupation: closeness to somebody's, 0 .. 1. asked: share of what is asked that somebody has, 0 .. 1.

    known: false where there is nothing to compare, which speaks neither for nor against. best: it is among somebody's
    best matches.
    """
    relevance = round(relevance, 4)
    if not known:
        return Relevance(relevance, "later", _NO_VECTOR)
    near = " and ".join(
        name for name, close in (("occupation", occupation >= _OWN_OCCUPATION), ("skills", asked >= FIRST)) if close
    )
    if relevance >= FIRST:
        return Relevance(relevance, "first", f"near by {near or 'a little of both'}")
    if relevance >= OUT or occupation >= _OWN_OCCUPATION:
        return Relevance(relevance, "later", f"near by {near}, far as a whole" if near else "neither near nor far")
    return Relevance(relevance, "later", _AMONG_BEST) if best else Relevance(relevance, "out", "far from everybody")


def without_people(count: int) -> Sequence[Relevance]:
    """Nobody's absence speaks against a posting."""
    return [Relevance(0.0, "later", NOBODY)] * count
