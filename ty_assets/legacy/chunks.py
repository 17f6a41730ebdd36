"""CSV as `\\copy ... csv header` writes it, as bytes: cut between rows, and rows cut into cells.

Belongs here: quotes, line breaks within quotes, line numbers. Not here: what a cell means.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ty_assets.legacy.tables import LegacyError, OldTable, RowError

# Two thousand advertisements: what a kill can cost, and small enough that a few are in memory at once.
CHUNK_BYTES = 4 << 20
# A row that is longer is a quote that was never closed.
LONGEST_ROW = 64 << 20


@dataclass(frozen=True)
class Chunk:
    """Whole rows, without the header. line: of the first row in its file, None for a database.

    name: hash of the bytes, so that a killed import knows again what is in.
    """

    name: str
    data: bytes
    line: int | None


@dataclass(frozen=True)
class FileChunk(Chunk):
    """A chunk of a file, from the byte `start`. Another process reads it there, and is not sent megabytes."""

    path: str
    start: int

    def __reduce__(self) -> tuple[Any, ...]:
        return _read_again, (self.name, len(self.data), self.line, self.path, self.start)


def _read_again(name: str, size: int, line: int | None, path: str, start: int) -> FileChunk:
    with Path(path).open("rb") as stream:
        stream.seek(start)
        return FileChunk(name, stream.read(size), line, path, start)


@dataclass(frozen=True)
class OldRow:
    """One row: where it was (place), and its cells by column, without empty ones; or what is wrong with it."""

    place: str
    cells: dict[str, str]
    error: RowError | None = None


def cut(blocks: Iterable[bytes], line: int | None, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """Chunks of about `size` bytes that end where a row ends: at a line break outside of quotes."""
    pending, seen, limit = b"", Counter[str](), size
    for block in blocks:
        pending += block
        while len(pending) >= limit:
            end = _last_row_end(pending, limit)
            if end == 0:
                if limit > LONGEST_ROW:
                    raise LegacyError(
                        f"line {line}: expected a row that ends, got more than {LONGEST_ROW >> 20} MB without an end; "
                        "a quote is not closed. Export the table anew"
                    )
                limit *= 2
                continue
            yield _chunk(pending[:end], line, seen)
            line = None if line is None else line + pending.count(b"\n", 0, end)
            pending, limit = pending[end:], size
    if pending.strip(b"\r\n"):
        yield _chunk(pending, line, seen)


def _chunk(data: bytes, line: int | None, seen: Counter[str]) -> Chunk:
    digest = hashlib.sha256(data).hexdigest()[:32]
    seen[digest] += 1
    return Chunk(f"{digest}-{seen[digest]}", data, line)


def _last_row_end(data: bytes, limit: int) -> int:
    """Behind the last line break within the limit with an even number of quotes before it; 0 where there is none."""
    end, quotes = limit, data.count(b'"', 0, limit)
    while (found := data.rfind(b"\n", 0, end)) >= 0:
        quotes -= data.count(b'"', found, end)
        if quotes % 2 == 0:
            return found + 1
        end = found
    return 0


def header_of(first_line: bytes) -> list[str]:
    """The columns' names."""
    text = first_line.decode("utf-8-sig", "backslashreplace").strip("\r\n")
    return [name.strip() for name in next(csv.reader([text]), [])]


def quick_rows(data: bytes, columns: int) -> list[list[bytes]] | None:
    """The rows' cells, cut where quotes are and not at each character: half the time of the csv module.

    None when anything is unusual: another number of cells, a quote within a bare cell, a bare carriage return.
    `careful_rows` reads that, and names what is wrong.
    """
    parts = data.split(b'"')
    if len(parts) % 2 == 0:
        return None
    rows: list[list[bytes]] = []
    row: list[bytes] = []
    quoted: bytes | None = None
    place, last = 0, len(parts) - 1
    while True:
        outside = parts[place]
        if b"\r" in outside:
            return None
        for number, line in enumerate(outside.split(b"\n")):
            if number:
                rows.append(row)
                row = []
            cells = line.split(b",")
            if quoted is not None:
                if cells[0]:
                    return None
                cells[0], quoted = quoted, None
            row += cells
        if place == last:
            break
        if row.pop():
            return None
        quoted = parts[place + 1]
        place += 2
        while not parts[place] and place < last:  # two quotes in a row stand for one
            quoted += b'"' + parts[place + 1]
            place += 2
    if row != [b""]:
        rows.append(row)
    return rows if all(len(row) == columns for row in rows) else None


def careful_rows(table: OldTable, chunk: Chunk, columns: Sequence[str]) -> Iterator[OldRow]:
    """Every row with its place, `table.csv:line` or `table key=value`; a broken one with its error."""
    text = chunk.data.decode("utf-8", "surrogateescape")
    reader = csv.reader(io.StringIO(text, newline="\n"), strict=True)
    line = chunk.line or 1
    while True:
        at, values = line + reader.line_num, []
        try:
            values = next(reader)
            _check(values, columns)
        except StopIteration:
            return
        except (RowError, csv.Error) as error:
            told = error if isinstance(error, RowError) else RowError(f"expected quotes in pairs, got {error}")
            yield OldRow(_place(table, chunk, at, columns, values), {}, told)
            continue
        if values:
            cells = {name: value for name, value in zip(columns, values, strict=True) if value}
            yield OldRow(_place(table, chunk, at, columns, values), cells)


def _check(values: list[str], columns: Sequence[str]) -> None:
    if values and len(values) != len(columns):
        raise RowError(f"expected {len(columns)} columns as in the header, got {len(values)}")
    for name, value in zip(columns, values, strict=False):
        if not value.isascii() and any("\udc80" <= c <= "\udcff" for c in value):
            raise RowError(f"{name}: expected UTF-8, got other bytes; export with \\encoding UTF8")


def _place(table: OldTable, chunk: Chunk, line: int, columns: Sequence[str], values: list[str]) -> str:
    if chunk.line is not None:
        return f"{table.name}.csv:{line}"
    key = table.key if table.key in columns else columns[0]
    value = values[columns.index(key)] if len(values) == len(columns) else "?"
    return f"{table.name} {key}={value[:80]}"
