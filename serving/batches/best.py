"""The best candidates of an evaluation so far: read in a thread, kept until there are others, never waited for long.

Belongs here: when they are read again. Not here: the ranking (ty_assets/candidate_evaluations/scores.py), and pages.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ty_assets.candidate_evaluations.answers import Evaluation
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_assets.candidate_evaluations.scores import Ranking
from ty_assets.candidate_evaluations.stored_results import evaluations_of
from ty_resources.postgres import Database

SHOWN: Final = 10
_REMEMBERED: Final = 100
_PATIENCE: Final = 1.0
# A list that took a second to read is read again after twenty: looking on costs the machine a twentieth at most.
_REST: Final = 20.0

Batch = Mapping[str, Any]


@dataclass(frozen=True)
class Best:
    """ranked: of so many candidates with an answer or an error. checked, unsupported: quotes looked for, not found."""

    evaluations: tuple[Evaluation, ...]
    ranked: int
    failed: int
    checked: int
    unsupported: int


@dataclass(frozen=True)
class _Known:
    done: int
    read_at: float
    took: float
    best: Best


class BestCandidates:
    """Of all evaluations that somebody looks at. Used by the event loop; the reading is done in threads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def of(self, parts: Sequence[Batch], rubric: Rubric) -> Best | None:
        """parts: the batches that belong together. None where reading takes longer than one waits."""
        key, done = parts[0]["batch_id"], sum(part["completed"] + part["failed"] for part in parts)
        known = self._known.get(key)
        if known is None or (known.done != done and time.monotonic() - known.read_at > _REST * known.took):
            task = self._reading.get(key)
            if task is None or task.done():
                task = self._reading[key] = asyncio.create_task(self._read(key, done, parts, rubric))
            await asyncio.wait({task}, timeout=_PATIENCE)
        known = self._known.get(key)
        return known.best if known is not None else None

    async def _read(self, key: str, done: int, parts: Sequence[Batch], rubric: Rubric) -> None:
        began = time.monotonic()
        try:
            best = await asyncio.to_thread(best_of, self._db, parts, rubric)
        finally:
            self._reading.pop(key, None)
        self._known[key] = _Known(done, time.monotonic(), time.monotonic() - began, best)
        self._known.move_to_end(key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def best_of(db: Database, parts: Sequence[Batch], rubric: Rubric) -> Best:
    with ranking_of(db, parts, rubric) as ranking:
        found = [one for one in ranking.best(SHOWN) if one.overall is not None]
        return Best(tuple(found), len(ranking), ranking.failed, ranking.checked, ranking.unsupported)


def ranking_of(db: Database, parts: Sequence[Batch], rubric: Rubric) -> Ranking:
    """Close it at the end."""
    ranking = Ranking(rubric)
    try:
        for part in parts:
            for evaluation in evaluations_of(db, part, rubric):
                ranking.add(evaluation)
    except BaseException:
        ranking.close()
        raise
    return ranking


def table_of(db: Database, parts: Sequence[Batch], rubric: Rubric, delimiter: str) -> Iterator[bytes]:
    """The ranked table as CSV, in blocks; for a thread."""
    with ranking_of(db, parts, rubric) as ranking:
        yield from ranking.csv(delimiter)
