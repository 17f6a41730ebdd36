"""Checks of the stages that ask models, against a simulated Ollama server: they fail where they should."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest
from handle import SimulatedServer
from sample_pipeline import SAMPLE_DAYS, Pipeline

from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.store import store_document
from ty_assets.table_asset import READ_BEST
from ty_jobs.definitions import build_definitions
from ty_jobs.demo import samples
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.ollama import OllamaClient
from ty_resources.postgres import Database
from ty_resources.settings import settings

Start = Callable[..., SimulatedServer]
DAYS = SAMPLE_DAYS[:1]


@pytest.fixture
def piped(db: Database, engine: EmbeddedEngine) -> Iterator[Callable[[SimulatedServer], Pipeline]]:
    """A pipeline whose models are on the server."""
    engines: list[ModelEngine] = []

    def make(server: SimulatedServer) -> Pipeline:
        client = OllamaClient([server.url], context_tokens=8192, keep_alive="30m", request_timeout=60.0)
        models = ModelEngine(
            client, extraction_model="qwen2.5-coder:7b", reasoning_model="qwen2.5:7b", embedding_model="bge-m3",
            workers=4, context_tokens=8192, max_answer_tokens=3072, patience=30.0,
        )  # fmt: skip
        engines.append(models)
        return Pipeline(db, engine, models)

    yield make
    for models in engines:
        models.close()


@pytest.fixture
def one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_MAX_ATTEMPTS", "1")
    settings.cache_clear()


def failed_checks(told: Any, name: str) -> list[str]:
    assert told.success, told.errors
    return [check for check in told.failed_checks if name in check]


def test_postings_that_are_given_up_fail_the_check_of_every_later_run(
    piped: Callable[[SimulatedServer], Pipeline], simulated_server: Start, one_attempt: None
) -> None:
    server = simulated_server(answers="rules", faults=[{"kind": "bad_json", "endpoint": "/api/chat"}])
    pipeline = piped(server)
    assert pipeline.postings(DAYS, samples() / "postings").success
    first = pipeline.run("refinement_job", DAYS)
    given_up = first.metadata["posting_readings"]["failed"]
    assert given_up > 0

    again = pipeline.run("refinement_job", DAYS)
    told = again.metadata["posting_readings"]
    assert (told["postings"], told["failed"], told["given up"]) == (0, 0, given_up)
    (check,) = failed_checks(again, "posting_readings.few_failures")
    assert f"{given_up} of {given_up} postings failed" in check


def test_one_given_up_posting_among_many_that_are_read_is_told_with_its_share(
    piped: Callable[[SimulatedServer], Pipeline], simulated_server: Start, one_attempt: None
) -> None:
    server = simulated_server(answers="rules")
    pipeline = piped(server)
    assert pipeline.postings(DAYS, samples() / "postings").success
    (odd,) = pipeline.select(
        "SELECT title FROM postings WHERE in_scope AND duplicate_of IS NULL AND first_seen_on = %s"
        " GROUP BY title HAVING count(*) = 1 ORDER BY title LIMIT 1",
        DAYS[0],
    )
    server.control(faults=[{"kind": "bad_json", "endpoint": "/api/chat", "match": odd["title"]}])
    pipeline.run("refinement_job", DAYS)
    told = pipeline.run("refinement_job", DAYS)
    metadata = told.metadata["posting_readings"]
    assert (metadata["postings"], metadata["given up"]) == (0, 1)
    (check,) = failed_checks(told, "posting_readings.few_failures")
    assert f"1 of {metadata['current'] + 1} postings failed" in check


def test_a_run_for_the_best_matches_reads_them_and_nothing_else(
    piped: Callable[[SimulatedServer], Pipeline], simulated_server: Start
) -> None:
    pipeline = piped(simulated_server(answers="rules"))
    assert all(told.success for told in pipeline.people(sorted((samples() / "profiles").glob("*.json"))[:1]))
    assert pipeline.postings(DAYS, samples() / "postings").success
    best = pipeline.select(
        "SELECT posting_id FROM profile_posting_matches ORDER BY passed_gates DESC, score DESC, posting_id LIMIT 3"
    )
    overrides = {"db": pipeline.db, "engine": pipeline.models, "embedded": pipeline.engine}
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(overrides).resolve_job_def("refinement_job")
        key = DAYS[0].isoformat()
        assert job.execute_in_process(instance=instance, partition_key=key, tags={READ_BEST: "3"}).success
    read = pipeline.select("SELECT posting_id FROM posting_readings")
    assert {row["posting_id"] for row in read} == {row["posting_id"] for row in best}


def test_a_server_with_room_for_one_model_fails_the_check_that_models_are_loaded_once(
    piped: Callable[[SimulatedServer], Pipeline], simulated_server: Start
) -> None:
    models = {
        "qwen2.5-coder:7b": {"kind": "chat", "load_seconds": 0.7},
        "qwen2.5:7b": {"kind": "chat"},
        "bge-m3": {"kind": "embedding", "load_seconds": 0.7},
    }
    pipeline = piped(simulated_server(answers="rules", models=models, max_loaded_models=1))
    buckets = set()
    for file in sorted((samples() / "profiles").glob("*.json"))[:2]:
        document = parse_json_resume(file.read_bytes(), str(file))
        store_document(pipeline.db, document, file.read_bytes(), str(file))
        buckets.add(document.bucket)
    keys = [f"{bucket:03d}" for bucket in range(min(buckets), max(buckets) + 1)]
    # Two people in one run: each is read by the one model and encoded by the other, which pushes the first one out.
    told = pipeline.run("people_job", keys)
    (check,) = failed_checks(told, "models_loaded_once")
    assert "qwen2.5-coder:7b 2 times" in check.replace(":latest", "")
    assert "OLLAMA_MAX_LOADED_MODELS too small" in check


def test_a_server_with_room_for_both_models_passes_it(
    piped: Callable[[SimulatedServer], Pipeline], simulated_server: Start
) -> None:
    models = {
        "qwen2.5-coder:7b": {"kind": "chat", "load_seconds": 0.7},
        "qwen2.5:7b": {"kind": "chat"},
        "bge-m3": {"kind": "embedding", "load_seconds": 0.7},
    }
    pipeline = piped(simulated_server(answers="rules", models=models, max_loaded_models=2))
    (told,) = pipeline.people(sorted((samples() / "profiles").glob("*.json"))[:1])
    assert failed_checks(told, "models_loaded_once") == []
    assert {key for key, value in told.metadata["profile_facets"].items() if key.endswith("loads") and value == 1}
