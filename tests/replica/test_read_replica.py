"""The match view over a primary and a real streaming replica of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient
from replica_server import ReplicaServer
from serving_rows import World, Writer
from signing_in import CHEAP_KIB, Member, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from serving.replica import Replica, writes
from ty_resources import embedded_postgres
from ty_resources.migrations import migrate
from ty_resources.postgres import Database, named_queries, with_schema
from ty_resources.settings import settings


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("primary")
    url = embedded_postgres.start(home)
    with Database(url) as db:
        migrate(db)
    yield url
    embedded_postgres.remove(home)


@pytest.fixture(scope="module")
def world(primary: str) -> World:
    with psycopg.connect(with_schema(primary, "ty")) as connection:
        return Writer(connection).world()


@pytest.fixture(scope="module")
def member(primary: str, world: World) -> Member:
    return signed_in(with_schema(primary, "ty"), world.person)


@pytest.fixture(scope="module")
def replica(primary: str, member: Member) -> Iterator[ReplicaServer]:
    server = ReplicaServer(primary)
    yield server
    server.close()


@pytest.fixture
def view(
    primary: str, replica: ReplicaServer, member: Member, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TestClient, Replica]]:
    """Signed in; and what counts the replica's answers."""
    replica.wait_for(primary)
    monkeypatch.setenv("TY_POSTGRES_READ_URL", replica.url)
    settings.cache_clear()
    application = create_app(with_schema(primary, "ty"), passwords=Passwords(CHEAP_KIB))
    with TestClient(application, base_url="http://127.0.0.1:8484") as client:
        client.cookies.update(member.browser["cookies"])
        client.headers.update(member.browser["headers"])
        yield client, application.state.matches.replica


def _rate(client: TestClient, posting: UUID, rating: int) -> None:
    told = client.put(f"/api/matches/{posting}/rating", json={"rating": rating})
    assert told.status_code == 200, told.text


def _rating(client: TestClient, posting: UUID) -> int | None:
    told = client.get("/api/matches", params={"limit": 100, "hidden": "include"})
    assert told.status_code == 200, told.text
    (found,) = [one for one in told.json()["items"] if one["posting_id"] == str(posting)]
    return found["said"]["rating"] if found["said"] else None


def test_reads_go_to_the_replica(view: tuple[TestClient, Replica], world: World) -> None:
    client, counted = view
    before = counted.answered
    assert client.get("/api/matches").json()["items"][0]["posting_id"] == str(world.ranking[0])
    assert counted.answered > before


def test_who_has_written_reads_it_at_once_though_the_replica_is_behind(
    view: tuple[TestClient, Replica], replica: ReplicaServer, primary: str, world: World
) -> None:
    client, counted = view
    posting = world.ranking[5]
    _rate(client, posting, 2)
    replica.wait_for(primary)
    replica.pause()
    try:
        _rate(client, posting, 7)
        before = counted.answered
        assert _rating(client, posting) == 7
        assert counted.answered == before
        # somebody who has written nothing gets the older state, from the replica
        del client.cookies["ty_written"]
        assert _rating(client, posting) == 2
        assert counted.answered > before
    finally:
        replica.resume()


def test_another_process_knows_what_was_written_by_the_visitors_cookie(
    view: tuple[TestClient, Replica], replica: ReplicaServer, primary: str, world: World, member: Member
) -> None:
    client, _ = view
    posting = world.ranking[6]
    replica.pause()
    try:
        _rate(client, posting, 9)
        with TestClient(create_app(with_schema(primary, "ty")), base_url="http://127.0.0.1:8484") as other:
            other.cookies.update(dict(client.cookies))
            other.headers.update(member.browser["headers"])
            assert _rating(other, posting) == 9
    finally:
        replica.resume()


def test_once_the_replica_has_followed_it_answers_again(
    view: tuple[TestClient, Replica], replica: ReplicaServer, primary: str, world: World
) -> None:
    client, counted = view
    _rate(client, world.ranking[7], 4)
    replica.wait_for(primary)
    before = counted.answered
    assert _rating(client, world.ranking[7]) == 4
    assert counted.answered > before


def test_while_the_replica_is_away_the_primary_answers(
    view: tuple[TestClient, Replica], replica: ReplicaServer, world: World
) -> None:
    client, counted = view
    replica.stop()
    try:
        before = counted.answered
        for _ in range(3):
            assert client.get("/api/matches").status_code == 200
        assert counted.answered == before
    finally:
        replica.start()


def test_a_cookie_that_somebody_made_up_harms_nobody(view: tuple[TestClient, Replica]) -> None:
    client, _ = view
    for made_up in ("99999999999999999999", "-5", "x", "0x7f", ""):
        client.cookies.set("ty_written", made_up)
        assert client.get("/api/matches").status_code == 200


def test_what_writes_is_never_sent_to_the_replica() -> None:
    """Every named query, by its text; the judge is itself judged by a plain search for the words."""
    queries = named_queries()
    for file in Path(__file__).parents[2].joinpath("sql", "queries").glob("*.sql"):
        for name in re.findall(r"^-- name: (\w+)", file.read_text("utf-8"), re.M):
            text = re.sub(r"--[^\n]*", "", queries[name])
            if re.match(r"\s*(INSERT|UPDATE|DELETE)\b", text):
                assert writes(text), name
    assert not writes(queries["match_list"])
    assert not writes(queries["served_match"])
    assert writes(queries["lock_feedback"])
    assert writes(queries["claim_mail"])
