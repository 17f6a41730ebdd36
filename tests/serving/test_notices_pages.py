"""Notices as their person sees them, consent and the links of a mail, over real HTTP and a real SMTP server."""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from serving_rows import Writer
from signing_in import Member, signed_in
from smtp_inbox import SmtpInbox, smtp_server

from serving.app import create_app
from ty_resources.postgres import with_schema
from ty_resources.settings import settings


class Site(NamedTuple):
    url: str
    database: str
    mira: Member
    ben: Member
    mine: list[UUID]  # Mira's notices, the newest first
    his: UUID

    def select(self, statement: str, *parameters: object) -> list[Any]:
        with psycopg.connect(self.database) as connection:
            cursor = connection.execute(statement, parameters)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def site(served: Callable[[FastAPI], Any], new_database: Callable[[], str]) -> Iterator[Site]:
    database = with_schema(new_database(), "ty")
    with psycopg.connect(database) as connection:
        writer = Writer(connection)
        people = [writer.person(name, name) for name in ("Mira Beispiel", "Ben Beispiel")]
        postings = [writer.posting(f"New job {number} <b>", title=f"New job {number} <b>") for number in range(4)]
        for posting in postings:
            writer.match(people[0], posting, 0.9, True)
        writer.match(people[1], postings[3], 0.8, True)
    mira, ben = (signed_in(database, person) for person in people)
    with served(create_app(database)) as url:
        yield Site(url, database, mira, ben, postings[:3], postings[3])


@pytest.fixture
def told(site: Site) -> Site:
    """Three of Mira's, one of Ben's, all unread; nobody gets mail."""
    for table in ("notices", "mail_outbox", "notice_settings"):
        site.select(f"DELETE FROM {table}")
    for hours, posting in enumerate(site.mine):
        site.select(
            "INSERT INTO notices (account_id, posting_id, made_at) VALUES (%s, %s, now() - %s * interval '1 hour')",
            site.mira.account_id, posting, hours,
        )  # fmt: skip
    site.select("INSERT INTO notices (account_id, posting_id) VALUES (%s, %s)", site.ben.account_id, site.his)
    return site


@pytest.fixture
def client(told: Site) -> Iterator[httpx.Client]:
    with told.mira.client(told.url) as client:
        yield client


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpInbox]:
    """This installation sends mail."""
    with smtp_server() as found:
        monkeypatch.setenv("TY_SMTP_URL", found.url)
        monkeypatch.setenv("TY_MAIL_FROM", "Jobs <jobs@example.net>")
        settings.cache_clear()
        yield found


def arrived(inbox: SmtpInbox, count: int) -> None:
    """Mail goes out behind the answer."""
    for _ in range(500):
        if len(inbox.messages) >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"{len(inbox.messages)} of {count} mails have arrived")


def settled(site: Site) -> None:
    for _ in range(500):
        if not site.select("SELECT FROM mail_outbox WHERE state IN ('waiting', 'claimed')"):
            return
        time.sleep(0.02)
    pytest.fail("a mail is still on its way")


def test_a_person_sees_their_own_notices_newest_first_and_escaped(told: Site, client: httpx.Client) -> None:
    page = client.get("/notices").text
    places = [page.index(f"/matches/{posting}") for posting in told.mine]
    assert places == sorted(places)
    assert str(told.his) not in page
    assert "New job 0 &lt;b&gt;" in page
    assert "3 unread" in page
    assert '<span class="unread">3' in page, "in the navigation of every page"


def test_one_is_marked_as_read_or_all(told: Site, client: httpx.Client) -> None:
    answer = client.post("/notices/read", data={"posting_id": str(told.mine[1])})
    assert (answer.status_code, answer.headers["location"]) == (303, "/notices")
    assert [one["read_at"] is None for one in client.get("/api/notices").json()["items"]] == [True, False, True]
    client.post("/notices/read", data={"all": "yes"})
    assert client.get("/api/notices").json()["unread"] == 0
    assert 'class="unread"' not in client.get("/notices").text.replace("'", '"')
    (his,) = told.select("SELECT read_at FROM notices WHERE account_id = %s", told.ben.account_id)
    assert his == (None,), "nobody else's are touched"


def test_who_opens_a_match_has_read_its_notice(told: Site, client: httpx.Client) -> None:
    assert client.get(f"/matches/{told.mine[0]}").status_code == 200
    left = client.get("/api/notices", params={"unread": True}).json()
    assert [one["posting_id"] for one in left["items"]] == [str(one) for one in told.mine[1:]]


def test_notices_are_paged_by_cursor(told: Site, client: httpx.Client) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = client.get("/api/notices", params={"limit": 2} | ({"after": after} if after else {})).json()
        seen += [one["posting_id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [str(one) for one in told.mine]
    assert client.get("/api/notices", params={"after": "x"}).status_code == 422


def test_another_person_s_notice_cannot_be_marked(told: Site, client: httpx.Client) -> None:
    assert client.post("/api/notices/read", json={"posting_id": str(told.his)}).json() == {"read": 0}
    assert client.post("/api/notices/read", json={"posting_id": str(told.mine[0])}).json() == {"read": 1}
    assert client.post("/notices/read", data={"posting_id": "nonsense"}).status_code == 422


def test_strangers_see_nothing(told: Site) -> None:
    with httpx.Client(base_url=told.url) as stranger:
        for path in ("/notices", "/notices/settings"):
            assert stranger.get(path).headers["location"].startswith("/sign-in")
        assert stranger.get("/api/notices").status_code == 401
        assert stranger.put("/api/notices/settings", json={"wanted": True}).status_code == 401


def test_without_a_mail_server_the_settings_say_so_and_take_no_consent(client: httpx.Client) -> None:
    page = client.get("/notices/settings").text
    assert "sends no mail" in page
    assert 'name="consent"' not in page
    assert client.post("/notices/settings", data={"consent": "on", "hour": "7"}).status_code == 503
    assert client.put("/api/notices/settings", json={"wanted": True}).status_code == 503
    assert client.get("/api/notices/settings").json()["possible"] is False


def test_consent_is_asked_for_confirmed_by_the_first_mail_and_ended_by_one_click(
    told: Site, inbox: SmtpInbox, client: httpx.Client
) -> None:
    assert 'name="consent"' in client.get("/notices/settings").text
    assert client.post("/notices/settings", data={"hour": "8"}).status_code == 422, "no consent without the tick"
    asked = client.post("/notices/settings", data={"consent": "on", "hour": "8"})
    assert asked.headers["location"] == "/notices/settings?done=asked"
    arrived(inbox, 1)
    settled(told)
    assert inbox.messages[0]["To"] == told.mira.email
    assert client.get("/api/notices/settings").json()["confirmed_at"] is None
    link = f"/notices/confirm/{inbox.token('confirm')}"
    with httpx.Client(base_url=told.url, headers={"Accept-Language": "en"}) as stranger:  # in another browser
        assert stranger.get(link).status_code == 200
        assert client.get("/api/notices/settings").json()["confirmed_at"] is None, "looking at a link confirms nothing"
        assert "Confirmed" in stranger.post(link).text
    assert client.get("/api/notices/settings").json()["confirmed_at"] is not None
    assert "confirmed on" in client.get("/notices/settings").text
    saved = client.post("/notices/settings", data={"consent": "on", "hour": "19"})
    assert saved.headers["location"] == "/notices/settings?done=saved", "another hour needs no confirmation"
    end = inbox.messages[0]["List-Unsubscribe"].strip("<>").partition("/notices/")[2]
    with httpx.Client(base_url=told.url) as program:
        assert program.get(f"/notices/{end}").status_code == 200
        assert client.get("/api/notices/settings").json()["wanted"], "looking at a link ends nothing"
        answer = program.post(f"/notices/{end}", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert client.get("/api/notices/settings").json()["wanted"] is False
    actions = [row[0] for row in told.select("SELECT action FROM audit_log ORDER BY entry_id")]
    assert [one for one in actions if one.startswith("mail_")][-4:] == [
        "mail_wanted", "mail_confirmed", "mail_wanted", "mail_unsubscribed",
    ]  # fmt: skip


def test_links_of_no_mail_lead_to_a_page_that_says_so(told: Site) -> None:
    with httpx.Client(base_url=told.url, headers={"Accept-Language": "en"}) as stranger:
        for what in ("confirm", "unsubscribe"):
            assert stranger.post(f"/notices/{what}/{'x' * 43}").status_code == 410
            assert stranger.get(f"/notices/{what}/short").status_code == 404


def test_a_program_asks_for_mail_and_ends_it(told: Site, inbox: SmtpInbox, client: httpx.Client) -> None:
    asked = client.put("/api/notices/settings", json={"wanted": True, "hour": 6}).json()
    assert (asked["wanted"], asked["hour"], asked["confirmed_at"]) == (True, 6, None)
    arrived(inbox, 1)
    settled(told)
    for count in (2, 3):
        client.put("/api/notices/settings", json={"wanted": True})
        arrived(inbox, count)
        settled(told)
    assert client.put("/api/notices/settings", json={"wanted": True}).status_code == 429
    assert client.put("/api/notices/settings", json={"wanted": False}).json()["mail_to"] is None
    assert client.put("/api/notices/settings", json={"wanted": True, "hour": 24}).status_code == 422


def test_a_server_that_is_away_now_is_tried_again_later(told: Site, inbox: SmtpInbox, client: httpx.Client) -> None:
    inbox.answers = ["451 not now"]
    client.post("/notices/settings", data={"consent": "on", "hour": "8"})
    for _ in range(500):
        found = told.select("SELECT state, attempts, error FROM mail_outbox")
        if found and found[0][:2] == ("waiting", 1):
            break
        time.sleep(0.02)
    assert found == [("waiting", 1, "SMTPDataError 451")]
    assert inbox.messages == []


def test_the_pages_speak_german(told: Site, client: httpx.Client) -> None:
    assert "Alle als gelesen markieren" in client.get("/notices?lang=de").text
    assert "Hinweise per E-Mail" in client.get("/notices/settings?lang=de").text
