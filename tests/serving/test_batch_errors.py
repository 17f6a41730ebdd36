"""Whatever goes wrong under /v1 is told in the form that OpenAI's clients read."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import openai
import psycopg
import pytest
from batch_world import CHAT, Recruiter, recruiter
from fastapi import FastAPI
from openai import OpenAI
from signing_in import CHEAP_KIB

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_assets.accounts import store
from ty_assets.feedback.steps import carry_out
from ty_resources.postgres import Database
from ty_resources.settings import settings


@pytest.fixture(scope="module")
def db(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        yield db


@pytest.fixture(scope="module")
def app(db: Database) -> FastAPI:
    app = create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))

    @app.get("/v1/broken")
    async def broken() -> None:
        raise RuntimeError("with a name in it: Mira Beispiel")

    return app


@pytest.fixture(scope="module")
def url(app: FastAPI, served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.fixture(scope="module")
def sarah(db: Database) -> Recruiter:
    return recruiter(db.conninfo)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["message"].endswith(".")
    return error


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "kind", "code"),
    [
        ("GET", "/v1", {}, 404, "invalid_request_error", None),
        ("GET", "/v1/", {}, 404, "invalid_request_error", None),
        ("GET", "/v1/assistants", {}, 404, "invalid_request_error", None),
        ("PUT", "/v1/files", {}, 405, "invalid_request_error", "method_not_supported"),
        ("GET", f"/v1/files/{'x' * 200}", {}, 400, "invalid_request_error", "string_above_max_length"),
        ("GET", "/v1/files/a%00b", {}, 404, "invalid_request_error", None),
        ("GET", "/v1/batches/a%00b", {}, 404, "invalid_request_error", "batch_not_found"),
        ("POST", "/v1/batches", {"content": b"{"}, 400, "invalid_request_error", None),
        ("POST", "/v1/batches", {"content": b"\xff\xfe"}, 400, "invalid_request_error", None),
        ("POST", "/v1/batches", {"json": []}, 400, "invalid_request_error", "invalid_type"),
        ("POST", "/v1/batches", {"content": b" " * 2_000_001}, 413, "invalid_request_error", "request_too_large"),
        ("GET", "/v1/files?after=%00", {}, 400, "invalid_request_error", "invalid_value"),
        ("GET", "/v1/batches?limit=1.5", {}, 400, "invalid_request_error", "invalid_value"),
        ("GET", "/v1/broken", {}, 500, "server_error", None),
    ],
)  # fmt: skip
def test_every_error_has_the_form_of_openais(
    url: str, sarah: Recruiter, method: str, path: str, sent: dict[str, Any], status: int, kind: str, code: str | None
) -> None:
    headers = {"Authorization": f"Bearer {sarah.key}", "Content-Type": "application/json"}
    answer = httpx.request(method, f"{url}{path}", headers=headers, **sent)
    assert answer.status_code == status, answer.text
    error = error_of(answer)
    assert (error["type"], error["code"]) == (kind, code)
    assert "Mira" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key", [None, "", "Bearer", "Bearer ty_unknown", "Basic eDp5", "Bearer " + "x" * 500])
def test_without_a_key_that_is_known_nothing_is_done(url: str, method: str, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": key}
    answer = httpx.request(method, f"{url}/v1/files", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert error_of(answer)["code"] == "invalid_api_key"


def test_a_key_that_was_revoked_opens_nothing(url: str, db: Database) -> None:
    other = recruiter(db.conninfo)
    with other.client(url) as client:
        assert client.files.list().data == []
        with psycopg.connect(db.conninfo) as connection:
            row = connection.execute("SELECT token_id FROM api_tokens WHERE account_id = %s", [other.account_id])
            (token_id,) = row.fetchone() or ()
        assert carry_out(db, store.revoke_token(other.account_id, token_id))
        with pytest.raises(openai.AuthenticationError):
            client.files.list()


def test_who_is_no_recruiter_any_more_is_refused_at_once_and_told_why(url: str, db: Database) -> None:
    other = recruiter(db.conninfo)
    with other.client(url) as client:
        assert client.batches.list().data == []
        carry_out(db, store.set_recruiter(other.account_id, is_recruiter=False))
        with pytest.raises(openai.PermissionDeniedError) as refused:
            client.batches.list()
    assert refused.value.code == "insufficient_permissions"
    assert "ty account recruiter" in refused.value.message


def test_a_database_that_is_away_is_told_as_something_that_passes(
    served: Callable[[FastAPI], AbstractContextManager[str]],
) -> None:
    away = create_app("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1", passwords=Passwords(CHEAP_KIB))
    with served(away) as url:
        client = OpenAI(base_url=f"{url}/v1", api_key="ty_any", max_retries=0)
        with client, pytest.raises(openai.InternalServerError) as failed:
            client.files.list()
    assert failed.value.status_code == 503
    assert error_of_exception(failed.value)["type"] == "server_error"


def test_a_model_server_that_is_away_is_told_as_something_that_passes(
    served: Callable[[FastAPI], AbstractContextManager[str]], db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_ENGINE", "openai")
    monkeypatch.setenv("TY_OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    settings.cache_clear()
    sarah = recruiter(db.conninfo)
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url, sarah.client(url) as client:
        with pytest.raises(openai.InternalServerError) as failed:
            client.models.list()
        assert failed.value.status_code == 503
        assert client.batches.list().data == [], "all else goes on"


def test_a_page_of_another_site_changes_nothing(url: str, sarah: Recruiter) -> None:
    headers = {"Authorization": f"Bearer {sarah.key}", "Sec-Fetch-Site": "cross-site"}
    body = {"input_file_id": "x", "endpoint": CHAT, "completion_window": "24h"}
    answer = httpx.post(f"{url}/v1/batches", json=body, headers=headers)
    assert answer.status_code == 403
    error_of(answer)


def test_the_models_are_those_of_the_servers_that_are_set_up(
    served: Callable[[FastAPI], AbstractContextManager[str]],
    db: Database,
    simulated_server: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = simulated_server()
    monkeypatch.setenv("TY_ENGINE", "openai")
    monkeypatch.setenv("TY_OPENAI_BASE_URL", f"{server.url}/v1")
    settings.cache_clear()
    sarah = recruiter(db.conninfo)
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url, sarah.client(url) as client:
        names = [model.id for model in client.models.list()]
        told = {model["id"] for model in httpx.get(f"{server.url}/v1/models").json()["data"]}
        assert names == sorted(told)
        assert names
        assert client.models.retrieve(names[0]).id == names[0]


def error_of_exception(error: openai.APIStatusError) -> dict[str, Any]:
    body: Any = error.response.json()
    told: dict[str, Any] = body["error"]
    return told
