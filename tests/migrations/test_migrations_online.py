"""Migrations while everything goes on: the code of before still runs after them, and nobody waits long behind them."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
import yoyo

from ty_resources import migrations
from ty_resources.migrations import MigrationError, migrate
from ty_resources.postgres import Database, driver_url, named_queries

# From here on a host of the version before may still run while another one migrates. What takes something away does it
# in a later version than the one that stopped using it, and is named here with that version.
_FIRST_ONLINE = "0018"
TAKES_AWAY: dict[str, str] = {}

Columns = dict[tuple[str, str], tuple[str, bool]]


def _migrated_before(db: Database, first: str, folder: Path) -> None:
    """To the schema as it was before a migration. folder: of migrations, without it and what follows."""
    for file in files("sql").joinpath("migrations").iterdir():
        if file.name.endswith(".sql") and file.name < first:
            (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    with psycopg.connect(db.url, autocommit=True) as connection:
        migrations._prepare(connection, db, "dagster")
    backend = yoyo.get_backend(driver_url(db.url, db.schema, "postgresql+psycopg"))
    backend.apply_migrations(backend.to_apply(yoyo.read_migrations(str(folder))))
    backend.connection.close()


@pytest.fixture
def before(new_empty: Callable[[], str], tmp_path: Path) -> Iterator[Database]:
    """A database as the version before the first online migration left it."""
    with Database(new_empty()) as db:
        _migrated_before(db, _FIRST_ONLINE, tmp_path)
        yield db


def _columns(db: Database) -> Columns:
    """(table, column) -> type, and whether a row may be inserted without naming it."""
    with psycopg.connect(db.conninfo) as connection:
        rows = connection.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), "
            "NOT a.attnotnull OR a.atthasdef OR a.attidentity <> '' "
            "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v') "
            "AND a.attnum > 0 AND NOT a.attisdropped AND c.relname NOT LIKE '%%yoyo%%'"
        ).fetchall()
    return {(table, column): (kind, free) for table, column, kind, free in rows}


def test_what_the_version_before_reads_and_writes_is_still_there(before: Database) -> None:
    old = _columns(before)
    assert len(old) > 400
    migrate(before)
    new = _columns(before)
    gone = {f"{table}.{column}" for (table, column), _ in old.items() if (table, column) not in new}
    changed = {f"{t}.{c}" for (t, c), was in old.items() if (t, c) in new and new[t, c] != was}
    old_tables = {table for table, _ in old}
    asked = {f"{t}.{c}" for (t, c), (_, free) in new.items() if t in old_tables and (t, c) not in old and not free}
    assert (gone | changed | asked) - TAKES_AWAY.keys() == set()


def test_every_statement_is_understood_by_the_newest_schema(db: Database) -> None:
    """Prepared, not run: what names a column or table that is not there fails."""
    queries = named_queries()
    checked = 0
    with psycopg.connect(db.conninfo, autocommit=True) as connection:
        for name in sorted(queries._text):
            text = queries[name]
            if "{" in text or not re.match(r"\s*(--[^\n]*\n\s*)*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", text):
                continue
            names: list[str] = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
            numbered = re.sub(r"%\((\w+)\)s", lambda m, n=names: f"${n.index(m.group(1)) + 1}", text).replace("%%", "%")
            try:
                connection.execute(f"PREPARE p AS {numbered}", prepare=False)  # type: ignore[arg-type]
            except (
                psycopg.errors.AmbiguousFunction,
                psycopg.errors.AmbiguousParameter,
                psycopg.errors.IndeterminateDatatype,
            ):
                continue  # psycopg says what type a value is of; a bare parameter does not
            checked += 1
            connection.execute("DEALLOCATE p", prepare=False)
    assert checked > 300


def test_a_migration_lets_nobody_wait_behind_it_and_goes_on_when_it_can(
    before: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction stays open on the table that is changed; somebody else's read and write pass all the same."""
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "-c lock_timeout=300ms")
    monkeypatch.setattr(migrations, "_LOCK_PAUSE_SECONDS", 0.2)
    done: list[list[str]] = []
    longest = 0.0
    with psycopg.connect(before.conninfo) as holder, psycopg.connect(before.conninfo, autocommit=True) as other:
        holder.execute("LOCK TABLE sessions IN ROW EXCLUSIVE MODE")
        migrating = threading.Thread(target=lambda: done.append(migrate(before)))
        migrating.start()
        ends = time.monotonic() + 2
        while time.monotonic() < ends:
            started = time.monotonic()
            other.execute("DELETE FROM sessions WHERE expires_at < 'epoch'")
            longest = max(longest, time.monotonic() - started)
        assert migrating.is_alive()
        holder.rollback()
        migrating.join(60)
    assert done
    assert done[0][0] >= _FIRST_ONLINE
    assert longest < 1.5


def test_a_migration_that_cannot_begin_says_what_to_look_for(before: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "-c lock_timeout=100ms")
    monkeypatch.setattr(migrations, "_LOCK_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(migrations, "_LOCK_TRIES", 3)
    with psycopg.connect(before.conninfo) as holder:
        holder.execute("LOCK TABLE sessions IN ROW EXCLUSIVE MODE")
        with pytest.raises(MigrationError, match="pg_stat_activity"):
            migrate(before)
        holder.rollback()
    assert migrate(before)
