"""People against all postings of a snapshot: score, gates and order, several people to a product.

Belongs here: putting screening, scores and gates together. Not here: the rows of matches (`scores.py`), and where the
snapshot comes from (`index.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching import gates, scoring
from ty_assets.matching.calibration import Calibration
from ty_assets.matching.index import Snapshot
from ty_assets.matching.occupation import occupation_closeness, title_groups
from ty_assets.matching.person import Person
from ty_assets.matching.product import WORTH_A_THREAD, best_cosines, over_cores
from ty_assets.matching.screening import screen_people

# People to a product: from here on it is as fast for each as it gets, and their cosines are still small beside the
# vectors (figures in ty_jobs/benchmarks/screening.py).
BATCH = 8


@dataclass(frozen=True, eq=False)
class Ranked:
    """What P postings are worth to one person."""

    person: Person
    scores: scoring.Scores
    gated: gates.Gated
    passed: NDArray[np.bool_]  # (P,) all gates

    def best(self, limit: int, among: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """The first `limit` postings of all, or of some: those that pass the gates, by score, ties by posting_id.

        among: ascending.
        """
        if among is None:
            return scoring.best(self.scores.score, self.passed, limit)
        return among[scoring.best(self.scores.score[among], self.passed[among], limit)]


def rank(snapshot: Snapshot, people: Sequence[Person], calibration: Calibration) -> Iterator[Ranked]:
    """One for each person, in their order. ValueError where the calibration is another model's."""
    if calibration.model != snapshot.model:
        raise ValueError(f"vectors of {snapshot.model} are not compared by the calibration of {calibration.model}")
    for start in range(0, len(people), BATCH):
        yield from _rank(snapshot, people[start : start + BATCH], calibration)


def _rank(snapshot: Snapshot, people: Sequence[Person], calibration: Calibration) -> Iterator[Ranked]:
    postings, texts, titles = snapshot.postings, snapshot.texts, snapshot.titles
    screenings = screen_people(postings, texts, people, calibration)
    groups = [title_groups(person) for person in people]
    nearest, _ = best_cosines(titles.vectors, [group for of_one in groups for group in of_one])
    ends = np.cumsum([len(of_one) for of_one in groups]).tolist()

    def closeness(number: int) -> NDArray[np.float32]:
        cosines = nearest[ends[number] - len(groups[number]) : ends[number]]
        return occupation_closeness(postings, titles, people[number], calibration, cosines)

    numbers = range(len(people))
    alone = len(postings) < WORTH_A_THREAD
    steps = [*screenings, *(partial(closeness, number) for number in numbers)]
    done: list[Any] = over_cores(_call, steps, alone=alone)
    screened, occupation = done[: len(people)], done[len(people) :]
    finals = [
        *(partial(gates.gate, postings, texts, screened[number], people[number]) for number in numbers),
        *(
            partial(scoring.score, postings, screened[n], titles, people[n], calibration, occupation[n])
            for n in numbers
        ),
    ]
    done = over_cores(_call, finals, alone=alone)
    for person, gated, scores in zip(people, done, done[len(people) :], strict=False):
        yield Ranked(person, scores, gated, gated.passed)


def _call(work: Callable[[], Any]) -> Any:
    return work()
