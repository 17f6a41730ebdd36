"""A row of the old `postings` as a record of ours, read quickly: bytes to bytes, where nothing in it is unusual.

The bytes are those of the careful way (postings.py) in a sixth of the time; what this one is not sure of is left to the
other.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ty_assets.legacy.postings import FIELDS, FIRST_SEEN, KEPT, LAST_SEEN, PostingRow, Reading, status_of
from ty_assets.postings.normalise import posting_id_bytes

# Without quote and backslash, so that JSON has it as it is.
_KEY = re.compile(rb"[!#-\[\]-~]{1,512}")
_WORD = re.compile(rb"[0-9A-Za-z]")
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:[0-5]\d(?:\.\d{1,6})?([+-]\d\d)?")
_SPECIAL = re.compile(rb'[\\"\n\r\t]')
_LONGEST_KEY = 512
_SHORT = 1000  # bytes; what is longer is looked at carefully
_BROKEN = "\ufffd".encode()  # a character that was lost on its way
_FLAGS = {b"": b"", b"t": b"true", b"f": b"false"}


class QuickReading:
    """Rows of one table whose columns are known, from bytes to bytes.

    Bare control characters are left to Postgres, which takes no JSON with them.
    """

    def __init__(self, reading: Reading, columns: Sequence[str]) -> None:
        self._reading = reading
        place = {name: number for number, name in enumerate(columns)}
        self._title, self._description, self._source = (place[n] for n in ("job_title", "job_description", "source"))
        self._id, self._status = place["posting_id"], place.get("posting_status")
        self._invalidated = place.get("invalidated")
        self._external_id = _places(FIELDS["external_id"], place)
        self._employer = _places(FIELDS["employer"], place)
        self._url = _places(FIELDS["url"], place)
        self._first, self._last = _places(FIRST_SEEN, place), _places(LAST_SEEN, place)

        def again(names: Sequence[str], kept: bool) -> list[tuple[dict[bytes, bytes], _Again, int]]:
            there = [
                (name, place[name if kept else FIELDS[name][0]]) for name in names if (kept or FIELDS[name][0] in place)
            ]
            return [(part.known, part, at) for name, at in there if (part := _Again(name, kept))]

        self._head = again(["city", "country"], kept=False)
        self._middle = again(["occupation_hint", "region", "remote"], kept=False)
        kept = [name for name in KEPT if name in place and name not in ("invalidated", "posting_id")]
        self._before = again([name for name in kept if name < "external_id"], kept=True)
        self._between = again([name for name in kept if "invalidated" < name < "posting_id"], kept=True)
        self._after = again([name for name in kept if name > "posting_id"], kept=True)
        self._other_id, self._summary = _places(["external_id"], place), _places(["extracted_summary"], place)
        self._days: dict[bytes, dt.date] = {}

    def row(self, cells: list[bytes]) -> PostingRow | None:
        """None where the careful way has to look at the row."""
        title, description, source, old_id = (
            cells[self._title], cells[self._description], cells[self._source], cells[self._id]
        )  # fmt: skip
        external_id, employer, url = _one(cells, self._external_id), _one(cells, self._employer), _one(cells, self._url)
        flag = b"" if self._invalidated is None else cells[self._invalidated]
        if not (
            (title[:1].isalnum() or _WORD.search(title, 0, 64))
            and (description[:1].isalnum() or _WORD.search(description, 0, 64))
            and len(description) <= self._reading.max_chars
            and len(title) <= _SHORT >= len(url)
            and len(employer) <= _SHORT
            and (source.isalnum() or _KEY.fullmatch(source))
            and _KEY.fullmatch(external_id)
            and (old_id.isdigit() or _KEY.fullmatch(old_id))
            and len(source) <= _LONGEST_KEY
            and flag in _FLAGS
        ):
            return None
        try:
            first, last = self._day(_one(cells, self._first)), self._day(_one(cells, self._last))
            parts = [known.get(text) or part.of(text) for known, part, at in self._head if (text := cells[at])]
            middle = [known.get(text) or part.of(text) for known, part, at in self._middle if (text := cells[at])]
        except _Doubtful:
            return None
        if first is not None and first > self._reading.today:
            return None
        parts.append(b'"description": "%b"' % _escaped(description))
        if employer and employer != title:
            parts.append(b'"employer": "%b"' % _escaped(employer))
        parts.append(b'"external_id": "%b"' % external_id)
        if first is not None:
            parts.append(b'"first_seen_on": "%b"' % first.isoformat().encode())
        parts.append(self._legacy(cells, old_id, external_id, flag == b"t"))
        parts += middle
        parts.append(b'"source": "%b", "title": "%b"' % (source, _escaped(title)))
        if url:
            parts.append(b'"url": "%b"' % _escaped(url))
        payload = b"{%b}" % b", ".join(parts)
        if b"\xef" in payload and _BROKEN in payload:  # one byte is looked for much faster than three
            return None
        keys = (old_id, posting_id_bytes(source, external_id), source, external_id)
        return self._reading.stored(keys, first, last, payload)

    def _legacy(self, cells: list[bytes], old_id: bytes, external_id: bytes, invalidated: bool) -> bytes:
        posting_status = b"" if self._status is None else cells[self._status]
        parts = [known.get(text) or part.of(text) for known, part, at in self._before if (text := cells[at])]
        if (other := _one(cells, self._other_id)) and other != external_id:
            parts.append(b'"external_id": "%b"' % _escaped(other))
        if summary := _one(cells, self._summary):
            parts.append(b'"extracted_summary": "%b"' % _escaped(summary))
        parts.append(b'"invalidated": true' if invalidated else b'"invalidated": false')
        parts += [known.get(text) or part.of(text) for known, part, at in self._between if (text := cells[at])]
        parts.append(b'"posting_id": "%b"' % old_id)
        parts += [known.get(text) or part.of(text) for known, part, at in self._after if (text := cells[at])]
        parts.append(_status_part(posting_status, invalidated))
        return b'"legacy": {%b}' % b", ".join(parts)

    def _day(self, text: bytes) -> dt.date | None:
        """Postings come in by the thousand in one minute: a minute is read once."""
        if not text:
            return None
        found = _MOMENT.fullmatch(text)
        if found is None:
            raise _Doubtful
        minute = text[:16] + (found[1] or b"")
        day = self._days.get(minute)
        if day is None:
            try:
                day = self._days[minute] = self._reading.local_day(text.decode())
            except ValueError:
                raise _Doubtful from None
        return day


class _Doubtful(Exception):
    """A cell that the careful way has to look at."""


class _Again:
    """A field whose texts come again and again: `"name": "text"`, escaped once. kept: as it was, of any length."""

    _MOST = 20_000

    def __init__(self, name: str, kept: bool) -> None:
        self.known: dict[bytes, bytes] = {}
        self._name = name
        self._start = f'"{name}": '.encode()
        self._kept = kept

    def of(self, text: bytes) -> bytes:
        """Raises: _Doubtful."""
        if self._name == "remote":
            if text not in _FLAGS:
                raise _Doubtful
            return self._start + _FLAGS[text]
        if not self._kept and len(text) > _SHORT:
            raise _Doubtful
        written = b'%b"%b"' % (self._start, _escaped(text))
        if len(text) <= _SHORT:
            if len(self.known) >= self._MOST:
                self.known.clear()
            self.known[text] = written
        return written


def _places(names: Sequence[str], place: Mapping[str, int]) -> list[int]:
    return [place[name] for name in names if name in place]


def _one(cells: list[bytes], places: list[int]) -> bytes:
    for place in places:
        if cells[place]:
            return cells[place]
    return b""


@lru_cache(maxsize=1000)
def _status_part(posting_status: bytes, invalidated: bool) -> bytes:
    return f'"status": "{status_of(posting_status.decode("utf-8", "replace"), invalidated)}"'.encode()


def _escaped(text: bytes) -> bytes:
    """As JSON writes it; other control characters do not come here."""
    if _SPECIAL.search(text):
        text = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        text = text.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")
    return text
