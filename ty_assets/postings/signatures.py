"""By what an advertisement is found among hundreds of thousands without reading them: MinHash bands.

Rows of three words, 120 minima of hashes (Broder, 1997), cut into 40 bands of three: two texts that share half of their
rows have a band in common with probability 0.995, unlike ones hardly ever. In numpy, not by a library: datasketch takes
1.7 s to import, which every small run would wait for, and these are three lines of arithmetic.
"""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Raise it when words, rows or bands change: stored signatures are then made anew.
VERSION: Final = "1"
BANDS: Final = 40
ROWS: Final = 3
_ROW_OF_WORDS = 3

_random = np.random.default_rng(20260302)  # fixed for ever: stored signatures depend on it
_FACTORS: Final = _random.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
_OFFSETS: Final = _random.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64)
_MIXERS: Final = _random.integers(1, 2**63, (BANDS, ROWS), dtype=np.uint64) | np.uint64(1)


def bands(words: Sequence[str]) -> list[int]:
    """40 numbers of 32 bits; texts that share one are worth comparing. Empty for a text without words."""
    if not words:
        return []
    rows = {" ".join(words[i : i + _ROW_OF_WORDS]) for i in range(max(1, len(words) - _ROW_OF_WORDS + 1))}
    minima = _minima(np.array([_hash(row) for row in rows], dtype=np.uint64))
    mixed = (minima.reshape(BANDS, ROWS) * _MIXERS).sum(axis=1, dtype=np.uint64)
    folded = (mixed >> np.uint64(32)).astype(np.uint32).view(np.int32)
    return [int(band) for band in folded]


def _hash(row: str) -> int:
    data = row.encode("utf-8", "replace")
    return zlib.crc32(data) << 32 | zlib.adler32(data)


def _minima(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Of each of 120 random orders the first hash; multiply-shift (Dietzfelbinger et al., 1997)."""
    ordered = hashes[:, None] * _FACTORS + _OFFSETS
    smallest: NDArray[np.uint64] = (ordered >> np.uint64(16)).min(axis=0)
    return smallest
