"""Vectors of texts, each encoded once by whichever process comes first. Not here: where vectors are kept."""

import hashlib
import json
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

import psycopg

from ty_resources.inference.engine import InferenceEngine, Lane, Vector
from ty_resources.inference.flight_queue import Work
from ty_resources.inference.leases import Leases
from ty_resources.inference.single_flight import closed, once_each
from ty_resources.postgres import Database, Row

# Leased and committed at a time: a few requests' worth, seconds of work.
_GROUP = 256
# For an engine in this process, which nobody waits for: about a second of the packaged encoder's work.
_BULK = 2048

# Which of these texts have a vector already.
Known = Callable[[Sequence[bytes]], Collection[bytes]]
# Write vectors of texts, in the transaction of the connection.
Store = Callable[[psycopg.Connection[Row], Sequence[tuple[bytes, Vector]]], None]


class Encoded(NamedTuple):
    """One text's outcome. here: it was encoded by this call. error: why it has no vector."""

    key: bytes
    here: bool
    error: Exception | None = None


def embed_once(
    db: Database,
    engine: InferenceEngine,
    texts: Iterable[tuple[bytes, str]],
    *,
    known: Known,
    store: Store,
    lane: Lane = "background",
    leases: Leases | None = None,
) -> Generator[Encoded, None, None]:
    """Bring every text's vector into the store; one outcome for each text, told when its vector is committed.

    texts: (hash of 16 bytes, text), drawn as needed; texts of equal hash are encoded once. What `known` has is not
    encoded; what another process encodes is waited for. Raises what `engine.embed_each` raises, with everything
    stored that was encoded until then.
    leases: for a shorter expiry; they are closed at the end.
    """
    if engine.remote:
        prefix = hashlib.sha256(json.dumps(["embed", engine.embedding_model]).encode()).digest()[:_PREFIX]
        work = _Texts(engine, known, store, lane)
        with closed(once_each(leases or Leases(db), work, ((prefix + key, text) for key, text in texts))) as settled:
            for _, key, outcome in chain.from_iterable(settled):
                error = outcome if isinstance(outcome, Exception) else None
                yield Encoded(key[_PREFIX:], outcome is not None and error is None, error)
    else:
        stream = iter(texts)
        while chunk := list(islice(stream, _BULK)):
            missing = _encode_in_bulk(db, engine, dict(chunk), known, store, lane)
            for key, _ in chunk:
                yield Encoded(key, key in missing)


# A lease's key begins with the model's hash and ends with the text's, so that the one can be had from the other.
_PREFIX = 16


class _Texts(Work[str, Vector | None]):
    """The value of a text that has its vector already is None: who wants vectors reads them from the store."""

    group = _GROUP

    def __init__(self, engine: InferenceEngine, known: Known, store: Store, lane: Lane) -> None:
        self._engine = engine
        self._known = known
        self._store = store
        self._lane = lane

    def known(self, keys: Sequence[bytes]) -> Mapping[bytes, Vector | None]:
        found = set(self._known([key[_PREFIX:] for key in keys]))
        return {key: None for key in keys if key[_PREFIX:] in found}

    def ask(self, things: Iterator[str]) -> Iterator[tuple[int, Vector | Exception | None]]:
        return self._engine.embed_each(things, self._lane)

    def keep(self, connection: psycopg.Connection[Row], made: Sequence[tuple[bytes, Vector | None]]) -> None:
        self._store(connection, [(key[_PREFIX:], vector) for key, vector in made if vector is not None])


def _encode_in_bulk(
    db: Database, engine: InferenceEngine, wanted: dict[bytes, str], known: Known, store: Store, lane: Lane
) -> set[bytes]:
    """For an engine in this process; the texts that were encoded."""
    missing = sorted(set(wanted) - set(known(list(wanted))))
    if missing:
        vectors = engine.embed([wanted[key] for key in missing], lane)
        with db.transaction() as connection:
            store(connection, list(zip(missing, vectors, strict=True)))
    return set(missing)
