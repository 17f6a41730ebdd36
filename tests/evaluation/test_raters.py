"""Simulated raters: what people consistently say helps, and what they say at random does no harm."""

import uuid

import numpy as np
import pytest

from ty_jobs.evaluation.raters import RATINGS, Candidate, Shelf, evaluate_raters, outcome, play
from ty_jobs.evaluation.raters import Seen as SeenMatches

GROUPS = ("431", "433", "434", "611", "612", "714", "722", "813")
TERMS = ("Python", "SQL", "Excel", "Cold calling", "SAP", "Wound care")


def shelf(number: int, size: int = 200) -> Shelf:
    """Matches with scores as matching gives them (few high ones), occupations that go with them, and title vectors."""
    rng = np.random.default_rng(number)
    centres = rng.standard_normal((len(GROUPS), 24))
    candidates = []
    for place in range(size):
        group = int(rng.integers(len(GROUPS)))
        score = float(np.clip(rng.beta(2.2, 3.2) + 0.12 * (group % 3 == 0), 0, 1))
        title = centres[group] + 0.9 * rng.standard_normal(24)
        candidates.append(
            Candidate(
                posting_id=uuid.UUID(int=number * 1000 + place),
                score=round(score, 4),
                kldb=f"{GROUPS[group]}{int(rng.integers(10, 20))}",
                terms=frozenset(term for term in TERMS if rng.random() < 0.18),
                title=(title / np.linalg.norm(title)).astype(np.float32),
            )
        )
    candidates.sort(key=lambda candidate: -candidate.score)
    return Shelf(f"person {number}", candidates)


@pytest.fixture(scope="module")
def shelves() -> list[Shelf]:
    return [shelf(number) for number in range(5)]


@pytest.mark.parametrize("count", [20, 50])
def test_personal_cutoffs_raise_precision_at_equal_recall(shelves: list[Shelf], count: int) -> None:
    told = play(shelves, "consistent", count, "cutoff")
    assert told.precision > told.at_equal_recall + 0.01
    assert told.precision > told.precision_before
    assert told.recall > 0.9, "what is hidden is hardly ever wanted"


@pytest.mark.parametrize("count", RATINGS)
@pytest.mark.parametrize("variant", ["cutoff", "all"])
def test_random_ratings_lower_precision_by_no_more_than_a_point(shelves: list[Shelf], count: int, variant: str) -> None:
    told = play(shelves, "random", count, variant)  # type: ignore[arg-type]
    # Of the list as it was, thinned by chance to the same recall, precision is what it was.
    assert told.precision >= told.precision_before - 0.01
    assert told.recall >= 0.95
    assert told.top >= told.top_before - 0.01


def test_five_ratings_do_no_harm(shelves: list[Shelf]) -> None:
    told = play(shelves, "consistent", 5, "all")
    assert told.precision >= told.precision_before - 0.01
    assert told.recall >= 0.97


def test_all_that_is_learned_is_worth_more_than_cutoffs_alone(shelves: list[Shelf]) -> None:
    alone, together = (play(shelves, "consistent", 50, variant) for variant in ("cutoff", "all"))
    assert together.precision > alone.precision
    assert together.top > together.top_before


def test_the_same_seed_gives_the_same_figures_and_another_gives_others(shelves: list[Shelf]) -> None:
    first = evaluate_raters(shelves[:1], "test", raters=2, counts=(20,)).figures
    assert evaluate_raters(shelves[:1], "test", raters=2, counts=(20,)).figures == first
    assert evaluate_raters(shelves[:1], "test", raters=2, counts=(20,), seed=1).figures != first
    assert first["raters"] == 2


def test_precision_at_equal_recall_is_that_of_one_cutoff_for_all() -> None:
    """Two raters with cutoffs of 0.2 and 0.8: one cutoff that shows all that both want shows much that one does not."""
    scores = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    seen = [SeenMatches(scores, scores, scores >= cutoff, scores >= cutoff) for cutoff in (0.2, 0.8)]
    told = outcome(seen)
    assert (told.precision, told.recall) == (1.0, 1.0)
    assert told.at_equal_recall == pytest.approx(5 / 8)
    assert told.precision_before == pytest.approx(5 / 10)
