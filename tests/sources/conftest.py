"""What tests of the sources share: simulated services, and a source's rounds against a database."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from job_services.services import JobServices
from source_world import NOON, TODAY

from ty_assets.postings.fetch import Fetched, Kind, fetch
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings
from ty_resources.sources.registry import named_sources
from ty_resources.sources.source import RemoteSource


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., JobServices]]:
    """Starts simulated services and points this test's settings at them; more settings by `config`."""
    started: list[JobServices] = []

    def start(config: dict[str, Any] | None = None, **told: Any) -> JobServices:
        started.append(JobServices(**told))
        for name, value in started[-1].environment(**(config or {})).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def source() -> Callable[[str], RemoteSource]:
    """A source by its name, of the settings as they are now, with a client of its own."""
    return lambda name: named_sources(Settings.load(), (name,))[name]


@pytest.fixture
def rounds(db: Database, source: Callable[[str], RemoteSource]) -> Callable[..., Fetched]:
    """Fetches one round: `rounds("arbeitsagentur", "full", days=1)`; days: how many after TODAY it is."""

    def run(name: str, kind: Kind = "full", days: int = 0, seconds: float | None = None) -> Fetched:
        return fetch(
            db,
            source(name),
            kind,
            today=TODAY + dt.timedelta(days=days),
            now=NOON + dt.timedelta(days=days),
            max_chars=100_000,
            max_attempts=5,
            at_most=None if seconds is None else dt.timedelta(seconds=seconds),
        )

    return run


@pytest.fixture
def select(db: Database) -> Callable[[str], list[dict[str, Any]]]:
    """Rows of a statement, for looking at tables."""

    def run(statement: str) -> list[dict[str, Any]]:
        with db.transaction() as connection:
            return connection.execute(statement).fetchall()  # type: ignore[call-overload, no-any-return]

    return run
