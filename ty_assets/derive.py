"""How a per-posting stage is brought up to date: read, ask for what is stale, write in small commits.

Rules answer for every posting at once. Where a language model has read the posting, its reading answers instead: its
part is taken over, and the rows carry the model's name. Belongs here: the one loop that summaries, requirements, facets
and analyses share. Not here: what a stage asks (its task.py), what Dagster shows of it (its asset.py), and who reads
what with which model (readings).
"""

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import psycopg
from pydantic import BaseModel, ValidationError

from ty_assets.readings.answer import PostingReading
from ty_resources import failures
from ty_resources.draining import checkpoint
from ty_resources.inference.cache import run_cached
from ty_resources.inference.engine import Answer, InferenceEngine
from ty_resources.inference.task import Task
from ty_resources.postgres import Database, Row

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)

PROVENANCE = ("model", "task_version", "input_hash")
_LEDGER = ("stage", "subject", *PROVENANCE, "row_count")


@dataclass(frozen=True)
class Method(Generic[Item, Output]):
    """How a stage's question is answered: by a task on an engine, or by an index of its own.

    text: what the answer depends on, beside model and version. verify: as of `Task`.
    """

    model: str
    task_version: str
    text: Callable[[Item], str]
    answer: Callable[[Sequence[Item]], Sequence[Answer[Output]]]
    verify: Callable[[Item, Output], tuple[Output, int]] = lambda item, output: (output, 0)


def by_task(db: Database, engine: InferenceEngine, task: Task[Item, Output]) -> Method[Item, Output]:
    """The task asked of the engine, with the cache in front of it."""
    return Method(
        model=engine.model(task.role),
        task_version=engine.task_version(task),
        text=task.render,
        answer=lambda items: run_cached(db, engine, task, items),
        verify=task.verify,
    )


@dataclass(frozen=True)
class Stage(Generic[Item, Output]):
    """What distinguishes one per-posting stage from another.

    name: the asset's, in `derivations` and `failures`. inputs: named query over :days, one row per posting with
    `posting_id` and `first_seen_on`. rows: the values of `columns` for one posting, without posting_id, which
    comes first, and the provenance, which comes last. part: what a model's reading of the posting says of this stage;
    None where no model is asked. rests_on_quotes: a reading that quotes nothing does not count here.
    """

    name: str
    table: str
    inputs: str
    item: Callable[[Row], Item]
    columns: Sequence[str]
    rows: Callable[[Output], Iterable[Sequence[Any]]]
    part: Callable[[PostingReading], Output] | None = None
    rests_on_quotes: bool = True


@dataclass(frozen=True)
class _Wanted(Generic[Item]):
    """One posting's row as it should be: made of what, by whom."""

    row: Row
    item: Item
    provenance: tuple[str, str, bytes]  # as in PROVENANCE
    by_reading: bool

    @property
    def posting_id(self) -> uuid.UUID:
        posting_id: uuid.UUID = self.row["posting_id"]
        return posting_id


@dataclass
class Report:
    """What one run of a stage did; postings unless said otherwise."""

    model: str
    task_version: str
    postings: int = 0
    unchanged: int = 0
    derived: int = 0
    by_reading: int = 0  # of all postings, those whose rows a language model's reading makes
    rows: int = 0
    removed_claims: int = 0
    failed: int = 0
    given_up: int = 0
    seconds: float = field(default=0.0)


def input_hash(text: str) -> bytes:
    """16 bytes over the exact text a stage was asked about."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def derive(
    db: Database,
    stage: Stage[Item, Output],
    method: Method[Item, Output],
    days: Sequence[dt.date],
    *,
    chunk_size: int,
    max_attempts: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Bring the stage's rows of these days up to date; rows that are current are not touched.

    A row is stale when its posting's input, the model or the task's version changed. Each chunk is one
    transaction over rows and ledger, so a killed run loses at most the chunk in hand.
    """
    started = time.monotonic()
    report = Report(method.model, method.task_version)
    inputs = db.rows(stage.inputs, days=list(days))
    report.postings = len(inputs)
    stale = _stale(db, stage, method, report, inputs, days)
    for start in range(0, len(stale), chunk_size):
        _derive_chunk(db, stage, method, report, stale[start : start + chunk_size], max_attempts)
        progress(min(start + chunk_size, len(stale)), len(stale))
        checkpoint()
    report.seconds = time.monotonic() - started
    return report


def _stale(
    db: Database,
    stage: Stage[Item, Output],
    method: Method[Item, Output],
    report: Report,
    inputs: Sequence[Row],
    days: Sequence[dt.date],
) -> list[_Wanted[Item]]:
    known = {
        row["subject"]: (row["model"], row["task_version"], bytes(row["input_hash"]))
        for row in db.rows("derivations_of_days", stage=stage.name, days=list(days))
    }
    given_up = {
        row["subject"]: row["input_hash"]
        for row in db.rows("given_up", stage=stage.name, task_version=report.task_version)
    }
    readings = {
        row["posting_id"]: (row["model"], row["task_version"])
        for row in (db.rows("readings_of_days", days=list(days)) if stage.part else ())
        if row["quoted"] or not stage.rests_on_quotes
    }
    failed = {row["subject"] for row in db.rows("failed_subjects", stage=stage.name)}
    mended: list[uuid.UUID] = []
    stale = []
    for row in inputs:
        item = stage.item(row)
        reading = readings.get(row["posting_id"])
        made_by = reading or (report.model, report.task_version)
        wanted = _Wanted(row, item, (*made_by, input_hash(method.text(item))), reading is not None)
        report.by_reading += wanted.by_reading
        if known.get(wanted.posting_id) == wanted.provenance:
            report.unchanged += 1
            mended += [wanted.posting_id] if str(wanted.posting_id) in failed else []
        elif not wanted.by_reading and _is_given_up(wanted, given_up):
            report.given_up += 1
        else:
            stale.append(wanted)
    # What had failed and is as it should be again, since its input or its reading went back to what it was.
    failures.resolve(db, stage.name, mended)
    return stale


def _is_given_up(wanted: _Wanted[Any], given_up: Mapping[str, bytes | None]) -> bool:
    """Whether this very input was tried too often; given_up: subject -> the input that was, None where nobody knows."""
    subject = str(wanted.posting_id)
    if subject not in given_up:
        return False
    tried = given_up[subject]
    return tried is None or bytes(tried) == wanted.provenance[2]


def _answers(
    db: Database, stage: Stage[Item, Output], method: Method[Item, Output], chunk: Sequence[_Wanted[Item]]
) -> list[Answer[Output]]:
    """One for each of the chunk: the reading's part, or the method's answer."""
    asked = [wanted for wanted in chunk if not wanted.by_reading]
    answers = dict(zip((w.posting_id for w in asked), method.answer([w.item for w in asked]), strict=True))
    read = [wanted.posting_id for wanted in chunk if wanted.by_reading]
    if read and stage.part:
        for row in db.rows("readings", posting_ids=read):
            try:
                reading = PostingReading.model_validate(row["reading"])
            except ValidationError as error:  # stored by another version: this posting alone waits to be read again
                answers[row["posting_id"]] = Answer(None, error)
            else:
                answers[row["posting_id"]] = Answer(stage.part(reading))
    return [answers[wanted.posting_id] for wanted in chunk]


def _derive_chunk(
    db: Database,
    stage: Stage[Item, Output],
    method: Method[Item, Output],
    report: Report,
    chunk: Sequence[_Wanted[Item]],
    max_attempts: int,
) -> None:
    failed: list[failures.Failure] = []
    ledger: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    for wanted, answer in zip(chunk, _answers(db, stage, method, chunk), strict=True):
        posting_id, row = wanted.posting_id, wanted.row
        try:
            if answer.output is None:
                raise answer.error or RuntimeError("the engine gave neither an answer nor an error")
            # A reading was verified as a whole when it was stored.
            output, removed = (answer.output, 0) if wanted.by_reading else method.verify(wanted.item, answer.output)
            values = [tuple(v) for v in stage.rows(output)]
        except Exception as error:
            told = (stage.name, posting_id, report.task_version, error, row["first_seen_on"], wanted.provenance[2])
            failed.append(failures.Failure.of(*told))
            continue
        rows.extend((posting_id, *v, *wanted.provenance) for v in values)
        ledger.append((stage.name, posting_id, *wanted.provenance, len(values), removed))
        report.removed_claims += removed
    done = [entry[1] for entry in ledger]
    with db.transaction() as connection:
        db.replace(stage.table, ("posting_id", *stage.columns, *PROVENANCE), rows, {"posting_id": done}, connection)
        db.upsert(
            "derivations",
            (*_LEDGER, "removed"),
            ledger,
            ("stage", "subject"),
            connection,
        )
        failures.resolve(db, stage.name, done, connection)
    failures.record(db, failed, max_attempts)
    report.derived += len(ledger)
    report.rows += len(rows)
    report.failed += len(failed)


_DAYS = uuid.UUID("0d1f8f0e-54a5-5f0b-8f1c-6d2f1f6e9a11")


def day_subject(day: dt.date) -> uuid.UUID:
    """The ledger's subjects are ids; a day's is made from its date."""
    return uuid.uuid5(_DAYS, day.isoformat())


@dataclass(frozen=True)
class DayEntry:
    """What a stage that is made by day, not by posting, was last made from: its line in the ledger."""

    stage: str
    day: dt.date
    model: str
    task_version: str
    input_hash: bytes

    @property
    def subject(self) -> uuid.UUID:
        return day_subject(self.day)

    def is_current(self, db: Database) -> bool:
        row = db.row("derivation", stage=self.stage, subject=self.subject)
        return row == {"model": self.model, "task_version": self.task_version, "input_hash": self.input_hash}

    def write(self, db: Database, rows: int, connection: psycopg.Connection[Row]) -> None:
        """In the transaction that writes the day's rows."""
        entry = (self.stage, self.subject, self.model, self.task_version, self.input_hash, rows)
        db.upsert("derivations", _LEDGER, [entry], ("stage", "subject"), connection)
