"""Signing up, in and out: nobody learns who has an account, and a session is its owner's alone."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html import unescape
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from signing_in import CHEAP_KIB, Member, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_assets.accounts import store
from ty_assets.accounts.tokens import token_hash
from ty_assets.feedback.steps import carry_out
from ty_resources.postgres import Database, with_schema

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def conninfo(new_database: Callable[[], str]) -> str:
    return with_schema(new_database(), "ty")


@pytest.fixture(scope="module")
def site(served: Callable[[FastAPI], AbstractContextManager[str]], conninfo: str) -> Iterator[str]:
    with served(create_app(conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture
def rows(conninfo: str) -> Iterator[Callable[..., list[tuple]]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DELETE FROM rate_limits")
        yield lambda query, *values: connection.execute(query, values).fetchall()


@pytest.fixture
def browser(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, headers={"Accept-Language": "en"}) as client:
        yield client


def field(html: str, name: str = "csrf_token") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None, html
    return unescape(found[1])


def send(browser: httpx.Client, path: str, form: str | None = None, **data: str) -> httpx.Response:
    """Load a page, fill in its form and send it."""
    return browser.post(path, data={"csrf_token": field(browser.get(form or path).text), **data})


def sign_up(browser: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return send(browser, "/sign-up", email=email, password=password, consent="on")


def sign_in(browser: httpx.Client, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return send(browser, "/sign-in", email=email, password=password, **more)


@pytest.fixture
def email(browser: httpx.Client, rows: Callable[..., list[tuple]]) -> str:
    """Of somebody who has signed up."""
    address = f"{uuid4().hex}@example.org"
    assert sign_up(browser, address).status_code == 200
    return address


def test_somebody_signs_up_signs_in_and_is_led_to_their_profile(browser: httpx.Client, email: str) -> None:
    answer = sign_in(browser, email.upper())
    assert (answer.status_code, answer.headers["location"]) == (303, "/matches")
    assert browser.get("/matches").headers["location"] == "/profile/start"
    assert browser.get("/").headers["location"] == "/profile/start"
    assert browser.get("/api/matches").status_code == 409
    assert email in browser.get("/account").text


def test_a_stranger_sees_what_this_is_and_is_led_back_after_signing_in(browser: httpx.Client, email: str) -> None:
    assert "Which jobs fit you" in browser.get("/").text
    asked = browser.get("/matches?gates=passed&min_score=50")
    assert asked.status_code == 303
    form = browser.get(asked.headers["location"]).text
    answer = sign_in(browser, email, next=field(form, "next"))
    assert answer.headers["location"] == "/matches?gates=passed&min_score=50"
    browser.cookies.clear()
    assert browser.get("/api/matches").status_code == 401
    assert browser.get("/api/matches").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://example.org",
        "//example.org",
        "/\\example.org",
        "\\\\example.org",
        "/\t/example.org",
        "javascript:alert(1)",
        "/matches\r\nSet-Cookie: a=b",
        "matches",
        "",
    ],
)
def test_a_sign_in_leads_to_no_other_site(browser: httpx.Client, email: str, wanted: str) -> None:
    assert sign_in(browser, email, next=wanted).headers["location"] == "/matches"


def test_a_sign_up_tells_nobody_whether_the_address_has_an_account(
    browser: httpx.Client, email: str, rows: Callable[..., list[tuple]]
) -> None:
    again = sign_up(browser, email, "another password")
    new = sign_up(browser, f"{uuid4().hex}@example.org", "another password")

    def without_secrets(answer: httpx.Response) -> str:
        return re.sub(r'value="[^"]*"', "", answer.text)

    assert (again.status_code, without_secrets(again)) == (new.status_code, without_secrets(new))
    assert sign_in(browser, email, "another password").status_code == 422, "the account is as it was"
    assert sign_in(browser, email).status_code == 303
    assert len(rows("SELECT FROM accounts WHERE email_key = %s", email)) == 1


def test_a_refused_sign_in_is_the_same_whatever_is_wrong_and_is_noted_without_the_address(
    browser: httpx.Client, email: str, rows: Callable[..., list[tuple]]
) -> None:
    wrong = sign_in(browser, email, "not the password")
    nobody = sign_in(browser, f"x{email}", "not the password")
    assert wrong.status_code == nobody.status_code == 422
    assert wrong.text.replace(email, "") == nobody.text.replace(f"x{email}", "")
    noted = rows("SELECT action, account_id IS NULL FROM audit_log ORDER BY entry_id DESC LIMIT 2")
    assert noted == [("sign_in_failed", True), ("sign_in_failed", False)]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"email": "nobody"}, "not a mail address"),
        ({"password": "short"}, "Too short"),
        ({"password": "x" * 257}, "Too long"),
        ({"password": "aaaaaaaaaaaaaa"}, "Too easy"),
        ({"consent": ""}, "Without this consent"),
    ],
)
def test_a_sign_up_says_what_is_wrong_and_keeps_nothing(
    browser: httpx.Client, rows: Callable[..., list[tuple]], data: dict[str, str], told: str
) -> None:
    before = rows("SELECT count(*) FROM accounts")
    given = {"email": "anna@example.org", "password": PASSWORD, "consent": "on"} | data
    answer = send(browser, "/sign-up", **given)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert f'value="{given["password"]}"' not in answer.text
    assert rows("SELECT count(*) FROM accounts") == before


def test_a_sign_in_gives_a_new_token_whatever_the_browser_brought(
    browser: httpx.Client, email: str, rows: Callable[..., list[tuple]]
) -> None:
    """Session fixation: a token that somebody else put into the browser never becomes a session."""
    planted = "planted-by-somebody-else"
    browser.cookies.set("ty_session", planted, domain="127.0.0.1")
    answer = sign_in(browser, email)
    assert answer.status_code == 303
    token = answer.cookies["ty_session"]
    assert token != planted
    assert httpx.get(f"{browser.base_url}/account", cookies={"ty_session": planted}).status_code == 303
    answer = send(browser, "/sign-in", form="/account", email=email, password=PASSWORD)
    assert answer.cookies["ty_session"] not in (token, planted)
    assert httpx.get(f"{browser.base_url}/account", cookies={"ty_session": token}).status_code == 303, "it has ended"
    stored = [bytes(one) for (one,) in rows("SELECT token_hash FROM sessions")]
    assert token_hash(answer.cookies["ty_session"]) in stored
    assert answer.cookies["ty_session"].encode() not in stored


def test_a_page_of_another_site_cannot_sign_a_stranger_in(browser: httpx.Client, email: str, site: str) -> None:
    given = {"email": email, "password": PASSWORD}
    assert browser.post("/sign-in", data=given).status_code == 403
    attackers = field(httpx.get(f"{site}/sign-in").text)  # a token of the attacker's own visit
    assert browser.post("/sign-in", data=given | {"csrf_token": attackers}).status_code == 403
    assert httpx.post(f"{site}/sign-in", data=given | {"csrf_token": attackers}).status_code == 403
    assert httpx.post(f"{site}/api/session", json=given).status_code == 403


def test_signing_out_ends_the_session_and_not_only_the_cookie(browser: httpx.Client, email: str) -> None:
    sign_in(browser, email)
    token = browser.cookies["ty_session"]
    answer = send(browser, "/sign-out", form="/account")
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache"', "what the browser kept of lists goes too"
    assert "ty_session" not in browser.cookies
    assert httpx.get(f"{browser.base_url}/api/account", cookies={"ty_session": token}).status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: httpx.Client, email: str) -> None:
    cookie = sign_in(browser, email).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie


def test_a_new_password_ends_all_other_sessions_and_renews_this_one(
    browser: httpx.Client, email: str, site: str, rows: Callable[..., list[tuple]]
) -> None:
    sign_in(browser, email)
    before = browser.cookies["ty_session"]
    with httpx.Client(base_url=site) as elsewhere:
        sign_in(elsewhere, email)
        wrong = send(browser, "/account/password", form="/account", current="wrong one", password="a new password")
        assert wrong.status_code == 422
        assert elsewhere.get("/api/account").status_code == 200
        changed = send(browser, "/account/password", form="/account", current=PASSWORD, password="a new password")
        assert (changed.status_code, changed.headers["location"]) == (303, "/account?done=password")
        assert elsewhere.get("/api/account").status_code == 401
    assert browser.cookies["ty_session"] != before
    assert browser.get("/api/account").status_code == 200
    assert httpx.get(f"{site}/api/account", cookies={"ty_session": before}).status_code == 401
    assert sign_in(httpx.Client(base_url=site), email).status_code == 422
    assert sign_in(httpx.Client(base_url=site), email, "a new password").status_code == 303


@pytest.mark.parametrize("column", ["expires_at = now() - interval '1 s'", "last_seen_at = now() - interval '8 days'"])
def test_a_session_ends_by_itself_when_it_is_old_or_idle(
    conninfo: str, site: str, rows: Callable[..., list[tuple]], column: str
) -> None:
    with signed_in(conninfo).client(site) as client:
        assert client.get("/api/account").status_code == 200
        rows(
            f"UPDATE sessions SET {column} WHERE token_hash = %s RETURNING 1", token_hash(client.cookies["ty_session"])
        )
        assert client.get("/api/account").status_code == 401


def test_when_a_session_was_last_seen_is_noted_once_a_minute(
    conninfo: str, site: str, rows: Callable[..., list[tuple]]
) -> None:
    with signed_in(conninfo).client(site) as client:
        of = token_hash(client.cookies["ty_session"])
        (begun,) = rows("SELECT last_seen_at FROM sessions WHERE token_hash = %s", of)
        client.get("/api/account")
        assert rows("SELECT last_seen_at FROM sessions WHERE token_hash = %s", of) == [begun]
        rows("UPDATE sessions SET last_seen_at = now() - interval '2 minutes' WHERE token_hash = %s RETURNING 1", of)
        client.get("/api/account")
        assert rows("SELECT last_seen_at > now() - interval '1 minute' FROM sessions WHERE token_hash = %s", of) == [
            (True,)
        ]


def test_too_many_sign_ins_for_one_account_have_to_wait(browser: httpx.Client, email: str) -> None:
    token = field(browser.get("/sign-in").text)
    given = {"email": email, "password": "not the password", "csrf_token": token}
    answers = [browser.post("/sign-in", data=given).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    refused = browser.post("/sign-in", data=given | {"password": PASSWORD})
    assert refused.status_code == 429, "the right password waits, too"
    assert 1 <= int(refused.headers["retry-after"]) <= 90
    assert "A little slower" in refused.text
    assert sign_in(browser, f"x{email}").status_code == 422, "another account does not"


def test_too_many_sign_ups_from_one_address_have_to_wait(
    browser: httpx.Client, rows: Callable[..., list[tuple]]
) -> None:
    answers = [sign_up(browser, f"{uuid4().hex}@example.org").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    (kept,) = rows("SELECT array_agg(encode(subject, 'hex')) FROM rate_limits")
    assert all("3132372e302e302e31" not in one for one in kept[0]), "127.0.0.1 is not there in clear"


def test_a_password_is_hashed_anew_when_the_parameters_have_changed(
    served: Callable[[FastAPI], AbstractContextManager[str]],
    conninfo: str,
    browser: httpx.Client,
    email: str,
    rows: Callable[..., list[tuple]],
) -> None:
    def memory() -> str:
        ((stored,),) = rows("SELECT password_hash FROM accounts WHERE email_key = %s", email)
        assert stored.startswith("$argon2id$")
        return re.search(r"m=(\d+)", stored)[1]  # type: ignore[index]

    assert memory() == str(CHEAP_KIB)
    with served(create_app(conninfo, passwords=Passwords(2 * CHEAP_KIB))) as url:
        assert sign_in(httpx.Client(base_url=url), email).status_code == 303
    assert memory() == str(2 * CHEAP_KIB)
    assert sign_in(browser, email).status_code == 303


def test_a_link_from_the_shell_signs_in_once(
    conninfo: str, site: str, browser: httpx.Client, rows: Callable[..., list[tuple]]
) -> None:
    member = signed_in(conninfo)
    with Database(conninfo) as db:
        token, old = (carry_out(db, store.make_link(member.account_id)) for _ in range(2))
    rows("UPDATE sign_in_links SET expires_at = now() WHERE token_hash = %s RETURNING 1", token_hash(old))
    path = f"/sign-in/link/{token}"
    assert browser.get(path).status_code == 200, "to look at it does not use it up"
    assert send(browser, path).headers["location"] == "/matches"
    assert browser.get("/api/account").json()["email"] == member.email
    with httpx.Client(base_url=site) as other:
        for used in (path, f"/sign-in/link/{old}"):
            assert send(other, used).status_code == 422
        assert other.get("/api/account").status_code == 401


def test_with_a_public_address_cookies_are_bound_to_it_and_other_hosts_are_refused(
    served: Callable[[FastAPI], AbstractContextManager[str]], conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_PUBLIC_URL", "https://jobs.example.org")
    from ty_resources.settings import settings

    settings.cache_clear()
    with served(create_app(conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        answer = httpx.get(f"{url}/sign-in", headers={"Host": "jobs.example.org"})
        refused = httpx.get(f"{url}/sign-in", headers={"Host": "example.org"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ty_visitor=")
    assert "Secure" in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert refused.status_code == 400


def test_a_language_that_was_chosen_is_kept_by_the_browser_and_by_the_account(
    conninfo: str, site: str, browser: httpx.Client, email: str
) -> None:
    assert '<html lang="de">' in browser.get("/?lang=de").text
    assert '<html lang="de">' in browser.get("/").text
    sign_in(browser, email)
    send(browser, "/account/language", form="/account", language="en")
    assert '<html lang="en">' in browser.get("/account").text
    with httpx.Client(base_url=site, headers={"Accept-Language": "de"}) as elsewhere:
        sign_in(elsewhere, email)
        assert '<html lang="en">' in elsewhere.get("/account").text


def test_a_stranger_and_a_member_of_the_same_page_have_different_ways(conninfo: str, site: str) -> None:
    member: Member = signed_in(conninfo)
    with member.client(site) as client:
        assert client.get("/sign-in").headers["location"] == "/matches"
        assert client.get("/sign-up").headers["location"] == "/matches"
        assert 'href="/sign-out"' not in client.get("/account").text, "a link would sign out whoever is led to it"
