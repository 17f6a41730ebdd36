"""A row of the old `embeddings`: a JSON list of numbers, as a vector under our key and model.

The old key cannot be used: one side cut white space as Python does, the other as Postgres does, so one text had two.
Not here: the database (takers.py).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ty_assets.legacy.tables import RowError
from ty_assets.postings.normalise import text_hash

# The one model that the replaced system encoded with.
MODEL = "bge-m3"
DIMENSIONS = 1024


class OldVector(NamedTuple):
    """vector: float32 of unit length."""

    key: bytes
    text: str
    vector: NDArray[np.float32]


def base_name(model: str) -> str:
    """bge-m3:567m and bge-m3@7907646426... are both bge-m3."""
    return model.partition("@")[0].partition(":")[0].strip().casefold()


def read_vector(cells: Mapping[str, str], model: str, dimensions: int = DIMENSIONS) -> OldVector:
    """model: the name without size and digest. Raises: RowError.

    A vector that is not of unit length is scaled, in double precision, as the engine does with a server's answer.
    """
    text = cells.get("text", "")
    if not text.strip():
        raise RowError("text: expected the text that was encoded, got nothing")
    if "\x00" in text:
        raise RowError("text: expected text without NUL bytes, got one")
    if base_name(cells.get("model", "")) != model:
        raise RowError(f"model: expected {model}, got {cells.get('model', 'nothing')[:60]!a}")
    vector = _numbers(cells.get("embedding", ""))
    if len(vector) != dimensions:
        raise RowError(f"embedding: expected {dimensions:,} numbers, got {len(vector):,}")
    if not np.isfinite(vector).all():
        raise RowError(f"embedding: expected finite numbers, got {int((~np.isfinite(vector)).sum())} that are not")
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(vector))
    if not np.finfo(np.float32).tiny < length < np.inf:
        raise RowError(f"embedding: expected a vector with a direction, got one of the length {length:g}")
    return OldVector(text_hash(text), text, np.asarray(vector / length, np.float32))


def _numbers(text: str) -> NDArray[np.float64]:
    stripped = text.strip()
    if not (stripped.startswith("[") and stripped.endswith("]")):
        raise RowError(f"embedding: expected a JSON list of numbers, got {stripped[:40]!a}")
    try:
        # float() reads NaN and Infinity too, which are told apart from other words by the caller
        return np.array(stripped[1:-1].split(","), np.float64)
    except ValueError as error:
        raise RowError(f"embedding: expected a JSON list of numbers, got {str(error)[:80]}") from None
