"""A database with a million postings for tests that ask what the planner does with so many.

Belongs here: filling it (`million.sql`) and which tables are large where there are many postings or people. Not here:
what is asked of it.
"""

import re
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

# Rows from which reading all of a table for one request is too much. Below it a planner is right to do so.
LARGE_ROWS = 50_000

# Tables that stay small however many postings and people there are, and why. Every other table has to be filled.
SMALL = {
    "batch_workers": "who works on a batch now",
    "berufenet_answers": "one row an occupation",
    "calibrations": "one row an embedding model",
    "confirmed_synonyms": "titles that postings have confirmed, at most as many as the catalogue's",
    "decision_agreement": "one row a day and band",
    "disagreement_examples": "a few a day",
    "incidents": "what was wrong",
    "inference_leases": "what is being asked now",
    "legacy_chunks": "while an import runs",
    "legacy_ids": "read by the import alone",
    "legacy_imports": "one row an import",
    "occupation_decisions": "what people decided by hand",
    "occupation_observations": "read by the run that maps occupations alone",
    "occupation_rankers": "one row a catalogue",
    "occupation_synonyms": "one row a title of the catalogue",
    "occupations": "the catalogue",
    "posting_changes": "of the last hours, for matrices in memory",
    "reading_nights": "one row a night",
    "reading_requests": "opened and not read yet",
    "run_workers": "runs that are executed now",
    "source_hits": "of the open round",
    "source_misses": "hits without a posting, read while a source is fetched",
    "source_pages": "of the open round",
    "source_rounds": "one row a listing",
    "source_states": "one row a source",
    "touched_days": "days that wait for a run",
    "web_searches": "read by the run that maps occupations alone",
}


def fill(conninfo: str) -> None:
    """Some tens of seconds. conninfo: of a migrated, empty database."""
    _, *blocks = re.split(r"^-- name: (\w+)$", (Path(__file__).parent / "million.sql").read_text("utf-8"), flags=re.M)
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET session_replication_role = replica")  # no foreign keys, no triggers
        connection.execute("SET maintenance_work_mem = '256MB'")
        _unlogged(connection)
        connection.execute(blocks[1])
        for table, statement in zip(blocks[2::2], blocks[3::2], strict=True):
            _filled(connection, table, statement)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET default_statistics_target = 30")
        connection.execute("VACUUM (ANALYZE, INDEX_CLEANUP off, TRUNCATE false)")


def _unlogged(connection: psycopg.Connection[Any]) -> None:
    """A third of the time is the log. A table may not be without one while a table that has one refers to it."""
    waiting = set(sizes(connection))
    while waiting:
        referred = connection.execute(
            "SELECT DISTINCT r.relname FROM pg_constraint k JOIN pg_class r ON r.oid = k.confrelid "
            "JOIN pg_class f ON f.oid = k.conrelid WHERE k.contype = 'f' AND f.oid <> r.oid AND f.relname = ANY(%s)",
            [list(waiting)],
        ).fetchall()
        free = waiting - {name for (name,) in referred}
        for name in free:
            connection.execute(sql.SQL("ALTER TABLE {} SET UNLOGGED").format(sql.Identifier(name)))
        waiting -= free


def _filled(connection: psycopg.Connection[Any], table: str, statement: str) -> None:
    """Without the indexes, which are made at the end: a third of the time."""
    indexes = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(*name.split("."))))
    connection.execute(statement)  # type: ignore[arg-type]
    for _, definition in indexes:
        connection.execute(definition)


def sizes(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows of every table, as the planner has them."""
    rows = connection.execute(
        "SELECT relname, reltuples::bigint FROM pg_class WHERE relkind IN ('r', 'p') "
        "AND relnamespace = current_schema()::regnamespace AND relname NOT LIKE '%%yoyo%%'"
    ).fetchall()
    return dict(rows)
