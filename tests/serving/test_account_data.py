"""What is stored of a person can be taken away as a whole, and deleted as a whole."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import httpx
import psycopg
import pytest
from every_table import fill, personal_tables, rows_left
from fastapi import FastAPI
from serving_rows import Writer
from signing_in import CHEAP_KIB, Member, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_resources.postgres import with_schema


@dataclass
class Person:
    name: str
    member: Member
    client: httpx.Client
    connection: psycopg.Connection[Any]


@pytest.fixture(scope="module")
def conninfo(new_database: Callable[[], str]) -> str:
    return with_schema(new_database(), "ty")


@pytest.fixture(scope="module")
def site(served: Callable[[FastAPI], AbstractContextManager[str]], conninfo: str) -> Iterator[str]:
    with served(create_app(conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


def new_person(connection: psycopg.Connection[Any], conninfo: str, name: str) -> Member:
    """Somebody with a row in every table that has room for one."""
    writer = Writer(connection)
    profile_id = writer.person(name, f"Headline of {name}")
    posting_id = writer.posting(f"posting of {name}")
    member = signed_in(conninfo, profile_id)
    assert fill(connection, profile_id, member.account_id, posting_id) == set(), (
        "say in every_table.SPECIAL what to put"
    )
    for subject in (profile_id, uuid5(posting_id, profile_id.hex)):
        writer.insert(
            "failures", stage="any", subject=str(subject), task_version="1", error_class="E", message=f"about {name}"
        )
    writer.insert("legacy_ids", kind="profile", old_id=name, new_id=profile_id)
    made = {"model": "m", "task_version": "1", "input_hash": b"0", "row_count": 1}
    writer.insert("derivations", stage="profile_facets", subject=profile_id, **made)
    return member


@pytest.fixture
def person(conninfo: str, site: str, request: pytest.FixtureRequest) -> Iterator[Person]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        name = f"Person of {request.node.name}"
        member = new_person(connection, conninfo, name)
        with member.client(site) as client:
            yield Person(name, member, client, connection)


def stored_elsewhere(person: Person) -> list[str]:
    """Tables with rows that name a person, though by none of the usual columns."""
    query = (
        "SELECT 'failures' FROM failures WHERE message = 'about ' || %(name)s "
        "UNION ALL SELECT 'legacy_ids' FROM legacy_ids WHERE new_id = %(id)s "
        "UNION ALL SELECT 'derivations' FROM derivations WHERE subject = %(id)s"
    )
    asked = {"id": person.member.profile_id, "name": person.name}
    return [table for (table,) in person.connection.execute(query, asked).fetchall()]


def test_the_export_has_every_table_that_holds_something_of_the_person(person: Person) -> None:
    answer = person.client.get("/api/account/export")
    assert answer.headers["content-disposition"].startswith('attachment; filename="ty-')
    tables = json.loads(answer.text)["tables"]
    assert tables.keys() == personal_tables(person.connection).keys()
    assert all(tables.values()), "nothing of a table that has rows is left out"
    assert tables["match_ratings"][0]["comment"] == "a comment of theirs"
    assert tables["profile_contacts"][0]["email"] == "mira@example.org"
    assert person.client.get("/account/export").json()["tables"].keys() == tables.keys()


def test_the_export_tells_no_secret_and_no_vector(person: Person) -> None:
    token = person.client.post("/api/account/tokens", json={"name": "a program"}).json()["token"]
    text = person.client.get("/api/account/export").text
    assert token not in text
    assert "_hash" not in text
    assert '"embedding"' not in text
    assert '"direction"' not in text


def test_an_export_is_the_persons_own(person: Person, conninfo: str) -> None:
    other = new_person(person.connection, conninfo, "Somebody else")
    text = person.client.get("/api/account/export").text
    for secret in ("Somebody else", str(other.account_id), str(other.profile_id)):
        assert secret not in text


def test_deletion_leaves_no_row_of_the_person_and_takes_nobody_elses(person: Person, conninfo: str, site: str) -> None:
    member, other = person.member, new_person(person.connection, conninfo, "Somebody who stays")
    others = rows_left(person.connection, other.profile_id, other.account_id)
    assert len(rows_left(person.connection, member.profile_id, member.account_id)) > 20
    assert stored_elsewhere(person) == ["failures", "failures", "legacy_ids", "derivations"]
    refused = person.client.post("/api/account/delete", json={"password": "not my address"})
    assert refused.status_code == 403
    answer = person.client.post("/api/account/delete", json={"password": member.email})
    assert answer.status_code == 204
    assert rows_left(person.connection, member.profile_id, member.account_id) == {}
    assert stored_elsewhere(person) == []
    assert person.client.get("/api/account").status_code == 401
    assert rows_left(person.connection, other.profile_id, other.account_id) == others
    (last,) = person.connection.execute(
        "SELECT action, account_id FROM audit_log WHERE action = 'deletion' ORDER BY entry_id DESC LIMIT 1"
    ).fetchall()
    assert last == ("deletion", None), "the line stays and names nobody"
    with other.client(site) as client:
        assert client.get("/api/account").status_code == 200


def test_the_page_asks_twice_before_it_deletes(person: Person) -> None:
    page = person.client.get("/account").text
    assert "Delete everything" in page
    unsure = person.client.post("/account/delete", data={"password": person.member.email})
    assert (unsure.status_code, "Tick the box" in unsure.text) == (422, True)
    wrong = person.client.post("/account/delete", data={"password": "wrong", "sure": "on"})
    assert (wrong.status_code, "not the account" in wrong.text) == (422, True)
    gone = person.client.post("/account/delete", data={"password": person.member.email, "sure": "on"})
    assert (gone.status_code, gone.headers["location"]) == (303, "/?gone=true")
    assert "has been deleted" in person.client.get("/?gone=true").text


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_revoked(person: Person, site: str) -> None:
    shown = person.client.post("/account/tokens", data={"name": "  my   script "})
    token = shown.text.split('id="made-token" class="token" value="')[1].split('"')[0]
    assert token not in person.client.get("/account").text
    program = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{site}/api/account", headers=program).json()["email"] == person.member.email
    changed = httpx.patch(f"{site}/api/account", headers=program, json={"language": "de"})
    assert changed.status_code == 200, "a program needs no CSRF token"
    more = httpx.post(f"{site}/api/account/tokens", headers=program, json={"name": "another"})
    assert more.status_code == 403, "a token makes no tokens"
    again = person.client.post("/account/tokens", data={"name": "my script"})
    assert (again.status_code, "a token of this name" in again.text) == (422, True)
    (mine,) = [one for one in person.client.get("/api/account/tokens").json() if one["name"] == "my script"]
    assert mine["last_used_at"] is not None
    assert person.client.delete(f"/api/account/tokens/{mine['token_id']}").status_code == 204
    assert httpx.get(f"{site}/api/account", headers=program).status_code == 401


def test_sessions_are_listed_and_ended_one_by_one_and_all_others_at_once(
    person: Person, conninfo: str, site: str
) -> None:
    elsewhere = [signed_in(conninfo, person.member.profile_id).client(site) for _ in range(3)]
    listed = person.client.get("/api/account/sessions").json()
    assert [one["present"] for one in listed].count(True) == 1
    with psycopg.connect(conninfo) as connection:
        kept = connection.execute(
            "SELECT session_id FROM sessions WHERE account_id = %s ORDER BY created_at DESC LIMIT 1",
            [person.member.account_id],
        ).fetchone()
    assert kept is not None
    assert person.client.post(f"/account/sessions/{kept[0]}/end").status_code == 303
    assert [one.get("/api/account").status_code for one in elsewhere] == [200, 200, 401]
    assert person.client.post("/account/sessions/end-others").status_code == 303
    assert [one.get("/api/account").status_code for one in elsewhere] == [401, 401, 401]
    assert person.client.get("/api/account").status_code == 200
    for one in elsewhere:
        one.close()


def test_a_mail_address_changes_with_the_password_and_only_to_a_free_one(person: Person, conninfo: str) -> None:
    other = signed_in(conninfo, UUID(int=5))
    taken = person.client.post("/account/email", data={"email": other.email, "password": person.member.email})
    assert (taken.status_code, "cannot be used" in taken.text) == (422, True)
    new = "Somebody.New@example.org"
    assert person.client.put("/api/account/email", json={"email": new, "password": "wrong"}).status_code == 403
    changed = person.client.put("/api/account/email", json={"email": new, "password": person.member.email})
    assert changed.json()["email"] == new
    assert person.client.get("/api/account").json()["email"] == new
