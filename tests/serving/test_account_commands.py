"""`ty account`, and the links it prints, in the match view."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from serving_rows import Writer
from signing_in import CHEAP_KIB
from test_account_signing import field
from typer.testing import CliRunner

from serving.accounts import csrf
from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_jobs.cli import app
from ty_resources.postgres import Database
from ty_resources.settings import settings


@pytest.fixture
def view(
    served: Callable[[FastAPI], AbstractContextManager[str]], db: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    monkeypatch.setenv("TY_POSTGRES_URL", db.url)
    settings.cache_clear()
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


def ty(*arguments: str, code: int = 0) -> str:
    told = CliRunner().invoke(app, ["account", *arguments])
    assert told.exit_code == code, (told.output, told.exception)
    return told.stdout


@contextmanager
def opened(view: str, link: str) -> Iterator[httpx.Client]:
    """A browser in which the link has been followed."""
    with httpx.Client(base_url=view, headers={"Accept-Language": "en"}, verify=False) as browser:
        path = urlsplit(link).path
        answer = browser.post(path, data={"csrf_token": field(browser.get(path).text)})
        assert answer.status_code == 303, answer.text
        browser.headers[csrf.HEADER] = csrf.token_of(browser.cookies["ty_session"])
        yield browser


def test_an_account_is_made_listed_raised_and_deleted(view: str, db: Database) -> None:
    made = json.loads(ty("add", "Anna@Example.org", "--admin", "--json"))
    assert made["email"] == "Anna@example.org"
    with opened(view, made["link"]) as browser:
        assert browser.get("/api/account").json()["is_admin"]
        (row,) = json.loads(ty("list", "--json"))
        assert (row["email"], row["is_admin"], row["has_password"]) == ("Anna@example.org", True, False)
        assert "Anna@example.org" in ty("list")
        ty("admin", "anna@example.org", "off")
        assert browser.get("/api/account").status_code == 401, "with other rights everybody signs in anew"
    with opened(view, json.loads(ty("open", row["account_id"][:8], "--json"))["link"]) as browser:
        assert not browser.get("/api/account").json()["is_admin"]
        ty("delete", "anna@example.org", "--yes")
        assert browser.get("/api/account").status_code == 401
    assert json.loads(ty("list", "--json")) == []


def test_a_sample_person_is_looked_at_by_the_beginning_of_their_id(view: str, db: Database) -> None:
    with psycopg.connect(db.conninfo) as connection:
        profile_id = Writer(connection).person("Mira Beispiel", "Data engineer")
    printed = ty("open", str(profile_id)[:8]).strip()
    assert printed.startswith("http://127.0.0.1:8484/sign-in/link/")
    with opened(view, printed) as browser:
        assert browser.get("/api/account").json()["profile_id"] == str(profile_id)
    again = json.loads(ty("open", str(profile_id), "--json"))
    assert again["account_id"] == json.loads(ty("list", "--json"))[0]["account_id"], "it has one account"


def test_who_has_forgotten_the_password_sets_a_new_one_by_a_link(view: str, db: Database) -> None:
    first = json.loads(ty("add", "ben@example.org", "--json"))
    for forgotten in (False, True):
        again = ["open", "ben@example.org", "--forget-password", "--json"]
        link = json.loads(ty(*again))["link"] if forgotten else first["link"]
        with opened(view, link) as browser:
            data = {"current": "ben@example.org", "password": "a sentence of mine"}
            assert browser.post("/account/password", data=data).status_code == 303
            browser.headers[csrf.HEADER] = csrf.token_of(browser.cookies["ty_session"])
            assert browser.post("/account/password", data=data).status_code == 422, "now there is a password"


def test_an_account_may_evaluate_candidates_once_it_is_told_so(view: str, db: Database) -> None:
    ty("add", "anna@example.org", "--recruiter", "--json")
    ty("add", "ben@example.org", "--json")
    marks = {row["email"]: row["is_recruiter"] for row in json.loads(ty("list", "--json"))}
    assert marks == {"anna@example.org": True, "ben@example.org": False}
    assert "recruiter" in ty("list")
    told = json.loads(ty("token", "ben@example.org", "a program", "--json"))
    headers = {"Authorization": f"Bearer {told['token']}"}
    assert told["token"].startswith("ty_")
    assert httpx.get(f"{view}/v1/batches", headers=headers).status_code == 403
    assert "on" in ty("recruiter", "ben@example.org")
    assert httpx.get(f"{view}/v1/batches", headers=headers).json()["data"] == [], "the token is as good as its account"
    ty("recruiter", "ben@example.org", "--off")
    assert httpx.get(f"{view}/v1/batches", headers=headers).status_code == 403
    with psycopg.connect(db.conninfo) as connection:
        actions = connection.execute("SELECT action FROM audit_log WHERE action LIKE 'recruiter%'").fetchall()
    assert actions == [("recruiter_on",), ("recruiter_off",)]


def test_who_may_no_longer_evaluate_candidates_is_signed_out(view: str, db: Database) -> None:
    made = json.loads(ty("add", "anna@example.org", "--recruiter", "--json"))
    with opened(view, made["link"]) as browser:
        assert browser.get("/api/account").json()["is_recruiter"]
        ty("recruiter", "anna@example.org")
        assert browser.get("/api/account").status_code == 200, "what was so already changes nothing for them"
        ty("recruiter", "anna@example.org", "--off")
        assert browser.get("/api/account").status_code == 401


def test_a_token_is_printed_once_alone_and_listed_by_its_name(view: str, db: Database) -> None:
    ty("add", "anna@example.org", "--recruiter", "--json")
    token = ty("token", "anna@example.org", "  the   batch ").strip()
    headers = {"Authorization": f"Bearer {token}"}
    (listed,) = httpx.get(f"{view}/api/account/tokens", headers=headers).json()
    assert listed["name"] == "the batch"
    with psycopg.connect(db.conninfo) as connection:
        actions = connection.execute("SELECT action FROM audit_log ORDER BY entry_id").fetchall()
    assert actions[-1] == ("token_made",)
    for wrong in ("the batch", " ", "x" * 81, "a\x00b"):
        assert CliRunner().invoke(app, ["account", "token", "anna@example.org", wrong]).exit_code != 0, wrong


@pytest.mark.parametrize(
    "arguments",
    [
        ("open", "nobody@example.org"),
        ("delete", "00000000", "--yes"),
        ("add", "nobody"),
        ("admin", "x", "on"),
        ("recruiter", "nobody@example.org"),
        ("token", "nobody@example.org", "a name"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(view: str, arguments: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, ["account", *arguments])
    assert told.exit_code != 0
    assert type(told.exception).__name__ in ("AccountError", "EmailError")
