"""Postings from files: one JSONL or CSV file, or every such file of a folder, in the order of their names."""

import csv
import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ty_resources.sources.source import Received, SourceError

_FORMATS = (".jsonl", ".ndjson", ".csv")
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp")
_COLUMN = re.compile(r"[^\W\d][\w .-]{0,39}")
# A CSV cell may be a whole advertisement; the csv module's own limit is 131,072.
csv.field_size_limit(64 * 1024 * 1024)


class FileSource:
    """Reads a file or a drop folder, line by line, so that memory does not grow with the file.

    settle_seconds: a file changed more recently is watched for that long, and left for the next run if it
    still grows. only: names of the folder's files to read; all without.
    Raises on construction: SourceError when the path does not exist or is of no known format.
    """

    name = "files"

    def __init__(self, path: Path, settle_seconds: float = 2.0, only: Collection[str] = ()) -> None:
        self.path = path
        self._only = frozenset(only)
        self._settle = settle_seconds
        if not path.exists():
            raise SourceError(
                f"{path}: expected a file ({', '.join(_FORMATS)}) or a folder of such files; it does not exist"
            )
        if not path.is_file() and not path.is_dir():
            raise SourceError(f"{path}: expected a file or a folder, got something else (a device, a pipe)")
        if path.is_file() and path.suffix.lower() not in _FORMATS:
            raise SourceError(
                f"{path}: expected one of {', '.join(_FORMATS)}, got {path.suffix or 'no suffix'}; rename or convert it"
            )

    def files(self) -> list[Path]:
        """What would be read now; unfinished downloads, hidden files and names that are not UTF-8 are not."""
        if self.path.is_file():
            return [self.path]
        return [f for f in self._there() if _is_utf8(f.name) and (not self._only or f.name in self._only)]

    def _there(self) -> list[Path]:
        return sorted(
            f
            for f in self.path.iterdir()
            if f.is_file() and not f.name.startswith(".") and f.suffix.lower() not in _UNFINISHED
        )

    def misnamed(self) -> list[str]:
        """Names of the folder's files that no table can hold, with what is not UTF-8 in them escaped."""
        if self._only or self.path.is_file():
            return []
        return [_escaped(f.name) for f in self._there() if not _is_utf8(f.name)]

    def origins(self) -> list[str]:
        return [*self.misnamed(), *(file.name for file in self.files())]

    def receive(self) -> Iterator[Received]:
        for name in self.misnamed():
            told = SourceError(f"{name}: expected a file name in UTF-8, got other bytes in it; rename the file")
            yield Received(f"{name}:0", None, told)
        files = self.files()
        growing = self._still_growing(files)
        for file in files:
            if file in growing:
                yield Received(
                    f"{file.name}:0",
                    None,
                    SourceError(
                        f"{file.name} is still being written (it changed within {self._settle:g} s); "
                        "the next run reads it. Write under another name and rename at the end to avoid this"
                    ),
                )
            elif file.suffix.lower() not in _FORMATS:
                yield Received(
                    f"{file.name}:0",
                    None,
                    SourceError(
                        f"{file.name}: expected one of {', '.join(_FORMATS)}, got {file.suffix or 'no suffix'}"
                    ),
                )
            elif file.suffix.lower() == ".csv":
                yield from _read_csv(file)
            else:
                yield from _read_jsonl(file)

    def _still_growing(self, files: list[Path]) -> set[Path]:
        fresh = {f: _state(f) for f in files if time.time() - f.stat().st_mtime < self._settle}
        if not fresh:
            return set()
        time.sleep(self._settle)  # once for all files, and only when one has just changed
        return {f for f, before in fresh.items() if _state(f) != before}


def _is_utf8(name: str) -> bool:
    return _escaped(name) == name


def _escaped(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _state(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


def _read_jsonl(file: Path) -> Iterator[Received]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            line = line.strip(b"\r\n \t")
            if not line:
                continue
            origin = f"{file.name}:{number}"
            try:
                payload = json.loads(line.decode("utf-8"), parse_constant=_no_number)
                if not isinstance(payload, dict):
                    raise SourceError(f"{origin}: expected one JSON object a line, got {type(payload).__name__}")
                yield Received(origin, payload)
            except UnicodeDecodeError as error:
                yield Received(origin, None, _not_utf8(origin, error), line)
            except json.JSONDecodeError as error:
                told = SourceError(
                    f"{origin}: expected one JSON object a line; column {error.colno}: {error.msg}. "
                    "The rest of the file is read; mend the line and drop the file again"
                )
                yield Received(origin, None, told, line)
            except SourceError as error:
                yield Received(origin, None, error, line)
            except (ValueError, RecursionError) as error:
                told = SourceError(f"{origin}: expected JSON of a usual depth and usual numbers, got {error}")
                yield Received(origin, None, told, line)


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant}, which is no JSON number")


def _read_csv(file: Path) -> Iterator[Received]:
    # surrogateescape keeps undecodable bytes recognisable, so that one bad row does not end the file
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        # Spreadsheets of some countries write semicolons; the header, which has no text, tells.
        reader = csv.reader(stream, strict=True, delimiter=max(",;\t", key=first.count))
        try:
            header = _header(file, [name.strip() for name in next(reader, [])])
        except (SourceError, csv.Error) as error:
            yield Received(f"{file.name}:1", None, SourceError(str(error)), first.encode("utf-8", "surrogateescape"))
            return
        while True:
            line = reader.line_num + 1
            origin = f"{file.name}:{line}"
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                told = (
                    f"{origin}: expected comma-separated values with quotes doubled, got {error}. "
                    "A quote that is not closed swallows all rows after it"
                )
                yield Received(origin, None, SourceError(told))
                continue
            if row:
                yield _csv_record(origin, header, row)


def _header(file: Path, names: list[str]) -> list[str]:
    """The columns' names. Raises: SourceError for what looks like a row of data, or names a column twice."""
    if not names:
        raise SourceError(f"{file.name}:1: expected a header line with the columns' names; the file is empty")
    if odd := [name for name in names if not _COLUMN.fullmatch(name)]:
        raise SourceError(
            f"{file.name}:1: expected a header line with names such as title, description; got {odd[0][:60]!r}. "
            "Nothing of the file is read"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SourceError(f"{file.name}:1: expected each column once, got {', '.join(twice)} twice")
    # A spreadsheet's "Title" is our title.
    return [name.lower() if name.lower() in ("id", "source") or name[0].isupper() else name for name in names]


def _csv_record(origin: str, header: list[str], row: list[str]) -> Received:
    raw = ",".join(row).encode("utf-8", "surrogateescape")
    if len(row) != len(header):
        return Received(
            origin,
            None,
            SourceError(f"{origin}: expected {len(header)} columns as in the header, got {len(row)}"),
            raw,
        )
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Received(origin, None, _not_utf8(origin, error), raw)
    payload: Mapping[str, Any] = {name: value for name, value in zip(header, row, strict=True) if value != ""}
    return Received(origin, payload)


def _not_utf8(origin: str, error: UnicodeDecodeError) -> SourceError:
    return SourceError(
        f"{origin}: expected UTF-8, got byte 0x{error.object[error.start]:02x} at position {error.start}. "
        "Convert the file, e.g. iconv -f latin1 -t utf-8"
    )
