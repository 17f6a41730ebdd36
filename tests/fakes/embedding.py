"""Vectors that behave like a sentence encoder's: the same text gives the same vector, similar texts similar ones.

Belongs here: the vectors, and their JSON. Not here: whether a text fits or fails.
"""

from functools import cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

# Each group of three letters has a row of +1 and -1; a text is the sum of its groups' rows. The cosine of two such sums
# is that of the texts' groups, within 1/sqrt(dims) (Johnson and Lindenstrauss, 1984).
_ROWS = 4096


def vector(text: str, dims: int) -> NDArray[np.float32]:
    """(dims,) float32 of unit length."""
    total = _total(text, dims)
    return (total / np.sqrt(np.square(total, dtype=np.int64).sum())).astype(np.float32)


def vector_json(text: str, dims: int) -> bytes:
    """The same vector as a JSON list.

    Its values are few: whole numbers over one length. Writing each of them once makes it ten times as fast as `json`.
    """
    total = _total(text, dims)
    length = float(np.sqrt(np.square(total, dtype=np.int64).sum()))
    low = int(total.min())
    written = [b"%.9g" % (value / length) for value in range(low, int(total.max()) + 1)]
    return b"[" + b",".join([written[value] for value in (total - low).tolist()]) + b"]"


def _total(text: str, dims: int) -> NDArray[np.int32]:
    data = f"  {' '.join(text.lower().split())} ".encode("utf-8", "surrogatepass")
    groups = {crc32(data[start : start + 3]) % _ROWS for start in range(len(data) - 2)}
    total = _signs(dims)[list(groups)].sum(axis=0, dtype=np.int32)
    total[0] += len(groups) + 1  # so that none is 0 as a whole, and no two are opposite
    return total


@cache
def _signs(dims: int) -> NDArray[np.int8]:
    return np.random.default_rng(dims).integers(0, 2, (_ROWS, dims), dtype=np.int8) * 2 - 1
