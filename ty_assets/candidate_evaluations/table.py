"""A CSV file of any size as people save it: which encoding, which delimiter, which columns, and its rows in a stream.

Belongs here: the file's form, for any table. Not here: what the columns are to a candidate (columns.py, prepare.py).

Nothing is guessed where a wrong guess would go unseen: a quote that is never closed, a row with more fields than the
header has columns or bytes of another encoding end the reading, with their line.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

OpenBytes = Callable[[], Iterable[bytes]]  # the file's bytes from its start, each time it is called

_HEAD: Final = 262_144  # bytes that the delimiter is found in
_SAMPLE: Final = 50  # rows
_DELIMITERS: Final = ",;\t|"
LONGEST_FIELD: Final = 2_000_000  # characters; the longest CV has a tenth
_ARCHIVE: Final = b"PK\x03\x04"  # what an .xlsx or .ods begins with
_HINT: Final = re.compile(r"\ufeff?sep=(.)\r?\n", re.IGNORECASE)  # Excel's first line
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's does
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class TableError(ValueError):
    """A file that cannot be read as a table; the message says where it is wrong and what to do."""


@dataclass(frozen=True)
class Table:
    """The form of a file. sample: its first rows, each as long as `columns`."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    skipped: int = 0  # lines before the header: Excel's "sep=;"


@dataclass(frozen=True)
class Record:
    """A row by column name. line: where it begins in the file, from 1."""

    line: int
    values: dict[str, str]


def read_table(open_bytes: OpenBytes) -> Table:
    """Find out a file's form. The bytes are read once to the end, for only then the encoding is known.

    Raises: TableError for what is no text, has no header or no row.
    """
    head = b"".join(islice(_limited(open_bytes()), 1_000))[:_HEAD]
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise TableError("the file is empty; a first row with the names of the columns is expected")
    if head.startswith((_ARCHIVE, _OLD_WORKBOOK)):
        raise TableError("this is a workbook, not a CSV file; save it as CSV UTF-8 and take that file")
    encoding = _encoding(head, open_bytes)
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    if "\0" in text:
        raise TableError("the file contains bytes that are no text; save it as CSV UTF-8")
    hint = _HINT.match(text)
    table = Table(encoding, hint[1] if hint else _delimiter(text), (), (), skipped=1 if hint else 0)
    _, header = next(_records(table, open_bytes), (0, []))
    table = replace(table, columns=_columns(header))
    sample = tuple(tuple(one.values.values()) for one in islice(rows(table, open_bytes), _SAMPLE))
    if not sample:
        raise TableError("the file has a header and no row")
    return replace(table, sample=sample)


def rows(table: Table, open_bytes: OpenBytes) -> Iterator[Record]:
    """All rows in the file's order; such that are empty in every column are left out, as spreadsheets write them.

    Raises: TableError, with its line, for a row that does not fit.
    """
    records = _records(table, open_bytes)
    next(records, None)
    width = len(table.columns)
    for line, fields in records:
        if not any(field.strip() for field in fields):
            continue
        if any(field.strip() for field in fields[width:]):
            raise TableError(
                f"line {line}: {len(fields)} fields, but the header has {width} columns; a text with "
                f"{_named(table.delimiter)} or a line break in it has to stand in double quotes"
            )
        if len(fields) < width:
            raise TableError(
                f"line {line}: {len(fields)} fields, but the header has {width} columns; a line break in a text has to "
                f"stand in double quotes"
            )
        yield Record(line, dict(zip(table.columns, (field.strip() for field in fields), strict=False)))


def _records(table: Table, open_bytes: OpenBytes) -> Iterator[tuple[int, list[str]]]:
    """Fields of each record, with the line it begins in."""
    stream = io.TextIOWrapper(io.BufferedReader(_Bytes(open_bytes())), table.encoding, newline="")
    for _ in range(table.skipped):
        stream.readline()
    reader = csv.reader(stream, delimiter=table.delimiter, strict=True)
    line = table.skipped + 1
    while True:
        # Of the process: whoever else reads CSV may have set it, too.
        csv.field_size_limit(LONGEST_FIELD)
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(f"line {line}: {_reason(str(error))}") from None
        except UnicodeError:
            raise TableError(
                f"after line {line}: the text breaks off or changes its encoding; save it as CSV UTF-8"
            ) from None
        yield line, fields
        line = table.skipped + reader.line_num + 1


def _reason(message: str) -> str:
    if "unexpected end of data" in message:
        return "a double quote opens a text that is never closed"
    if "field larger" in message:
        return f"a text of more than {LONGEST_FIELD:,} characters; is a double quote never closed?"
    if "expected after" in message:
        return 'text behind a closing double quote; a quote within a text is written twice: ""'
    return message


def _encoding(head: bytes, open_bytes: OpenBytes) -> str:
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if marked:
        return marked
    sixteen = head[:4096]
    if sixteen.count(0) > len(sixteen) // 4:
        return "utf-16-le" if sixteen[1:2] == b"\0" else "utf-16-be"
    if _decodes("utf-8", open_bytes):
        return "utf-8"
    if _decodes("cp1252", open_bytes):
        return "cp1252"
    raise TableError("the text is neither UTF-8 nor Windows-1252; save it as CSV UTF-8")


def _decodes(encoding: str, open_bytes: OpenBytes) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in open_bytes():
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _limited(blocks: Iterable[bytes]) -> Iterator[bytes]:
    taken = 0
    for block in blocks:
        yield block
        taken += len(block)
        if taken >= _HEAD:
            return


def _delimiter(text: str) -> str:
    """The one by which the first records fall into most columns, alike in number; a comma where none does."""

    def fit(delimiter: str) -> tuple[int, float, int]:
        widths = []
        try:
            csv.field_size_limit(LONGEST_FIELD)
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            widths = [len(fields) for fields in islice(reader, _SAMPLE) if fields]
        except csv.Error:
            widths = widths[:1]
        if not widths or widths[0] < 2:
            return 0, 0.0, 0
        alike = sum(width == widths[0] for width in widths) / len(widths)
        return 1, alike, widths[0]

    return max(_DELIMITERS, key=fit)


def _columns(header: list[str]) -> tuple[str, ...]:
    """Names of the columns, each once: "column 3" for one without, "text (2)" for the second of a name."""
    while header and not header[-1].strip():
        header = header[:-1]
    names: list[str] = []
    for position, name in enumerate(header, 1):
        plain = " ".join(name.split()) or f"column {position}"
        number, known = 1, plain
        while known in names:
            number += 1
            known = f"{plain} ({number})"
        names.append(known)
    if not names:
        raise TableError("line 1: a first row with the names of the columns is expected")
    return tuple(names)


def _named(delimiter: str) -> str:
    return {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}.get(delimiter, repr(delimiter))


class _Bytes(io.RawIOBase):
    """Blocks of bytes as a file."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
