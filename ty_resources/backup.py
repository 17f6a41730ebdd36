"""Backups: everything in the project's and Dagster's schemas as of one moment, and back again, compared row by row.

A backup is a folder: what pg_dump writes in its directory format, and `manifest.json`, which has the checksum of each
table in the same snapshot and of each file. Belongs here: taking, restoring and comparing. Not here: the log of changes
that leads to any moment in between (docs/backup.md), and files outside of the database.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ty_resources import postgres_programs
from ty_resources.postgres import Database, Row, named_queries

_MANIFEST, _DUMP = "manifest.json", "dump"
_FORMAT = 1

Tell = Callable[[str], None]


class BackupError(RuntimeError):
    """A backup cannot be taken, read or restored; the message says what to do."""


@dataclass(frozen=True)
class TableSum:
    """checksum: of all rows, whatever their order (`table_checksum`)."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class Manifest:
    """taken_at: of the snapshot, in UTC. tables: by "schema.table". files: SHA-256 by path below the folder."""

    format: int
    taken_at: str
    postgres: int
    pgvector: str
    wal_position: str
    migration: str
    schemas: list[str]
    tables: dict[str, TableSum]
    files: dict[str, str]


def take(db: Database, folder: Path, schemas: Sequence[str], *, jobs: int, tell: Tell) -> Manifest:
    """Write a backup into a folder that is new or empty; readers and writers go on meanwhile.

    The dump and the checksums see the same snapshot, however long they take. Raises: BackupError, ProgramError.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: a backup wants a folder of its own")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)  # everything about everybody
    queries = named_queries()
    with psycopg.connect(db.conninfo, row_factory=dict_row) as keeper:
        keeper.execute(queries["read_as_of_one_moment"])
        moment = _one(keeper, "backup_moment")
        migration = _one(keeper, "schema_version")["migration_id"]
        tell(f"dumping {', '.join(schemas)} as of {moment['taken_at']:%Y-%m-%d %H:%M:%S%z}")
        with _private_files():
            postgres_programs.run(
                "pg_dump",
                [
                    "--format=directory", f"--jobs={jobs}", f"--snapshot={moment['snapshot']}", "--no-owner",
                    "--no-privileges", f"--file={folder / _DUMP}", *(f"--schema={schema}" for schema in schemas),
                ],
                db.url,
            )  # fmt: skip
        tell("computing the tables' checksums")
        tables = _sums(db.url, schemas, jobs=jobs, snapshot=moment["snapshot"])
        manifest = Manifest(
            _FORMAT, moment["taken_at"].isoformat(), moment["postgres"], moment["pgvector"], moment["wal_position"],
            migration, list(schemas), tables, _files(folder),
        )  # fmt: skip
    # Last, and in one step: a folder without it is no backup.
    fresh = folder / f"{_MANIFEST}.partial"
    with _private_files():
        fresh.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", "utf-8")
    fresh.replace(folder / _MANIFEST)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Raises: BackupError where the folder is no complete backup of a form that is known."""
    try:
        told = json.loads((folder / _MANIFEST).read_text("utf-8"))
        tables = {name: TableSum(**of) for name, of in told.pop("tables").items()}
        manifest = Manifest(tables=tables, **told)
    except FileNotFoundError:
        raise BackupError(f"{folder} has no {_MANIFEST}: it is no backup, or taking it was interrupted") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{folder / _MANIFEST} cannot be read: {error}") from None
    if manifest.format != _FORMAT:
        raise BackupError(f"{folder} is a backup of form {manifest.format}; this version reads {_FORMAT}")
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises: BackupError, naming the first files that are missing, too many or changed."""
    there = _files(folder)
    wrong = sorted(name for name in there.keys() | manifest.files.keys() if there.get(name) != manifest.files.get(name))
    if wrong:
        raise BackupError(f"{folder}: {len(wrong)} files are not as they were written: {', '.join(wrong[:5])}")


def restore(url: str, folder: Path, *, jobs: int, tell: Tell, replace: bool = False) -> Manifest:
    """Fill a database that has neither of the schemas, and compare every table with the backup.

    url: a libpq URL or conninfo. replace: drop the schemas first. The backup's files are checked before anything is
    touched. Raises: BackupError, ProgramError.
    """
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    queries = named_queries()
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        there = connection.execute(queries["schemas_there"], {"schemas": manifest.schemas}).fetchall()
        if there and not replace:
            names = ", ".join(f"{row['schema']} ({row['relations']} relations)" for row in there)
            raise BackupError(f"the database already has {names}. Restore into an empty one, or with --replace")
        major = _one(connection, "server_major")["postgres"]
        if major < manifest.postgres:
            raise BackupError(f"the backup is of PostgreSQL {manifest.postgres}, and the server is {major}")
        postgres_programs.find("pg_restore", major)  # before anything is dropped
        for schema in manifest.schemas:
            connection.execute(sql.SQL(queries["drop_schema"]).format(schema=sql.Identifier(schema)))
        if connection.execute(queries["vector_version"]).fetchone() is None:
            try:
                connection.execute(queries["create_vector"])
            except psycopg.Error as error:
                raise BackupError(f"pgvector {manifest.pgvector} or later is needed on the server: {error}") from None
        tell(f"restoring {len(manifest.tables)} tables")
        postgres_programs.run(
            "pg_restore",
            [f"--jobs={jobs}", "--no-owner", "--no-privileges", "--exit-on-error", str(folder / _DUMP)],
            url,
        )
        connection.execute(queries["gather_after_restore"])
    tell("comparing the tables' checksums")
    if wrong := differences(manifest, _sums(url, manifest.schemas, jobs=jobs)):
        raise BackupError(f"{len(wrong)} tables are not as they were: {'; '.join(wrong[:5])}")
    return manifest


def differences(manifest: Manifest, there: dict[str, TableSum]) -> list[str]:
    """What is not as the backup says, a line for each table."""
    wanted = manifest.tables
    return [
        f"{name}: {_said(wanted.get(name))} in the backup, {_said(there.get(name))} in the database"
        for name in sorted(wanted.keys() | there.keys())
        if wanted.get(name) != there.get(name)
    ]


def table_sums(db: Database, schemas: Sequence[str], *, jobs: int) -> dict[str, TableSum]:
    """Checksum of every table as it is now."""
    return _sums(db.url, schemas, jobs=jobs)


def _sums(url: str, schemas: Sequence[str], *, jobs: int, snapshot: str | None = None) -> dict[str, TableSum]:
    """The largest tables first, several at once, each over a connection of its own that sees the snapshot."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        tables = _all(connection, "backup_tables", schemas=list(schemas))

    def of(table: Row) -> tuple[str, TableSum]:
        queries = named_queries()
        with psycopg.connect(url, row_factory=dict_row) as one:
            one.execute(queries["read_as_of_one_moment"])
            if snapshot is not None:
                one.execute(sql.SQL(queries["read_as_of_snapshot"]).format(snapshot=sql.Literal(snapshot)))
            one.execute(queries["backup_text_form"])
            name = sql.Identifier(table["schema"], table["name"])
            told = one.execute(sql.SQL(queries["table_checksum"]).format(table=name)).fetchone()
        assert told is not None
        return f"{table['schema']}.{table['name']}", TableSum(told["rows"], told["checksum"])

    with ThreadPoolExecutor(jobs, thread_name_prefix="checksum") as threads:
        return dict(threads.map(of, tables))


def _said(one: TableSum | None) -> str:
    return "none" if one is None else f"{one.rows} rows ({one.checksum})"


def _files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in (folder / _DUMP).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): _sha256(path) for path in paths}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _one(connection: psycopg.Connection[Row], name: str) -> Row:
    row = connection.execute(named_queries()[name]).fetchone()
    if row is None:
        raise BackupError(f"the database is not migrated: {name} finds nothing; run `ty migrate`")
    return row


def _all(connection: psycopg.Connection[Row], name: str, **parameters: object) -> list[Row]:
    return connection.execute(named_queries()[name], parameters).fetchall()


@contextmanager
def _private_files() -> Iterator[None]:
    """What is written meanwhile, by programs too, is its owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
