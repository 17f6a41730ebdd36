"""Somebody who has no matches yet gets the first ones at once, from memory; the next run replaces them day by day.

Belongs here: the indexes that are kept warm, and screening one newcomer. Not here: who asks and who waits
(`serving/screening.py`), and the matches of everybody (`asset.py`).
"""

import datetime as dt
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.derive import day_subject
from ty_assets.matching import scores
from ty_assets.matching.calibration import Calibration, packaged
from ty_assets.matching.calibration_store import stored_calibration
from ty_assets.matching.index import ScreeningIndex, Snapshot
from ty_assets.matching.load import load_some
from ty_assets.matching.rank import rank
from ty_assets.matching.space import STAGE
from ty_resources.postgres import Database

_TABLE = "profile_posting_matches"


class WarmIndexes:
    """One index for each model that is asked for. Thread-safe."""

    def __init__(self, db: Database, packaged_model: str) -> None:
        self.db, self.packaged_model = db, packaged_model
        self._indexes: dict[str, ScreeningIndex] = {}
        self._lock = threading.Lock()

    def of(self, model: str) -> ScreeningIndex:
        with self._lock:
            if model not in self._indexes:
                self._indexes[model] = ScreeningIndex(self.db, model)
            return self._indexes[model]

    def current(self, model: str) -> Snapshot:
        """The active postings as they are now; the first call for a model reads them all."""
        index = self.of(model)
        if index.loaded is None:
            return index.snapshot()
        index.refresh()
        return index.snapshot()

    def refresh(self) -> None:
        """Load the models that days are matched in, and follow the tables in those that are loaded."""
        wanted = set(spaces(self.db).values()) or {self.packaged_model}
        with self._lock:
            wanted |= self._indexes.keys()
        for model in sorted(wanted):
            self.current(model)


def spaces(db: Database) -> Mapping[uuid.UUID, str]:
    """The model in whose vectors each day was matched last, by the day's subject."""
    return {row["subject"]: row["model"] for row in db.rows("days_matched", stage=STAGE)}


def is_newcomer(db: Database, profile_id: uuid.UUID) -> bool:
    """Whether there is somebody to screen: with facets and vectors, and without a match."""
    return db.row("newcomer", profile_id=profile_id) is not None


def screen_newcomer(indexes: WarmIndexes, profile_id: uuid.UUID, keep: int) -> int:
    """Rank all active postings for somebody without matches and store the best `keep`; the number stored.

    Each day in the vectors that it was matched in last, as a run would: packaged ones where it was not yet, or where
    the person has none of the model. Keep no more than a run keeps of a day, so that every row is one that it writes.
    """
    newcomer = indexes.db.row("newcomer", profile_id=profile_id)
    if newcomer is None:
        return 0
    return _store(indexes.db, profile_id, _best(indexes, profile_id, newcomer["models"], keep), again=False)


def screen_again(indexes: WarmIndexes, profile_id: uuid.UUID, keep: int) -> int:
    """The same for somebody who has changed: the best `keep` take the place of all matches, until the next run."""
    person = indexes.db.row("screened_person", profile_id=profile_id)
    found = _best(indexes, profile_id, person["models"], keep) if person else []
    return _store(indexes.db, profile_id, found, again=True)


def _best(indexes: WarmIndexes, profile_id: uuid.UUID, models: Sequence[str], keep: int) -> list[tuple[Any, ...]]:
    """The rows of the best, best first. models: those of the person's vectors."""
    db = indexes.db
    by_day = {day: model for day, model in spaces(db).items() if model in models}
    found: list[tuple[Any, ...]] = []
    for model in sorted({*by_day.values(), indexes.packaged_model} & set(models)):
        calibration = calibration_of(db, model, indexes.packaged_model)
        if calibration is None:
            continue
        snapshot = indexes.current(model)
        among = _matched_in(snapshot, by_day, model, indexes.packaged_model)
        found += _rows(db, snapshot, profile_id, calibration, among, keep)
    position = {name: scores.COLUMNS.index(name) for name in ("passed_gates", "score", "posting_id")}
    found.sort(
        key=lambda row: (not row[position["passed_gates"]], -row[position["score"]], row[position["posting_id"]])
    )
    return found[:keep]


def _rows(
    db: Database,
    snapshot: Snapshot,
    profile_id: uuid.UUID,
    calibration: Calibration,
    among: NDArray[np.int64],
    keep: int,
) -> list[tuple[Any, ...]]:
    people = load_some(db, calibration.model, snapshot.dimension, [profile_id])
    if not people or len(among) == 0:
        return []
    ((person, known),) = people
    ranked = next(rank(snapshot, [person], calibration))
    best = ranked.best(keep, among)
    told = scores.told_of(db, [snapshot.postings.posting_ids[i] for i in best.tolist()])
    return list(scores.match_rows(snapshot, ranked, best, known, calibration, told))


def _store(db: Database, profile_id: uuid.UUID, rows: Sequence[tuple[Any, ...]], *, again: bool) -> int:
    with db.transaction() as connection:
        # The lock of whoever replaces matches: a run that ends meanwhile has better ones.
        connection.execute(db.queries["lock_table"], {"table": _TABLE})
        if again:
            # What explains a match rests on the person as they were; opened again it is made anew.
            connection.execute(db.queries["drop_matches_of"], {"profile_id": profile_id})
        elif connection.execute(db.queries["newcomer"], {"profile_id": profile_id}).fetchone() is None:
            return 0
        return db.insert_new(_TABLE, scores.COLUMNS, rows, connection)


def _matched_in(
    snapshot: Snapshot, by_day: Mapping[uuid.UUID, str], model: str, packaged_model: str
) -> NDArray[np.int64]:
    """The postings of the days that are matched in this model's vectors, ascending."""
    days, at = np.unique(snapshot.first_seen_on, return_inverse=True)
    subjects = [day_subject(dt.date.fromordinal(day)) for day in days.tolist()]
    here = np.array([by_day.get(subject, packaged_model) == model for subject in subjects], dtype=bool)
    return np.flatnonzero(here[at]) if len(days) else np.zeros(0, dtype=np.int64)


def calibration_of(db: Database, model: str, packaged_model: str) -> Calibration | None:
    """The stored one; of the packaged model its own before the first run. None where nothing can be scored yet."""
    known = stored_calibration(db, model)
    return packaged(model) if known is None and model == packaged_model else known
