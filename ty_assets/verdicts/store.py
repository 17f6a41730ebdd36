"""Asking the reasoning model for its verdict on matches: which, in what order, for how long, and what is kept.

As with the readings of postings: in order of use, within the night's hours, each answer kept as it comes; what a person
asks for goes before the night's. Belongs here: the order, the budget and the writing. Not here: what is asked
(task.py).
"""

import datetime as dt
import json
import math
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ty_assets.profiles.store import anonymous_profile
from ty_assets.readings.store import Budget
from ty_assets.verdicts.sides import posting_side, profile_side
from ty_assets.verdicts.task import PostingSide, ProfileSide, Verdict, VerdictItem, VerdictTask
from ty_resources import failures
from ty_resources.inference.cache import run_cached_each
from ty_resources.inference.engine import Answer, InferenceEngine, Lane
from ty_resources.inference.errors import ServerBusy
from ty_resources.postgres import Database, Row

STAGE: Final = "match_verdicts"
_COLUMNS: Final = [
    "profile_id", "posting_id", "decision", "confidence", "reasons", "removed", "model", "task_version",
    "profile_hash", "posting_hash",
]  # fmt: skip
# Questions turned away one after the other, each tried several times: more is a quota that is used up.
_BUSY_FOR_ALL: Final = 16


@dataclass
class VerdictReport:
    """What one run asked; matches unless said otherwise."""

    model: str = ""
    task_version: str = ""
    postings: int = 0  # matches that wanted a verdict; named as `few_failures` reads it
    derived: int = 0
    apply: int = 0
    skip: int = 0
    without_a_verdict: int = 0  # nothing that the model said stood
    removed_claims: int = 0
    failed: int = 0
    given_up: int = 0
    seconds: float = 0.0

    @property
    def remaining(self) -> int:
        return self.postings - self.derived - self.failed


def verdicts_wanted(db: Database, engine: InferenceEngine, days: Sequence[dt.date], best: int) -> list[Row]:
    """Rows of profile_id, posting_id, place and first_seen_on: everybody's best match first, then the second ones.

    best: matches of each person, over all days. Without what failed lately or was given up.
    """
    task = VerdictTask()
    model, version = engine.model(task.role), engine.task_version(task)
    rows = db.rows("verdicts_wanted", days=list(days), best=best, model=model, task_version=version)
    put_off = {row["subject"] for row in db.rows("verdicts_put_off", failure_version=f"{version} {model}")}
    return [row for row in rows if str(verdict_subject(row["profile_id"], row["posting_id"])) not in put_off]


def current_verdict(db: Database, engine: InferenceEngine, profile_id: uuid.UUID, posting_id: uuid.UUID) -> Row | None:
    """What the configured model has said of these texts; None where it has not been asked."""
    task = VerdictTask()
    return db.row(
        "verdict_of",
        profile_id=profile_id,
        posting_id=posting_id,
        model=engine.model(task.role),
        task_version=engine.task_version(task),
    )


def read_verdicts(
    db: Database,
    engine: InferenceEngine,
    wanted: Sequence[Row],
    budget: Budget | None,
    *,
    max_attempts: int,
    lane: Lane = "background",
    at_most: float = math.inf,
    progress: Callable[[VerdictReport], None] = lambda report: None,
    clock: Callable[[], float] = time.monotonic,
) -> VerdictReport:
    """Ask for these matches, in their order, until the night's budget or `at_most` seconds are spent.

    budget: None for what a person has clicked on. Person by person, since an answer is kept with its owner. Raises
    ServerDown or ModelMissing when the engine gives up, and ServerBusy when the server turns everything away; what was
    answered until then is kept.
    """
    task = VerdictTask()
    report = VerdictReport(engine.model(task.role), engine.task_version(task), len(wanted))
    started = clock()
    deadline = started + min(at_most, math.inf if budget is None else budget.left(db))
    by_person: dict[uuid.UUID, list[Row]] = {}
    for row in wanted:
        by_person.setdefault(row["profile_id"], []).append(row)
    keeper = _Keeper(db, task, report, budget, max_attempts, clock)
    for profile_id, rows in by_person.items():
        if clock() >= deadline:
            break
        asked = _asked(db, profile_id, rows)
        items = (item for item, _ in asked if clock() < deadline)
        try:
            for position, answer in run_cached_each(db, engine, task, items, owner=profile_id, lane=lane):
                keeper.add(*asked[position], answer)
                report.seconds = clock() - started
        finally:
            keeper.commit()
        progress(report)
    return report


@dataclass(frozen=True)
class _Pair:
    profile_id: uuid.UUID
    posting_id: uuid.UUID
    day: dt.date
    profile_hash: bytes
    posting_hash: bytes


def _asked(db: Database, profile_id: uuid.UUID, rows: Sequence[Row]) -> list[tuple[VerdictItem, _Pair]]:
    """The questions about one person; none where the person or the posting has gone since it was listed."""
    people = db.rows("people_to_decide", profile_ids=[profile_id])
    if not people:
        return []
    side, known = _profile(people[0]), bytes(people[0]["input_hash"])
    ids = [row["posting_id"] for row in rows]
    postings = {row["posting_id"]: row for row in db.rows("postings_to_decide", posting_ids=ids)}
    asked = []
    for row in (postings[posting_id] for posting_id in ids if posting_id in postings):
        pair = _Pair(profile_id, row["posting_id"], row["first_seen_on"], known, bytes(row["content_hash"]))
        asked.append((VerdictItem(posting=_posting(row), profile=side), pair))
    return asked


def _profile(row: Row) -> ProfileSide:
    return profile_side(anonymous_profile(row))


def _posting(row: Row) -> PostingSide:
    return posting_side(row["title"], row["language"], row["description"], row["quotes"])


def verdict_subject(profile_id: uuid.UUID, posting_id: uuid.UUID) -> uuid.UUID:
    """A pair's id in `failures`, which outlive people: it tells nobody's."""
    return uuid.uuid5(posting_id, profile_id.hex)


class _Keeper:
    """Commits each verdict as it comes: it took a model seconds."""

    def __init__(
        self,
        db: Database,
        task: VerdictTask,
        report: VerdictReport,
        budget: Budget | None,
        max_attempts: int,
        clock: Callable[[], float],
    ) -> None:
        self._db, self._task, self._report, self._budget = db, task, report, budget
        self._max_attempts, self._clock = max_attempts, clock
        self._counted_at = clock()
        self._busy = 0  # answers turned away, one after the other

    def add(self, item: VerdictItem, pair: _Pair, answer: Answer[Verdict]) -> None:
        report = self._report
        if isinstance(answer.error, ServerBusy):  # no match is to blame; one that only turns away ends the run
            self._busy += 1
            if self._busy >= _BUSY_FOR_ALL:
                raise answer.error
            return
        self._busy = 0
        subject = verdict_subject(pair.profile_id, pair.posting_id)
        try:
            if answer.output is None:
                raise answer.error or RuntimeError("the engine gave neither an answer nor an error")
            said, removed = self._task.verify(item, answer.output)
        except Exception as error:
            version = f"{report.task_version} {report.model}"
            failed = failures.Failure.of(STAGE, subject, version, error, pair.day)
            failures.record(self._db, [failed], self._max_attempts)
            report.failed += 1
            return
        self._write(pair, said, removed)
        failures.resolve(self._db, STAGE, [subject])
        report.derived += 1
        report.removed_claims += removed
        report.apply += said.decision == "apply"
        report.skip += said.decision == "skip"
        report.without_a_verdict += said.decision is None

    def _write(self, pair: _Pair, said: Verdict, removed: int) -> None:
        reasons = json.dumps([reason.model_dump() for reason in said.reasons], ensure_ascii=False)
        confidence = said.confidence if said.decision else None
        row: tuple[Any, ...] = (
            pair.profile_id, pair.posting_id, said.decision, confidence, reasons, removed, self._report.model,
            self._report.task_version, pair.profile_hash, pair.posting_hash,
        )  # fmt: skip
        self._db.upsert("match_verdicts", _COLUMNS, [row], ["profile_id", "posting_id"])

    def commit(self) -> None:
        """Count the time as the night's; a posting is what a reading counts, so that its pace stays known."""
        now = self._clock()
        if self._budget is not None:
            self._db.execute("count_night", night=self._budget.night, seconds=now - self._counted_at, postings=0)
        self._counted_at = now
