"""The match view and run workers through PgBouncer in transaction mode, sharing two connections of the server."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from pgbouncer import PgBouncer
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from serving_rows import World, Writer
from signing_in import CHEAP_KIB, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_resources.connect import connect, embedded_engine
from ty_resources.postgres import Database, with_schema
from ty_resources.settings import Settings, settings

pytestmark = pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="needs the system's pgbouncer")


@pytest.fixture
def pooled(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """(past the pooler, through it); the settings name both."""
    direct = new_database()
    name = conninfo_to_dict(direct)["dbname"]
    with psycopg.connect(direct, autocommit=True) as connection:
        # What a session would set has to be the database's own: as docs/postgres.md says.
        statement = sql.SQL("ALTER ROLE postgres IN DATABASE {} SET search_path = ty, public")
        connection.execute(statement.format(sql.Identifier(str(name))))
    pooler = PgBouncer(direct)
    monkeypatch.setenv("TY_POSTGRES_URL", pooler.url)
    monkeypatch.setenv("TY_POSTGRES_DIRECT_URL", direct)
    settings.cache_clear()
    yield direct, pooler.url
    pooler.close()


def _server_connections(direct: str) -> int:
    with psycopg.connect(direct) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_match_view_serves_everybody_over_two_connections(pooled: tuple[str, str]) -> None:
    direct, url = pooled
    with psycopg.connect(with_schema(direct, "ty")) as connection:
        world: World = Writer(connection).world()
    member = signed_in(with_schema(direct, "ty"), world.person)
    application = create_app(with_schema(url, "ty"), passwords=Passwords(CHEAP_KIB))
    with TestClient(application, base_url="http://127.0.0.1:8484") as client:
        client.cookies.update(member.browser["cookies"])
        client.headers.update(member.browser["headers"])

        def visit(number: int) -> int:
            posting = world.ranking[number % len(world.ranking)]
            told = [
                client.get("/api/matches"), client.get(f"/api/matches/{posting}"),
                client.put(f"/api/matches/{posting}/rating", json={"rating": 1 + number % 10}),
                client.get("/api/matches", params={"search": "posting"}), client.get("/api/market/heatmap"),
            ]  # fmt: skip
            return max(one.status_code for one in told)

        # More often than a statement is sent before it would be prepared, and more at once than there are connections.
        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(visit, range(40))) == {200}
        assert _server_connections(direct) <= 2
        rated = client.get("/api/feedback/ratings", params={"limit": 100}).json()
        assert len(rated) == 40


def test_a_run_worker_takes_a_day_through_it(pooled: tuple[str, str], tmp_path: Path) -> None:
    """Bulk writes, temporary tables, locks of transactions and vectors; Dagster's own storage goes past it."""
    direct, _ = pooled
    config = Settings.load().model_copy(update={"home": tmp_path / "home"})
    day = config.today()
    feed = tmp_path / "postings.jsonl"
    records = list(generate_postings(20, day=day))
    feed.write_text("".join(json.dumps(r, default=str) + "\n" for r in records), "utf-8")
    with connect(config) as db, instance(config) as dagster:
        engine = embedded_engine()
        overrides = {"db": db, "engine": engine, "embedded": engine}
        told = run_job(dagster, "postings_job", [day.isoformat()], source=str(feed), overrides=overrides)
    assert told.success, told.errors
    with Database(direct) as db, db.transaction() as connection:
        assert connection.execute("SELECT count(*) AS n FROM postings").fetchone() == {"n": 20}
        assert connection.execute("SELECT count(*) > 50 AS many FROM posting_facets").fetchone() == {"many": True}


def test_a_snapshot_is_shared_by_two_transactions(pooled: tuple[str, str]) -> None:
    """What fills the matrix reads two tables at the same moment, over two connections."""
    direct, url = pooled
    with psycopg.connect(with_schema(direct, "ty"), autocommit=True) as connection:
        Writer(connection).posting("before")
    with Database(url) as db, db.at_one_moment() as first:
        assert first.execute("SELECT count(*) AS n FROM postings").fetchone() == {"n": 1}
        with psycopg.connect(with_schema(direct, "ty"), autocommit=True) as connection:
            Writer(connection).posting("after")
        with db.beside(first) as second:
            assert second.execute("SELECT count(*) AS n FROM postings").fetchone() == {"n": 1}
            blocks = list(db.copied(second, "bench_everybody"))
            assert blocks == []
