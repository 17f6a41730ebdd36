"""From a source to `raw_postings`: take what is new as received, name what is broken, count what is seen again."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ty_assets.postings.record import parse_record
from ty_resources import failures
from ty_resources.postgres import Database
from ty_resources.sources.source import Received, Source, SourceError

STAGE = "raw_postings"
TASK_VERSION = "1"
_BATCH = 1000
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
    progress: Callable[[int], None] = lambda received: None,
) -> Ingested:
    """Append to raw_postings what the source holds of these days.

    A record's day is its `first_seen_on`; one without belongs to `undated` (None: such records are left for
    the run of the day on which they are fetched). Rows are never changed: the key holds the content's hash,
    so the same record again only moves its sighting.
    """
    done = Ingested()
    wanted = set(days)
    broken: list[failures.Failure] = []
    read = set(source.origins())
    incoming = source.receive()
    while batch := list(islice(incoming, _BATCH)):
        rows = list(_rows(batch, source, wanted, undated, today, now, max_chars, done, broken))
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
    today: dt.date,
    now: dt.datetime,
    max_chars: int,
    done: Ingested,
    broken: list[failures.Failure],
) -> Iterator[tuple[Any, ...]]:
    for received in batch:
        done.received += 1
        try:
            if received.payload is None:
                raise received.error or SourceError(f"{received.origin}: nothing was received")
            record = parse_record({"source": source.name, **received.payload}, today, max_chars)
            payload = _storable(received.payload)
        except (ValueError, RecursionError) as error:
            broken.append(_failure(received, error))
            continue
        day = record.first_seen_on or undated
        if day is None or day not in wanted:
            done.other_days += 1
            continue
        digest = hashlib.sha256(payload.encode("utf-8")).digest()[:16]
        yield (record.source, record.external_id, digest, day, now, received.origin, payload)


def _storable(payload: Mapping[str, Any]) -> str:
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


def _store(db: Database, rows: Sequence[tuple[Any, ...]], done: Ingested) -> None:
    if not rows:
        return
    columns = ["source", "external_id", "content_hash", "fetched_on", "fetched_at", "origin", "payload"]
    with db.transaction() as connection:
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
    done.new += new
    done.seen_again += len(rows) - new


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
