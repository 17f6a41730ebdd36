"""The JSON API, its errors, and what every answer carries."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from serving_rows import CELLS, World

from serving.app import create_app


def all_pages(client: httpx.Client, path: str, **query: str | int | float) -> list[list[dict]]:
    pages: list[list[dict]] = []
    after: str | None = None
    cursors = set()
    while True:
        answer = client.get(path, params=query | ({"after": after} if after else {}))
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        after = answer.json()["next"]
        if after is None:
            return pages
        assert after not in cursors, "the pages go round in a circle"
        cursors.add(after)


def ids(pages: list[list[dict]]) -> list[UUID]:
    return [UUID(item["posting_id"]) for page in pages for item in page]


@pytest.mark.parametrize("limit", [1, 7, 29, 58, 100])
def test_pages_of_any_size_give_every_match_once_and_in_order(client: httpx.Client, world: World, limit: int) -> None:
    pages = all_pages(client, "/api/matches", limit=limit)
    assert ids(pages) == world.ranking
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1], "there is no empty last page"


@pytest.mark.parametrize(("gates", "passed"), [("passed", {True}), ("failed", {False}), ("all", {True, False})])
def test_matches_are_filtered_by_gates_and_score(
    client: httpx.Client, world: World, gates: str, passed: set[bool]
) -> None:
    pages = all_pages(client, "/api/matches", gates=gates, min_score=0.7, limit=4)
    items = [item for page in pages for item in page]
    assert {item["passed_gates"] for item in items} == passed
    assert min(item["score"] for item in items) == 0.7, "the least score is included, though 0.7 is no binary number"
    assert ids(pages) == [posting for posting in world.ranking if posting in set(ids(pages))]


def test_one_match_comes_with_its_matrix_and_provenance(client: httpx.Client, world: World) -> None:
    match = client.get(f"/api/matches/{world.analysed}").json()
    assert match["analysis"]["similarity"]["cells"] == CELLS
    assert match["analysis"]["recommendation"] == "apply"
    assert [requirement["ordinal"] for requirement in match["requirements"]] == [0, 1, 2, 3]
    assert (match["model"], match["task_version"]) == ("rules", "1")
    assert match["missing"][1]["skill"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/matches/{nobody}", 404),
        ("/api/matches/{untitled}", 404),
        ("/api/profiles/{person}/matches", 404),
        ("/api/nowhere", 404),
        ("/api/matches/not-a-uuid", 422),
        ("/api/matches?limit=0", 422),
        ("/api/matches?limit=101", 422),
        ("/api/matches?min_score=nan", 422),
        ("/api/matches?after=x", 422),
        ("/api/matches?after=MSBuYW4gMA", 422),  # "1 nan 0"
        ("/api/matches?after=äöü", 422),
        ("/api/matches?min_score=1e-46", 200),  # less than `real` can hold
    ],
)
def test_errors_are_problem_json(client: httpx.Client, world: World, path: str, status: int) -> None:
    answer = client.get(path.format(nobody=uuid4(), **vars(world)))
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["detail"]


def test_an_invalid_request_names_the_parameter(client: httpx.Client, world: World) -> None:
    answer = client.get("/api/matches?gates=maybe")
    assert answer.json()["errors"][0]["name"] == "gates"
    assert "maybe" not in answer.text.replace(answer.json()["instance"], ""), "what was sent is not repeated"


def test_health_is_ok_while_the_tables_can_be_read(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok"})


@pytest.mark.parametrize("path", ["/", "/api/matches", "/health", "/nowhere", "/static/match.css", "/matches/x"])
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    kept = {"/static/match.css": "no-cache", "/api/matches": "private, no-cache"}
    assert headers["cache-control"] == kept.get(path, "no-store"), "what has an ETag is asked for again each time"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8484", 200),
        ("localhost", 200),
        ("[::1]:8484", 200),
        ("matches.example.org", 400),
        ("127.0.0.1.example.org", 400),
        ("192.168.1.4", 400),
    ],
)
def test_only_requests_to_the_loopback_address_are_answered(client: httpx.Client, host: str, status: int) -> None:
    answer = client.get("/health", headers={"Host": host})
    assert answer.status_code == status
    assert "content-security-policy" in answer.headers


def test_an_unexpected_error_tells_nothing_and_keeps_the_headers(
    served: Callable[[FastAPI], AbstractContextManager[str]], database_url: str, world: World
) -> None:
    app = create_app(database_url)

    @app.get("/api/broken")
    async def broken() -> None:
        raise RuntimeError("a secret")

    with served(app) as url:
        answer = httpx.get(f"{url}/api/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers
