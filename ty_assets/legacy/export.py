"""Where the replaced system is read from: a folder of CSV files, or its database. Both give chunks of CSV.

Not here: what a table needs (tables.py), how rows are cut (chunks.py).
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from ty_assets.legacy.chunks import CHUNK_BYTES, Chunk, FileChunk, cut, header_of
from ty_assets.legacy.tables import TABLES, LegacyError, OldTable
from ty_resources.postgres import named_queries

_BLOCK = CHUNK_BYTES
COUNTS = "counts.csv"  # optional beside the tables: table,rows as the database counted them


class Export(Protocol):
    """The old tables, wherever they are.

    origin: the same for the same place. key_named: whether rows are named by key, since there are no lines.
    """

    origin: str

    def columns(self, table: OldTable) -> list[str] | None:
        """The columns that `chunks` has, in order; None where the table is not there. Raises: LegacyError."""
        ...

    def rows(self, table: OldTable) -> int | None:
        """How many rows the source says there are; None where it does not say."""
        ...

    def size(self, table: OldTable) -> int:
        """What all chunks together come to: bytes, for progress; 0 where that is not known."""
        ...

    def chunks(self, table: OldTable) -> Iterator[Chunk]: ...


class CsvFolder:
    """A folder with postings.csv, embeddings.csv, ... as `\\copy table to table.csv csv header` writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.origin = str(self.folder)
        if not folder.is_dir():
            raise LegacyError(f"{folder}: expected a folder with CSV files of the old tables; it is not there")
        names = [table.name for table in TABLES]
        if not any(self._file(name).is_file() for name in names):
            found = ", ".join(sorted(file.name for file in folder.iterdir())[:10]) or "nothing"
            raise LegacyError(f"{folder}: expected some of {', '.join(f'{n}.csv' for n in names)}; found {found}")
        self._counts = self._read_counts()

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.csv"

    def _read_counts(self) -> dict[str, int]:
        file = self.folder / COUNTS
        if not file.is_file():
            return {}
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        try:
            return {row["table"]: int(row["rows"]) for row in rows}
        except (KeyError, TypeError, ValueError) as error:
            raise LegacyError(f"{COUNTS}: expected the columns table, rows with numbers, got {error}") from None

    def columns(self, table: OldTable) -> list[str] | None:
        file = self._file(table.name)
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            found = header_of(stream.readline())
        table.check(found, f"{file.name}:1")
        return found

    def rows(self, table: OldTable) -> int | None:
        return self._counts.get(table.name)

    def size(self, table: OldTable) -> int:
        return self._file(table.name).stat().st_size

    def chunks(self, table: OldTable) -> Iterator[Chunk]:
        with self._file(table.name).open("rb", buffering=0) as stream:
            rest = b""
            while b"\n" not in rest and (block := stream.read(_BLOCK)):
                rest += block
            head, end, body = rest.partition(b"\n")
            start = len(head) + len(end)
            for chunk in cut(_and_then(body, iter(lambda: stream.read(_BLOCK), b"")), 2):
                yield FileChunk(chunk.name, chunk.data, chunk.line, str(self._file(table.name)), start)
                start += len(chunk.data)


def _and_then(first: bytes, blocks: Iterator[bytes | None]) -> Iterator[bytes]:
    yield first
    for block in blocks:
        yield block or b""


class OldDatabase:
    """The replaced system's Postgres, read as of one moment. Use as a context manager."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("postgresql://", "postgres://")):
            raise LegacyError("--database: expected postgresql://user:password@host:port/database")
        info = conninfo_to_dict(url)
        # Without user and password: it is shown, and kept.
        self.origin = (
            f"{info.get('dbname') or 'postgres'} at {info.get('host') or 'localhost'}:{info.get('port') or 5432}"
        )
        self._queries = named_queries()
        self._connection: psycopg.Connection[dict[str, Any]] = psycopg.connect(url, row_factory=dict_row)
        self._connection.execute(self._queries["old_session"])
        self._connection.commit()
        self._connection.execute(self._queries["read_only_snapshot"])
        if not any(self._found(table) for table in TABLES):
            raise LegacyError(
                f"{self.origin}: expected some of the tables {', '.join(table.name for table in TABLES)} on the "
                "search path, found none; add ?options=-csearch_path%3Dschema to the URL if they are in a schema"
            )

    def __enter__(self) -> "OldDatabase":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _found(self, table: OldTable) -> list[str]:
        rows = self._connection.execute(self._queries["old_columns"], {"old_table": table.name}).fetchall()
        return [row["name"] for row in rows]

    def columns(self, table: OldTable) -> list[str] | None:
        found = self._found(table)
        if not found:
            return None
        table.check(found, f"table {table.name}")
        return table.used(found)

    def rows(self, table: OldTable) -> int | None:
        count = sql.SQL(self._queries["old_count"]).format(table=sql.Identifier(table.name))
        row = self._connection.execute(count).fetchone()
        return None if row is None else int(row["rows"])

    def size(self, table: OldTable) -> int:
        return 0

    def chunks(self, table: OldTable) -> Iterator[Chunk]:
        found = self._found(table)
        read = sql.SQL(self._queries["old_rows"]).format(
            columns=_names(table.used(found)),
            table=sql.Identifier(table.name),
            order=_names([name for name in table.order if name in found]),
        )
        with self._connection.cursor().copy(read) as stream:
            yield from cut((bytes(block) for block in stream), None)


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
