"""Errors of vLLM, llama.cpp, LiteLLM and SGLang as they say them, and faults of a simulated server."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from handle import SimulatedServer
from openai_wire import ANSWER, ASKED, KEY, SCHEMA, SECRET, Wire, client_of, error_body

from ty_resources.inference import errors
from ty_resources.inference.client import ChatRequest

Start = Callable[..., SimulatedServer]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        # llama.cpp
        (
            error_body(
                400,
                "request (9031 tokens) exceeds the available context size (4096 tokens), try increasing it",
                type="exceed_context_size_error",
            ),
            errors.PromptTooLong,
        ),
        (error_body(503, "Loading model", type="unavailable_error"), errors.ServerBusy),
        (error_body(404, "File Not Found", type="not_found_error"), errors.ServerDown),
        # vLLM, old and new
        (
            (400, {"object": "error", "message": "This model's maximum context length is 8192 tokens.", "code": 400}),
            errors.PromptTooLong,
        ),
        (error_body(404, "The model `qwen2.5:7b` does not exist.", type="NotFoundError"), errors.ModelMissing),
        ((401, {"error": "Unauthorized"}), errors.AccessDenied),
        ((500, b"Internal Server Error"), errors.ServerFault),
        # SGLang
        (
            error_body(400, "The input (9031 tokens) is longer than the model's context length (4096 tokens)."),
            errors.PromptTooLong,
        ),
        # LiteLLM
        (error_body(400, "litellm.ContextWindowExceededError: too much"), errors.PromptTooLong),
        (error_body(429, "Rate limit reached", type="rate_limit_error"), errors.ServerBusy),
        (error_body(400, "Invalid model name passed in model=qwen2.5:7b"), errors.ModelMissing),
        # FastAPI before any of them
        ((422, {"detail": [{"loc": ["body", "seed"], "msg": "not an integer"}]}), errors.RequestRefused),
        ((404, {"detail": "Not Found"}), errors.ServerDown),
        # an error after status 200
        ({"error": {"message": "maximum context length", "code": 400}}, errors.PromptTooLong),
        ({"error": "out of luck"}, errors.ServerFault),
    ],
)
def test_an_error_gets_its_class(reply: Any, kind: type[errors.EngineError]) -> None:
    assert type(Wire(completions=reply).fails()) is kind


def test_a_wrong_key_names_the_setting_and_never_the_key() -> None:
    error = Wire(completions=error_body(401, f"Incorrect API key provided: {KEY}")).fails()
    assert "TY_OPENAI_API_KEY" in str(error)
    assert "secret" not in str(error)


def test_a_busy_server_says_for_how_long() -> None:
    wire = Wire(completions=(429, b""))
    wire.reply_headers["Retry-After"] = "7"
    error = wire.fails()
    assert isinstance(error, errors.ServerBusy)
    assert error.retry_after == 7.0


def test_no_message_shows_the_posting() -> None:
    repeated = {"detail": [{"loc": ["body"], "msg": f"bad: {SECRET}", "input": {"messages": [SECRET]}}]}
    for reply in ((422, repeated), (500, SECRET.encode()), error_body(400, SECRET)):
        assert "Pflegefachkraft" not in str(Wire(completions=reply).fails())


def test_a_prompt_that_a_proxy_cut_is_found_out_by_its_count() -> None:
    long = ChatRequest("qwen2.5:7b", "s", "Pflege " * 3000, "posting", SCHEMA, max_tokens=100)
    with pytest.raises(errors.PromptTooLong, match="it cut the prompt"):
        Wire(completions={**ANSWER, "usage": {"prompt_tokens": 2050}}).client().complete(long)


def test_a_server_with_a_key_answers_whoever_has_it(simulated_server: Start) -> None:
    server = simulated_server(api_key=KEY)
    assert client_of(server, key=KEY).complete(ASKED).finish == "stop"
    with pytest.raises(errors.AccessDenied, match="TY_OPENAI_API_KEY"):
        client_of(server, key="sk-wrong").complete(ASKED)
    with pytest.raises(errors.AccessDenied):
        client_of(server).embed("bge-m3", ["Pflege"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("503", errors.ServerBusy),
        ("429", errors.ServerBusy),
        ("404", errors.ModelMissing),
        ("500", errors.ServerFault),
        ("html", errors.ServerFault),
        ("garbage", errors.ServerFault),
        ("drop", errors.ConnectionLost),
    ],
)
def test_a_fault_of_the_server_gets_its_class_and_the_next_question_is_answered(
    simulated_server: Start, kind: str, expected: type[errors.EngineError]
) -> None:
    client = client_of(simulated_server(faults=[{"kind": kind, "match": "Pflegefachkraft", "times": 1}]))
    with pytest.raises(errors.EngineError) as told:
        client.complete(ASKED)
    assert type(told.value) is expected
    assert json.loads(client.complete(ASKED).text)


def test_a_text_without_a_vector_is_an_invalid_embedding(simulated_server: Start) -> None:
    client = client_of(simulated_server(faults=[{"kind": "nan", "match": "Küche"}]))
    with pytest.raises(errors.InvalidEmbedding):
        client.embed("bge-m3", ["Pflege", "Küche"])
    assert client.embed("bge-m3", ["Pflege"]).vectors.shape == (1, 1024)


def test_two_servers_share_the_work_and_one_takes_it_all_when_the_other_goes(simulated_server: Start) -> None:
    first = simulated_server(chat_seconds=0.02, num_parallel=8)
    second = simulated_server(chat_seconds=0.02, num_parallel=8)
    client = client_of(first, second)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: client.complete(ASKED), range(40)))
        assert min(sum(server.stats()["chats"].values()) for server in (first, second)) >= 14
        first.stop()
        assert len(list(pool.map(lambda _: client.complete(ASKED), range(20)))) == 20
