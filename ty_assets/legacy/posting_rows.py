"""Old postings into raw_postings and sightings: by COPY straight into the tables, or beside what is there already.

Not here: what a row means (postings.py), and which chunks there are (importer.py).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from struct import Struct
from uuid import UUID

import psycopg
from psycopg import errors

from ty_assets.legacy.postings import PostingRow
from ty_assets.postings.ingest import store_rows
from ty_resources.postgres import Database, Row

# COPY's binary form: a head, then for each row the number of fields, and each field behind its length.
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_LENGTH = Struct(">i").pack
_DATE = Struct(">ii").pack
_MOMENT = Struct(">iq").pack
_EPOCH = dt.date(2000, 1, 1).toordinal()
_EPOCH_MOMENT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# What Postgres says to bytes that are no text, or no JSON.
CANNOT_COPY = (
    errors.CharacterNotInRepertoire,
    errors.UntranslatableCharacter,
    errors.InvalidTextRepresentation,
)


def copy_new(db: Database, rows: Sequence[PostingRow], now: dt.datetime, connection: psycopg.Connection[Row]) -> int:
    """Store rows none of which is there; the number of them.

    Rows in binary: neither side looks for separators, and the table takes pages at a time. Raises:
    UniqueViolation, CANNOT_COPY; the transaction is then lost.
    """
    fetched = _MOMENT(8, (now - _EPOCH_MOMENT) // dt.timedelta(microseconds=1))
    # Lists of pieces, joined once: a payload is long, and copied once only.
    raw, seen, ids = [_HEAD], [_HEAD], [_HEAD]
    for row in rows:
        key = _text(row.source) + _text(row.external_id)
        digest = b"\0\0\0\x10" + row.digest
        first = _DATE(4, row.first_day.toordinal() - _EPOCH)
        last = _DATE(4, row.last_day.toordinal() - _EPOCH)
        # jsonb travels behind the number of its version
        head = (b"\0\x07", key, digest, first, fetched, _text(origin_of(row)), _LENGTH(len(row.payload) + 1), b"\x01")
        raw.append(b"".join(head))
        raw.append(row.payload)
        seen.append(b"".join((b"\0\x05", key, first, last, digest)))
        ids.append(b"".join((b"\0\x03\0\0\0\x07posting", _text(row.old_id), b"\0\0\0\x10", row.posting_id)))
    for query, data in (
        ("copy_legacy_raw_postings", raw),
        ("copy_legacy_sightings", seen),
        ("copy_legacy_ids", ids),
    ):
        with connection.cursor().copy(db.queries[query]) as copy:
            copy.write(b"".join([*data, _END]))
    return len(rows)


def store_beside(
    db: Database, rows: Sequence[PostingRow], now: dt.datetime, connection: psycopg.Connection[Row]
) -> int:
    """Store rows some of which may be there, also twice among themselves; the number of those that were not."""
    values = [
        (row.source.decode(), row.external_id.decode(), row.digest, row.first_day, now, origin, row.payload.decode())
        for row in rows
        if (origin := origin_of(row).decode())
    ]
    new = store_rows(db, values, connection)
    last_seen = {
        "sources": [value[0] for value in values],
        "external_ids": [value[1] for value in values],
        "days": [row.last_day for row in rows],
        "hashes": [row.digest for row in rows],
    }
    connection.execute(db.queries["see_again"], last_seen)
    ids = {row.old_id.decode(): UUID(bytes=row.posting_id) for row in rows}
    store_ids(db, "posting", ids.items(), connection)
    return new


def store_ids(
    db: Database, kind: str, pairs: Iterable[tuple[str, object]], connection: psycopg.Connection[Row] | None = None
) -> None:
    """Remember which old id is which of ours."""
    rows = [(kind, old, new) for old, new in pairs]
    db.upsert("legacy_ids", ["kind", "old_id", "new_id"], rows, ["kind", "old_id"], connection)


def origin_of(row: PostingRow) -> bytes:
    """As raw_postings names where a record is from."""
    return b"legacy postings posting_id=%b" % row.old_id


def _text(data: bytes) -> bytes:
    return _LENGTH(len(data)) + data
