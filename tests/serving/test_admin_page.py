"""The admin page beyond the pipeline's health: accounts counted, mail by its state, and what was done, by ids alone."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from serving_rows import Writer
from signing_in import Member, signed_in

from serving.app import create_app
from ty_resources.postgres import with_schema


@pytest.fixture(scope="module")
def house(
    served: Callable[[FastAPI], Any], new_database: Callable[[], str]
) -> Iterator[tuple[httpx.Client, Member, str]]:
    """An administrator, another person, and a past."""
    database = with_schema(new_database(), "ty")
    with psycopg.connect(database) as connection:
        person = Writer(connection).person("Mira Beispiel", "Developer")
    mira, boss = signed_in(database, person), signed_in(database, admin=True)
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO reading_nights VALUES ('2026-03-30', 18000, 640)")
        connection.execute(
            "INSERT INTO notice_settings (account_id, mail_to, consented_at, confirmed_at)"
            " VALUES (%s, 'mira@example.org', now(), now())",
            [mira.account_id],
        )
        for day, state, claimed in (("2026-03-01", "sent", "1 h"), ("2026-03-02", "claimed", "2 h")):
            connection.execute(
                "INSERT INTO mail_outbox (account_id, kind, day, state, claimed_at)"
                " VALUES (%s, 'digest', %s, %s, now() - %s::interval)",
                [mira.account_id, day, state, claimed],
            )
        for number in range(30):
            connection.execute(
                "INSERT INTO audit_log (action, account_id) VALUES (%s, %s)",
                ["export" if number == 29 else "sign_in", mira.account_id],
            )
    with served(create_app(database)) as url, boss.client(url) as client:
        yield client, mira, url


def test_the_page_counts_accounts_and_mails_and_names_nobody(house: tuple[httpx.Client, Member, str]) -> None:
    client, mira, _ = house
    page = client.get("/admin").text
    for told in ("with a profile", "may have arrived, not sent again", "5 h 0 min", "data exported"):
        assert told in page
    assert str(mira.account_id) in page
    for secret in ("Mira", "mira@", mira.email, mira.token):
        assert secret not in page
    assert "style=" not in page


def test_the_audit_is_paged_back_in_time(house: tuple[httpx.Client, Member, str]) -> None:
    client, _, _ = house
    first = client.get("/api/admin/audit", params={"limit": 20}).json()
    second = client.get("/api/admin/audit", params={"limit": 20, "before": first["next"]}).json()
    ids = [line["entry_id"] for page in (first, second) for line in page["items"]]
    assert len(ids) == len(set(ids)) >= 30
    assert ids == sorted(ids, reverse=True)
    assert client.get("/admin", params={"before": first["next"]}).status_code == 200
    assert client.get("/api/admin/audit", params={"limit": 0}).status_code == 422


def test_the_overview_is_json(house: tuple[httpx.Client, Member, str]) -> None:
    client, _, _ = house
    told = client.get("/api/admin/overview").json()
    assert told["accounts"] == {
        "accounts": 2, "admins": 1, "with_profile": 1, "new_this_week": 2, "here_this_week": 2, "with_mail": 1,
    }  # fmt: skip
    assert {one["state"]: one["mails"] for one in told["mails"]} == {"sent": 1, "unclear": 1}
    assert told["nights"][0]["postings"] == 640


def test_to_others_the_page_is_not_there(house: tuple[httpx.Client, Member, str]) -> None:
    _, mira, url = house
    with mira.client(url) as client:
        for path in ("/admin", "/api/admin/overview", "/api/admin/audit", "/api/health"):
            assert client.get(path).status_code == 404
        assert "/admin" not in client.get("/notices").text


def test_the_page_speaks_german(house: tuple[httpx.Client, Member, str]) -> None:
    client, _, _ = house
    page = client.get("/admin?lang=de").text
    assert "Verwaltung" in page
    assert "Daten exportiert" in page
