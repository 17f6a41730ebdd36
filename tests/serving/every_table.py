"""Gives somebody a row in every table that can hold one, whatever tables there are.

Each column gets a value of its type; what a table's checks ask for besides stands in SPECIAL.
"""

from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

WHOSE = ("profile_id", "account_id", "owner")

_BY_TYPE: dict[str, str] = {
    "text": "'a text of theirs'", "bpchar": "'434'", "int2": "1", "int4": "1", "int8": "1", "float4": "0.5",
    "float8": "0.5", "bool": "true", "date": "'2026-03-02'", "timestamptz": "now()", "interval": "'1 s'",
    "bytea": "decode(md5(random()::text), 'hex')", "jsonb": "'[]'", "uuid": "gen_random_uuid()", "_text": "'{}'",
    "_uuid": "'{}'", "_int4": "'{}'", "halfvec": "'[1,0]'", "vector": "'[1,0]'", "tsvector": "''",
}  # fmt: skip
# By table or by any table's column.
SPECIAL: dict[str, str] = {
    "match_rating_events.action": "'rate'",
    "match_ratings.comment": "'a comment of theirs'",
    "learned_preferences.kind": "'rule'",
    "match_verdicts.decision": "'apply'",
    "match_verdicts.confidence": "0.5",
    "match_verdicts.reasons": """'[{"text": "a reason"}]'""",
    "match_analyses.recommendation": "'skip'",
    "match_analyses.nogo_narrative": "'a narrative'",
    "profile_facets.origin": "'stated'",
    "profile_work_history.kind": "'work'",
    "letters.language": "'de'",
    "profile_posting_matches.tier": "'weak'",
    "profile_posting_matches.basis": "'requirements'",
    "mail_outbox.kind": "'digest'",
    "api_files.file_id": "'file-' || md5(random()::text)",
    "api_files.purpose": "'batch'",
    "batches.batch_id": "'batch_' || md5(random()::text)",
}


def personal_tables(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Table, and the column that says whose a row is."""
    rows = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
        "USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' "
        "AND column_name = ANY(%s)",
        [list(WHOSE)],
    ).fetchall()
    return dict(sorted(rows, key=lambda row: WHOSE.index(row[1]), reverse=True))


def fill(connection: psycopg.Connection[Any], profile_id: UUID, account_id: UUID, posting_id: UUID) -> set[str]:
    """The tables that could not be filled: say in SPECIAL what they ask for. connection: with autocommit."""
    theirs = {"profile_id": profile_id, "owner": profile_id, "account_id": account_id}
    left = dict(personal_tables(connection))
    for _ in range(len(left)):
        for table, column in list(left.items()):
            if _has_row(connection, table, column, theirs[column]) or _inserted(connection, table, theirs, posting_id):
                del left[table]
    return set(left)


def rows_left(connection: psycopg.Connection[Any], profile_id: UUID, account_id: UUID) -> dict[str, int]:
    """Of every table that has such a column, whichever it is, how many rows are this person's."""
    theirs = {"profile_id": profile_id, "owner": profile_id, "account_id": account_id}
    rows = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
        "USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' "
        "AND column_name = ANY(%s)",
        [list(WHOSE)],
    ).fetchall()
    found = {f"{table}.{column}": _count(connection, table, column, theirs[column]) for table, column in rows}
    return {name: count for name, count in found.items() if count}


def _count(connection: psycopg.Connection[Any], table: str, column: str, value: UUID) -> int:
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s")
    row = connection.execute(statement.format(sql.Identifier(table), sql.Identifier(column)), [value]).fetchone()
    assert row is not None
    return int(row[0])


def _has_row(connection: psycopg.Connection[Any], table: str, column: str, value: UUID) -> bool:
    return _count(connection, table, column, value) > 0


def _inserted(connection: psycopg.Connection[Any], table: str, theirs: dict[str, UUID], posting_id: UUID) -> bool:
    columns = connection.execute(
        "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO' "
        "AND (is_nullable = 'NO' AND column_default IS NULL OR column_name = ANY(%s) "
        "OR table_name || '.' || column_name = ANY(%s))",
        [table, list(WHOSE), list(SPECIAL)],
    ).fetchall()
    values = []
    for name, kind in columns:
        if name in theirs:
            values.append(sql.Literal(theirs[name]))
        elif name == "posting_id":
            values.append(sql.Literal(posting_id))
        else:
            values.append(sql.SQL(SPECIAL.get(f"{table}.{name}", _BY_TYPE[kind])))  # type: ignore[arg-type]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        sql.SQL(", ").join(values),
    )
    try:
        connection.execute(statement)
    except psycopg.IntegrityError:
        return False  # a row that it refers to is still to come, or a check asks for something special
    return True
