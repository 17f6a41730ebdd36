"""A posting that somebody opens is read at once, and once."""

import asyncio
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from handle import SimulatedServer
from sample_pipeline import SAMPLE_DAYS, Pipeline

from serving.app import create_app
from serving.opened import OpenedPostings
from ty_jobs.demo import samples
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.ollama import OllamaClient
from ty_resources.postgres import Database
from ty_resources.settings import settings


@pytest.fixture
def opened(
    db: Database, engine: EmbeddedEngine, simulated_server: Callable[..., SimulatedServer]
) -> Iterator[tuple[Pipeline, SimulatedServer, OpenedPostings]]:
    server = simulated_server(answers="rules")
    client = OllamaClient([server.url], context_tokens=8192, keep_alive="30m", request_timeout=60.0)
    models = ModelEngine(
        client,
        extraction_model="qwen2.5-coder:7b",
        reasoning_model="qwen2.5:7b",
        embedding_model="bge-m3",
        workers=4,
        context_tokens=8192,
        max_answer_tokens=3072,
        patience=5.0,
    )
    pipeline = Pipeline(db, engine, models)
    by_rules = Pipeline(db, engine)
    assert all(told.success for told in by_rules.people(sorted((samples() / "profiles").glob("*.json"))[:1]))
    assert by_rules.postings(SAMPLE_DAYS[:1], samples() / "postings").success
    reader = OpenedPostings(db, models, settings())
    yield pipeline, server, reader
    reader.close()
    models.close()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def readings(pipeline: Pipeline) -> list[object]:
    return [row["posting_id"] for row in pipeline.select("SELECT posting_id FROM posting_readings")]


def test_a_page_is_shown_at_once_and_its_posting_read_once(
    opened: tuple[Pipeline, SimulatedServer, OpenedPostings],
) -> None:
    pipeline, server, reader = opened
    (match,) = pipeline.select("SELECT profile_id, posting_id FROM profile_posting_matches ORDER BY score DESC LIMIT 1")
    page = f"/profiles/{match['profile_id']}/matches/{match['posting_id']}"

    async def open_twice() -> None:
        app = create_app(pipeline.db.conninfo, reader)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as view,
        ):
            assert (await view.get(page)).status_code == 200
            await asyncio.to_thread(eventually, lambda: readings(pipeline) == [match["posting_id"]])
            assert (await view.get(page)).status_code == 200

    asyncio.run(open_twice())
    assert len(server.stats()["chats"]) == sum(server.stats()["chats"].values()) == 1
    assert pipeline.select("SELECT 1 FROM reading_requests") == []


def test_what_is_opened_while_no_server_answers_is_read_first_by_the_next_run(
    opened: tuple[Pipeline, SimulatedServer, OpenedPostings],
) -> None:
    pipeline, server, reader = opened
    (posting,) = pipeline.select("SELECT posting_id FROM postings WHERE in_scope ORDER BY posting_id LIMIT 1")
    server.stop()
    assert reader.opened(posting["posting_id"])
    assert pipeline.select("SELECT posting_id FROM reading_requests") == [posting]
    assert readings(pipeline) == []
    server.restart()
    assert pipeline.run("refinement_job", SAMPLE_DAYS[:1]).success
    assert posting["posting_id"] in readings(pipeline)
    assert pipeline.select("SELECT 1 FROM reading_requests") == []
