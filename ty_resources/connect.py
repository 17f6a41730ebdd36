"""From settings to the two things that every entry point needs: a migrated database and an engine."""

from functools import cache

from ty_resources import embedded_postgres
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.migrations import migrate
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

DAGSTER_SCHEMA = "dagster"


def postgres_url(config: Settings) -> str:
    """The server to use; the embedded one is started, or joined when it runs."""
    return config.postgres_url or embedded_postgres.start(config.home)


def connect(config: Settings) -> Database:
    """Open the database with its schema up to date."""
    db = Database(postgres_url(config), config.postgres_schema, config.postgres_pool)
    migrate(db, DAGSTER_SCHEMA)
    return db


@cache
def default_engine() -> InferenceEngine:
    """The engine that the settings name, made once for each process."""
    return EmbeddedEngine(settings().engine_workers)
