"""OpenAI's requests in Ollama's own words, and its answers in OpenAI's: name by name."""

import base64
import json
from typing import Any

import httpx
import numpy as np
import pytest
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion
from relay_wire import MODEL, RUBRIC, SECRET, Wire, asked

from ty_resources.inference import errors
from ty_resources.inference.relay import CHAT, EMBEDDINGS

SCHEMA = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}
DONE = {
    "model": MODEL,
    "message": {"role": "assistant", "content": "8"},
    "done": True,
    "done_reason": "stop",
    "prompt_eval_count": 400,
    "eval_count": 3,
}


def sent(**more: Any) -> dict[str, Any]:
    """What Ollama is asked for a request with these parameters."""
    wire = Wire(chat=DONE)
    assert wire.ollama().ask(CHAT, asked(**more)).status == 200
    return wire.bodies("chat")[0]


def refused(**more: Any) -> tuple[int, str, str]:
    """Status, code and parameter of a request that Ollama is not even asked."""
    wire = Wire(chat=DONE)
    relayed = wire.ollama().ask(CHAT, {**asked(), **more})
    assert not wire.bodies("chat")
    return relayed.status, relayed.body["error"]["code"], relayed.body["error"]["param"]


def answered(**reply: Any) -> ChatCompletion:
    relayed = Wire(chat={**DONE, **reply}).ollama().ask(CHAT, asked())
    return ChatCompletion.model_validate(relayed.body, strict=True)


def test_the_runner_is_the_same_for_every_request_and_no_prompt_is_cut() -> None:
    assert sent() == {
        "model": MODEL,
        "messages": [{"role": "system", "content": RUBRIC}, {"role": "user", "content": SECRET}],
        "options": {"temperature": 1.0, "top_p": 1.0, "num_ctx": 8192},
        "keep_alive": "30m",
        "truncate": False,
        "shift": False,
        "stream": False,
    }


def test_every_sampling_parameter_has_its_option() -> None:
    asked_for = {
        "temperature": 0,
        "top_p": 0.5,
        "seed": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "top_k": 5,
        "min_p": 0.05,
        "repeat_penalty": 1.0,
    }
    options = sent(**asked_for, max_tokens=90, stop=["\n"])["options"]
    assert options == {**asked_for, "num_predict": 90, "stop": ["\n"], "num_ctx": 8192}


def test_the_newer_name_of_the_answers_length_wins_and_one_stop_is_a_list() -> None:
    options = sent(max_tokens=90, max_completion_tokens=40, stop="END")["options"]
    assert (options["num_predict"], options["stop"]) == (40, ["END"])


@pytest.mark.parametrize(
    ("wanted", "native"),
    [
        ({"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}}, SCHEMA),
        ({"type": "json_object"}, "json"),
        ({"type": "text"}, None),
        (None, None),
    ],
)
def test_a_format_of_the_answer_is_ollamas_format(wanted: Any, native: Any) -> None:
    assert sent(response_format=wanted).get("format") == native


def test_tools_logprobs_and_reasoning_are_passed_on() -> None:
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
    native = sent(tools=tools, tool_choice="auto", logprobs=True, top_logprobs=3, reasoning_effort="none")
    assert (native["tools"], native["logprobs"], native["top_logprobs"], native["think"]) == (tools, True, 3, False)
    assert "tools" not in sent(tools=tools, tool_choice="none")
    assert sent(reasoning_effort="minimal")["think"] == "low"
    assert "think" not in sent()


def test_parts_images_calls_and_results_of_tools_become_ollamas_messages() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"place": "Bonn"}'}}
    messages = [
        {"role": "developer", "content": "Be short."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is"},
                {"type": "text", "text": "this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ]
    assert sent(messages=messages)["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "What is\nthis?", "images": ["aGk="]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_1", "function": {"name": "look", "arguments": {"place": "Bonn"}}}],
        },
        {"role": "tool", "content": "rain", "tool_call_id": "call_1", "tool_name": "look"},
    ]


def test_what_says_nothing_of_the_answer_is_left_out() -> None:
    plain = sent()
    assert (
        sent(user="u", metadata={"a": "b"}, store=True, service_tier="auto", stream=False, n=1, logit_bias={}) == plain
    )
    assert sent(temperature=None, prediction=None) == plain


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 2),
        ("logit_bias", {"5": 100}),
        ("tool_choice", "required"),
        ("modalities", ["text", "audio"]),
        ("prediction", {"type": "content", "content": "x"}),
        ("functions", []),
        ("num_ctx", 100_000),
        ("options", {"num_ctx": 100_000}),
        ("reasoning_effort", "boundless"),
        ("temperatur", 0),
    ],
)
def test_what_ollama_cannot_do_is_refused_by_its_name(name: str, value: Any) -> None:
    assert refused(**{name: value}) == (400, "unsupported_parameter", name)


@pytest.mark.parametrize(
    "messages",
    [
        None,
        [],
        "Hello",
        ["Hello"],
        [{"content": "no role"}],
        [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}],
        [{"role": "user", "content": 5}],
        [{"role": "assistant", "tool_calls": ["call"]}],
        [{"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": "{"}}]}],
    ],
)
def test_messages_that_ollama_cannot_read_are_refused(messages: Any) -> None:
    assert refused(messages=messages) == (400, "unsupported_parameter", "messages")


@pytest.mark.parametrize(
    "wanted", [{"type": "json_schema"}, {"type": "xml"}, "json", {"type": "json_schema", "json_schema": {}}]
)
def test_a_format_that_is_none_is_refused(wanted: Any) -> None:
    assert refused(response_format=wanted) == (400, "unsupported_parameter", "response_format")


@pytest.mark.parametrize("model", [None, "", 5])
def test_without_a_model_nobody_is_asked(model: Any) -> None:
    assert refused(model=model) == (400, "missing_required_parameter", "model")


def test_the_answer_is_a_completion_as_openai_has_it() -> None:
    completion = answered()
    assert completion.id.startswith("chatcmpl-")
    assert (completion.model, completion.object) == (MODEL, "chat.completion")
    assert (completion.choices[0].message.content, completion.choices[0].finish_reason) == ("8", "stop")
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens, completion.usage.total_tokens) == (
        400,
        3,
        403,
    )


def test_the_counts_are_told_and_what_the_cache_saved_is_not_guessed() -> None:
    relayed = Wire(chat=DONE).ollama().ask(CHAT, asked())
    assert (relayed.prompt_tokens, relayed.cached_tokens, relayed.output_tokens) == (400, None, 3)
    assert "prompt_tokens_details" not in relayed.body["usage"]
    unknown = {key: value for key, value in DONE.items() if not key.endswith("_count")}
    relayed = Wire(chat=unknown).ollama().ask(CHAT, asked())
    assert (relayed.prompt_tokens, relayed.output_tokens, "usage" in relayed.body) == (None, None, False)


def test_an_answer_that_broke_off_at_its_length_says_so() -> None:
    assert answered(done_reason="length").choices[0].finish_reason == "length"


def test_calls_of_tools_have_their_arguments_as_text() -> None:
    call = {"function": {"name": "look", "arguments": {"place": "Köln"}}}
    choice = answered(message={"role": "assistant", "content": "", "tool_calls": [call]}).choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert choice.message.tool_calls is not None
    (made,) = choice.message.tool_calls
    assert made.type == "function"
    assert (made.function.name, json.loads(made.function.arguments)) == ("look", {"place": "Köln"})
    assert made.id.startswith("call_")


def test_logprobs_and_thoughts_are_handed_on() -> None:
    logprobs = [{"token": "8", "logprob": -0.1, "bytes": [56], "top_logprobs": []}]
    choice = answered(logprobs=logprobs, message={"content": "8", "thinking": "Hm."}).choices[0]
    assert choice.logprobs is not None
    assert choice.logprobs.content is not None
    assert choice.logprobs.content[0].logprob == -0.1
    assert choice.message.model_extra == {"reasoning": "Hm."}


def test_an_answer_that_is_not_done_is_asked_for_again() -> None:
    with pytest.raises(errors.ConnectionLost):
        Wire(chat={**DONE, "done": False}).ollama().ask(CHAT, asked())


@pytest.mark.parametrize("read", [8191, 4098])
def test_an_answer_to_a_prompt_that_an_older_server_cut_is_refused(read: int) -> None:
    wire = Wire(chat={**DONE, "prompt_eval_count": read})
    relayed = wire.ollama().ask(CHAT, asked("Sie leitet eine Station in Bonn. " * 1000))
    assert (relayed.status, relayed.body["error"]["code"]) == (400, "prompt_truncated")
    assert "TY_CONTEXT_TOKENS" in relayed.body["error"]["message"]


def test_llama_servers_own_refusal_is_told_in_its_words() -> None:
    inner = {"error": {"code": 400, "message": "request (9031 tokens) exceeds the available context size", "type": "e"}}
    relayed = Wire(chat=(400, {"error": json.dumps(inner)})).ollama().ask(CHAT, asked())
    assert relayed.status == 400
    assert relayed.body["error"] == {
        "message": inner["error"]["message"],
        "type": "e",
        "param": None,
        "code": "context_length_exceeded",
    }


def test_a_model_that_is_not_there_is_a_404() -> None:
    relayed = Wire(show=(404, {"error": f"model '{MODEL}' not found"})).ollama().ask(CHAT, asked())
    assert (relayed.status, relayed.body["error"]["code"]) == (404, "model_not_found")


def test_vectors_are_a_list_as_openai_has_it_in_numbers_or_packed() -> None:
    wire = Wire(embed={"embeddings": [[0.5, -0.25], [1.0, 0.0]], "prompt_eval_count": 6})
    body = {"model": "bge-m3", "input": ["a", "b"], "dimensions": 2}
    relayed = wire.ollama().ask(EMBEDDINGS, body)
    listed = CreateEmbeddingResponse.model_validate(relayed.body, strict=True)
    assert [one.embedding for one in listed.data] == [[0.5, -0.25], [1.0, 0.0]]
    assert (listed.model, listed.usage.prompt_tokens, relayed.prompt_tokens) == ("bge-m3", 6, 6)
    (native,) = wire.bodies("embed")
    assert (native["input"], native["dimensions"], native["truncate"]) == (["a", "b"], 2, False)
    assert native["options"] == {"num_ctx": 8192}
    packed = wire.ollama().ask(EMBEDDINGS, {**body, "encoding_format": "base64"}).body["data"][0]["embedding"]
    assert np.frombuffer(base64.b64decode(packed), "<f4").tolist() == [0.5, -0.25]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": []}, "input"),
        ({"input": [1, 2]}, "input"),
        ({"input": None}, "input"),
        ({"input": "a", "encoding_format": "int8"}, "encoding_format"),
        ({"input": "a", "normalize": True}, "normalize"),
    ],
)
def test_what_ollama_cannot_embed_is_refused_by_its_name(body: dict[str, Any], param: str) -> None:
    wire = Wire()
    relayed = wire.ollama().ask(EMBEDDINGS, {"model": "bge-m3", **body})
    assert (relayed.status, relayed.body["error"]["param"]) == (400, param)
    assert not wire.asked


def test_a_text_without_a_vector_is_refused_and_a_missing_vector_asked_for_again() -> None:
    body = {"model": "bge-m3", "input": ["a"]}
    reply = (400, {"error": "embedding contains NaN or Inf values"})
    assert Wire(embed=reply).ollama().ask(EMBEDDINGS, body).body["error"]["code"] == "invalid_embedding"
    for rows in ([], [[0.5], [0.5]], None, "rows"):
        with pytest.raises(errors.ServerFault):
            Wire(embed={"embeddings": rows}).ollama().ask(EMBEDDINGS, body)


def test_models_are_known_with_and_without_their_tag_and_vram_is_added_up() -> None:
    tags = {"models": [{"name": "qwen2.5:7b"}, {"name": "bge-m3:latest"}]}
    loaded = {"models": [{"name": "qwen2.5:7b", "size_vram": 5_000}, {"name": "bge-m3:latest", "size_vram": 700}]}
    relay = Wire(tags=tags, ps=loaded).ollama()
    assert relay.models() == {"qwen2.5:7b", "bge-m3:latest", "bge-m3"}
    assert relay.vram() == 5_700
    assert Wire(tags=tags, ps={"models": []}).ollama().vram() is None


def test_what_no_server_tells_is_none() -> None:
    relay = Wire(version=httpx.ConnectError("refused"), ps=httpx.ConnectError("refused")).ollama()
    assert (relay.models(), relay.vram(), relay.warm(asked())) == (None, None, 0)
