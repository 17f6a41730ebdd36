"""The lines of an input file, each with its place, read as a stream: memory holds one line, whatever the file's size.

Belongs here: line ends, the byte order mark, and lines that are too long to be held. Not here: where the bytes come
from (`parts`), and what a line says (`request_line`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Line:
    """number: from 1, as editors count. at_byte: of its first byte in the file. length: bytes, without the line's end.
    content: the same; None where it is longer than allowed.
    """

    number: int
    at_byte: int
    length: int
    content: bytes | None


def lines_of(chunks: Iterable[bytes], longest: int) -> Iterator[Line]:
    """All lines, blank ones included, but for nothing after the last line end. A byte order mark is no part of them.

    chunks: the file's bytes, cut anywhere. longest: bytes of a line that are held at most.
    """
    number, at_byte, line = 0, 0, _Growing(longest)
    for chunk in _without_mark(chunks):
        if number == 0:
            number, at_byte = 1, chunk.at_byte
        start = 0
        while (end := chunk.content.find(b"\n", start)) >= 0:
            line.grow(chunk.content[start:end])
            yield line.finished(number, at_byte)
            number, at_byte, line = number + 1, chunk.at_byte + end + 1, _Growing(longest)
            start = end + 1
        line.grow(chunk.content[start:])
    if line.length:
        yield line.finished(number, at_byte)


@dataclass(frozen=True)
class _Chunk:
    at_byte: int
    content: bytes


def _without_mark(chunks: Iterable[bytes]) -> Iterator[_Chunk]:
    head: bytes | None = b""
    at_byte = 0
    for content in chunks:
        if head is not None:
            head += content
            if len(head) < len(_BYTE_ORDER_MARK):
                continue  # a mark may be cut in two
            at_byte = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
            content, head = head[at_byte:], None
        yield _Chunk(at_byte, content)
        at_byte += len(content)
    if head:
        yield _Chunk(0, head)


class _Growing:
    """A line as it is put together; of one that has become too long only its length is kept."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._pieces: list[bytes] | None = []
        self._ends_with = b""
        self.length = 0

    def grow(self, piece: bytes) -> None:
        if not piece:
            return
        self.length += len(piece)
        self._ends_with = piece[-1:]
        if self.length > self._longest + 1:  # one more: a carriage return does not count
            self._pieces = None
        elif self._pieces is not None:
            self._pieces.append(piece)

    def finished(self, number: int, at_byte: int) -> Line:
        length = self.length - (self._ends_with == b"\r")
        if self._pieces is None or length > self._longest:
            return Line(number, at_byte, length, None)
        return Line(number, at_byte, length, b"".join(self._pieces)[:length])
