"""The engine, the Ollama client and a server that is true to the wire, together: every failure that has a class."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from handle import SimulatedServer
from scripted_client import Text, Turn, Turned, engine_of, until

from ty_resources.inference.errors import (
    InvalidEmbedding,
    ModelMissing,
    SchemaViolation,
    ServerDown,
    ServerFault,
    ServerTimeout,
    TruncatedAnswer,
)
from ty_resources.inference.model_engine import ModelEngine
from ty_resources.inference.ollama import OllamaClient

Start = Callable[..., SimulatedServer]

ITEMS = [Text(text=f"text {number:03}") for number in range(20)]
SPOILT = [17, 18, 71]
TEXTS = [f"Kenntnisse in {'Unwort' if number in SPOILT else 'Verfahren'} {number:03}" for number in range(100)]
CURVE = {"1": 6.4, "2": 10.4, "4": 20.7, "8": 32, "12": 32}


def engine_at(server: SimulatedServer, *, timeout: float = 30.0, **changed: object) -> ModelEngine:
    client = OllamaClient([server.url], context_tokens=8192, keep_alive="5m", request_timeout=timeout)
    models = {
        "extraction_model": "qwen2.5-coder:7b",
        "reasoning_model": "qwen2.5:7b",
        "embedding_model": "bge-m3",
        "context_tokens": 8192,
    }
    return engine_of(client, **{**models, **changed})


def test_items_are_answered_and_nothing_is_asked_twice(simulated_server: Start) -> None:
    server = simulated_server()
    engine = engine_at(server)
    assert all(isinstance(answer.output, Turned) for answer in engine.run(Turn(), ITEMS))
    assert server.stats()["requests"]["/api/chat"]["qwen2.5-coder:7b"] == len(ITEMS)
    assert engine.calls == len(ITEMS)


@pytest.mark.parametrize("kind", ["503", "500", "drop", "error_line", "cut", "html", "garbage", "429"])
def test_faults_that_pass_leave_no_trace_in_the_answers(simulated_server: Start, kind: str) -> None:
    server = simulated_server(faults=[{"match": "text 007", "kind": kind, "times": 1}])
    engine = engine_at(server)
    assert all(answer.output for answer in engine.run(Turn(), ITEMS))
    assert engine.usage.metadata()["qwen2.5-coder:7b: retries"] == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("500", ServerFault),
        ("bad_json", SchemaViolation),
        ("schema", SchemaViolation),
        ("empty", SchemaViolation),
        ("length", TruncatedAnswer),
        ("timeout", ServerTimeout),
    ],
)
def test_an_item_that_always_fails_has_its_class_and_fails_alone(
    simulated_server: Start, kind: str, error: type[Exception]
) -> None:
    server = simulated_server(faults=[{"match": "text 007", "kind": kind}])
    answers = engine_at(server, timeout=1.0).run(Turn(), ITEMS)
    assert [number for number, answer in enumerate(answers) if answer.error] == [7]
    assert type(answers[7].error) is error


def test_a_missing_model_ends_the_run_and_blames_no_item(simulated_server: Start) -> None:
    server = simulated_server()
    with pytest.raises(ModelMissing, match="nowhere:7b"):
        engine_at(server, extraction_model="nowhere:7b").run(Turn(), ITEMS)


@pytest.mark.parametrize("kind", ["nan", "nan_500", "nan_values", "zero"])
def test_a_hundred_texts_with_three_nan_texts_yield_ninety_seven_vectors_and_three_failures(
    simulated_server: Start, kind: str
) -> None:
    server = simulated_server(faults=[{"match": "Unwort", "kind": kind}])
    engine = engine_at(server)
    found = dict(engine.embed_each(TEXTS))
    assert sorted(found) == list(range(100))
    assert [number for number in range(100) if isinstance(found[number], Exception)] == SPOILT
    assert all(isinstance(found[number], InvalidEmbedding) for number in SPOILT)
    vectors = [vector for vector in found.values() if isinstance(vector, np.ndarray)]
    assert len(vectors) == engine.encoded == 97
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_batch_with_one_text_that_is_too_long_loses_only_that(simulated_server: Start) -> None:
    server = simulated_server()
    texts = [*TEXTS[:50], "wort " * 10_000, *TEXTS[50:]]
    found = dict(engine_at(server).embed_each(texts))
    assert [number for number, vector in found.items() if isinstance(vector, Exception)] == [50]


@pytest.mark.parametrize("how", ["stopped", "hanging up"])
def test_a_server_that_goes_down_pauses_the_run_and_nothing_fails(
    simulated_server: Start, how: str, engine_log: list[str]
) -> None:
    server = simulated_server(time_scale=20, chat_seconds=1.0)
    engine = engine_at(server)
    told = []
    run = threading.Thread(target=lambda: told.extend(engine.run(Turn(), ITEMS * 3)), daemon=True)
    run.start()
    until(lambda: server.stats()["chats_answered"] >= 8)
    if how == "stopped":
        server.stop()
        until(lambda: len(engine_log) == 1)
        server.restart()
    else:
        server.control(down=True)
        until(lambda: len(engine_log) == 1)
        server.control(down=False)
    run.join(60)
    assert len(told) == 3 * len(ITEMS)
    assert all(answer.output for answer in told)
    assert len(engine_log) == 2
    assert "Waiting for it" in engine_log[0]
    assert "The server answers again after" in engine_log[1]


def test_a_server_that_stays_away_ends_the_run_after_the_patience(simulated_server: Start) -> None:
    server = simulated_server()
    engine = engine_at(server, patience=0.5)
    server.stop()
    with pytest.raises(ServerDown, match="nothing was recorded as failed"):
        engine.run(Turn(), ITEMS)
    with pytest.raises(ServerDown):
        list(engine.embed_each(TEXTS))


def test_a_model_is_loaded_once_and_its_load_is_recorded(simulated_server: Start) -> None:
    models = {"qwen2.5-coder:7b": {"load_seconds": 16.0}, "bge-m3": {"kind": "embedding", "load_seconds": 16.0}}
    server = simulated_server(time_scale=20, models=models)
    engine = engine_at(server, workers=None, reasoning_model="qwen2.5-coder:7b")
    engine.run(Turn(), ITEMS)
    engine.embed(TEXTS)
    assert engine.usage.loads() == {"qwen2.5-coder:7b": 1, "bge-m3": 1}
    assert server.stats()["loads"] == {"qwen2.5-coder:7b": 1, "bge-m3": 1}
    assert engine.usage.metadata()["qwen2.5-coder:7b: load seconds"] == pytest.approx(0.8, abs=0.3)


def test_the_limit_that_is_found_is_near_the_end_of_the_measured_curve(simulated_server: Start) -> None:
    server = simulated_server(time_scale=10, curve=CURVE)
    engine = engine_at(server, workers=None)
    engine.embed([f"text {number}" for number in range(1000)])
    assert engine._embedding_queue.limit >= 5
    assert server.stats()["max_in_flight"] >= 8
