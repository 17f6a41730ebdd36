"""From a table of candidates to batches, in this process: a file of requests is written, and a batch made of it.

Belongs here: the thread that does it, and how far it is. Not here: what a candidate is asked
(ty_assets/candidate_evaluations/question.py), and who answers (ty_assets/candidate_evaluations/working.py). A table
that has more candidates than one batch may have becomes several, which belong together. Whoever is killed meanwhile
leaves nothing: no batch is made before all of its files are complete.
"""

import datetime as dt
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from serving.batches.stored_tables import StoredTables
from ty_assets.candidate_evaluations import creation
from ty_assets.candidate_evaluations.columns import Columns
from ty_assets.candidate_evaluations.parts import write_file
from ty_assets.candidate_evaluations.prepare import PrepareError, Report, candidates
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_assets.candidate_evaluations.splitting import split
from ty_assets.candidate_evaluations.table import TableError
from ty_assets.feedback.steps import Steps, carry_out
from ty_resources.inference.relay import CHAT
from ty_resources.postgres import Row
from ty_resources.settings import Settings

State = Literal["running", "done", "failed"]
# Whoever began longer ago than the last so many finds the batches in the list.
_REMEMBERED: Final = 500
_TELL_EVERY: Final = 50
_FAULTS: Final = 20

_log = logging.getLogger("ty.serving")


@dataclass(frozen=True)
class Order:
    """What somebody has asked for."""

    account_id: UUID
    table_id: str
    name: str
    columns: Columns
    rubric: Rubric
    model: str
    keep_names: bool
    skip_empty: bool
    priority: int
    total: int  # candidates of the table


@dataclass(frozen=True)
class Fault:
    """What is wrong with a table. line: of the file, from 1; None where it is told in the message, or there is none."""

    line: int | None
    message: str


@dataclass(frozen=True)
class Prepared:
    """How far it is. faults: the first ones of the table; none where it failed for another reason."""

    order: Order
    state: State = "running"
    done: int = 0
    batch_ids: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


class Preparing:
    """Prepares orders in threads. Thread-safe; close at the end."""

    def __init__(self, tables: StoredTables, config: Settings) -> None:
        self._tables, self._config = tables, config
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="preparing")
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Prepared] = OrderedDict()
        self._closing = False

    def close(self) -> None:
        """What is being prepared is given up, and leaves nothing."""
        self._closing = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._tables.close()

    def begin(self, order: Order) -> str:
        """Begin, and the name to ask for it by."""
        ticket = secrets.token_hex(8)
        with self._lock:
            self._known[ticket] = Prepared(order)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._pool.submit(self._prepare, ticket, order)
        return ticket

    def progress(self, account_id: UUID, ticket: str) -> Prepared | None:
        """None for what is not known here, or is another account's."""
        with self._lock:
            known = self._known.get(ticket)
        return known if known is not None and known.order.account_id == account_id else None

    def wait(self, ticket: str, seconds: float) -> None:
        """Until it is done, but not for long: a small table needs no page of its own."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._lock:
                known = self._known.get(ticket)
            if known is None or known.state != "running":
                return
            time.sleep(0.02)

    def _tell(self, ticket: str, **what: object) -> None:
        with self._lock:
            if ticket in self._known:
                self._known[ticket] = replace(self._known[ticket], **what)  # type: ignore[arg-type]

    def _prepare(self, ticket: str, order: Order) -> None:
        files: list[str] = []
        try:
            report = self._write(ticket, order, files)
            made = carry_out(self._tables.db, self._batches(order, files))
            warnings = tuple(report.warnings())
            self._tell(ticket, state="done", batch_ids=tuple(row["batch_id"] for row in made), warnings=warnings)
        except (PrepareError, TableError) as error:
            self._drop(order, files)
            self._tell(ticket, state="failed", faults=_faults(error))
        except Exception as error:
            # Its class alone: a message may quote a candidate.
            _log.warning("a table could not be prepared: %s", type(error).__name__)
            self._drop(order, files)
            self._tell(ticket, state="failed")

    def _write(self, ticket: str, order: Order, files: list[str]) -> Report:
        """Fill `files` with the ids of complete ones."""
        report, config = Report(), self._config
        expires_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=config.batch_file_days)
        for lines in split(self._lines(ticket, order, report), config.batch_max_requests, config.batch_max_bytes):
            name = f"{order.name}.jsonl" if not files else f"{order.name} {len(files) + 1}.jsonl"
            files.append(write_file(self._tables.db, order.account_id, name, lines, expires_at=expires_at))
        if not files:
            raise TableError("the table has no candidates")
        self._tell(ticket, done=order.total)
        return report

    def _lines(self, ticket: str, order: Order, report: Report) -> Iterator[bytes]:
        table = self._tables.survey(order.table_id).table
        content = self._tables.bytes_of(order.table_id)
        question = Question(order.rubric, order.model)
        found = candidates(
            table, content, order.columns, keep_names=order.keep_names, skip_empty=order.skip_empty, report=report
        )
        for number, candidate in enumerate(found, 1):
            yield question.line(candidate.custom_id, candidate.text)
            if number % _TELL_EVERY == 0:
                self._tell(ticket, done=number)
                if self._closing:
                    raise InterruptedError

    def _batches(self, order: Order, file_ids: Sequence[str]) -> Steps[list[Row]]:
        """All in one transaction: all parts of a table, or none."""
        evaluation, made = secrets.token_hex(8), list[Row]()
        for number, file_id in enumerate(file_ids, 1):
            metadata = {"name": order.name, "evaluation": evaluation}
            if len(file_ids) > 1:
                metadata["part"] = f"{number}/{len(file_ids)}"
            row = yield from creation.create(
                order.account_id,
                endpoint=CHAT,
                input_file_id=file_id,
                # Each waits for those before it.
                hours=self._config.batch_hours * number,
                metadata=metadata,
                rubric=order.rubric.yaml(),
                priority=order.priority,
            )
            made.append(row)
        return made

    def _drop(self, order: Order, file_ids: Sequence[str]) -> None:
        for file_id in file_ids:
            try:
                self._tables.drop(order.account_id, file_id)
            except Exception as error:
                _log.warning("a file was left, until it expires: %s", type(error).__name__)


def _faults(error: PrepareError | TableError) -> tuple[Fault, ...]:
    if isinstance(error, PrepareError):
        return tuple(Fault(line, message) for line, message in error.faults[:_FAULTS])
    return (Fault(None, str(error)),)
