"""Requests passed on to servers of OpenAI's dialect: what goes through unchanged, what is a refusal, what may be asked
again."""

import json
import threading
from typing import Any

import httpx
import pytest
from relay_wire import COMPLETION, MODEL, SECRET, Wire, asked
from scripted_client import until

from ty_resources.inference import errors
from ty_resources.inference.relay import CHAT, EMBEDDINGS, open_relay
from ty_resources.inference.relay_ollama import OllamaRelay
from ty_resources.inference.relay_openai import OpenAIRelay
from ty_resources.settings import Settings


def test_a_body_is_passed_on_as_it_is_but_never_streamed() -> None:
    wire = Wire()
    body = asked(temperature=0.3, seed=5, vendor_field={"a": [1, None]}, logprobs=True)
    wire.openai().ask(CHAT, body)
    wire.openai().ask(CHAT, {**body, "stream": True})
    assert wire.bodies("completions") == [body, {**body, "stream": False}]


def test_the_answer_is_the_servers_object_with_its_own_id_and_counts() -> None:
    relayed = Wire().openai().ask(CHAT, asked())
    assert (relayed.status, relayed.request_id, relayed.body) == (200, "chatcmpl-7", COMPLETION)
    assert (relayed.prompt_tokens, relayed.cached_tokens, relayed.output_tokens) == (300, None, 2)


def test_the_id_in_the_header_goes_before_that_in_the_body() -> None:
    wire = Wire()
    wire.reply_headers = {"x-request-id": "abc"}
    assert wire.openai().ask(CHAT, asked()).request_id == "abc"


@pytest.mark.parametrize(
    ("usage", "timings", "cached"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 0}}, None, 0),
        ({"prompt_tokens_details": {"cached_tokens": 290}}, {"cache_n": 1}, 290),
        ({"prompt_tokens_details": None}, None, None),  # vLLM without --enable-prompt-tokens-details
        ({}, {"cache_n": 123}, 123),
        ({}, {"cache_n": "many"}, None),
        ({"prompt_tokens_details": {"cached_tokens": True}}, None, None),
    ],
)
def test_cached_tokens_are_those_that_the_server_reports(usage: Any, timings: Any, cached: int | None) -> None:
    answer = {**COMPLETION, "usage": {"prompt_tokens": 300, **usage}, "timings": timings}
    assert Wire(completions=answer).openai().ask(CHAT, asked()).cached_tokens == cached


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [
        ((400, {"error": {"message": "bad temperature", "type": "invalid_request_error", "code": 400}}), 400, None),
        ((422, {"detail": [{"loc": ["body", "seed"], "msg": "not an integer"}]}), 422, None),
        ((400, {"error": {"message": "exceeds the available context size"}}), 400, "context_length_exceeded"),
        ((500, {"error": {"message": "input is too large to process"}}), 400, "context_length_exceeded"),
        ((413, b"Payload Too Large"), 413, "context_length_exceeded"),
        ((404, {"error": {"message": f"The model `{MODEL}` does not exist."}}), 404, "model_not_found"),
        ((501, {"error": {"message": "This server does not support embeddings"}}), 404, "model_not_found"),
        ({"error": {"message": "maximum context length", "code": 400}}, 400, "context_length_exceeded"),
        ((404, {"error": {"message": "File Not Found", "code": 404}}), 404, None),
        ((418, {"error": {"message": "no tea", "code": "teapot", "param": "temperature"}}), 418, "teapot"),
    ],
)
def test_what_asking_again_does_not_change_is_returned(reply: Any, status: int, code: str | None) -> None:
    relayed = Wire(completions=reply).openai().ask(CHAT, asked())
    assert (relayed.status, relayed.body["error"]["code"]) == (status, code)
    assert set(relayed.body["error"]) == {"message", "type", "param", "code"}
    assert relayed.body["error"]["message"]
    assert relayed.request_id


def test_a_refusal_has_the_servers_whole_words_also_where_they_repeat_the_request() -> None:
    words = f"this prompt is bad: {SECRET}" * 10
    relayed = Wire(completions=(400, {"error": {"message": words}})).openai().ask(CHAT, asked())
    assert relayed.body["error"]["message"] == words


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((503, {"error": {"message": "Loading model"}}), errors.ServerBusy),
        ((429, {"error": {"message": "Rate limit"}}), errors.ServerBusy),
        ((500, b"Internal Server Error"), errors.ServerFault),
        ((504, b"<html>Gateway Time-out</html>"), errors.ServerTimeout),
        ((401, {"error": "Unauthorized"}), errors.AccessDenied),
        ((302, b""), errors.ServerDown),
        (httpx.ConnectError("refused"), errors.ServerDown),
        (httpx.ReadTimeout("slow"), errors.ServerTimeout),
        (httpx.RemoteProtocolError("cut"), errors.ConnectionLost),
        (b"{", errors.ServerFault),
        ({"choices": []}, errors.ServerFault),
        ({"choices": ["text"]}, errors.ServerFault),
        ({"error": "out of luck"}, errors.ServerFault),
    ],
)
def test_what_may_succeed_later_is_raised_and_shows_nothing_of_the_candidate(
    reply: Any, kind: type[errors.EngineError]
) -> None:
    with pytest.raises(errors.EngineError) as told:
        Wire(completions=reply).openai().ask(CHAT, asked())
    assert type(told.value) is kind
    assert "Musterfrau" not in str(told.value)


def test_an_error_that_repeats_the_candidates_text_is_raised_without_it() -> None:
    reply = (500, {"error": {"message": f"cannot tokenize: {SECRET}"}})
    with pytest.raises(errors.ServerFault) as told:
        Wire(completions=reply).openai().ask(CHAT, asked())
    assert "Musterfrau" not in str(told.value)


def test_the_wait_that_a_busy_server_asks_for_is_handed_on() -> None:
    wire = Wire(completions=(429, {"error": {"message": "Rate limit"}}))
    wire.reply_headers = {"retry-after": "7"}
    with pytest.raises(errors.ServerBusy) as told:
        wire.openai().ask(CHAT, asked())
    assert told.value.retry_after == 7


def test_a_path_that_the_server_does_not_have_is_refused_but_another_address_is_down() -> None:
    lacking = (404, {"detail": "Not Found"})
    refused = Wire(embeddings=lacking).openai().ask(EMBEDDINGS, {"model": MODEL, "input": "a"})
    assert refused.status == 404
    with pytest.raises(errors.ServerDown):
        Wire(embeddings=lacking, models=lacking).openai().ask(EMBEDDINGS, {"model": MODEL, "input": "a"})


def test_an_answer_to_a_prompt_that_was_cut_is_refused() -> None:
    cut = {**COMPLETION, "usage": {"prompt_tokens": 300, "completion_tokens": 2}}
    relayed = Wire(completions=cut).openai().ask(CHAT, asked("She has led a ward in Bonn. " * 200))
    assert (relayed.status, relayed.body["error"]["code"]) == (400, "prompt_truncated")


def test_a_request_that_nobody_can_write_down_is_refused() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    relayed = Wire().openai().ask(CHAT, asked(logit_bias=deep))
    assert (relayed.status, relayed.body["error"]["message"]) == (400, "the request is nested too deeply")


def test_long_lines_of_one_sign_are_no_sign_of_a_cut() -> None:
    drawn = {**COMPLETION, "usage": {"prompt_tokens": 400, "completion_tokens": 2}}
    assert Wire(completions=drawn).openai().ask(CHAT, asked(("─" * 100 + "\n") * 100)).status == 200


def test_vectors_are_passed_on_and_counted() -> None:
    listed = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    wire = Wire(embeddings=listed)
    relayed = wire.openai().ask(EMBEDDINGS, {"model": "bge-m3", "input": "a", "dimensions": 2})
    assert (relayed.status, relayed.body, relayed.prompt_tokens) == (200, listed, 3)
    assert wire.bodies("embeddings") == [{"model": "bge-m3", "input": "a", "dimensions": 2}]


@pytest.mark.parametrize("given", ["a", ["a"], [1, 2, 3], [[1, 2], [3]]])
def test_texts_and_tokens_are_counted_as_they_are_meant(given: Any) -> None:
    vectors = 2 if given == [[1, 2], [3]] else 1
    listed = {"data": [{"index": n, "embedding": [0.5]} for n in range(vectors)]}
    assert Wire(embeddings=listed).openai().ask(EMBEDDINGS, {"model": "m", "input": given}).status == 200
    with pytest.raises(errors.ServerFault):
        Wire(embeddings={"data": [*listed["data"], listed["data"][0]]}).openai().ask(EMBEDDINGS, {"input": given})


@pytest.mark.parametrize("vector", [b"[0.5, NaN]", b"[0.5, null]", b"[0.5, Infinity]"])
def test_a_vector_that_is_none_is_refused(vector: bytes) -> None:
    reply = b'{"data": [{"index": 0, "embedding": ' + vector + b"}]}"
    relayed = Wire(embeddings=reply).openai().ask(EMBEDDINGS, {"model": "m", "input": "a"})
    assert (relayed.status, relayed.body["error"]["code"]) == (400, "invalid_embedding")


def test_what_is_handed_on_is_strict_json() -> None:
    reply = json.dumps({**COMPLETION, "logprob": float("-inf"), "half": "\ud83d", "NaN": 1}).encode()
    body = Wire(completions=reply).openai().ask(CHAT, asked()).body
    assert (body["logprob"], body["half"]) == (None, "?")
    json.dumps(body, allow_nan=False, ensure_ascii=False).encode()


def test_the_slots_that_llama_cpp_tells_are_added_up_and_asked_for_again_without_waiting() -> None:
    now = [0.0]
    held = threading.Event()

    class Slow(Wire):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if now[0] and request.url.path == "/props":
                held.wait(10)
            return super().__call__(request)

    wire = Slow(props={"total_slots": 3})
    relay = wire.openai("http://a/v1", "http://b:1/v1", clock=lambda: now[0])
    assert [relay.slots(MODEL) for _ in range(5)] == [6] * 5
    assert len(wire.bodies("props")) == 2
    wire.replies["props"] = {"total_slots": 4}
    now[0] = 31.0
    assert [relay.slots(MODEL) for _ in range(5)] == [6] * 5
    held.set()
    until(lambda: relay.slots(MODEL) == 8)
    assert len(wire.bodies("props")) == 4


def test_a_server_that_went_away_keeps_the_slots_it_told() -> None:
    now = [0.0]
    wire = Wire(props={"total_slots": 3})
    relay = wire.openai(clock=lambda: now[0])
    assert relay.slots(MODEL) == 3
    wire.replies["props"] = httpx.ConnectError("refused")

    def looked_again_and_again() -> bool:
        now[0] += 31.0
        assert relay.slots(MODEL) == 3
        return len(wire.bodies("props")) > 3

    until(looked_again_and_again)


def test_a_server_without_slots_is_asked_for_them_seldom() -> None:
    now = [0.0]
    wire = Wire()
    relay = wire.openai(clock=lambda: now[0])
    for _ in range(19):
        assert relay.slots(MODEL) == 2  # where the search begins
        now[0] += 31.0
    assert len(wire.bodies("props")) == 1
    now[0] += 31.0
    until(lambda: bool(relay.slots(MODEL)) and len(wire.bodies("props")) == 2)


def test_a_number_that_is_set_goes_before_what_servers_tell() -> None:
    wire = Wire(props={"total_slots": 3})
    assert wire.openai(workers=11).slots(MODEL) == 11
    assert not wire.asked


def test_slots_lie_beside_the_dialects_path_and_want_the_same_key() -> None:
    wire = Wire(props={"total_slots": 3})
    wire.openai("http://user:password@gpu:8000/llm/v1").slots(MODEL)
    assert wire.headers["/llm/props"]["authorization"].startswith("Basic ")


def test_warming_reads_all_messages_but_the_last_into_each_slot() -> None:
    wire = Wire(props={"total_slots": 2})
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    body = asked(max_completion_tokens=500, n=3, response_format=schema)
    assert wire.openai().warm(body) == 2
    sent = wire.bodies("completions")
    assert [one.pop("id_slot") for one in sent] == [0, 1]
    assert sent[0] == sent[1]
    assert sent[0].pop("messages") == [body["messages"][0], {"role": "user", "content": "."}]
    assert sent[0] == {"model": MODEL, "max_tokens": 1, "stream": False, "response_format": schema}


def test_no_more_slots_are_warmed_than_are_used() -> None:
    wire = Wire(props={"total_slots": 8})
    assert wire.openai(workers=3).warm(asked()) == 3
    assert wire.openai("http://a/v1", "http://b/v1", workers=3).warm(asked()) == 4


def test_a_server_without_slots_reads_the_prefix_once() -> None:
    wire = Wire()
    assert wire.openai().warm(asked()) == 1
    assert "id_slot" not in wire.bodies("completions")[0]


@pytest.mark.parametrize("messages", [None, [], [{"role": "user", "content": "a"}], ["a", "b"], "ab"])
def test_without_a_prefix_nothing_is_warmed(messages: Any) -> None:
    wire = Wire(props={"total_slots": 2})
    assert wire.openai().warm({"model": MODEL, "messages": messages}) == 0
    assert not wire.bodies("completions")


def test_warming_that_is_refused_warms_nothing_and_that_a_dead_server_cannot_is_raised() -> None:
    assert Wire(completions=(400, {"error": {"message": "no"}})).openai().warm(asked()) == 0
    with pytest.raises(errors.ServerDown):
        Wire(models=httpx.ConnectError("refused")).openai().warm(asked())


def test_models_are_all_names_of_all_servers_that_answer() -> None:
    wire = Wire(models=[{"data": [{"id": "a", "aliases": ["b"]}, "junk"]}, httpx.ConnectError("refused")])
    assert wire.openai("http://a/v1", "http://b/v1").models() == {"a", "b"}
    assert Wire(models=httpx.ConnectError("refused")).openai().models() is None
    assert Wire(models={"data": []}).openai().models() == set()


def test_the_settings_name_the_relay() -> None:
    assert open_relay(Settings(engine="embedded")) is None
    assert isinstance(open_relay(Settings(engine="ollama")), OllamaRelay)
    openai = open_relay(Settings(engine="openai", engine_workers=7))
    assert isinstance(openai, OpenAIRelay)
    assert openai.slots(MODEL) == 7
