"""Takes over the replaced system, table by table: in chunks that are each in or not, whatever is killed.

Not here: where the tables are (export.py), what their rows become (takers.py, catalogue_step.py, people_step.py), and
how it is told (ty_jobs/legacy_commands.py).
"""

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from ty_assets.legacy.catalogue_step import take_catalogue
from ty_assets.legacy.chunks import Chunk, OldRow, careful_rows
from ty_assets.legacy.export import Export
from ty_assets.legacy.occupations import OldOccupations
from ty_assets.legacy.people_step import read_people, store_people
from ty_assets.legacy.postings import Reading
from ty_assets.legacy.report import Counts, ImportReport, TableReport
from ty_assets.legacy.tables import (
    BERUFENET,
    EMBEDDINGS,
    MATCHES,
    OWL,
    OWL_NAMES,
    POSTINGS,
    PROFILES,
    SYNONYMS,
    TABLES,
    WORK_HISTORY,
    LegacyError,
    OldTable,
)  # fmt: skip
from ty_assets.legacy.takers import STAGE, Parsed, PostingsTaker, RatingsTaker, Taker, VectorsTaker, each
from ty_assets.legacy.workers import Workers
from ty_resources import failures
from ty_resources.postgres import Database

_WHOLE = "whole table"  # name of the one chunk of a small table

Progress = Callable[[str, int, int, int], None]  # table, rows read, bytes or rows done, and of how many


@dataclass(frozen=True)
class Options:
    """How to import. embedding_model: as the engine names it, with its digest; None: vectors are left out.

    check: read and validate all, write nothing.
    """

    today: dt.date
    now: dt.datetime
    start_date: dt.date
    zone: ZoneInfo
    max_chars: int
    embedding_model: str | None = None
    replace_catalogue: bool = False
    check: bool = False


def import_legacy(
    db: Database,
    export: Export,
    options: Options,
    progress: Progress = lambda table, rows, done, total: None,
) -> ImportReport:
    """Take over every table that is there. One that was killed goes on after what is in, with the same counts.

    Raises: LegacyError when a needed column is missing, before anything is written, or when another import runs.
    A report whose sums do not add up is told, and kept open, so that the next call looks again.
    """
    columns = {table: found for table in TABLES if (found := export.columns(table)) is not None}
    if options.check:
        return _Import(db, export, options, progress, columns, None).run()
    with _alone(db):
        opened = db.row("open_legacy_import", origin=export.origin)
        number = (opened or db.row("begin_legacy_import", origin=export.origin) or {})["import_id"]
        if opened is None:
            for table in columns:
                for form in (f"{table.name}.csv:", f"{table.name} {table.key}="):
                    db.execute("forget_legacy_failures", stage=STAGE, old_table=form)
        report = _Import(db, export, options, progress, columns, number).run()
        report.resumed = opened is not None
        report.days = _spans(db)
        if not report.problems():
            db.execute("end_legacy_import", import_id=number, report=json.dumps(report.as_dict()))
    return report


@contextmanager
def _alone(db: Database) -> Iterator[None]:
    """One import at a time; a killed process gives the lock back."""
    with psycopg.connect(db.conninfo, autocommit=True, row_factory=dict_row) as connection:
        row = connection.execute(db.queries["lock_legacy_import"]).fetchone()
        if row is None or not row["mine"]:
            raise LegacyError(
                "expected to be the only import of this database, another one is running; wait for its end"
            )
        yield


def _spans(db: Database) -> list[tuple[str, str, int]]:
    """Days with postings that are not derived, in spans without gaps: first, last, postings."""
    found: list[tuple[dt.date, dt.date, int]] = []
    for row in db.rows("legacy_days_to_run"):
        if found and row["day"] - found[-1][1] == dt.timedelta(days=1):
            found[-1] = (found[-1][0], row["day"], found[-1][2] + row["postings"])
        else:
            found.append((row["day"], row["day"], row["postings"]))
    return [(first.isoformat(), last.isoformat(), postings) for first, last, postings in found]


class _Import:
    """One call. number: of the import in the database; None: nothing is written."""

    def __init__(
        self,
        db: Database,
        export: Export,
        options: Options,
        progress: Progress,
        columns: Mapping[OldTable, list[str]],
        number: int | None,
    ) -> None:
        self._db = db
        self._export = export
        self._options = options
        self._progress = progress
        self._columns = columns
        self._number = number
        rows = [] if number is None else db.rows("legacy_chunks", import_id=number)
        self._in = {(row["old_table"], row["chunk"]): Counts.of(row["counts"]) for row in rows}
        self._read_ids: dict[str, dict[str, UUID]] = {"posting": {}, "profile": {}}
        self._reports: list[TableReport] = []

    def run(self) -> ImportReport:
        o = self._options
        self._catalogue()
        if POSTINGS in self._columns:
            reading = Reading(o.today, o.start_date, o.zone, o.max_chars)
            self._take(PostingsTaker(self._columns[POSTINGS], reading, o.now))
        private = self._people()
        if EMBEDDINGS in self._columns:
            self._take(VectorsTaker(self._columns[EMBEDDINGS], o.embedding_model, private, o.today))
        if MATCHES in self._columns:
            self._take(RatingsTaker(self._columns[MATCHES], self._ids, o.zone, o.now))
        absent = [table.name for table in TABLES if table not in self._columns]
        return ImportReport(self._export.origin, o.check, False, self._reports, absent)

    # large tables: chunk by chunk, several at once

    def _take(self, taker: Taker) -> None:
        table, started = taker.table, time.perf_counter()
        there, size = self._export.rows(table), self._export.size(table)
        total, done = Counts(), 0

        def add(chunk: Chunk, counts: Counts) -> None:
            nonlocal done
            total.add(counts)
            done += len(chunk.data)
            self._tell(table, total.read, done, size, there)

        if self._number is None:
            for chunk in self._export.chunks(table):
                add(chunk, self._check_chunk(taker, chunk))
        else:
            self._take_all(taker, self._number, add)
        self._reports.append(TableReport(table.name, there, total, time.perf_counter() - started))

    def _take_all(self, taker: Taker, number: int, add: Callable[[Chunk, Counts], None]) -> None:
        waiting: dict[Future[Counts], Chunk] = {}
        with Workers(self._db, number, taker) as workers:

            def finish(how_many: int) -> None:
                while len(waiting) > how_many:
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        add(waiting.pop(future), future.result())

            for chunk in self._export.chunks(taker.table):
                known = self._in.get((taker.table.name, chunk.name))
                if known is not None:
                    add(chunk, known)
                    continue
                waiting[workers.take(chunk)] = chunk
                finish(workers.at_once)  # one more than they work on: nobody waits for the next
            finish(0)

    def _tell(self, table: OldTable, rows: int, done: int, size: int, there: int | None) -> None:
        self._progress(table.name, rows, done if size else rows, size or there or 0)

    def _check_chunk(self, taker: Taker, chunk: Chunk) -> Counts:
        try:
            chunk.data.decode()
            parsed = taker.read(chunk, carefully=False)
        except UnicodeDecodeError:
            parsed = taker.read(chunk, carefully=True)
        parsed.counts.stored = len(parsed.rows)
        if isinstance(taker, PostingsTaker):
            ids = {row.old_id.decode(): UUID(bytes=row.posting_id) for row in parsed.rows}
            self._read_ids["posting"].update(ids)
        self._refused(parsed)
        return parsed.counts

    def _refused(self, parsed: Parsed) -> None:
        """Of a check: the first bad rows, as notes; they are recorded nowhere."""
        for failure in parsed.failed[:10]:
            parsed.counts.notes[f"refused: {failure.message}"] += 1

    def _ids(self, kind: str, old_ids: list[str]) -> Mapping[str, UUID]:
        rows = self._db.rows("legacy_ids_of", kind=kind, old_ids=old_ids)
        return {**self._read_ids[kind], **{row["old_id"]: row["new_id"] for row in rows}}

    # small tables: all of it at once

    def _rows(self, table: OldTable) -> list[OldRow]:
        if table not in self._columns:
            return []
        chunks = self._export.chunks(table)
        return [row for chunk in chunks for row in careful_rows(table, chunk, self._columns[table])]

    def _catalogue(self) -> None:
        if BERUFENET not in self._columns:
            return
        started, old = time.perf_counter(), OldOccupations()
        takes: dict[OldTable, Callable[[Mapping[str, str]], str | None]] = {
            BERUFENET: old.occupation,
            SYNONYMS: old.synonym,
            OWL: old.entity,
            OWL_NAMES: old.name,
        }
        parsed, codes = {}, {}
        for table, take in takes.items():
            if table in self._columns:
                parsed[table.name], before = Parsed(), len(old.codes)
                each(parsed[table.name], self._rows(table), take)
                codes[table.name] = old.codes[before:]
        counts = {name: one.counts for name, one in parsed.items()}
        take_catalogue(
            self._db,
            old,
            codes,
            counts,
            replace=self._options.replace_catalogue,
            write=not self._options.check,
        )
        for table in takes:
            if table.name in parsed:
                self._finish(table, parsed[table.name], started)

    def _people(self) -> set[bytes]:
        if PROFILES not in self._columns:
            return set()
        started = time.perf_counter()
        told = read_people(self._db, self._rows(PROFILES), self._rows(WORK_HISTORY))
        store_people(self._db, told, write=not self._options.check)
        self._read_ids["profile"].update((p.old_id, p.document.profile_id) for p in told.people)
        self._finish(PROFILES, told.profiles, started)
        if WORK_HISTORY in self._columns:
            self._finish(WORK_HISTORY, told.history, started)
        return told.private

    def _finish(self, table: OldTable, parsed: Parsed, started: float) -> None:
        """Count a small table; what was stored by a call that was killed is still counted as stored."""
        if self._options.check:
            self._refused(parsed)
        else:
            failures.record(self._db, parsed.failed, max_attempts=1)
            before = self._in.get((table.name, _WHOLE))
            if before is not None and (before.read, before.refused) == (parsed.counts.read, parsed.counts.refused):
                parsed.counts = before
            key = {"import_id": self._number, "old_table": table.name, "chunk": _WHOLE}
            counts = json.dumps(parsed.counts.as_dict())
            self._db.execute("claim_legacy_chunk", **key, counts=counts)
        there = self._export.rows(table)
        self._tell(table, parsed.counts.read, self._export.size(table), self._export.size(table), there)
        self._reports.append(TableReport(table.name, there, parsed.counts, time.perf_counter() - started))
