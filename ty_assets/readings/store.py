"""Reading postings with a language model: which, in what order, for how long, and what is kept of it.

A model needs half a minute for a posting and a Monday brings 16,000: so it reads in order of use, within the night's
hours, and what it has not reached keeps the rows that the rules made. Belongs here: the order, the budget and the
writing. Not here: what is asked (task.py), and the engine's retries and concurrency.
"""

import datetime as dt
import math
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from ty_assets.readings.answer import PostingReading
from ty_assets.readings.task import PostingReadingTask
from ty_assets.summaries.task import PostingText
from ty_resources import failures
from ty_resources.draining import checkpoint
from ty_resources.inference.cache import run_cached_each
from ty_resources.inference.engine import Answer, InferenceEngine, Lane
from ty_resources.inference.errors import NothingQuoted, ServerBusy
from ty_resources.postgres import Database, Row

STAGE = "posting_readings"
_COLUMNS = ["posting_id", "reading", "quoted", "model", "task_version", "input_hash"]
# Texts fetched at a time, while the requests before them are in flight.
_FETCHED = 64
# Rows committed at a time: a second's work at most, and the answers themselves are in the cache already.
_COMMITTED = 16
_COMMIT_SECONDS = 1.0
# Questions turned away one after the other, each tried several times: more is a quota that is used up.
_BUSY_FOR_ALL = 16


@dataclass(frozen=True)
class Budget:
    """How long a model may read. hours: a night, from noon to noon; now: local time."""

    hours: float
    now: dt.datetime

    @property
    def night(self) -> dt.date:
        """The day on whose evening the night began."""
        return (self.now - dt.timedelta(hours=12)).date()

    def left(self, db: Database) -> float:
        """Seconds that the night has left."""
        spent = db.row("reading_night", night=self.night)
        return max(0.0, self.hours * 3600 - (spent["seconds"] if spent else 0.0))


@dataclass
class ReadingReport:
    """What one run read; postings unless said otherwise."""

    model: str = ""
    task_version: str = ""
    postings: int = 0  # that wanted reading
    derived: int = 0
    unquoted: int = 0  # of these, without any requirement that stands in the text
    removed_claims: int = 0
    failed: int = 0
    current: int = 0  # of the days, read already
    given_up: int = 0  # of the days, tried too often: not among those that wanted reading
    seconds: float = field(default=0.0)
    budget_seconds_left: float = field(default=0.0)

    @property
    def remaining(self) -> int:
        return self.postings - self.derived - self.failed

    @property
    def known(self) -> int:
        """All that this model has read, or would have to."""
        return self.postings + self.current + self.given_up


def postings_to_read(
    db: Database, engine: InferenceEngine, days: Sequence[dt.date], *, refine: Literal["used", "all"], best: int
) -> list[Row]:
    """Rows of posting_id, first_seen_on and content_hash whose reading is missing or stale, in order of use.

    best: each person's best matches that count as used.
    """
    task = PostingReadingTask()
    model, version = engine.model(task.role), engine.task_version(task)
    return db.rows(
        "postings_to_read",
        days=list(days),
        model=model,
        task_version=version,
        failure_version=_failure_version(model, version),
        everything=refine == "all",
        best=best,
    )


def standing(db: Database, engine: InferenceEngine, days: Sequence[dt.date]) -> Row:
    """{"current": postings of these days that the model has read as they are now, "given_up": tried too often}."""
    task = PostingReadingTask()
    model, version = engine.model(task.role), engine.task_version(task)
    failure_version = _failure_version(model, version)
    row = db.row(
        "readings_standing", days=list(days), model=model, task_version=version, failure_version=failure_version
    )
    return row or {"current": 0, "given_up": 0}


def read_postings(
    db: Database,
    engine: InferenceEngine,
    wanted: Sequence[Row],
    budget: Budget,
    *,
    max_attempts: int,
    lane: Lane = "background",
    at_most: float = math.inf,
    progress: Callable[[ReadingReport], None] = lambda report: None,
    clock: Callable[[], float] = time.monotonic,
) -> ReadingReport:
    """Read these postings, in their order, until the night's budget or `at_most` seconds are spent.

    Answers are kept as they come. What a person has clicked on does not count for the night. Raises ServerDown or
    ModelMissing when the engine gives up, and ServerBusy when the server turns everything away; what was answered until
    then is kept.
    """
    task = PostingReadingTask()
    report = ReadingReport(engine.model(task.role), engine.task_version(task), len(wanted))
    started = clock()
    report.budget_seconds_left = budget.left(db)
    deadline = started + min(report.budget_seconds_left, at_most)
    asked: dict[int, tuple[Row, PostingText]] = {}  # and not yet answered, by place
    places = count()

    def items() -> Iterator[PostingText]:
        for start in range(0, len(wanted), _FETCHED):
            block = wanted[start : start + _FETCHED]
            texts = {
                row["posting_id"]: PostingText(
                    title=row["title"], description=row["description"], language=row["language"]
                )
                for row in db.rows("texts_of_postings", posting_ids=[row["posting_id"] for row in block])
            }
            # A posting that has gone since it was listed has no text.
            for row in (row for row in block if row["posting_id"] in texts):
                if clock() >= deadline:
                    return
                asked[next(places)] = (row, texts[row["posting_id"]])
                yield texts[row["posting_id"]]

    keeper = _Keeper(db, task, report, budget if lane == "background" else None, max_attempts, clock)
    try:
        for position, answer in run_cached_each(db, engine, task, items(), lane=lane):
            if keeper.add(asked.pop(position), answer):
                report.seconds = clock() - started
                progress(report)
            checkpoint()  # what is kept is committed on the way out
    finally:
        keeper.commit()
        report.seconds = clock() - started
        report.budget_seconds_left = max(0.0, report.budget_seconds_left - report.seconds)
    return report


class _Keeper:
    """Collects answers and commits them in small groups, with the time they took."""

    def __init__(
        self,
        db: Database,
        task: PostingReadingTask,
        report: ReadingReport,
        budget: Budget | None,
        max_attempts: int,
        clock: Callable[[], float],
    ) -> None:
        self._db, self._task, self._report, self._budget = db, task, report, budget
        self._max_attempts, self._clock = max_attempts, clock
        self._committed_at = clock()
        self._busy = 0  # answers turned away, one after the other
        self._rows: list[tuple[Any, ...]] = []
        self._failed: list[failures.Failure] = []
        self._version = _failure_version(report.model, report.task_version)

    def add(self, asked: tuple[Row, PostingText], answer: Answer[PostingReading]) -> bool:
        """Take one answer; whether a commit followed."""
        row, item = asked
        posting_id: uuid.UUID = row["posting_id"]
        day = row["first_seen_on"]
        if isinstance(answer.error, ServerBusy):
            return self._turned_away(answer.error)
        self._busy = 0
        try:
            if answer.output is None:
                raise answer.error or RuntimeError("the engine gave neither an answer nor an error")
            reading, removed = self._task.verify(item, answer.output)
        except Exception as error:
            self._failed.append(failures.Failure.of(STAGE, posting_id, self._version, error, day))
        else:
            quoted = bool(reading.requirements) or not answer.output.requirements
            provenance = (self._report.model, self._report.task_version, row["content_hash"])
            self._rows.append((posting_id, reading.model_dump_json(), quoted, *provenance))
            self._report.removed_claims += removed
            if not quoted:
                told = NothingQuoted(
                    f"none of {len(answer.output.requirements)} requirements stands in the posting; the rules' are kept"
                )
                self._report.unquoted += 1
                self._failed.append(failures.Failure.of(STAGE, posting_id, self._version, told, day))
        full = len(self._rows) + len(self._failed) >= _COMMITTED
        if full or self._clock() - self._committed_at >= _COMMIT_SECONDS:
            self.commit()
            return True
        return False

    def _turned_away(self, error: ServerBusy) -> bool:
        """No posting is to blame for a busy server: it stays unread. One that only turns away ends the run."""
        self._busy += 1
        if self._busy >= _BUSY_FOR_ALL:
            raise error
        return False

    def commit(self) -> None:
        now = self._clock()
        unquoted = {f.subject for f in self._failed}
        done = [row[0] for row in self._rows]
        with self._db.transaction() as connection:
            self._db.upsert("posting_readings", _COLUMNS, self._rows, ["posting_id"], connection)
            failures.resolve(self._db, STAGE, [i for i in done if str(i) not in unquoted], connection)
            connection.execute(self._db.queries["forget_reading_requests"], {"posting_ids": done})
            if self._budget is not None:
                spent = {"night": self._budget.night, "seconds": now - self._committed_at, "postings": len(done)}
                connection.execute(self._db.queries["count_night"], spent)
        failures.record(self._db, self._failed, self._max_attempts)
        self._report.derived += len(done)
        self._report.failed += len(unquoted - {str(i) for i in done})
        self._rows, self._failed, self._committed_at = [], [], now


def _failure_version(model: str, version: str) -> str:
    """What failed with one model may succeed with another."""
    return f"{version} {model}"
