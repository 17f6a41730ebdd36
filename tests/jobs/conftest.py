"""The sample days through every asset, once for the session: what many tests look at."""

from collections.abc import Callable, Iterator

import pytest
from sample_pipeline import SAMPLE_DAYS, Pipeline

from ty_jobs.demo import samples
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database


@pytest.fixture(scope="session")
def engine() -> EmbeddedEngine:
    """One encoder for the session: it takes a second to load."""
    return EmbeddedEngine()


@pytest.fixture
def pipeline(db: Database, engine: EmbeddedEngine) -> Pipeline:
    """An empty database, for tests that change things."""
    return Pipeline(db, engine)


@pytest.fixture(scope="session")
def demo(new_database: Callable[[], str], engine: EmbeddedEngine) -> Iterator[Pipeline]:
    """The samples, all of them, through all assets. Tests only read it."""
    with Database(new_database()) as db:
        made = Pipeline(db, engine)
        for told in made.people(sorted((samples() / "profiles").glob("*.json"))):
            assert told.success, told.errors
        told = made.postings(SAMPLE_DAYS, samples() / "postings")
        assert told.success, told.errors
        assert told.failed_checks == []
        yield made
