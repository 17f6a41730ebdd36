"""The ledger of what went wrong: nothing is dropped silently, everything is tried again, in the end given up."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg

from ty_resources.postgres import Database, Row

# First retry after a minute, then doubling: 1, 2, 4, 8 ... minutes, a day at most.
_FIRST_RETRY = dt.timedelta(minutes=1)
_LAST_RETRY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Failure:
    """One subject that a stage could not deal with.

    subject: a posting_id, a profile_id or file:line. message: what was expected, what came, what to do.
    payload: the bytes received, where they are stored nowhere else. input_hash: of what the stage was asked about; a
    subject that was given up is tried again when it is another one.
    """

    stage: str
    subject: str
    task_version: str
    error_class: str
    message: str
    day: dt.date | None = None
    payload: bytes | None = None
    input_hash: bytes | None = None

    @classmethod
    def of(
        cls,
        stage: str,
        subject: object,
        task_version: str,
        error: Exception,
        day: dt.date | None,
        input_hash: bytes | None = None,
    ) -> "Failure":
        message = str(error) or repr(error)
        return cls(stage, str(subject), task_version, type(error).__name__, message, day, input_hash=input_hash)


def record(db: Database, failures: Sequence[Failure], max_attempts: int) -> None:
    """Add the failures, or count one more attempt for those that failed before on the same input."""
    with db.transaction() as connection:
        for f in failures:
            connection.execute(
                db.queries["record_failure"],
                {
                    "stage": f.stage,
                    "subject": _storable(f.subject),
                    "task_version": f.task_version,
                    "day": f.day,
                    "error_class": f.error_class,
                    "message": _storable(f.message)[:4000],
                    "payload": f.payload,
                    "input_hash": f.input_hash,
                    "max_attempts": max_attempts,
                    "first_retry": _FIRST_RETRY,
                    "last_retry": _LAST_RETRY,
                },
            )


def resolve(
    db: Database, stage: str, subjects: Iterable[object], connection: psycopg.Connection[Row] | None = None
) -> None:
    """Forget the failures of subjects that have succeeded since."""
    params = {"stage": stage, "subjects": [str(s) for s in subjects]}
    if connection is not None:
        connection.execute(db.queries["resolve_failures"], params)
    else:
        db.execute("resolve_failures", **params)


def _storable(text: str) -> str:
    """Postgres text holds neither NUL nor lone surrogates, which bad input is full of."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
