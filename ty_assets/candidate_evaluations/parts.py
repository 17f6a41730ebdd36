"""Uploaded files lie in the database in parts of one size, so that a place in a file is found by division.

Belongs here: that size, and writing and reading a file without holding it. Not here: what is uploaded by way of HTTP
(serving/batches), and what the bytes mean (`input_lines`).
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from ty_assets.candidate_evaluations.ids import new_file_id
from ty_resources.postgres import Database

# Large enough that a part costs more than its row, small enough that a reader may hold some of them.
PART_BYTES: Final = 262_144
# Two megabytes: requests are asked for in the order of the file, but for prefixes that take turns in it.
_KEPT: Final = 8


class PartMissing(LookupError):
    """The file, or this part of it, is not there any more."""


class Parts:
    """Stretches of one file, by way of the few parts that were read last. Not thread-safe."""

    def __init__(self, db: Database, file_id: str) -> None:
        self._db = db
        self._file_id = file_id
        self._read: OrderedDict[int, bytes] = OrderedDict()

    def stretch(self, start: int, length: int) -> bytes:
        """The bytes from `start` on. Raises PartMissing where the file does not reach so far."""
        first, last = start // PART_BYTES, (start + length - 1) // PART_BYTES
        content = b"".join(self._part(ordinal) for ordinal in range(first, last + 1))
        begin = start - first * PART_BYTES
        found = content[begin : begin + length]
        if len(found) < length:
            raise PartMissing(f"the file {self._file_id} ends before byte {start + length}")
        return found

    def _part(self, ordinal: int) -> bytes:
        if ordinal in self._read:
            self._read.move_to_end(ordinal)
            return self._read[ordinal]
        row = self._db.row("file_part", file_id=self._file_id, ordinal=ordinal)
        if row is None:
            raise PartMissing(f"the file {self._file_id} has no part {ordinal}: it was deleted")
        content = self._read[ordinal] = bytes(row["content"])
        if len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return content


def write_file(
    db: Database,
    account_id: UUID,
    filename: str,
    chunks: Iterable[bytes],
    *,
    purpose: str = "batch",
    expires_at: dt.datetime | None = None,
) -> str:
    """A new file's id. One transaction: of a file whose chunks break off nothing stays."""
    file_id = new_file_id()
    with db.transaction() as connection:
        told = {"file_id": file_id, "account_id": account_id, "purpose": purpose, "filename": filename}
        connection.execute(db.queries["file_begin"], {**told, "expires_at": expires_at})
        size = 0
        for ordinal, content in enumerate(in_parts(chunks)):
            connection.execute(
                db.queries["file_part_add"], {"file_id": file_id, "ordinal": ordinal, "content": content}
            )
            size += len(content)
        connection.execute(db.queries["file_is_complete"], {"file_id": file_id, "bytes": size})
    return file_id


def in_parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of PART_BYTES, but for the last."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    if waiting:
        yield bytes(waiting)


def read_file(db: Database, file_id: str) -> Iterator[bytes]:
    """All parts of a file, one after the other; each is read when the one before has been dealt with."""
    ordinal = 0
    while (row := db.row("file_part", file_id=file_id, ordinal=ordinal)) is not None:
        yield bytes(row["content"])
        ordinal += 1
