"""A database with a few handwritten matches, and the match view over it as a browser meets it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext
from serving_rows import World, Writer
from signing_in import CHEAP_KIB, Member, signed_in

from serving.accounts.passwords import Passwords
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
    with _served(create_app(database_url, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture(scope="session")
def member(database_url: str, world: World) -> Member:
    """The world's person, signed in."""
    return signed_in(database_url, world.person)


@pytest.fixture(scope="session")
def other_member(database_url: str, world: World) -> Member:
    """Another person: the world's nameless one."""
    return signed_in(database_url, world.nameless)


@pytest.fixture
def client(base_url: str, member: Member) -> Iterator[httpx.Client]:
    """Signed in as the world's person, with the token that forms would bring; a test's own, since it keeps cookies."""
    with member.client(base_url) as client:
        yield client


@pytest.fixture
def other_client(base_url: str, other_member: Member) -> Iterator[httpx.Client]:
    with other_member.client(base_url) as client:
        yield client


@pytest.fixture
def admin_client(base_url: str, database_url: str, world: World) -> Iterator[httpx.Client]:
    """Signed in as an administrator, who has no profile."""
    with signed_in(database_url, admin=True).client(base_url) as client:
        yield client


@pytest.fixture
def anonymous(base_url: str) -> Iterator[httpx.Client]:
    """A stranger; a test's own, since a stranger may come to have cookies."""
    with httpx.Client(base_url=base_url, headers={"Accept-Language": "en"}, verify=False) as client:
        yield client


@pytest.fixture(scope="session")
def signed_in_context(base_url: str, member: Member) -> Callable[..., BrowserContext]:
    """A browser's context signed in as the world's person: `signed_in_context(browser, locale="de-DE")`."""

    def context(browser: Browser, **options: Any) -> BrowserContext:
        return member.context(browser, base_url, **options)

    return context
