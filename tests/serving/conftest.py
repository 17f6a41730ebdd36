"""A database with a few handwritten matches, and the match view over it as a browser meets it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI
from serving_rows import World, Writer

from serving.app import create_app


@pytest.fixture(scope="session")
def world(database_url: str) -> World:
    with psycopg.connect(database_url) as connection:
        return Writer(connection).world()


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port of the loopback address; its base URL."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended while it started"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def served() -> Callable[[FastAPI], AbstractContextManager[str]]:
    return _served


@pytest.fixture(scope="session")
def base_url(database_url: str, world: World) -> Iterator[str]:
    with _served(create_app(database_url)) as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, headers={"Accept-Language": "en"}) as client:
        yield client
