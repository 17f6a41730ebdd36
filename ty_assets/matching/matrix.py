"""Vectors in memory: a matrix that grows at its end, and halves widened into it.

Not here: where vectors are read from (`columns.py`), and the texts they belong to (`texts.py`).
"""

import numpy as np
from numpy.typing import NDArray

# Halves are widened while they are in a core's cache.
_WIDENED_AT_ONCE = 64 * 1024


class Rows:
    """A matrix that grows at its end. What is there never moves while somebody reads it.

    Room that is not filled yet costs addresses and no memory. One writer; every reader has a view of its own.
    """

    def __init__(self, room: int) -> None:
        self._room = max(room, 1)
        self._data = np.empty((0, 0), dtype=np.float32)
        self.count = 0

    @property
    def dimension(self) -> int:
        """0 before the first row."""
        return int(self._data.shape[1])

    def append(self, rows: NDArray[np.floating]) -> None:
        """ValueError for rows of another dimension."""
        self.more(len(rows), rows.shape[1])[:] = rows

    def more(self, count: int, dimension: int) -> NDArray[np.float32]:
        """(count, dimension) new rows at the end, to be filled. ValueError for another dimension than theirs."""
        if self._data.size == 0:
            self._data = np.empty((self._room, dimension), dtype=np.float32)
        if dimension != self.dimension:
            raise ValueError(f"expected vectors of {self.dimension} dimensions, got {dimension}")
        if self.count + count > len(self._data):
            larger = np.empty((int((self.count + count) * 1.5), self.dimension), dtype=np.float32)
            larger[: self.count] = self._data[: self.count]
            self._data = larger
        self.count += count
        return self._data[self.count - count : self.count]

    def view(self, dimension: int = 0) -> NDArray[np.float32]:
        """(count, d) as it is now; (0, dimension) where there is none."""
        if self.count == 0:
            return np.empty((0, self.dimension or dimension), dtype=np.float32)
        return self._data[: self.count]


def widen(halves: NDArray[np.int16], out: NDArray[np.float32]) -> None:
    """Halves as Postgres sends them, (n, d) of their bits, into single precision; for finite ones, as pgvector has.

    Exponent and fraction move to where single precision has them, and 2**112 makes up for the other bias. A third of
    the time of `astype`, which looks at each number.
    """
    step = max(1, _WIDENED_AT_ONCE // max(1, halves.shape[1]))
    for start in range(0, len(halves), step):
        bits = halves[start : start + step].astype(np.int32)
        bits <<= 13
        bits &= _SIGN_AND_REST
        np.multiply(bits.view(np.float32), np.float32(2.0**112), out=out[start : start + step])


# Sign, and the fifteen bits behind it; between them the sign was copied.
_SIGN_AND_REST = np.uint32(0x8FFFE000).view(np.int32)
