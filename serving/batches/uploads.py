"""An upload's body taken apart while it comes in: its file as pieces of bytes, its fields when all has come.

Belongs here: multipart/form-data (RFC 7578), and how much of it is read. Not here: where the file goes
(`stored_files.py`) and what its fields have to say (`files.py`). Starlette's own form would put the whole file on the
disk first and hand it over then: here no more than a piece is held.
"""

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from serving.batches.errors import ApiError

_MOST_FIELDS: Final = 20
_LONGEST_FIELD: Final = 4_096
_LONGEST_NAME: Final = 255
_FILE: Final = "file"
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f]")


class Upload:
    """One request's body. `fields` and `filename` are known when `pieces` have ended.

    Raises ApiError for what is no form, or not the one that is expected.
    """

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise ApiError(400, "Expected a form with a file: Content-Type: multipart/form-data.", param=_FILE)
        self.fields: dict[str, str] = {}
        self.filename: str | None = None  # None: there was no file
        self._stream = request.stream()
        self._pieces: list[bytes] = []  # of the file, not handed over yet
        self._header, self._value, self._headers = bytearray(), bytearray(), dict[str, str]()
        self._field, self._text = "", bytearray()
        self._ended = False
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_part_end": self._part_ends,
                    "on_end": self._all_ends,
                },
            )
        except FormParserError:
            raise _broken() from None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file's content; nothing where there is no file."""
        try:
            async for chunk in self._stream:
                self._parser.write(chunk)
                for piece in self._pieces:
                    yield piece
                self._pieces.clear()
        except (FormParserError, ClientDisconnect):
            raise _broken() from None
        if not self._ended:
            raise _broken()

    async def rest(self) -> None:
        """Read on and throw it away: a client that is cut off while it sends may not read why."""
        with contextlib.suppress(ClientDisconnect):
            async for _ in self._stream:
                pass

    def _part_begins(self) -> None:
        self._headers.clear()
        self._text.clear()

    def _header_ends(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        _, options = _disposition(self._headers.get("content-disposition", ""))
        self._field = options.get("name", "")
        if self._field == _FILE:
            if self.filename is not None:
                raise ApiError(400, "Expected one file, not several.", param=_FILE)
            if "filename" not in options:
                raise ApiError(400, "Expected a file with a name, not a field of text.", param=_FILE)
            self.filename = _plain_name(options["filename"])
        elif len(self.fields) >= _MOST_FIELDS:
            raise ApiError(400, f"Expected at most {_MOST_FIELDS} fields beside the file.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field == _FILE:
            self._pieces.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _LONGEST_FIELD:
            raise ApiError(400, f"Expected at most {_LONGEST_FIELD} bytes in a field beside the file.")

    def _part_ends(self) -> None:
        if self._field != _FILE:
            self.fields[self._field] = self._text.decode("utf-8", "replace")

    def _all_ends(self) -> None:
        self._ended = True


def _broken() -> ApiError:
    return ApiError(400, "The form cannot be read: it is broken off, or its parts do not end at its boundary.")


def _disposition(header: str) -> tuple[str, dict[str, str]]:
    """A part's Content-Disposition; names as they were sent, in UTF-8."""
    # the library takes and gives latin-1, which would lose what a name in UTF-8 has beyond it
    kind, options = parse_options_header(header.encode().decode("latin-1"))
    return kind.decode("latin-1"), {
        key.decode("latin-1"): value.decode("utf-8", "replace") for key, value in options.items()
    }


def _plain_name(name: str) -> str:
    """A file's name without folders and without what no list can show."""
    return _UNPRINTABLE.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])[:_LONGEST_NAME].strip()
