"""Asking a reasoning model for the occupations that titles and rules leave open: which, in what order, for how long.

As with the readings of postings: in order of use, within the night's hours, and each answer is kept as it comes.
Belongs here: the order, the budget and the writing. Not here: what is asked (berufenet/task.py), what becomes of an
answer (berufenet/mapping.py), and the engine's retries and concurrency.
"""

import datetime as dt
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Literal

from ty_assets.berufenet.candidates import OccupationIndex, TitleItem
from ty_assets.berufenet.decisions import load_decisions, title_key
from ty_assets.berufenet.evidence import DescriptionEvidence, OpenTitle, without_codes
from ty_assets.berufenet.task import OccupationItem, OccupationTask, OccupationVerdict
from ty_assets.berufenet.web import snippets_of
from ty_assets.readings.store import Budget
from ty_assets.summaries.task import PostingText
from ty_resources import failures
from ty_resources.inference.cache import run_cached_each
from ty_resources.inference.engine import Answer, InferenceEngine
from ty_resources.inference.errors import ServerBusy
from ty_resources.postgres import Database, Row

STAGE: Final = "occupation_readings"
_COLUMNS = [
    "posting_id", "verdict", "kldb", "quote", "with_web", "catalogue", "model", "task_version", "input_hash",
]  # fmt: skip
# Texts fetched and read at a time, while the requests before them are in flight.
_FETCHED: Final = 64
# Rows committed at a time: a second's work at most, and the answers themselves are in the cache already.
_COMMITTED: Final = 16
_COMMIT_SECONDS: Final = 1.0
# Questions turned away one after the other, each tried several times: more is a quota that is used up.
_BUSY_FOR_ALL: Final = 16


@dataclass
class OccupationReport:
    """What one run asked; postings unless said otherwise."""

    model: str = ""
    task_version: str = ""
    postings: int = 0  # that wanted reading
    derived: int = 0
    yes: int = 0
    no: int = 0
    uncertain: int = 0
    removed_claims: int = 0
    failed: int = 0
    given_up: int = 0
    seconds: float = 0.0
    budget_seconds_left: float = 0.0

    @property
    def remaining(self) -> int:
        return self.postings - self.derived - self.failed


def occupations_to_read(
    db: Database,
    engine: InferenceEngine,
    catalogue: str,
    days: Sequence[dt.date],
    *,
    refine: Literal["used", "all"],
    best: int,
) -> list[Row]:
    """Rows of `occupations_to_read` that this model has not read, in order of use, each with its `snippets`: none, but
    for what was uncertain and has been searched for since.

    catalogue: version of the catalogue that the candidates are of. best: each person's best matches that count as used.
    """
    task = OccupationTask()
    model, version = engine.model(task.role), engine.task_version(task)
    rows = db.rows(
        "occupations_to_read",
        days=list(days),
        model=model,
        task_version=version,
        catalogue=catalogue,
        failure_version=f"{version} {model}",
        everything=refine == "all",
        best=best,
    )
    confirmed = load_decisions(db).confirmed
    rows = [row for row in rows if title_key(row["title"]) not in confirmed]
    found = snippets_of(db, [row["title"] for row in rows if row["is_read"]])
    for row in rows:
        again = row["is_read"] and row["verdict"] == "uncertain" and not row["with_web"]
        row["snippets"] = found.get(row["title"], ()) if again else ()
    return [row for row in rows if not row["is_read"] or row["snippets"]]


def read_occupations(
    db: Database,
    engine: InferenceEngine,
    index: OccupationIndex,
    evidence: DescriptionEvidence,
    wanted: Sequence[Row],
    budget: Budget,
    *,
    max_attempts: int,
    at_most: float = math.inf,
    progress: Callable[[OccupationReport], None] = lambda report: None,
    clock: Callable[[], float] = time.monotonic,
) -> OccupationReport:
    """Ask for these postings, in their order, until the night's budget or `at_most` seconds are spent.

    Equal titles with equal texts are asked once. Raises ServerDown or ModelMissing when the engine gives up, and
    ServerBusy when the server turns everything away; what was answered until then is kept.
    """
    task = OccupationTask()
    report = OccupationReport(engine.model(task.role), engine.task_version(task), len(wanted))
    started = clock()
    report.budget_seconds_left = budget.left(db)
    deadline = started + min(report.budget_seconds_left, at_most)
    asked: dict[int, tuple[Row, OccupationItem]] = {}  # and not yet answered, by place
    places = count()

    def items() -> Iterator[OccupationItem]:
        for start in range(0, len(wanted), _FETCHED):
            for row, item in _items(db, index, evidence, wanted[start : start + _FETCHED]):
                if clock() >= deadline:
                    return
                asked[next(places)] = (row, item)
                yield item

    keeper = _Keeper(db, task, report, index.catalogue.version, budget, max_attempts, clock)
    try:
        for position, answer in run_cached_each(db, engine, task, items()):
            if keeper.add(*asked.pop(position), answer):
                report.seconds = clock() - started
                progress(report)
    finally:
        keeper.commit()
        report.seconds = clock() - started
        report.budget_seconds_left = max(0.0, report.budget_seconds_left - report.seconds)
    return report


def _items(
    db: Database, index: OccupationIndex, evidence: DescriptionEvidence, rows: Sequence[Row]
) -> list[tuple[Row, OccupationItem]]:
    """With all that is known, in the rows' order; a posting that has gone since it was listed has none."""
    texts = {
        row["posting_id"]: PostingText(title=row["title"], description=row["description"], language=row["language"])
        for row in db.rows("texts_of_postings", posting_ids=[row["posting_id"] for row in rows])
    }
    rows = [row for row in rows if row["posting_id"] in texts]
    rejected = load_decisions(db).rejected
    mappings = index.decide([TitleItem(title=row["title"], occupation_hint=row["occupation_hint"]) for row in rows])
    titles = []
    for row, mapping in zip(rows, mappings, strict=True):
        without = rejected.get(title_key(row["title"]), frozenset())
        opened = OpenTitle(texts[row["posting_id"]], without_codes(mapping, without), without, row["snippets"])
        titles.append(opened)
    return list(zip(rows, evidence.items(titles, lambda item: True, whole=True), strict=True))


class _Keeper:
    """Collects answers and commits them in small groups, with the time they took."""

    def __init__(
        self,
        db: Database,
        task: OccupationTask,
        report: OccupationReport,
        catalogue: str,
        budget: Budget,
        max_attempts: int,
        clock: Callable[[], float],
    ) -> None:
        self._db, self._task, self._report, self._catalogue = db, task, report, catalogue
        self._budget, self._max_attempts, self._clock = budget, max_attempts, clock
        self._committed_at = clock()
        self._busy = 0  # answers turned away, one after the other
        self._rows: list[tuple[Any, ...]] = []
        self._failed: list[failures.Failure] = []

    def add(self, row: Row, item: OccupationItem, answer: Answer[OccupationVerdict]) -> bool:
        """Take one answer; whether a commit followed."""
        report = self._report
        if isinstance(answer.error, ServerBusy):  # no posting is to blame; one that only turns away ends the run
            self._busy += 1
            if self._busy >= _BUSY_FOR_ALL:
                raise answer.error
            return False
        self._busy = 0
        try:
            if answer.output is None:
                raise answer.error or RuntimeError("the engine gave neither an answer nor an error")
            said, removed = self._task.verify(item, answer.output)
        except Exception as error:
            version = f"{report.task_version} {report.model}"
            self._failed.append(failures.Failure.of(STAGE, row["posting_id"], version, error, row["first_seen_on"]))
        else:
            provenance = (self._catalogue, report.model, report.task_version, row["content_hash"])
            told = (row["posting_id"], said.verdict, said.kldb, said.quote, bool(row["snippets"]), *provenance)
            self._rows.append(told)
            report.removed_claims += removed
            report.yes += said.verdict == "yes"
            report.no += said.verdict == "no"
            report.uncertain += said.verdict == "uncertain"
        full = len(self._rows) + len(self._failed) >= _COMMITTED
        if full or self._clock() - self._committed_at >= _COMMIT_SECONDS:
            self.commit()
            return True
        return False

    def commit(self) -> None:
        now = self._clock()
        with self._db.transaction() as connection:
            self._db.upsert("occupation_readings", _COLUMNS, self._rows, ["posting_id"], connection)
            failures.resolve(self._db, STAGE, [row[0] for row in self._rows], connection)
            # Of the night's hours; a posting is what a reading counts, so that its pace stays known.
            spent = {"night": self._budget.night, "seconds": now - self._committed_at, "postings": 0}
            connection.execute(self._db.queries["count_night"], spent)
        failures.record(self._db, self._failed, self._max_attempts)
        self._report.derived += len(self._rows)
        self._report.failed += len(self._failed)
        self._rows, self._failed, self._committed_at = [], [], now
