"""Databases that no migration has been applied to."""

import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest


@pytest.fixture
def new_empty(postgres_server: str) -> Callable[[], str]:
    """Makes an empty database; its URL."""

    def create() -> str:
        name = f"e_{uuid.uuid4().hex[:16]}"
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return f"postgresql://postgres@/{name}?{urlsplit(postgres_server).query}"

    return create
