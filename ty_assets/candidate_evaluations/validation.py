"""Whether a file is a batch: all of its lines or none, as OpenAI has it, with each fault and its line.

Belongs here: reading the file once, and what is wrong between its lines. Not here: one line (`request_line`), and what
is asked later (`working`). Memory is flat: rows go to the database as they are read, and only so many faults are kept.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import psycopg

from ty_assets.candidate_evaluations.ending import end
from ty_assets.candidate_evaluations.ids import new_file_id
from ty_assets.candidate_evaluations.input_lines import Line, lines_of
from ty_assets.candidate_evaluations.parts import read_file
from ty_assets.candidate_evaluations.request_line import Fault, Request, read_request
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings

_log = logging.getLogger("ty.batches")

# Who has made a file of 50,000 lines wrongly has made all of them wrongly; some hundred show how.
MOST_FAULTS: Final = 200
# Between two looks at whether the batch was cancelled meanwhile: some tenths of a second.
_LINES_BETWEEN_LOOKS: Final = 2_000
_COLUMNS: Final = ("batch_id", "line", "custom_id", "at_byte", "bytes", "prefix")

Validated = Literal["valid", "failed", "elsewhere", "interrupted"]


class _Invalid(Exception):
    """Undoes the rows that the file has brought so far."""


class _Interrupted(Exception):
    """The batch is to be cancelled, or this process is to stop."""


def validate(
    db: Database,
    batch: Mapping[str, Any],
    config: Settings,
    *,
    models: set[str] | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Validated:
    """Read the batch's file; then it is in progress, with a row for each request, or failed, with its errors.

    models: those that the server takes; None where that is not known. go_on: asked now and then; False ends it, and
    nothing has happened. "elsewhere": another process is at it.
    """
    reading = _Reading(db, batch, config, models, go_on)
    try:
        with db.transaction() as connection:
            # Of the transaction: a killed process gives it back, and its rows were never there.
            locked = connection.execute(db.queries["batch_validation_lock"], {"batch_id": batch["batch_id"]}).fetchone()
            if locked is None or not locked["ours"]:
                return "elsewhere"
            total = reading.store(connection)
            _begin(db, connection, batch, total, reading.model)
    except _Interrupted:
        return "interrupted"
    except _Invalid:
        told = reading.faults.told()
        _log.info("%s is no valid batch: %d faults", batch["batch_id"], reading.faults.count)
        return "failed" if end(db, batch["batch_id"], "failed", config, errors=told) else "interrupted"
    _log.info("%s is valid: %d requests for %s", batch["batch_id"], total, reading.model)
    return "valid"


class Faults:
    """The first ones, and how many there are."""

    def __init__(self, most: int = MOST_FAULTS) -> None:
        self._most = most
        self._kept: list[Fault] = []
        self.count = 0

    def add(self, fault: Fault, of: int = 1) -> None:
        """of: how many such faults it stands for."""
        self.count += of
        if len(self._kept) < self._most:
            self._kept.append(fault)

    def merge(self, others: list[Fault], count: int) -> None:
        """Others in the order of their lines. count: how many they are the first of."""
        self.count += count
        self._kept = sorted([*self._kept, *others], key=lambda fault: fault.line or 0)[: self._most]

    def told(self) -> list[Fault]:
        """By line; one more at the end says how many are not told."""
        more = self.count - len(self._kept)
        if not more:
            return list(self._kept)
        return [*self._kept, Fault("more_errors", f"{more} further errors are not listed.")]


class _Reading:
    """One pass over the file: rows for what is right, faults for what is not."""

    def __init__(
        self,
        db: Database,
        batch: Mapping[str, Any],
        config: Settings,
        models: set[str] | None,
        go_on: Callable[[], bool],
    ) -> None:
        self._db, self._batch, self._config = db, batch, config
        self._models, self._go_on = models, go_on
        self.model: str | None = None
        self.faults = Faults()
        self._requests = 0
        self._inputs = 0
        self._blank: Line | None = None
        self._blanks = 0

    def store(self, connection: psycopg.Connection[Row]) -> int:
        """How many requests there are. Raises _Invalid, _Interrupted."""
        self._check_size()
        self._db.insert_new("batch_requests", _COLUMNS, self._rows(), connection)
        self._find_duplicates(connection)
        if not self._requests and not self.faults.count:
            self.faults.add(Fault("empty_file", "The file has no request."))
        if self.faults.count:
            raise _Invalid
        return self._requests

    def _check_size(self) -> None:
        file = self._db.row("batch_input_size", file_id=self._batch["input_file_id"])
        if file is None:
            self._refuse(Fault("file_not_found", "The file was deleted before it was read.", "input_file_id"))
        elif file["bytes"] > self._config.batch_max_bytes:
            told = f"The file has {file['bytes']} bytes; a batch may have {self._config.batch_max_bytes}."
            self._refuse(Fault("file_too_large", told, "input_file_id"))

    def _refuse(self, fault: Fault) -> None:
        self.faults.add(fault)
        raise _Invalid

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        chunks = read_file(self._db, self._batch["input_file_id"])
        for line in lines_of(chunks, self._config.batch_line_bytes):
            if line.number % _LINES_BETWEEN_LOOKS == 0 and not self._go_on():
                raise _Interrupted
            if line.content is not None and not line.content.strip():
                self._blank, self._blanks = self._blank or line, self._blanks + 1
                continue
            self._blank_lines_before()
            read = read_request(line, self._batch["endpoint"])
            if isinstance(read, Fault):
                self.faults.add(read)
                continue
            self._among_others(read)
            yield self._batch["batch_id"], line.number, read.custom_id, line.at_byte, line.length, read.prefix

    def _blank_lines_before(self) -> None:
        """Only at the end of a file a blank line is none."""
        if self._blank is not None:
            told = "This line is not parseable as valid JSON: it is empty."
            self.faults.add(Fault("invalid_json_line", told, None, self._blank.number), of=self._blanks)
            self._blank, self._blanks = None, 0

    def _among_others(self, request: Request) -> None:
        """What is wrong with it beside the ones before it."""
        self._requests += 1
        self._inputs += request.inputs
        if self._inputs > self._config.batch_max_requests:
            told = (
                f"The file has more than {self._config.batch_max_requests} requests, which is more than one batch may."
            )
            self._refuse(Fault("too_many_tasks", told, None, request.line.number))
        if self.model is None:
            self.model = request.model
            if not known(request.model, self._models):
                told = f"The model '{request.model}' does not exist, or is not on the server."
                self._refuse(Fault("model_not_found", told, "body.model", request.line.number))
        elif request.model != self.model:
            told = (
                "The model for this request does not match the rest of the batch: all requests of one batch are for "
                f"one model, and the first is for '{self.model}'."
            )
            self.faults.add(Fault("mismatched_model", told, "body.model", request.line.number))

    def _find_duplicates(self, connection: psycopg.Connection[Row]) -> None:
        told = {"batch_id": self._batch["batch_id"], "most": MOST_FAULTS}
        rows = connection.execute(self._db.queries["batch_duplicates"], told).fetchall()
        duplicates = [
            Fault(
                "duplicate_custom_id",
                "The custom_id for this request is a duplicate of another request, in line "
                f"{row['first_line']}. It must be unique for each request of a batch.",
                "custom_id",
                row["line"],
            )
            for row in rows
        ]
        self.faults.merge(duplicates, rows[0]["duplicates"] if rows else 0)


def known(model: str, models: set[str] | None) -> bool:
    """Whether a server takes this name. Ollama's names have a tag, and "latest" is what one without means."""
    return models is None or model in models or f"{model}:latest" in models


def _begin(
    db: Database, connection: psycopg.Connection[Row], batch: Mapping[str, Any], total: int, model: str | None
) -> None:
    """From now on there is an output file, of which parts can be read. Raises _Interrupted where it was cancelled."""
    file_id = new_file_id()
    told = {"batch_id": batch["batch_id"], "file_id": file_id}
    begun = connection.execute(db.queries["batch_begin"], {**told, "total": total, "model": model}).rowcount
    if not begun:
        raise _Interrupted
    connection.execute(db.queries["batch_file_add"], {**told, "is_error": False})
