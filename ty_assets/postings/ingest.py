"""From a source to `raw_postings`: take what is new as received, name what is broken, count what is seen again."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg

from ty_assets.postings.record import RawPosting, parse_record
from ty_resources import failures
from ty_resources.postgres import Database, Row
from ty_resources.sources.source import Received, Source, SourceError

STAGE = "raw_postings"
TASK_VERSION = "1"
_BATCH = 1000
RawRow = tuple[str, str, bytes, dt.date, dt.datetime, str, str]
# An escaped NUL in JSON text, but not an escaped backslash before "u0000".
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass
class Ingested:
    """What one reading of a source brought; records unless said otherwise."""

    received: int = 0
    new: int = 0  # rows added: new postings, and known ones whose content changed
    seen_again: int = 0
    other_days: int = 0  # belong to days that this run does not materialise
    failed: int = 0


def ingest(
    db: Database,
    source: Source,
    days: Sequence[dt.date],
    *,
    undated: dt.date | None,
    today: dt.date,
    now: dt.datetime,
    max_chars: int,
    max_attempts: int,
    earliest: dt.date = dt.date.min,
    progress: Callable[[int], None] = lambda received: None,
) -> Ingested:
    """Append to raw_postings what the source holds of these days.

    A record's day is its `first_seen_on`; one without belongs to `undated` (None: such records are left for
    the run of the day on which they are fetched). earliest: the first partition, to which all before it belongs.
    Rows are never changed: the key holds the content's hash, so the same record again only moves its sighting.
    """
    done = Ingested()
    wanted = set(days)
    broken: list[failures.Failure] = []
    read = set(source.origins())
    incoming = source.receive()
    while batch := list(islice(incoming, _BATCH)):
        rows = list(_rows(batch, source, wanted, undated, earliest, today, now, max_chars, done, broken))
        _store(db, rows, done)
        progress(done.received)
    _remember_broken(db, broken, read, max_attempts)
    done.failed = len(broken)
    return done


def _rows(
    batch: Sequence[Received],
    source: Source,
    wanted: set[dt.date],
    undated: dt.date | None,
    earliest: dt.date,
    today: dt.date,
    now: dt.datetime,
    max_chars: int,
    done: Ingested,
    broken: list[failures.Failure],
) -> Iterator[RawRow]:
    for received in batch:
        done.received += 1
        try:
            if received.payload is None:
                raise received.error or SourceError(f"{received.origin}: nothing was received")
            record, payload = checked(received.payload, source.name, today, max_chars)
        except (ValueError, RecursionError) as error:
            broken.append(_failure(received, error))
            continue
        day = record.first_seen_on or undated
        # There is no partition before the first: what is older belongs to it.
        day = max(day, earliest) if day else None
        if day is None or day not in wanted:
            done.other_days += 1
            continue
        yield raw_row(record, payload, day, now, received.origin)


def checked(payload: Mapping[str, Any], source: str, today: dt.date, max_chars: int) -> tuple[RawPosting, str]:
    """A record of that source, and the JSON that is kept of it. Raises: RecordError, SourceError."""
    return parse_record({"source": source, **payload}, today, max_chars), storable(payload)


def raw_row(record: RawPosting, payload: str, day: dt.date, now: dt.datetime, origin: str) -> RawRow:
    """A row of raw_postings; the third is the content's hash. Equal content is the same row, whenever it comes."""
    digest = hashlib.sha256(payload.encode("utf-8")).digest()[:16]
    return (record.source, record.external_id, digest, day, now, origin, payload)


def storable(payload: Mapping[str, Any]) -> str:
    """The record as JSON that Postgres takes, with keys in order: fields that are not ours are kept too.

    Raises: SourceError for what JSON in Postgres cannot hold, anywhere in the record.
    """
    try:
        text = json.dumps(payload, sort_keys=True, ensure_ascii=False, allow_nan=False)
        text.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise SourceError(f"expected a record of plain JSON values, got {type(error).__name__}: {error}") from None
    if _NUL.search(text):
        raise SourceError("expected text without NUL bytes in every field, got one; remove it where it was exported")
    return text


def _store(db: Database, rows: Sequence[RawRow], done: Ingested) -> None:
    if not rows:
        return
    with db.transaction() as connection:
        new = store_rows(db, rows, connection)
    done.new += new
    done.seen_again += len(rows) - new


def store_rows(db: Database, rows: Sequence[RawRow], connection: psycopg.Connection[Row]) -> int:
    """Append what is new to raw_postings and move the sightings of all; the number of rows added."""
    columns = ["source", "external_id", "content_hash", "fetched_on", "fetched_at", "origin", "payload"]
    new = db.insert_new("raw_postings", columns, rows, connection)
    connection.execute(
        db.queries["see_again"],
        {
            "sources": [row[0] for row in rows],
            "external_ids": [row[1] for row in rows],
            "days": [row[3] for row in rows],
            "hashes": [row[2] for row in rows],
        },
    )
    return new


def _remember_broken(db: Database, broken: Sequence[failures.Failure], read: set[str], max_attempts: int) -> None:
    """Record what is broken now, and forget what was broken in these files and no longer is."""
    now_broken = {failure.subject for failure in broken}
    before = {row["subject"] for row in db.rows("failed_subjects", stage=STAGE)}
    failures.resolve(db, STAGE, {s for s in before - now_broken if s.rpartition(":")[0] in read})
    failures.record(db, broken, max_attempts)


def _failure(received: Received, error: Exception) -> failures.Failure:
    message = str(error)
    if not message.startswith(received.origin.rpartition(":")[0]):
        message = f"{received.origin}: {message}"
    raw = received.raw
    if raw is None and received.payload is not None:
        raw = repr(dict(received.payload)).encode("utf-8", "backslashreplace")
    return failures.Failure(STAGE, received.origin, TASK_VERSION, type(error).__name__, message, None, raw)
