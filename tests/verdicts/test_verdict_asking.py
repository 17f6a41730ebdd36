"""Asking the reasoning model from the match view: once for all who ask, shown beside the rule, not by other sites."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
from decided_world import ScriptedModel, applies, match, person, posting

from serving.app import create_app
from serving.opened import OpenedMatches
from tests.serving.signing_in import signed_in
from ty_assets.verdicts.task import Verdict, VerdictItem
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.inference.errors import ServerDown
from ty_resources.postgres import Database
from ty_resources.settings import settings

T = TypeVar("T")
RULES = EmbeddedEngine()


def with_view(db: Database, engine: InferenceEngine, work: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
    async def run() -> T:
        app = create_app(db.conninfo, OpenedMatches(Database(db.url), engine, RULES, settings()))
        transport = httpx.ASGITransport(app)
        (known,) = db.rows("people")
        member = signed_in(db.conninfo, known["profile_id"])
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60, **member.browser) as client,
        ):
            return await work(client)

    return asyncio.run(run())


def world(db: Database) -> str:
    profile_id, posting_id = person(db), posting(db, 1)
    match(db, profile_id, posting_id, 0.9, "skip")
    return f"/matches/{posting_id}"


def test_many_who_ask_at_once_make_one_question_and_the_page_shows_both_decisions(db: Database) -> None:
    def slowly(item: VerdictItem) -> Verdict:
        time.sleep(0.3)
        return applies(item)

    path, model = world(db), ScriptedModel(slowly)

    async def work(client: httpx.AsyncClient) -> tuple[list[httpx.Response], str, str]:
        before = (await client.get(path)).text
        answers = await asyncio.gather(*(client.post(f"/api{path}/verdict") for _ in range(5)))
        return list(answers), before, (await client.get(path)).text

    answers, before, after = with_view(db, model, work)
    told = answers[0].json()
    assert [answer.status_code for answer in answers] == [200] * 5
    assert (told["rule"], told["model"]["decision"]) == ("skip", "apply")
    assert model.calls == 1
    assert model.lanes == ["person"]
    assert f'action="{path}/verdict"' in before
    assert "Rule and model do not agree" in after
    assert "Auswertungen in SQL geschrieben" in after
    assert "/verdict" not in after, "who has the answer is not offered to ask"


def test_the_button_of_the_page_leads_back_to_it(db: Database) -> None:
    path, model = world(db), ScriptedModel()

    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(f"{path}/verdict?lang=de")

    answer = with_view(db, model, work)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?lang=de#decision")
    assert model.calls == 1


def test_another_site_cannot_make_a_browser_ask(db: Database) -> None:
    path, model = world(db), ScriptedModel()

    async def work(client: httpx.AsyncClient) -> list[int]:
        headers = {"Sec-Fetch-Site": "cross-site"}
        return [(await client.post(f"{at}{path}/verdict", headers=headers)).status_code for at in ("", "/api")]

    assert with_view(db, model, work) == [403, 403]
    assert model.calls == 0


def test_without_a_model_the_rule_decides_alone_and_says_so(db: Database) -> None:
    path = world(db)

    async def work(client: httpx.AsyncClient) -> tuple[httpx.Response, str]:
        return await client.post(f"/api{path}/verdict"), (await client.get(path)).text

    answer, page = with_view(db, RULES, work)
    assert answer.json() == {
        "rule": "skip",
        "model": None,
        "note": "decided by rule; no reasoning model is configured",
    }
    assert "No reasoning model is configured" in page
    assert "/verdict" not in page


def test_a_model_that_is_away_is_said_and_the_page_still_comes(db: Database) -> None:
    def away(item: VerdictItem) -> Verdict:
        raise ServerDown("nobody answers")

    path, model = world(db), ScriptedModel(away)

    async def work(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        return await client.post(f"/api{path}/verdict"), await client.post(f"{path}/verdict")

    api, page = with_view(db, model, work)
    assert api.status_code == 503
    assert api.headers["content-type"] == "application/problem+json"
    assert page.status_code == 303


def test_a_match_that_is_not_there_is_nobody_s_to_ask_about(db: Database) -> None:
    _, model = world(db), ScriptedModel()
    other = f"/matches/{uuid.uuid4()}"

    async def work(client: httpx.AsyncClient) -> list[int]:
        return [(await client.post(f"{at}{other}/verdict")).status_code for at in ("/api", "")]

    assert with_view(db, model, work) == [404, 303]
    assert model.calls == 0
