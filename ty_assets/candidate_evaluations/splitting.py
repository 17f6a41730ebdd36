"""Requests into files that a batch may be made of: as full as the limits allow, in their order.

Belongs here: only that. Not here: where the files are kept (`parts`, or a folder: ty_jobs/batch_commands.py).
"""

from collections.abc import Iterable, Iterator


def split(lines: Iterable[bytes], most_lines: int, most_bytes: int) -> Iterator[Iterator[bytes]]:
    """The lines of one file after the other; each is to be read to its end before the next.

    A line that is too long by itself has a file of its own, and the batch's validation tells of it.
    """
    waiting = iter(lines)
    first = next(waiting, None)
    while first is not None:
        full = _Full(first, waiting, most_lines, most_bytes)
        yield iter(full)
        first = full.left


class _Full:
    """One file. left: the first line of the next, once this is read; None where there is none."""

    def __init__(self, first: bytes, waiting: Iterator[bytes], most_lines: int, most_bytes: int) -> None:
        self.left: bytes | None = first
        self._waiting, self._most_lines, self._most_bytes = waiting, most_lines, most_bytes

    def __iter__(self) -> Iterator[bytes]:
        lines = size = 0
        while self.left is not None:
            if lines and (lines >= self._most_lines or size + len(self.left) > self._most_bytes):
                return
            lines, size = lines + 1, size + len(self.left)
            yield self.left
            self.left = next(self._waiting, None)
