"""A small deterministic encoder, for what does not depend on an encoder's quality; the packaged one for what does."""

import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from occupation_world import World

from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.task import Encode
from ty_resources.postgres import Database


def hashed_ngrams(texts: Sequence[str]) -> NDArray[np.float32]:
    vectors = np.zeros((len(texts), 256), dtype=np.float32)
    for row, text in enumerate(texts):
        padded = f" {text.casefold()} "
        for start in range(len(padded) - 2):
            vectors[row, zlib.crc32(padded[start : start + 3].encode("utf-8", "replace")) % 256] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def encode() -> Encode:
    return hashed_ngrams


@pytest.fixture(scope="session")
def embedded() -> EmbeddedEngine:
    """One encoder for the session: it takes a second to load."""
    return EmbeddedEngine()


@pytest.fixture
def world(db: Database, embedded: EmbeddedEngine) -> World:
    """An empty database with the starter catalogue to come."""
    return World(db, embedded)
