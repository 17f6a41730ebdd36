"""Nobody reaches what is another person's, by any route and any id; nobody else's page changes anything.

The routes are found in the application itself. What each is for stands in `all_routes.py`, and one that does not
stands there fails.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from all_routes import OWNERS_FILE, ROUTES, Route, routes_of
from fastapi import FastAPI
from serving_rows import World, Writer
from signing_in import CHEAP_KIB, Member, signed_in

from serving.accounts import csrf
from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_assets.accounts import store
from ty_assets.accounts.tokens import token_hash
from ty_assets.candidate_evaluations.ids import new_batch_id
from ty_assets.feedback.steps import carry_out
from ty_resources.postgres import Database, with_schema

OWNERS_RUBRIC = "7a0f4a52-0a53-4c8e-9d0b-5a4f3ad0a1c7"
# In no posting: what of this is in an answer to somebody else has been told of the person.
SECRETS = (
    "Mira Beispiel", "mira@example.org", "a comment of hers", "Data engineer, Python, 2020 bis heute",
    "a candidate of hers", "an answer on a candidate", "a rubric of hers",
)  # fmt: skip


@dataclass
class House:
    """A view with two people, whose rows nobody else's test touches."""

    app: FastAPI
    connection: psycopg.Connection[Any]
    conninfo: str
    world: World
    owner: Member
    other_key: str  # the API key of another recruiter
    ids: dict[str, str]  # of what is the owner's, by the names that routes have for them

    def path(self, route: Route) -> str:
        return route.path.replace(":path}", "}").format_map(self.ids)

    def rows_of_owner(self) -> dict[str, str]:
        """A digest of all that is stored of the owner, by table. Rows come in whatever order a plan reads them in, and
        the plan changes when the server has looked at a table by itself, within a minute."""
        rows = self.connection.execute(
            "SELECT of_table, (SELECT md5(string_agg(r::text, ',' ORDER BY r::text)) "
            "FROM jsonb_array_elements(stored) r) FROM rows_of_person(%s, %s)",
            [self.owner.profile_id, self.owner.account_id],
        ).fetchall()
        return {str(table): str(digest) for table, digest in rows}

    def secrets(self) -> list[str]:
        return [*SECRETS, str(self.owner.account_id), str(self.owner.profile_id), self.owner.email]


@pytest.fixture(scope="module")
def house(new_database: Callable[[], str]) -> Iterator[House]:
    conninfo = with_schema(new_database(), "ty")
    with psycopg.connect(conninfo) as connection:
        writer = Writer(connection)
        world = writer.world()
    owner = signed_in(conninfo, world.person, recruiter=True)
    other_session = signed_in(conninfo, world.person, recruiter=True)
    other = signed_in(conninfo, world.nameless, recruiter=True)
    with Database(conninfo) as db:
        carry_out(db, store.make_token(owner.account_id, "hers"))
        other_key = carry_out(db, store.make_token(other.account_id, "another's"))
    batch_id = evaluated(conninfo, owner)
    with psycopg.connect(conninfo) as connection:
        session = connection.execute(
            "SELECT session_id FROM sessions WHERE token_hash = %s", [token_hash(other_session.token)]
        ).fetchone()
        token = connection.execute(
            "SELECT token_id FROM api_tokens WHERE account_id = %s", [owner.account_id]
        ).fetchone()
        Writer(connection).insert(
            "match_ratings",
            profile_id=world.person,
            posting_id=world.analysed,
            rating=9,
            scale="points",
            comment=SECRETS[2],
            rated_at="2026-03-02T10:00Z",
            source="test",
        )
    assert session is not None
    assert token is not None
    app = create_app(conninfo, passwords=Passwords(CHEAP_KIB))
    ids = {
        "posting_id": str(world.analysed), "session_id": str(session[0]), "token_id": str(token[0]), "token": "x" * 43,
        "kind": "txt", "step": "work", "code": "43414", "group": "434", "kldb": "43414",
        "file_id": OWNERS_FILE, "batch_id": batch_id, "model": "of-nobody",
        "rubric_id": OWNERS_RUBRIC, "ticket": "0123456789abcdef", "which": "results",
    }  # fmt: skip
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield House(app, connection, conninfo, world, owner, other_key, ids)


def evaluated(conninfo: str, owner: Member) -> str:
    """A batch of the owner's with all that one leaves: its file, an answer and a rubric; its id."""
    batch_id = new_batch_id()
    with psycopg.connect(conninfo) as connection:
        writer = Writer(connection)
        writer.insert(
            "api_files", file_id=OWNERS_FILE, account_id=owner.account_id, purpose="batch", filename="hers.jsonl",
            is_complete=True, bytes=19,
        )  # fmt: skip
        writer.insert("api_file_parts", file_id=OWNERS_FILE, ordinal=0, content=b"a candidate of hers")
        writer.insert(
            "batches", batch_id=batch_id, account_id=owner.account_id, endpoint="/v1/chat/completions",
            input_file_id=OWNERS_FILE, completion_window="24h", rubric="a rubric of hers", expires_at="2099-01-01",
            status="in_progress",
        )  # fmt: skip
        writer.insert("batch_results", batch_id=batch_id, line=1, is_error=False, content="an answer on a candidate")
        writer.insert(
            "rubrics", rubric_id=OWNERS_RUBRIC, account_id=owner.account_id, name="hers", content="a rubric of hers"
        )
    return batch_id


@pytest.fixture(scope="module")
def url(house: House, served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[str]:
    with served(house.app) as url:
        yield url


def asked(client: httpx.Client, house: House, route: Route, key: str | None = None) -> httpx.Response:
    """key: sent where a key is what a route looks at."""
    house.connection.execute("DELETE FROM rate_limits")
    headers = {"Authorization": f"Bearer {key}"} if key and route.is_keyed else None
    return client.request(route.method, house.path(route), headers=headers, **ROUTES[route].sent)


def test_every_route_is_known_and_none_is_told_of_that_is_not_there(house: House) -> None:
    found = set(routes_of(house.app))
    assert found - ROUTES.keys() == set(), "say in all_routes.py whom these are for"
    assert ROUTES.keys() - found == set(), "these are gone"


def test_no_address_names_a_person(house: House) -> None:
    assert [route for route in routes_of(house.app) if "profile_id" in route.path or "account_id" in route.path] == []


def test_a_stranger_gets_nothing_that_is_not_for_strangers(house: House, url: str) -> None:
    before = house.rows_of_owner()
    told = []
    for route, asks in ROUTES.items():
        if asks.who in ("anyone", "visitor"):
            continue
        with httpx.Client(base_url=url, verify=False) as stranger:
            answer = asked(stranger, house, route)
        right = answer.status_code == 401 if route.is_api else answer.status_code == 303
        if not right or (not route.is_api and not answer.headers["location"].startswith("/sign-in")):
            told.append((route, answer.status_code))
    assert told == []
    assert house.rows_of_owner() == before


def test_another_person_gets_and_changes_nothing_by_the_owners_ids(house: House, url: str) -> None:
    before = house.rows_of_owner()
    wrong: list[tuple[Any, ...]] = []
    for route, asks in ROUTES.items():
        if asks.who == "admin":
            continue
        # a session for each, since some end it
        with signed_in(house.conninfo, house.world.nameless, recruiter=True).client(url) as other:
            answer = asked(other, house, route, house.other_key)
        wrong += [(route, "tells", secret) for secret in house.secrets() if secret in answer.text]
        if answer.status_code >= 500 or (answer.status_code in (401, 403) and asks.others not in (401, 403)):
            wrong.append((route, "refuses who may ask", answer.status_code))
        if asks.others is not None and answer.status_code != asks.others:
            wrong.append((route, "answers", answer.status_code, "and not", asks.others))
        if route.changes:
            after = house.rows_of_owner()
            wrong += [(route, "changes", table) for table in after if after[table] != before[table]]
            before = after
    assert wrong == []


def test_an_api_token_opens_no_more_than_its_owners_rows(house: House, url: str) -> None:
    other = signed_in(house.conninfo, house.world.nameless, recruiter=True)
    with Database(house.conninfo) as db:
        token = carry_out(db, store.make_token(other.account_id, f"a program {uuid4()}"))
    before = house.rows_of_owner()
    wrong: list[tuple[Any, ...]] = []
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as program:
        for route, asks in ROUTES.items():
            if not route.is_api or asks.who == "admin":
                continue
            answer = asked(program, house, route)
            wrong += [(route, "tells", secret) for secret in house.secrets() if secret in answer.text]
            if answer.status_code == 401 and asks.who != "visitor":
                wrong.append((route, answer.status_code))
    assert wrong == []
    assert house.rows_of_owner() == before


def test_a_cookie_adds_nothing_to_a_token_that_is_none(house: House, url: str) -> None:
    with house.owner.client(url) as client:
        assert client.get("/api/account").status_code == 200
        assert client.get("/api/account", headers={"Authorization": "Bearer ty_none"}).status_code == 401


def test_no_cookie_opens_what_takes_a_key(house: House, url: str) -> None:
    """No page of another site can have a browser send a key, so none of these asks for a form's token."""
    before = house.rows_of_owner()
    routes = [route for route in ROUTES if route.is_keyed]
    assert routes
    with house.owner.client(url) as client:
        assert client.get("/api/account").status_code == 200, "the cookie is good elsewhere"
        assert [(route, 401) for route in routes] == [(r, asked(client, house, r).status_code) for r in routes]
    assert house.rows_of_owner() == before


def test_only_recruiters_may_have_candidates_evaluated(house: House, url: str) -> None:
    routes = [route for route, asks in ROUTES.items() if asks.who == "recruiter"]
    before = house.rows_of_owner()
    member = signed_in(house.conninfo, uuid4())
    with Database(house.conninfo) as db:
        key = carry_out(db, store.make_token(member.account_id, "a program"))
    for route in routes:
        with member.client(url) as client:
            answer = asked(client, house, route, key)
        assert answer.status_code == (403 if route.is_keyed else 404), route
    assert house.rows_of_owner() == before


def test_a_recruiter_gets_what_is_theirs(house: House, url: str) -> None:
    """Or the walks of others would show nothing."""
    with Database(house.conninfo) as db:
        key = carry_out(db, store.make_token(house.owner.account_id, f"a program {uuid4()}"))
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as program:
        assert program.get(f"/v1/files/{OWNERS_FILE}/content").text == "a candidate of hers"
        assert program.get(f"/v1/batches/{house.ids['batch_id']}").json()["input_file_id"] == OWNERS_FILE


def test_only_administrators_learn_of_what_is_theirs(house: House, url: str) -> None:
    routes = [route for route, asks in ROUTES.items() if asks.who == "admin"]
    assert routes, "there is something to be kept"
    for route in routes:
        with house.owner.client(url) as person:
            assert asked(person, house, route).status_code == 404, route
        with signed_in(house.conninfo, UUID(int=1), admin=True).client(url) as administrator:
            answer = asked(administrator, house, route)
        assert answer.status_code < 500, route
        assert answer.status_code not in (401, 403), route


@pytest.mark.parametrize("token", [None, "", "0" * 64, "another session's"])
def test_every_change_needs_the_token_of_its_session(house: House, url: str, token: str | None) -> None:
    """CSRF: the cookie alone, which a browser sends by itself, changes nothing."""
    before = house.rows_of_owner()
    given = csrf.token_of("another session") if token == "another session's" else token
    with house.owner.client(url) as client:
        del client.headers[csrf.HEADER]
        if given is not None:
            client.headers[csrf.HEADER] = given
        refused = [
            (route, asked(client, house, route).status_code) for route in ROUTES if route.changes and not route.is_keyed
        ]
    assert [(route, status) for route, status in refused if status != 403] == []
    assert house.rows_of_owner() == before


def test_every_change_of_a_stranger_needs_a_form_of_ours(house: House, url: str) -> None:
    visitors = [route for route, asks in ROUTES.items() if asks.who == "visitor"]
    assert visitors
    for route in visitors:
        assert route.changes, route
        with httpx.Client(base_url=url) as stranger:
            assert asked(stranger, house, route).status_code == 403, route
            stranger.cookies.set("ty_visitor", "a visit", domain="127.0.0.1")
            stranger.headers[csrf.HEADER] = csrf.token_of("another visit")
            assert asked(stranger, house, route).status_code == 403, route
            stranger.headers[csrf.HEADER] = csrf.token_of("a visit")
            assert asked(stranger, house, route).status_code != 403, route
