"""A small deterministic encoder for rules whose subject is not the encoder's quality."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SIZE = 256


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """(n, 256) unit vectors of hashed character trigrams: texts that share words are near."""
    vectors = np.zeros((len(texts), _SIZE), np.float32)
    for row, text in enumerate(texts):
        padded = f" {text.lower()} "
        for position in range(len(padded) - 2):
            digest = hashlib.blake2b(padded[position : position + 3].encode("utf-8", "replace"), digest_size=2)
            vectors[row, int.from_bytes(digest.digest(), "big") % _SIZE] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
