"""The onboarding for programs: /api/profile and below."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from onboarding_world import write_market
from signing_in import CHEAP_KIB, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_resources.postgres import Database

CODER = {
    "basics": {"name": "Mira Beispiel", "label": "Softwareentwickler", "email": "mira@example.org"},
    "work": [{"name": "Werk", "position": "Softwareentwickler", "startDate": "2020-01"}],
    "skills": [{"name": "Python"}, {"name": "SQL"}],
    "meta": {"ty": {"remote_only": False, "regions": ["Kiel"], "minimum_pay": 50000}},
}


@pytest.fixture(scope="module")
def market(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        write_market(db)
        yield db


@pytest.fixture(scope="module")
def url(market: Database, served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[str]:
    with served(create_app(market.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture
def api(url: str, market: Database) -> Iterator[httpx.Client]:
    """Of somebody new."""
    with signed_in(market.conninfo).client(url) as client:
        client.timeout = httpx.Timeout(60)  # the encoder may be loaded meanwhile
        yield client


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert "Beispiel" not in answer.text
    return told


def test_from_a_document_to_matches(api: httpx.Client) -> None:
    assert api.get("/api/profile/status").json()["state"] == "none"
    draft = api.post("/api/profile/import", json=CODER)
    assert draft.status_code == 201
    assert draft.json()["kind"] == "json_resume"
    assert draft.json()["faults"] == []
    seen = draft.json()["seen"]
    assert seen["headline"] == "Softwareentwickler"
    assert "Beispiel" not in json.dumps(seen)
    changed = CODER | {"skills": [{"name": "Python"}, {"name": "SQL"}, {"name": "Git"}]}
    assert api.put("/api/profile/draft", json=changed).json()["resume"]["skills"][2] == {"name": "Git"}
    saved = api.post("/api/profile/draft/save")
    assert (saved.status_code, saved.json()["has_draft"]) == (202, False)
    told = saved.json()
    for _ in range(600):
        if told["state"] != "running":
            break
        time.sleep(0.05)
        told = api.get("/api/profile/status").json()
    assert (told["state"], told["facts"]["matches"]) == ("done", 3)
    profile = api.get("/api/profile").json()
    assert profile["resume"]["meta"] == CODER["meta"]
    assert profile["resume"]["basics"]["name"] == "Mira Beispiel"
    assert {facet["term"] for facet in profile["facets"]} >= {"Python", "SQL", "Git"}
    assert profile["seen"]["minimum_pay"] == 50000
    assert "Beispiel" not in json.dumps([profile["seen"], profile["facets"]])


def test_the_status_survives_the_process(
    api: httpx.Client, market: Database, served: Callable[[FastAPI], AbstractContextManager[str]]
) -> None:
    api.put("/api/profile/draft", json=CODER)
    api.post("/api/profile/draft/save")
    for _ in range(600):
        if api.get("/api/profile/status").json()["state"] == "done":
            break
        time.sleep(0.05)
    with (
        served(create_app(market.conninfo, passwords=Passwords(CHEAP_KIB))) as url,
        httpx.Client(base_url=url, cookies=api.cookies, headers=api.headers) as later,
    ):
        told = later.get("/api/profile/status").json()
    assert (told["state"], told["facts"]["matches"]) == ("done", 3)


def test_a_document_may_come_as_a_form_as_bytes_or_as_text(api: httpx.Client) -> None:
    document = json.dumps(CODER).encode()
    for sent in (
        {"files": {"document": ("cv.json", document)}},
        {"content": document, "headers": {"Content-Type": "application/octet-stream"}},
        {"data": {"text": "Lebenslauf\nMira Beispiel\nKenntnisse\nPython, SQL"}},
    ):
        answer = api.post("/api/profile/import", **sent)  # type: ignore[arg-type]
        assert answer.status_code == 201
        assert "Python" in json.dumps(answer.json()["resume"]["skills"])


def test_what_cannot_be_read_says_why_and_leaves_the_draft(api: httpx.Client) -> None:
    api.put("/api/profile/draft", json=CODER)
    told = is_problem(api.post("/api/profile/import", content=b"\x89PNG\r\n\x1a\n" + bytes(100)), 422)
    assert told["code"] == "not_supported"
    assert is_problem(api.post("/api/profile/import", content=b""), 422)["code"] == "empty"
    broken = is_problem(api.post("/api/profile/import", json={"basics": {"email": "Beispiel"}}), 422)
    assert broken["code"] == "invalid_resume"
    assert broken["errors"] == ["$.basics.email: expected an e-mail address such as name@example.org"]
    is_problem(api.post("/api/profile/import", content=bytes(12_000_000)), 413)
    assert api.get("/api/profile/draft").json()["resume"]["basics"]["label"] == "Softwareentwickler"


@pytest.mark.parametrize(
    "body",
    [
        '{"work": 1}',
        '{"work": [{"startDate": "Beispiel"}]}',
        "{}",
        "[]",
        "null",
        '{"basics": {"name": "\\ud800"}}',
        "x",
    ],
)
def test_a_draft_that_is_no_resume_is_refused_with_its_places(api: httpx.Client, body: str) -> None:
    told = is_problem(api.put("/api/profile/draft", content=body, headers={"Content-Type": "application/json"}), 422)
    assert told["errors"]
    is_problem(api.get("/api/profile/draft"), 404)


def test_what_is_wrong_with_a_draft_is_told_by_field_and_it_is_not_saved(api: httpx.Client) -> None:
    reversed_period = {"work": [{"position": "Koch", "startDate": "2020", "endDate": "2019"}]}
    assert api.put("/api/profile/draft", json=reversed_period).json()["faults"] == [
        {"field": "work-0-ended", "code": "reversed", "values": {}}
    ]
    told = is_problem(api.post("/api/profile/draft/save"), 422)
    assert [fault["field"] for fault in told["faults"]] == ["work-0-ended"]
    assert api.delete("/api/profile/draft").status_code == 204
    is_problem(api.post("/api/profile/draft/save"), 404)


def test_who_has_no_profile_is_told_where_to_begin(api: httpx.Client) -> None:
    assert "/profile/start" in is_problem(api.get("/api/profile"), 409)["detail"]
