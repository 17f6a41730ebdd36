"""What learning from ratings is worth, by simulated people with hidden tastes: `ty evaluate raters`.

Belongs here: the raters, and what the shown list is worth before and after so many ratings. Not here: where the matches
come from (rated_matches.py), and what is learned (ty_assets/feedback).

A rater wants a match when its score reaches a cutoff of the rater's own and nothing in it is disliked; a consistent
rater says so, now and then by mistake, a random one rates by dice. What was rated is not counted: precision and recall
are of the matches that the rater has not seen. Precision is compared at equal recall: against one cutoff for everybody,
set so that as many of the wanted matches are shown.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ty_assets.feedback.learned import Learned, learn
from ty_assets.feedback.opinions import Opinion
from ty_assets.feedback.rules import PostingFacts
from ty_assets.feedback.verdicts import JudgedMatch, judge_by
from ty_jobs.evaluation.evaluation import Evaluation, Figure
from ty_jobs.evaluation.files import EvaluationError

RATINGS: Final = (5, 20, 50)
RATERS: Final = 4  # of each kind for each person
SEED: Final = 20261122
_MODEL: Final = "titles"
# Of consistent raters' ratings, those given by mistake.
_MISTAKES: Final = 0.05
# Who looks at a list begins at its top and goes on for a while: the chance to rate falls with the rank.
_PATIENCE: Final = 25
_TOP: Final = 20
_LEFT: Final = 10
_CUTOFFS: Final = (0.1, 0.6)
_WANTED_AT_LEAST: Final = 20

Kind = Literal["consistent", "random"]
Variant = Literal["cutoff", "all"]


@dataclass(frozen=True)
class Candidate:
    """A match that may be shown. title: (d,) of unit length, or None. wanted: by a judge; None: the taste decides."""

    posting_id: UUID
    score: float
    kldb: str | None = None
    terms: frozenset[str] = frozenset()
    title: NDArray[np.float32] | None = None
    wanted: bool | None = None


@dataclass(frozen=True)
class Shelf:
    """One person's matches, best first."""

    person: str
    candidates: Sequence[Candidate]


@dataclass(frozen=True)
class Taste:
    """What a rater wants: a score from `cutoff` on, and none of these occupation groups and terms."""

    cutoff: float
    groups: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()

    def wants(self, candidate: Candidate) -> bool:
        if candidate.wanted is not None:
            return candidate.wanted
        in_group = candidate.kldb is not None and candidate.kldb[:3] in self.groups
        return candidate.score >= self.cutoff and not in_group and not (candidate.terms & self.terms)


@dataclass(frozen=True)
class Seen:
    """One rater's unrated matches: (M,) score, order after learning, wanted, and shown after learning."""

    score: NDArray[np.float64]
    order: NDArray[np.float64]
    wanted: NDArray[np.bool_]
    shown: NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """Over all raters together. at_equal_recall: precision of one cutoff for all that shows as many of the wanted.

    top: share of wanted among each rater's first matches, before and after.
    """

    precision_before: float
    precision: float
    recall: float
    at_equal_recall: float
    top_before: float
    top: float


def evaluate_raters(
    shelves: Sequence[Shelf],
    source: str,
    *,
    raters: int = RATERS,
    seed: int = SEED,
    prefix: str = "",
    counts: Sequence[int] = RATINGS,
) -> Evaluation:
    """Figures for each kind of rater, each number of ratings, and with cutoffs alone or with all that is learned."""
    figures: dict[str, Figure] = {
        f"{prefix}people": len(shelves),
        f"{prefix}raters": len(shelves) * raters,
        f"{prefix}matches": sum(len(shelf.candidates) for shelf in shelves),
    }
    kinds: tuple[Kind, ...] = ("consistent", "random")
    variants: tuple[Variant, ...] = ("cutoff", "all")
    for kind in kinds:
        for count in counts:
            for variant in variants:
                told = play(shelves, kind, count, variant, raters=raters, seed=seed)
                name = f"{prefix}{kind}_{count}_{variant}"
                figures[f"{name}_precision_before"] = round(told.precision_before, 4)
                figures[f"{name}_precision"] = round(told.precision, 4)
                figures[f"{name}_recall"] = round(told.recall, 4)
                figures[f"{name}_precision_of_one_cutoff_at_equal_recall"] = round(told.at_equal_recall, 4)
                if variant == "all":
                    figures[f"{name}_wanted_in_top_{_TOP}_before"] = round(told.top_before, 4)
                    figures[f"{name}_wanted_in_top_{_TOP}"] = round(told.top, 4)
    notes = [
        "cutoff: personal cutoffs alone; all: with occupations, terms and the direction of titles.",
        "before: the whole list, of which every match is shown (recall 1).",
    ]
    return Evaluation("raters", source, "none", figures, notes=notes)


def play(
    shelves: Sequence[Shelf], kind: Kind, count: int, variant: Variant, *, raters: int = RATERS, seed: int = SEED
) -> Outcome:
    """`raters` people with tastes of their own at each shelf rate `count` matches each; what the rest is like then."""
    return outcome([one for shelf in shelves for one in _played(shelf, kind, count, variant, raters, seed)])


def _played(shelf: Shelf, kind: Kind, count: int, variant: Variant, raters: int, seed: int) -> Iterator[Seen]:
    """None at a shelf of which fewer than ten matches would be left to be measured on."""
    if len(shelf.candidates) < count + _LEFT:
        return
    for number in range(raters):
        # The same taste and the same matches looked at, whatever the kind, the count and the variant.
        dice = random.Random(f"{seed} {shelf.person} {number}")
        taste = draw_taste(shelf, dice)
        looked_at = _looked_at(len(shelf.candidates), max(RATINGS), dice)[:count]
        opinions = [_rated(shelf.candidates[place], taste, kind, dice) for place in looked_at]
        learned = _learned(shelf, looked_at, opinions, variant)
        yield _seen(shelf, taste, set(looked_at), learned)


def draw_taste(shelf: Shelf, dice: random.Random) -> Taste:
    """A cutoff between nearly nothing in common and a strong match, two occupation groups and a term that a tenth has.

    Somebody whose best matches are poor wants the best of them all the same.
    """
    scores = sorted((candidate.score for candidate in shelf.candidates), reverse=True)
    cutoff = min(dice.uniform(*_CUTOFFS), scores[min(_WANTED_AT_LEAST, len(scores)) - 1])
    common = len(shelf.candidates) / 10
    groups = _common((c.kldb[:3] for c in shelf.candidates if c.kldb), common)
    terms = _common((term for c in shelf.candidates for term in c.terms), common)
    # The person's own trade, which most of the best matches are of, is none that they dislike.
    own = {c.kldb[:3] for c in shelf.candidates[: max(3, len(shelf.candidates) // 20)] if c.kldb}
    others = [group for group in groups if group not in own]
    return Taste(
        cutoff,
        frozenset(dice.sample(others, min(2, len(others)))),
        frozenset(dice.sample(terms, min(1, len(terms)))),
    )


def _common(values: Iterator[str], least: float) -> list[str]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    half = 5 * least  # what half of all have is no taste
    return sorted(value for value, count in counts.items() if least <= count <= half)


def _looked_at(size: int, most: int, dice: random.Random) -> list[int]:
    """Places of the list in the order in which they are rated (Efraimidis and Spirakis, 2006, for the weights)."""
    drawn = sorted(range(size), key=lambda place: -(dice.random() ** (place + _PATIENCE)))
    return drawn[:most]


def _rated(candidate: Candidate, taste: Taste, kind: Kind, dice: random.Random) -> Opinion:
    likes = taste.wants(candidate) != (dice.random() < _MISTAKES)
    if kind == "random":
        likes = dice.random() < 0.5
    strength = dice.uniform(0.5, 1.0)
    worth = strength if likes else -strength
    return Opinion(candidate.posting_id, worth, candidate.score, candidate.kldb, candidate.terms)


def _learned(shelf: Shelf, looked_at: Sequence[int], opinions: Sequence[Opinion], variant: Variant) -> Learned:
    if variant == "cutoff":
        known = learn([replace(opinion, kldb=None, terms=frozenset()) for opinion in opinions], {})
        return Learned(tuple(lesson for lesson in known.lessons if lesson.kind == "cutoff"))
    rated = (shelf.candidates[place] for place in looked_at)
    titles = {candidate.posting_id: candidate.title for candidate in rated if candidate.title is not None}
    return learn(opinions, {_MODEL: titles} if titles else {})


def _seen(shelf: Shelf, taste: Taste, rated: set[int], learned: Learned) -> Seen:
    judge = judge_by(learned.lessons, learned.directions)
    direction = learned.directions.get(_MODEL)
    rows = []
    for place, candidate in enumerate(shelf.candidates):
        if place in rated:
            continue
        similarity = None
        if direction is not None and candidate.title is not None:
            similarity = float(candidate.title @ direction.vector)
        facts = PostingFacts(terms=candidate.terms)
        verdict = judge(
            JudgedMatch(candidate.posting_id, candidate.score, _MODEL, candidate.kldb, similarity, facts=facts)
        )
        moved = candidate.score + verdict.adjustment
        rows.append((candidate.score, moved, taste.wants(candidate), not verdict.hidden_by))
    score, order, wanted, shown = zip(*rows, strict=True)
    return Seen(np.array(score), np.array(order), np.array(wanted, dtype=bool), np.array(shown, dtype=bool))


def outcome(seen: Sequence[Seen]) -> Outcome:
    """Micro-averaged over all raters: every match that is shown counts once. Raises EvaluationError for no rater."""
    if not seen:
        raise EvaluationError("expected somebody with enough matches to rate, got nobody; make it more postings")
    score = np.concatenate([one.score for one in seen])
    wanted = np.concatenate([one.wanted for one in seen])
    shown = np.concatenate([one.shown for one in seen])
    recall = _share(wanted & shown, wanted)
    return Outcome(
        precision_before=float(wanted.mean()),
        precision=_share(wanted & shown, shown),
        recall=recall,
        at_equal_recall=_precision_at(score, wanted, recall),
        top_before=_top(seen, lambda one: (one.score, np.ones(len(one.score), dtype=bool))),
        top=_top(seen, lambda one: (one.order, one.shown)),
    )


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else 1.0


def _precision_at(score: NDArray[np.float64], wanted: NDArray[np.bool_], recall: float) -> float:
    """Of the highest cutoff, one for all, that shows so large a share of what is wanted."""
    needed = recall * wanted.sum() - 1e-9
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(wanted[order])
    last = int(np.searchsorted(found, needed))
    cutoff = score[order][min(last, len(order) - 1)]
    return _share(wanted & (score >= cutoff), score >= cutoff)


def _top(seen: Sequence[Seen], ranked: Callable[[Seen], tuple[NDArray[np.float64], NDArray[np.bool_]]]) -> float:
    shares = []
    for one in seen:
        order, shown = ranked(one)
        places = np.flatnonzero(shown)
        best = places[np.argsort(-order[places], kind="stable")][:_TOP]
        if len(best):
            shares.append(float(one.wanted[best].mean()))
    return float(np.mean(shares)) if shares else 0.0
