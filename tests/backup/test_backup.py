"""A backup restored into a fresh server has the same rows in every table, and what is not whole says so."""

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from dagster_postgres import DagsterPostgresStorage
from every_table import fill  # lies in tests/serving
from typer.testing import CliRunner

from ty_jobs.cli import app
from ty_resources import backup, embedded_postgres
from ty_resources.backup import BackupError
from ty_resources.postgres import Database, driver_url
from ty_resources.settings import settings

SCHEMAS = ["ty", "dagster"]


def _quiet(line: str) -> None:
    pass


@pytest.fixture
def filled(db: Database) -> Database:
    """Somebody with rows in every table that can hold one, postings beside them, and Dagster's own tables."""
    with psycopg.connect(db.conninfo, autocommit=True) as connection:
        connection.execute(db.queries["bench_postings"], {"postings": 200, "cities": ["Kiel", "Köln"]})
        connection.execute(
            "INSERT INTO embeddings (model, text_hash, text, embedding, needed_on) "
            "SELECT 'm', int4send(n), 'straße ' || n,"
            " '[0.1,-0.25]', '2026-01-01' FROM generate_series(1, 300) n"
        )
        (posting,) = connection.execute("SELECT posting_id FROM postings LIMIT 1").fetchone() or ()
        left = fill(connection, uuid4(), uuid4(), posting)
        assert left == set()
    DagsterPostgresStorage(driver_url(db.url, "dagster", "postgresql+psycopg2"), should_autocreate_tables=True)
    return db


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, with nothing in it."""
    home = tmp_path_factory.mktemp("restored")
    yield embedded_postgres.start(home)
    embedded_postgres.remove(home)


@pytest.fixture
def empty(other_server: str) -> Callable[[], str]:
    """Makes an empty database of that server; its URL."""

    def create() -> str:
        name = f"r_{uuid4().hex[:12]}"
        with psycopg.connect(other_server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return other_server.replace("/postgres?", f"/{name}?")

    return create


def test_a_fresh_server_gets_the_same_rows_in_every_table(
    filled: Database, empty: Callable[[], str], tmp_path: Path
) -> None:
    before = backup.table_sums(filled, SCHEMAS, jobs=2)
    assert before["ty.postings"].rows >= 200
    assert any(name.startswith("dagster.") for name in before)
    backup.take(filled, tmp_path / "b", SCHEMAS, jobs=2, tell=_quiet)

    url = empty()
    backup.restore(url, tmp_path / "b", jobs=2, tell=_quiet)

    with Database(url) as restored:
        assert backup.table_sums(restored, SCHEMAS, jobs=2) == before
        assert restored.value("schema_version") == filled.value("schema_version")
        # numbers go on where they were, and constraints hold
        with psycopg.connect(restored.conninfo) as connection:
            highest = connection.execute("SELECT max(entry_id) FROM audit_log").fetchone()
            given = connection.execute("INSERT INTO audit_log (action) VALUES ('x') RETURNING entry_id").fetchone()
            assert highest
            assert given
            assert given[0] > highest[0]
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                connection.execute("INSERT INTO profile_contacts (profile_id) VALUES (%s)", [uuid4()])


def test_a_backup_is_of_one_moment_while_others_write(
    filled: Database, empty: Callable[[], str], tmp_path: Path
) -> None:
    """Each writer's two rows are there together or not at all, and the checksums are of the same moment."""
    stop = threading.Event()
    written: list[dt.date] = []

    def write() -> None:
        with psycopg.connect(filled.conninfo) as connection:
            while not stop.is_set():
                day = dt.date(2030, 1, 1) + dt.timedelta(len(written))
                connection.execute("INSERT INTO reading_nights VALUES (%s, 1, 1)", [day])
                connection.execute("INSERT INTO touched_days (day) VALUES (%s)", [day])
                connection.commit()
                written.append(day)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 20:
            assert writer.is_alive()
            time.sleep(0.01)
        backup.take(filled, tmp_path / "b", SCHEMAS, jobs=2, tell=_quiet)
    finally:
        stop.set()
        writer.join()
    url = empty()
    manifest = backup.restore(url, tmp_path / "b", jobs=2, tell=_quiet)
    nights, days = manifest.tables["ty.reading_nights"].rows, manifest.tables["ty.touched_days"].rows
    with Database(url) as restored, psycopg.connect(restored.conninfo) as connection:
        apart = connection.execute(
            "SELECT count(*) FROM reading_nights FULL JOIN touched_days ON night = day "
            "WHERE COALESCE(night, day) >= '2030-01-01' AND (night IS NULL OR day IS NULL)"
        ).fetchone()
    assert apart == (0,)
    assert nights >= 20
    assert days >= 20


def test_what_is_changed_in_a_restored_database_is_found(
    filled: Database, empty: Callable[[], str], tmp_path: Path
) -> None:
    manifest = backup.take(filled, tmp_path / "b", SCHEMAS, jobs=2, tell=_quiet)
    url = empty()
    backup.restore(url, tmp_path / "b", jobs=2, tell=_quiet)
    with Database(url) as restored:
        with psycopg.connect(restored.conninfo) as connection:
            connection.execute("UPDATE embeddings SET embedding = '[0.1,-0.2500]' WHERE text = 'straße 7'")
            assert backup.differences(manifest, backup.table_sums(restored, SCHEMAS, jobs=1)) == []
            connection.execute("UPDATE embeddings SET embedding = '[0.1,-0.26]' WHERE text = 'straße 7'")
        (told,) = backup.differences(manifest, backup.table_sums(restored, SCHEMAS, jobs=1))
        assert told.startswith("ty.embeddings: 30")


@pytest.mark.parametrize("harm", ["changed", "missing", "added"])
def test_a_backup_whose_files_are_not_whole_is_not_restored(
    harm: str, filled: Database, empty: Callable[[], str], tmp_path: Path
) -> None:
    folder = tmp_path / "b"
    backup.take(filled, folder, SCHEMAS, jobs=2, tell=_quiet)
    victim = max((folder / "dump").iterdir(), key=lambda path: path.stat().st_size)
    if harm == "changed":
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
    elif harm == "missing":
        victim.unlink()
    else:
        (folder / "dump" / "stranger").write_text("x")
    url = empty()
    with pytest.raises(BackupError, match="1 files are not as they were written"):
        backup.restore(url, folder, jobs=2, tell=_quiet)
    with psycopg.connect(url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname = ANY(%s)", [SCHEMAS]
        ).fetchone() == (0,)


def test_a_backup_that_was_interrupted_says_so(filled: Database, tmp_path: Path) -> None:
    backup.take(filled, tmp_path / "b", SCHEMAS, jobs=2, tell=_quiet)
    (tmp_path / "b" / "manifest.json").unlink()
    with pytest.raises(BackupError, match="interrupted"):
        backup.read_manifest(tmp_path / "b")


def test_nothing_is_overwritten_unless_it_is_asked_for(
    filled: Database, empty: Callable[[], str], tmp_path: Path
) -> None:
    folder = tmp_path / "b"
    backup.take(filled, folder, SCHEMAS, jobs=2, tell=_quiet)
    with pytest.raises(BackupError, match="not empty"):
        backup.take(filled, folder, SCHEMAS, jobs=2, tell=_quiet)
    url = empty()
    backup.restore(url, folder, jobs=2, tell=_quiet)
    with Database(url) as restored, psycopg.connect(restored.conninfo) as connection:
        connection.execute("DELETE FROM embeddings")
        connection.commit()
        with pytest.raises(BackupError, match="--replace"):
            backup.restore(url, folder, jobs=2, tell=_quiet)
        assert connection.execute("SELECT count(*) FROM embeddings").fetchone() == (0,)
        connection.commit()
        backup.restore(url, folder, jobs=2, tell=_quiet, replace=True)
        assert connection.execute("SELECT count(*) > 0 FROM embeddings").fetchone() == (True,)


def test_only_its_owner_may_read_a_backup(filled: Database, tmp_path: Path) -> None:
    backup.take(filled, tmp_path / "b", SCHEMAS, jobs=2, tell=_quiet)
    modes = {path.stat().st_mode & 0o077 for path in [tmp_path / "b", *(tmp_path / "b").rglob("*")]}
    assert modes == {0}


def test_the_commands_take_verify_and_restore(
    filled: Database, empty: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, runner = tmp_path / "b", CliRunner()
    monkeypatch.setenv("TY_POSTGRES_URL", filled.url)
    taken = runner.invoke(app, ["backup", str(folder), "--json"], catch_exceptions=False)
    assert json.loads(taken.stdout)["rows"] > 500
    assert runner.invoke(app, ["backup", "verify", str(folder)], catch_exceptions=False).exit_code == 0
    monkeypatch.setenv("TY_POSTGRES_URL", empty())
    settings.cache_clear()
    told = runner.invoke(app, ["restore", str(folder), "--json"], catch_exceptions=False)
    assert json.loads(told.stdout)["rows"] == json.loads(taken.stdout)["rows"]
