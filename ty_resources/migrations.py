"""Bring the database to the schema this version needs, with yoyo over plain SQL files."""

import logging
import time
from importlib.resources import as_file, files
from typing import Any

import psycopg
from psycopg import sql

from ty_resources.postgres import Database, driver_url

# Any number serves, as long as nobody else on the server uses it; this one is "ty" in ASCII.
_LOCK = 0x7479

# Who changes a table waits for everybody who uses it, and everybody who comes later waits behind: so not for long, but
# again and again.
_LOCK_TIMEOUT = "-c lock_timeout=2s"
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 15, 2.0
_log = logging.getLogger("ty.migrations")


class MigrationError(RuntimeError):
    """The database cannot take the schema; the message says what to do."""


def migrate(db: Database, dagster_schema: str = "dagster") -> list[str]:
    """Create the schemas and the vector extension, and apply what is missing; the migrations applied.

    Safe to call from several processes at once: an advisory lock of the session, which a killed process
    gives back, lets one do the work and the others find it done.
    """
    with psycopg.connect(db.conninfo, autocommit=True) as connection:
        if not missing_migrations(connection, db, dagster_schema):
            return []
    import yoyo  # a quarter of a second that a database at its newest version need not pay

    with psycopg.connect(db.url, autocommit=True) as connection:
        connection.execute(db.queries["lock_migrations"], {"lock": _LOCK})
        _prepare(connection, db, dagster_schema)
        with as_file(files("sql").joinpath("migrations")) as folder:
            wanted: list[str] = []
            for tried in range(_LOCK_TRIES):
                backend = yoyo.get_backend(driver_url(db.url, db.schema, "postgresql+psycopg", _LOCK_TIMEOUT))
                try:
                    pending = backend.to_apply(yoyo.read_migrations(str(folder)))
                    wanted = wanted or [migration.id for migration in pending]
                    backend.apply_migrations(pending)  # each in a transaction of its own
                    return wanted
                except psycopg.errors.LockNotAvailable:
                    _log.warning("a migration waits for who uses its tables, %d of %d", tried + 1, _LOCK_TRIES)
                    time.sleep(_LOCK_PAUSE_SECONDS)
                finally:
                    backend.connection.close()
            raise MigrationError(
                f"somebody has used a table of {db} for too long: a migration lets nobody else wait behind it for more "
                "than seconds. Look for a transaction that stays open (pg_stat_activity), and run `ty migrate` again; "
                "what is done stays done."
            )


def missing_migrations(connection: psycopg.Connection[Any], db: Database, dagster_schema: str) -> list[str]:
    """What the database lacks of this version, in order; everything, where it has no schema yet."""
    wanted = {
        f.name.removesuffix(".sql") for f in files("sql").joinpath("migrations").iterdir() if f.name.endswith(".sql")
    }
    if connection.execute(db.queries["schema_ready"], {"dagster": dagster_schema}).fetchone() is None:
        return sorted(wanted)
    return sorted(wanted - {row[0] for row in connection.execute(db.queries["applied_migrations"])})


def _prepare(connection: psycopg.Connection, db: Database, dagster_schema: str) -> None:
    for schema in (db.schema, dagster_schema):
        connection.execute(sql.SQL(db.queries["create_schema"]).format(schema=sql.Identifier(schema)))
    row = connection.execute(db.queries["vector_version"]).fetchone()
    if row is None:
        try:
            connection.execute(db.queries["create_vector"])
        except psycopg.Error as error:
            raise MigrationError(
                f"pgvector is not installed in {db}, and creating it failed: {error}. "
                "Expected pgvector 0.8.4 or later; install the package on the server and run "
                "'CREATE EXTENSION vector' as a superuser, "
                "or unset TY_POSTGRES_URL for the embedded server."
            ) from error
