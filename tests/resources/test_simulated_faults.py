"""Whatever can go wrong with a model server, the simulated one does on demand; and it speaks the OpenAI dialect."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from handle import SimulatedServer

SCHEMA = {"type": "object", "properties": {"quote": {"type": "string"}}, "required": ["quote"]}
CHAT = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "What is it?"}], "format": SCHEMA}
Start = Callable[..., SimulatedServer]


def chat(server: SimulatedServer, **more: Any) -> httpx.Response:
    return server.client.post("/api/chat", json={**CHAT, "stream": False, **more})


def embed(server: SimulatedServer, *texts: str, **more: Any) -> httpx.Response:
    return server.client.post("/api/embed", json={"model": "bge-m3", "input": list(texts), **more})


@pytest.mark.parametrize("kind", ["400", "404", "429", "500", "503"])
def test_a_fault_answers_with_its_status_as_often_as_it_says(simulated_server: Start, kind: str) -> None:
    server = simulated_server(faults=[{"kind": kind, "times": 2, "seconds": 3}])

    statuses = [chat(server).status_code for _ in range(3)]

    assert statuses == [int(kind), int(kind), 200]


def test_a_fault_keeps_to_its_text_its_endpoint_and_its_model(simulated_server: Start) -> None:
    faults = [
        {"kind": "500", "match": "broken"},
        {"kind": "503", "endpoint": "/api/tags"},
        {"kind": "429", "model": "m"},
    ]
    server = simulated_server(models={"m": {}, "n": {}, "bge-m3": {"kind": "embedding"}}, faults=faults)

    assert embed(server, "a", "is broken").status_code == 500
    assert embed(server, "a").status_code == 200
    assert server.client.get("/api/tags").status_code == 503
    assert (chat(server, model="m").status_code, chat(server, model="n").status_code) == (429, 200)


def test_a_busy_server_says_when_to_come_again(simulated_server: Start) -> None:
    server = simulated_server(faults=[{"kind": "503", "seconds": 2}])

    assert chat(server).headers["retry-after"] == "2"


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_broken_connection_is_one(simulated_server: Start, kind: str) -> None:
    server = simulated_server(faults=[{"kind": kind, "times": 1}])

    with pytest.raises(httpx.RemoteProtocolError):
        chat(server)
    assert chat(server).status_code == 200


def test_a_server_that_hangs_is_given_up_and_forgets_the_request(simulated_server: Start) -> None:
    server = simulated_server(faults=[{"kind": "timeout", "times": 1}])

    with pytest.raises(httpx.ReadTimeout):
        server.client.post("/api/chat", json=CHAT, timeout=0.2)
    while server.stats()["in_flight"]:
        pass
    assert chat(server).status_code == 200


@pytest.mark.parametrize(
    ("kind", "content"),
    [("bad_json", '{"quote": "What is it?", and so on'), ("schema", '{"answer": "another schema"}')],
)
def test_an_answer_can_be_spoiled(simulated_server: Start, kind: str, content: str) -> None:
    server = simulated_server(faults=[{"kind": kind}])

    assert chat(server).json()["message"]["content"] == content


def test_claims_can_be_without_evidence_and_an_answer_can_break_off(simulated_server: Start) -> None:
    server = simulated_server(faults=[{"kind": "unquoted", "times": 1}, {"kind": "length"}])

    assert json.loads(chat(server).json()["message"]["content"]) == {"quote": "words that stand nowhere"}
    assert chat(server).json()["done_reason"] == "length"


def test_an_error_in_the_middle_is_a_line_of_a_stream_and_otherwise_a_500(simulated_server: Start) -> None:
    server = simulated_server(faults=[{"kind": "error_line"}])

    streamed = server.client.post("/api/chat", json=CHAT)
    *parts, last = [json.loads(line) for line in streamed.text.splitlines()]

    assert streamed.status_code == 200
    assert all("message" in part for part in parts)
    assert set(last) == {"error"}
    assert (chat(server).status_code, chat(server).json()) == (500, last)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("nan", 400, "embedding contains NaN or Inf values"),
        ("nan_500", 500, "failed to encode response: json: unsupported value: NaN"),
    ],
)
def test_one_text_without_a_vector_fails_its_batch(simulated_server: Start, kind: str, status: int, error: str) -> None:
    server = simulated_server(faults=[{"kind": kind, "match": "bad", "cpu_works": True}])

    answer = embed(server, "good", "a bad one", "good")

    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert embed(server, "good", "good").status_code == 200
    assert embed(server, "a bad one", options={"num_gpu": 0}).status_code == 200


def test_vectors_can_be_null_or_zero_or_missing(simulated_server: Start) -> None:
    server = simulated_server(faults=[{"kind": kind, "match": kind} for kind in ("nan_values", "zero", "missing")])

    assert embed(server, "nan_values").json()["embeddings"] == [[None] * 1024]
    assert embed(server, "zero", "b").json()["embeddings"][0] == [0] * 1024
    assert len(embed(server, "missing", "b").json()["embeddings"]) == 1


def test_a_model_may_not_load(simulated_server: Start) -> None:
    server = simulated_server(models={"big": {"load_error": "model requires more system memory"}})

    answer = chat(server, model="big")

    assert (answer.status_code, answer.json()) == (500, {"error": "model requires more system memory"})


def test_a_server_that_is_down_hangs_up_and_one_that_is_stopped_refuses(simulated_server: Start) -> None:
    server = simulated_server()

    server.control(down=True)
    with pytest.raises(httpx.RemoteProtocolError):
        chat(server)
    server.control(down=False)
    assert chat(server).status_code == 200
    server.stop()
    with pytest.raises(httpx.ConnectError):
        chat(server)
    server.restart()
    assert chat(server).status_code == 200


def openai_chat(server: SimulatedServer, key: str = "secret", **more: Any) -> httpx.Response:
    format_ = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
    request = {"model": CHAT["model"], "messages": CHAT["messages"], "response_format": format_, **more}
    return server.client.post("/v1/chat/completions", json=request, headers={"authorization": f"Bearer {key}"})


def test_the_openai_dialect_answers_with_choices_and_usage(simulated_server: Start) -> None:
    server = simulated_server()

    answer = openai_chat(server).json()
    vectors = server.client.post("/v1/embeddings", json={"model": "bge-m3", "input": ["a", "b"]}).json()

    assert json.loads(answer["choices"][0]["message"]["content"]) == {"quote": "What is it?"}
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["prompt_tokens"] == 8
    assert [(one["index"], len(one["embedding"])) for one in vectors["data"]] == [(0, 1024), (1, 1024)]
    assert "qwen2.5:7b" in [one["id"] for one in server.client.get("/v1/models").json()["data"]]
    assert openai_chat(server, max_tokens=2).json()["choices"][0]["finish_reason"] == "length"


def test_the_openai_dialect_has_its_own_errors(simulated_server: Start) -> None:
    server = simulated_server(api_key="secret", faults=[{"kind": "429", "times": 1, "seconds": 1}])

    denied = openai_chat(server, key="wrong")
    limited = openai_chat(server)
    missing = openai_chat(server, model="gone")
    long = openai_chat(server, messages=[{"role": "user", "content": "x" * 99_999}])

    assert (denied.status_code, denied.json()["error"]["code"]) == (401, "invalid_api_key")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")
    assert (long.status_code, long.json()["error"]["type"]) == (400, "exceed_context_size_error")
