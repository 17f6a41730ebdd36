"""Tables of candidates that were uploaded: stored as files, never held, and looked through once.

Belongs here: storing one, and what it holds. Not here: reading CSV (ty_assets/candidate_evaluations/table.py), files of
the API (`stored_files.py`), pages (`upload_csv.py`).
"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final
from uuid import UUID

from ty_assets.candidate_evaluations.columns import Columns, guess_columns
from ty_assets.candidate_evaluations.parts import PART_BYTES, read_file, write_file
from ty_assets.candidate_evaluations.table import Table, read_table, rows
from ty_resources.postgres import Database

PURPOSE: Final = "user_data"
# What was found in a table is kept for who goes back and forth between choices.
_REMEMBERED: Final = 64
SAMPLE: Final = 5


class TableTooLarge(ValueError):
    """More was sent than is stored."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit:,} bytes are stored")
        self.limit = limit


@dataclass(frozen=True)
class Survey:
    """What a table holds. characters: of each column, all rows together. sample: the first rows."""

    table: Table
    guess: Columns
    candidates: int
    characters: Mapping[str, int]
    sample: tuple[Mapping[str, str], ...]


class StoredTables:
    """The tables of all accounts. Thread-safe; all of it waits for the database, so it is called in threads."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Survey] = OrderedDict()

    def close(self) -> None:
        self.db.close()

    def store(self, account_id: UUID, filename: str, content: BinaryIO, *, limit: int, expires_at: dt.datetime) -> str:
        """The id of the stored file. Raises TableTooLarge and TableError: what is no table is not kept."""
        pieces = _limited(iter(lambda: content.read(PART_BYTES), b""), limit)
        file_id = write_file(self.db, account_id, filename, pieces, purpose=PURPOSE, expires_at=expires_at)
        try:
            self.survey(file_id)
        except BaseException:
            self.drop(account_id, file_id)
            raise
        return file_id

    def drop(self, account_id: UUID, file_id: str) -> None:
        """A table, or a file of requests that came to nothing."""
        self.db.execute("stored_file_drop", account_id=account_id, file_id=file_id)

    def bytes_of(self, file_id: str) -> Callable[[], Iterable[bytes]]:
        """As often as it is called, the file from its beginning."""
        return lambda: read_file(self.db, file_id)

    def survey(self, file_id: str) -> Survey:
        """Read it through, once. Raises TableError."""
        with self._lock:
            if file_id in self._known:
                self._known.move_to_end(file_id)
                return self._known[file_id]
        content = self.bytes_of(file_id)
        table = read_table(content)
        characters = dict.fromkeys(table.columns, 0)
        candidates, sample = 0, list[Mapping[str, str]]()
        for record in rows(table, content):
            candidates += 1
            if len(sample) < SAMPLE:
                sample.append(record.values)
            for name, value in record.values.items():
                characters[name] += len(value)
        found = Survey(table, guess_columns(table), candidates, characters, tuple(sample))
        with self._lock:
            self._known[file_id] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found


def _limited(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TableTooLarge(limit)
        yield piece
