"""Rows straight from COPY: all of them, in blocks, and the connection is whole afterwards."""

import threading

import psycopg
import pytest

from ty_resources.postgres import Database


def numbers(db: Database, texts: int, block: int) -> list[list[bytes]]:
    with db.transaction() as connection:
        connection.execute(
            "INSERT INTO embeddings (model, text_hash, text, embedding, needed_on) "
            "SELECT 'm', int4send(n), repeat('x', n), '[1, 2]', '2026-03-02' FROM generate_series(1, %s) AS n",
            (texts,),
        )
        hashes = [n.to_bytes(4, "big") for n in range(texts + 1)]
        found = [
            [bytes(row) for row in rows]
            for rows in db.copied(connection, "vectors_of_hashes", block, model="m", hashes=hashes)
        ]
        assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}
        connection.execute("DELETE FROM embeddings")
    return found


@pytest.mark.parametrize("texts", [0, 1, 4, 5, 9])
def test_every_row_comes_once_in_blocks_of_the_size(db: Database, texts: int) -> None:
    blocks = numbers(db, texts, block=4)
    assert all(len(rows) <= 4 for rows in blocks)
    rows = sorted(row for block in blocks for row in block)
    assert len(rows) == texts
    assert all(row[:2] == b"\x00\x03" for row in rows)  # three columns
    assert sorted(len(row) for row in rows) == [len(rows[0]) + n for n in range(texts)]


def test_a_query_that_fails_says_so_and_leaves_the_pool_whole(db: Database) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation), db.transaction() as connection:
        list(db.copied(connection, "vectors_of_hashes", model="m", hashes=["no hex \\x"]))
    assert db.value("vector_count", model="m") == 0


def test_reading_that_is_broken_off_costs_the_connection_and_nothing_else(db: Database) -> None:
    class EnoughError(Exception):
        pass

    def first_block() -> None:
        with db.transaction() as connection:
            connection.execute(
                "INSERT INTO embeddings (model, text_hash, text, embedding, needed_on) "
                "SELECT 'm', int4send(n), 'x', '[1, 2]', '2026-03-02' FROM generate_series(1, 9) AS n"
            )
            hashes = [n.to_bytes(4, "big") for n in range(10)]
            for _ in db.copied(connection, "vectors_of_hashes", 4, model="m", hashes=hashes):
                raise EnoughError

    with pytest.raises(EnoughError):
        first_block()
    assert db.value("vector_count", model="m") == 0


def test_other_threads_go_on_while_the_server_thinks(db: Database) -> None:
    """libpq waits with the interpreter's lock held unless it is asked not to."""
    turns, over = [0], threading.Event()

    def count() -> None:
        while not over.wait(0.005):
            turns[0] += 1

    other = threading.Thread(target=count)
    other.start()
    try:
        with db.transaction() as connection:
            connection.execute(
                "CREATE OR REPLACE FUNCTION pg_temp.slow() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(0.6)'"
            )
            text = "SELECT pg_temp.slow()"
            db.queries._text["slowly"] = text  # type: ignore[assignment]
            assert len([row for rows in db.copied(connection, "slowly") for row in rows]) == 1
    finally:
        over.set()
        other.join()
        db.queries._text.pop("slowly", None)
    assert turns[0] > 10
