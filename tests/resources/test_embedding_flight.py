"""Vectors on a real server: every text encoded once, whoever needs it, and a bad one alone without a vector."""

import hashlib
import itertools
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import psycopg
import pytest
from counting_engine import CountingEngine
from pgvector import HalfVector

from ty_resources.inference.embedding_flight import embed_once
from ty_resources.inference.engine import Vector
from ty_resources.inference.errors import InvalidEmbedding, ServerDown
from ty_resources.postgres import Database, Row


class Store:
    """Keeps vectors in the table that the pipeline keeps them in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def known(self, keys: Sequence[bytes]) -> Collection[bytes]:
        return self._db.vectors("embeddings_of", model="counting", hashes=list(keys)).hashes

    def store(self, connection: psycopg.Connection[Row], made: Sequence[tuple[bytes, Vector]]) -> None:
        rows = [("counting", key, "", HalfVector(vector), "2026-03-02") for key, vector in made]
        columns = ["model", "text_hash", "text", "embedding", "needed_on"]
        self._db.insert_new("embeddings", columns, rows, connection)


@pytest.fixture
def store(db: Database) -> Store:
    return Store(db)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _texts(count: int) -> list[tuple[bytes, str]]:
    return [(_key(f"text {n}"), f"text {n}") for n in range(count)]


def _rows(db: Database, table: str) -> int:
    with db.transaction() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()  # type: ignore[arg-type]
    assert row
    return int(row["n"])


@pytest.mark.parametrize("remote", [True, False])
def test_each_text_has_one_outcome_and_only_what_has_no_vector_is_encoded(
    db: Database, store: Store, remote: bool
) -> None:
    engine = CountingEngine(window=4, remote=remote)
    told = list(embed_once(db, engine, _texts(600), known=store.known, store=store.store))
    assert sorted(one.key for one in told) == sorted(key for key, _ in _texts(600))
    assert all(one.here and one.error is None for one in told)
    assert _rows(db, "embeddings") == engine.encoded == 600
    told = list(embed_once(db, engine, _texts(610), known=store.known, store=store.store))
    assert sum(one.here for one in told) == 10
    assert len(told) == engine.encoded == 610
    assert _rows(db, "inference_leases") == 0


def test_equal_texts_are_encoded_once(db: Database, store: Store) -> None:
    engine = CountingEngine()
    told = list(embed_once(db, engine, _texts(3) * 4, known=store.known, store=store.store))
    assert len(told) == 12
    assert engine.encoded == 3


def test_texts_without_a_vector_are_named_with_their_error_and_the_others_are_stored(
    db: Database, store: Store
) -> None:
    bad = {f"text {n}" for n in (7, 40, 99)}

    def on_ask(text: str) -> None:
        if text in bad:
            raise NaNAsValueError(text)

    class NaNAsValueError(InvalidEmbedding, ValueError):
        pass

    told = list(
        embed_once(db, CountingEngine(window=8, on_ask=on_ask), _texts(100), known=store.known, store=store.store)
    )
    failed = {one.key: one.error for one in told if one.error}
    assert failed.keys() == {_key(text) for text in bad}
    assert all(isinstance(error, InvalidEmbedding) for error in failed.values())
    assert _rows(db, "embeddings") == 97
    assert _rows(db, "inference_leases") == 0


def test_a_vector_that_cannot_be_stored_fails_alone(db: Database, store: Store) -> None:
    def picky(connection: psycopg.Connection[Row], made: Sequence[tuple[bytes, Vector]]) -> None:
        made = [(key, np.ones(20_000, np.float32) if key == _key("text 5") else vector) for key, vector in made]
        store.store(connection, made)

    told = list(embed_once(db, CountingEngine(), _texts(20), known=store.known, store=picky))
    assert [one.key for one in told if one.error] == [_key("text 5")]
    assert _rows(db, "embeddings") == 19


def test_a_server_that_goes_down_leaves_what_was_encoded_and_no_lease(db: Database, store: Store) -> None:
    engine = CountingEngine(window=4)

    def on_ask(text: str) -> None:
        if text == "text 300":
            engine.down = ServerDown("nobody answers")

    engine._on_ask = on_ask
    with pytest.raises(ServerDown):
        list(embed_once(db, engine, _texts(400), known=store.known, store=store.store))
    assert _rows(db, "embeddings") >= 290
    assert _rows(db, "inference_leases") == 0


def test_two_threads_encode_nothing_twice(db: Database, store: Store) -> None:
    engine = CountingEngine(window=4, seconds=0.0005)
    told: list[int] = []

    def encode() -> None:
        with Database(db.url) as own:
            mine = Store(own)
            done = list(embed_once(own, engine, _texts(700), known=mine.known, store=mine.store))
            assert all(one.error is None for one in done)
            told.append(len(done))

    threads = [threading.Thread(target=encode) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [700, 700]
    assert max(Counter(engine.asked).values()) == 1
    assert _rows(db, "embeddings") == 700


def test_texts_are_drawn_as_they_are_needed(db: Database, store: Store) -> None:
    drawn = 0

    def endless() -> Iterator[tuple[bytes, str]]:
        nonlocal drawn
        for drawn in itertools.count(1):
            yield _key(str(drawn)), str(drawn)

    stream = embed_once(db, CountingEngine(window=4), endless(), known=store.known, store=store.store)
    for read in range(2000):
        next(stream)
        assert drawn - read <= 1024
    stream.close()
    assert _rows(db, "inference_leases") == 0
