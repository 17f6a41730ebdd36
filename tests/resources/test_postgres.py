"""The database layer on a real server: bulk writes, named queries, vectors, migrations, Dagster's storage."""

import datetime as dt
import re
import threading
import uuid
from collections.abc import Callable

import dagster as dg
import numpy as np
import psycopg
import pytest
from pgvector import HalfVector

from ty_resources.migrations import migrate
from ty_resources.postgres import Database, Queries, driver_url

DAY = dt.date(2026, 3, 2)


def _embedding(key: int, vector: np.ndarray, model: str = "m") -> tuple[object, ...]:
    return (model, key.to_bytes(16, "big"), f"text {key}", HalfVector(vector), DAY)


COLUMNS = ["model", "text_hash", "text", "embedding", "needed_on"]
TYPES = ["text", "bytea", "text", "halfvec", "date"]


def test_vectors_come_back_as_they_were_written_in_halves(db: Database) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((300, 512)).astype(np.float32)
    db.insert_new("embeddings", COLUMNS, [_embedding(i, v) for i, v in enumerate(vectors)], types=TYPES)
    stored = db.vectors("embeddings_of", model="m", hashes=[i.to_bytes(16, "big") for i in range(300)])
    order = [int.from_bytes(h, "big") for h in stored.hashes]
    assert sorted(order) == list(range(300))
    assert np.array_equal(stored.vectors, vectors[order].astype(np.float16).astype(np.float32))


def test_no_vectors_are_an_empty_matrix(db: Database) -> None:
    stored = db.vectors("embeddings_of", model="nobody's", hashes=[])
    assert stored.hashes == []
    assert stored.vectors.shape[0] == 0


def test_insert_new_keeps_what_is_there(db: Database) -> None:
    first, second = np.ones(4, np.float32), np.zeros(4, np.float32) + 2
    assert db.insert_new("embeddings", COLUMNS, [_embedding(1, first)], types=TYPES) == 1
    assert db.insert_new("embeddings", COLUMNS, [_embedding(1, second), _embedding(2, second)], types=TYPES) == 1
    stored = db.vectors("embeddings_of", model="m", hashes=[(1).to_bytes(16, "big")])
    assert stored.vectors.tolist() == [first.tolist()]


def test_text_travels_unharmed_through_copy(db: Database) -> None:
    awkward = ["tab\there", "line\nbreak", "back\\slash", "\\N", "'quote\"", "Straße 😀", "", "%s %(x)s {y}"]
    rows = [(f"t{i}", "43104", text) for i, text in enumerate(awkward)]
    db.insert_new("occupation_synonyms", ["title", "kldb", "source"], rows)
    db.upsert("occupation_synonyms", ["title", "kldb", "source"], rows, ["title", "kldb"])
    with db.transaction() as connection:
        found = connection.execute("SELECT title, source FROM occupation_synonyms ORDER BY title").fetchall()
    assert {row["title"]: row["source"] for row in found} == {title: text for title, _, text in rows}


def test_replace_deletes_only_the_named_rows_and_is_one_transaction(db: Database) -> None:
    columns = ["title", "kldb", "source"]
    db.insert_new("occupation_synonyms", columns, [("a", "11111", "x"), ("b", "11111", "x")])
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.replace("occupation_synonyms", columns, [("a", "22222", "y"), ("a", "22222", "y")], {"title": ["a"]})
    assert [r["title"] for r in db.rows("occupation_synonyms")] == ["a", "b"]
    db.replace("occupation_synonyms", columns, [("a", "22222", "y")], {"title": ["a"]})
    assert [(r["title"], r["kldb"]) for r in db.rows("occupation_synonyms")] == [
        ("a", "22222"),
        ("b", "11111"),
    ]


def test_two_writers_of_the_same_rows_wait_for_each_other(db: Database) -> None:
    columns = ["title", "kldb", "source"]
    errors: list[Exception] = []
    together = threading.Barrier(4)

    def write(source: str) -> None:
        rows = [(f"title {n}", "11111", source) for n in range(500)]
        together.wait()
        try:
            for _ in range(5):
                db.replace("occupation_synonyms", columns, rows, {"title": [row[0] for row in rows]})
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with db.transaction() as connection:
        found = connection.execute("SELECT source, count(*) AS n FROM occupation_synonyms GROUP BY 1").fetchall()
    assert [row["n"] for row in found] == [500]


def test_every_named_query_is_valid_sql(db: Database) -> None:
    """Each statement is prepared by the server with its parameters untyped; braces mark the bulk templates, and what
    makes, copies or locks tables cannot be prepared."""
    queries, unprepared = Queries(), []
    with db.transaction() as connection:
        for name in queries._text:
            text = queries[name]
            if re.search(r"\{[a-z_]+\}", text) or text.split()[0].upper() not in (
                "SELECT",
                "INSERT",
                "UPDATE",
                "DELETE",
                "WITH",
            ):
                unprepared.append(name)
                continue
            numbered, seen = text, []
            while "%(" in numbered:
                start = numbered.index("%(")
                end = numbered.index(")s", start)
                parameter = numbered[start + 2 : end]
                if parameter not in seen:
                    seen.append(parameter)
                numbered = f"{numbered[:start]}${seen.index(parameter) + 1}{numbered[end + 2 :]}"
            connection.execute(f"PREPARE {name} AS {numbered}")  # type: ignore[arg-type]
    assert len(unprepared) < 0.1 * len(queries._text), unprepared


def test_no_named_query_has_a_percent_sign_that_the_client_would_take_for_a_placeholder() -> None:
    queries = Queries()
    for name in queries._text:
        bare = re.sub(r"%\(\w+\)s", "", queries[name])
        assert "%" not in bare.replace("%%", ""), name


def test_migrating_from_several_threads_at_once_applies_each_migration_once(postgres_server: str) -> None:
    name = f"m_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    url = psycopg.conninfo.make_conninfo(postgres_server, dbname=name)
    applied: list[list[str]] = []

    def run() -> None:
        with Database(url) as db:
            applied.append(migrate(db))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(one) for one in applied)[:3] == [0, 0, 0]
    assert max(len(one) for one in applied) >= 1
    assert len(applied) == 4


def test_a_restarted_server_is_survived(db: Database) -> None:
    assert db.rows("occupations") == []
    with db.transaction() as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert db.rows("occupations") == []


def test_dagster_creates_and_finishes_a_run_in_the_same_server(
    new_database: Callable[[], str],
) -> None:
    """With SQLAlchemy 2.1 a URL without its driver means psycopg 3, and every run fails on NOTIFY."""
    url = driver_url(new_database(), "dagster", "postgresql+psycopg2")

    @dg.asset
    def one() -> None: ...

    with dg.instance_for_test(overrides={"storage": {"postgres": {"postgres_url": url}}}) as instance:
        result = dg.materialize([one], instance=instance)
        assert result.success
        assert instance.get_run_by_id(result.run_id).status == dg.DagsterRunStatus.SUCCESS
        assert instance.get_latest_materialization_event(dg.AssetKey("one")) is not None
