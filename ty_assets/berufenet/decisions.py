"""What editors have decided of titles: it wins over every other evidence, and outlives each run and import.

Belongs here: the decisions in force, and the ways to make and undo one. Not here: how they are asked for
(ty_jobs/catalogue_commands.py), and what a mapping makes of them (mapping.py).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg

from ty_assets.berufenet.catalogue import CatalogueError
from ty_assets.berufenet.labels import match_key
from ty_assets.berufenet.store import load_catalogue
from ty_assets.berufenet.titles import clean_title
from ty_resources.postgres import Database, Row


def title_key(title: str) -> str:
    """What titles have in common that mean the same to an editor: whatever their spelling, gender, hours or pay."""
    return match_key(clean_title(title))


@dataclass(frozen=True)
class Decisions:
    """Those in force. confirmed: title key -> (code, who); rejected: title key -> codes."""

    confirmed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rejected: Mapping[str, frozenset[str]] = field(default_factory=dict)


def load_decisions(db: Database) -> Decisions:
    confirmed: dict[str, tuple[str, str]] = {}
    rejected: dict[str, set[str]] = defaultdict(set)
    for row in db.rows("occupation_decisions"):
        key = title_key(row["title"])
        if row["decision"] == "confirmed":
            confirmed[key] = (row["kldb"], row["decided_by"])
        else:
            rejected[key].add(row["kldb"])
    return Decisions(confirmed, {key: frozenset(codes) for key, codes in rejected.items()})


def confirm(db: Database, title: str, kldb: str, by: str) -> None:
    """From now on the title means this code. Raises CatalogueError for a code that the catalogue does not have."""
    _check(db, title, kldb)
    with db.transaction() as connection:
        same = _titles_like(connection, db, title)
        _undo(connection, db, same, by, decision="confirmed")
        _undo(connection, db, same, by, kldb=kldb)
        _insert(connection, db, title, kldb, "confirmed", by)


def reject(db: Database, title: str, kldb: str, by: str) -> None:
    """From now on the title never means this code. Raises CatalogueError as `confirm`."""
    _check(db, title, kldb)
    with db.transaction() as connection:
        same = _titles_like(connection, db, title)
        _undo(connection, db, same, by, kldb=kldb)
        _insert(connection, db, title, kldb, "rejected", by)


def undo(db: Database, title: str, by: str) -> int:
    """Take back all that is decided of the title; how many decisions. They are kept, with who took them back."""
    with db.transaction() as connection:
        return _undo(connection, db, _titles_like(connection, db, title), by)


def _check(db: Database, title: str, kldb: str) -> None:
    if not title_key(title):
        raise CatalogueError(f"expected a title with a letter or a digit, got {title!r}")
    if kldb not in load_catalogue(db).by_kldb:
        raise CatalogueError(f"expected a KldB code of the catalogue in use, five digits; got {kldb!r}")


def _titles_like(connection: psycopg.Connection[Row], db: Database, title: str) -> list[str]:
    """The titles with a decision in force that are the same to an editor."""
    key = title_key(title)
    rows = connection.execute(db.queries["occupation_decisions"]).fetchall()
    return sorted({row["title"] for row in rows if title_key(row["title"]) == key})


def _undo(
    connection: psycopg.Connection[Row],
    db: Database,
    titles: list[str],
    by: str,
    *,
    kldb: str | None = None,
    decision: str | None = None,
) -> int:
    params = {"titles": titles, "undone_by": by, "kldb": kldb, "decision": decision}
    return connection.execute(db.queries["undo_occupation_decisions"], params).rowcount


def _insert(connection: psycopg.Connection[Row], db: Database, title: str, kldb: str, decision: str, by: str) -> None:
    params = {"title": title, "kldb": kldb, "decision": decision, "decided_by": by}
    connection.execute(db.queries["decide_occupation"], params)
