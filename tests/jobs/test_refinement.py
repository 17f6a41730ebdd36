"""Rules first, then the model where it matters: the whole way against a simulated Ollama server."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest
from handle import SimulatedServer
from sample_pipeline import SAMPLE_DAYS, Pipeline

from ty_assets.embeddings.store import embed_missing
from ty_assets.health.refinement import read_refinement
from ty_assets.readings.answer import PostingReading
from ty_assets.readings.store import Budget, postings_to_read, read_postings
from ty_jobs.demo import samples
from ty_jobs.run import run_job
from ty_jobs.sensors.people import unread_people
from ty_jobs.sensors.readings import unread_postings
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.ollama import OllamaClient
from ty_resources.postgres import Database
from ty_resources.settings import settings

Start = Callable[..., SimulatedServer]
STAGES = ("posting_summaries", "posting_requirements", "posting_facets", "posting_llm_analysis")
DAYS = SAMPLE_DAYS[:1]
PROFILES = sorted((samples() / "profiles").glob("*.json"))


def model_engine(server: SimulatedServer, **options: Any) -> ModelEngine:
    known: dict[str, Any] = {
        "extraction_model": "qwen2.5-coder:7b", "reasoning_model": "qwen2.5:7b", "embedding_model": "bge-m3",
        "workers": 4, "context_tokens": 8192, "max_answer_tokens": 3072, "patience": 30.0,
    }  # fmt: skip
    client = OllamaClient([server.url], context_tokens=8192, keep_alive="30m", request_timeout=60.0)
    return ModelEngine(client, **{**known, **options})


@pytest.fixture
def refined(
    db: Database, engine: EmbeddedEngine, simulated_server: Start
) -> Iterator[tuple[Pipeline, SimulatedServer]]:
    """A sample day by rules, with one person; a server that answers as the rules do, and nothing asked of it yet."""
    server = simulated_server(answers="rules")
    models = model_engine(server)
    pipeline = Pipeline(db, engine, models)
    for told in pipeline.people(PROFILES[:1]):
        assert told.success, told.errors
    assert pipeline.postings(DAYS, samples() / "postings").success
    server.reset()
    yield pipeline, server
    models.close()


def chats(server: SimulatedServer) -> int:
    return sum(server.stats()["requests"].get("/api/chat", {}).values())


def models_of(pipeline: Pipeline, table: str) -> dict[str, int]:
    rows = pipeline.select(
        f"SELECT replace(split_part(model, '@', 1), ':latest', '') AS model, count(*) AS n FROM {table} GROUP BY 1"
    )
    return {row["model"]: row["n"] for row in rows}


def refine(pipeline: Pipeline) -> Any:
    told = pipeline.run("refinement_job", DAYS)
    assert told.success, told.errors
    return told


@pytest.mark.slow
def test_rules_give_rows_at_once_and_the_model_renews_those_that_are_in_use(
    refined: tuple[Pipeline, SimulatedServer],
) -> None:
    pipeline, server = refined
    assert all(set(models_of(pipeline, stage)) == {"embedded-rules"} for stage in STAGES)
    assert models_of(pipeline, "profile_posting_matches") == {"usem3": _counts(pipeline, "profile_posting_matches")[0]}
    assert chats(server) == 0

    told = refine(pipeline)
    assert told.failed_checks == []
    assert told.metadata["posting_readings"]["failed"] == 0
    for stage in (*STAGES, "posting_readings"):
        assert set(models_of(pipeline, stage)) == {"qwen2.5-coder:7b"}, stage
    assert set(models_of(pipeline, "embeddings")) == {"usem3", "bge-m3"}
    assert set(models_of(pipeline, "profile_posting_matches")) == {"bge-m3"}
    for row in pipeline.select("SELECT reading FROM posting_readings"):
        PostingReading.model_validate(row["reading"])
    # One call a posting, and one that warms up; the other model is asked where title and rules leave an occupation
    # open, and for its verdict of the best matches.
    of_occupations, of_verdicts = (_counts(pipeline, table)[0] for table in ("occupation_readings", "match_verdicts"))
    assert of_verdicts > 0
    asked = _counts(pipeline, "posting_readings")[0] + of_occupations + of_verdicts
    assert asked + 1 <= chats(server) <= asked + 1 + bool(of_occupations) + bool(of_verdicts)
    loads = {"qwen2.5:7b": 1}
    assert server.stats()["loads"] == loads, "the others have been there since the people came"

    server.reset()
    before = pipeline.checksums()
    refine(pipeline)
    assert chats(server) <= 1, "at most the warm-up"
    assert sum(server.stats()["texts_embedded"].values()) == 0
    assert pipeline.checksums() == before


def _counts(pipeline: Pipeline, table: str) -> list[int]:
    return [pipeline.select(f"SELECT count(*) AS n FROM {table}")[0]["n"]]


@pytest.mark.slow
def test_another_model_renews_the_rows_of_the_old_one_and_the_way_back_costs_no_call(
    refined: tuple[Pipeline, SimulatedServer],
) -> None:
    pipeline, server = refined
    refine(pipeline)
    before = pipeline.checksums()
    readings = _counts(pipeline, "posting_readings")[0]

    first = pipeline.models
    pipeline.models = model_engine(server, extraction_model="qwen2.5:7b")
    server.reset()
    told = refine(pipeline)
    assert told.metadata["posting_readings"]["derived"] == readings
    assert told.metadata["posting_summaries"]["derived"] == readings
    assert chats(server) - 1 == readings
    assert sum(server.stats()["texts_embedded"].values()) == 0
    assert set(models_of(pipeline, "posting_facets")) == {"qwen2.5:7b"}

    pipeline.models = first
    server.reset()
    told = refine(pipeline)
    assert told.metadata["posting_summaries"]["derived"] == readings
    assert chats(server) <= 1, "at most the warm-up"
    same = {table: sum_ for table, sum_ in pipeline.checksums().items() if table not in TIMED}
    assert same == {table: before[table] for table in same}


# Rows that say when they were made, or that hold the answers of both models.
TIMED = ("derivations", "posting_readings", "inference_cache")


@pytest.mark.slow
def test_a_day_is_matched_without_the_server_and_a_run_waits_until_it_is_back(
    db: Database, engine: EmbeddedEngine, simulated_server: Start
) -> None:
    server = simulated_server(answers="rules")
    pipeline = Pipeline(db, engine, model_engine(server, patience=60.0))
    server.stop()
    for told in pipeline.people(PROFILES[:1]):
        assert told.success, told.errors
        assert told.metadata["profile_facets"]["by_rules"] == 1
    assert pipeline.postings(DAYS, samples() / "postings").success
    assert set(models_of(pipeline, "profile_posting_matches")) == {"usem3"}

    back = threading.Timer(2.0, server.restart)
    back.start()
    told = pipeline.run("refinement_job", DAYS)
    back.join()
    assert told.success, told.errors
    assert _counts(pipeline, "failures") == [0]
    assert set(models_of(pipeline, "posting_summaries")) == {"qwen2.5-coder:7b"}
    assert set(models_of(pipeline, "profile_posting_matches")) == {"usem3"}, "the person has no other vectors yet"
    context = dg.build_sensor_context(resources={"db": db, "engine": pipeline.models})
    (request,) = unread_people(context).run_requests
    assert [request.partition_key] == [f"{row['bucket']:03d}" for row in pipeline.select("SELECT bucket FROM profiles")]

    assert all(one.success for one in pipeline.people(PROFILES[:1]))
    assert set(models_of(pipeline, "profile_facets")) == {"qwen2.5-coder:7b"}
    assert pipeline.run("matches_job", DAYS).success
    assert set(models_of(pipeline, "profile_posting_matches")) == {"bge-m3"}


@pytest.mark.slow
def test_a_server_that_stays_away_fails_the_stage_and_blames_no_posting(
    refined: tuple[Pipeline, SimulatedServer],
) -> None:
    pipeline, server = refined
    server.stop()
    pipeline.models = model_engine(server, patience=0.5)
    told = pipeline.run("refinement_job", DAYS)
    assert not told.success
    assert "ServerDown" in told.errors[0]
    assert server.url in told.errors[0]
    assert _counts(pipeline, "failures") == [0]


def test_opened_postings_are_read_first_then_by_their_best_place(refined: tuple[Pipeline, SimulatedServer]) -> None:
    pipeline, _ = refined
    assert pipeline.models is not None
    ranked = pipeline.select(
        "SELECT posting_id, min(place) AS place FROM (SELECT posting_id, row_number() OVER (PARTITION BY profile_id"
        " ORDER BY passed_gates DESC, score DESC, posting_id) AS place FROM profile_posting_matches) m"
        " GROUP BY 1 ORDER BY 2"
    )
    last = ranked[-1]["posting_id"]
    pipeline.db.execute("request_reading", posting_id=last)
    wanted = postings_to_read(pipeline.db, pipeline.models, DAYS, refine="used", best=3)
    place = {row["posting_id"]: row["place"] for row in ranked}
    assert wanted[0]["posting_id"] == last
    places = [place[row["posting_id"]] for row in wanted[1:]]
    assert places == sorted(places)
    assert max(places) == 3
    everything = postings_to_read(pipeline.db, pipeline.models, DAYS, refine="all", best=3)
    assert len(everything) > len(wanted)
    assert [row["posting_id"] for row in everything[: len(wanted)]] == [row["posting_id"] for row in wanted]


def test_the_night_s_hours_are_kept_over_runs_and_what_is_over_waits(
    refined: tuple[Pipeline, SimulatedServer],
) -> None:
    pipeline, _ = refined
    assert pipeline.models is not None
    seconds = iter(range(10_000))
    budget = Budget(hours=20 / 3600, now=dt.datetime(2026, 3, 2, 23))
    wanted = postings_to_read(pipeline.db, pipeline.models, DAYS, refine="all", best=500)
    report = read_postings(
        pipeline.db, pipeline.models, wanted, budget, max_attempts=5, clock=lambda: float(next(seconds))
    )
    assert 0 < report.derived < len(wanted)
    assert report.remaining == len(wanted) - report.derived
    assert budget.left(pipeline.db) == 0
    again = read_postings(pipeline.db, pipeline.models, wanted, budget, max_attempts=5)
    assert again.derived == 0
    tomorrow = Budget(hours=20 / 3600, now=dt.datetime(2026, 3, 3, 23))
    assert tomorrow.left(pipeline.db) == 20


def test_texts_without_a_vector_are_named_and_do_not_hold_the_others_up(
    refined: tuple[Pipeline, SimulatedServer],
) -> None:
    pipeline, server = refined
    assert pipeline.models is not None
    terms = pipeline.select("SELECT DISTINCT term FROM posting_facets WHERE kind = 'skill' ORDER BY term LIMIT 3")
    server.control(faults=[{"kind": "nan", "match": row["term"], "endpoint": "/api/embed"} for row in terms])
    report = embed_missing(pipeline.db, pipeline.models, DAYS, max_attempts=5)
    failed = pipeline.select("SELECT message, error_class FROM failures WHERE stage = 'embeddings'")
    assert report.failed == len(failed) >= 3
    assert all(any(row["term"] in one["message"] for one in failed) for row in terms)
    assert {one["error_class"] for one in failed} == {"InvalidEmbedding"}
    assert report.encoded > 20
    # What the model cannot encode does not keep the day from its vectors.
    assert pipeline.db.value("day_is_covered", day=DAYS[0], model=pipeline.models.embedding_model) is True


def tick(pipeline: Pipeline, instance: dg.DagsterInstance) -> Any:
    context = dg.build_sensor_context(instance=instance, resources={"db": pipeline.db, "engine": pipeline.models})
    return unread_postings(context)


def test_the_sensor_asks_for_what_is_unread_until_nothing_is(refined: tuple[Pipeline, SimulatedServer]) -> None:
    pipeline, server = refined
    with dg.DagsterInstance.ephemeral() as instance:
        request = tick(pipeline, instance)
        assert isinstance(request, dg.RunRequest)
        assert request.partition_key == DAYS[0].isoformat()
        refine(pipeline)
        assert "Everything in use is read" in str(tick(pipeline, instance))
        server.stop()
        assert "No model server answers" in str(tick(pipeline, instance))
        pipeline.models = pipeline.engine  # type: ignore[assignment]
        assert "embedded" in str(tick(pipeline, instance))


def test_a_night_is_told_by_health_with_what_is_unread(refined: tuple[Pipeline, SimulatedServer]) -> None:
    pipeline, _ = refined
    assert pipeline.models is not None
    before = read_refinement(pipeline.db, pipeline.models, settings())
    assert before is not None
    assert (before.read_tonight, before.eta_seconds) == (0, None)
    assert before.unread > 0
    refine(pipeline)
    after = read_refinement(pipeline.db, pipeline.models, settings())
    assert after is not None
    assert (after.read_tonight, after.unread, after.eta_seconds) == (before.unread, 0, 0)
    assert after.per_minute > 0
    assert after.budget_seconds_left <= before.budget_seconds_left
    assert read_refinement(pipeline.db, pipeline.engine, settings()) is None


def test_a_refinement_that_failed_comes_again_ever_more_rarely(refined: tuple[Pipeline, SimulatedServer]) -> None:
    pipeline, _ = refined
    pipeline.models = model_engine(refined[1], extraction_model="nosuch:7b")
    with dg.DagsterInstance.ephemeral() as instance:
        overrides = {"db": pipeline.db, "engine": pipeline.models, "embedded": pipeline.engine}
        told = run_job(instance, "refinement_job", [DAYS[0].isoformat()], overrides=overrides)
        assert not told.success
        assert "ModelMissing" in told.errors[0]
        assert "The last refinement failed" in str(tick(pipeline, instance))
    assert _counts(pipeline, "failures") == [0]


def test_a_server_that_turns_everything_away_ends_the_run_and_blames_no_posting(
    refined: tuple[Pipeline, SimulatedServer],
) -> None:
    pipeline, server = refined
    server.control(faults=[{"kind": "503", "endpoint": "/api/chat"}])
    pipeline.models = model_engine(server, first_wait=0.01)
    told = pipeline.run("refinement_job", DAYS)
    assert not told.success, pipeline.select("SELECT error_class, message FROM failures")
    assert "ServerBusy" in told.errors[0]
    assert _counts(pipeline, "failures") == [0]


def test_a_person_whom_the_model_cannot_read_is_read_by_the_rules(
    db: Database, engine: EmbeddedEngine, simulated_server: Start
) -> None:
    server = simulated_server(answers="rules", faults=[{"kind": "bad_json", "endpoint": "/api/chat"}])
    pipeline = Pipeline(db, engine, model_engine(server))
    (told,) = pipeline.people(PROFILES[:1])
    assert told.success, told.errors
    assert told.metadata["profile_facets"]["by_rules"] == 1
    assert set(models_of(pipeline, "profile_facets")) == {"embedded-rules"}
    assert _counts(pipeline, "profile_careers") == [1]


def test_one_person_without_the_model_s_vectors_takes_nobody_else_back(
    refined: tuple[Pipeline, SimulatedServer],
) -> None:
    pipeline, _ = refined
    refine(pipeline)
    (first,) = pipeline.select("SELECT profile_id FROM profiles")
    pipeline.models = None
    assert all(told.success for told in pipeline.people(PROFILES[1:2]))
    pipeline.models = model_engine(refined[1])
    assert pipeline.run("matches_job", DAYS).success
    spaces = {
        row["profile_id"]: row["model"]
        for row in pipeline.select(
            "SELECT DISTINCT profile_id, split_part(model, ':', 1) AS model FROM profile_posting_matches"
        )
    }
    assert len(spaces) == 2
    assert spaces.pop(first["profile_id"]) == "bge-m3"
    assert set(spaces.values()) == {"usem3"}


def test_a_stored_reading_of_another_shape_fails_its_posting_alone(refined: tuple[Pipeline, SimulatedServer]) -> None:
    pipeline, _ = refined
    refine(pipeline)
    with pipeline.db.transaction() as connection:
        connection.execute(
            "UPDATE posting_readings SET reading = reading - 'analysis', task_version = 'old'"
            " WHERE posting_id = (SELECT min(posting_id::text)::uuid FROM posting_readings)"
        )
    told = pipeline.postings(DAYS, samples() / "postings")
    assert told.success, told.errors
    assert told.metadata["posting_summaries"]["failed"] == 1
    refine(pipeline)
    assert _counts(pipeline, "failures") == [0]
