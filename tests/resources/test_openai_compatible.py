"""The OpenAI-compatible client's requests and replies, body by body."""

import json
from typing import Any

import numpy as np
import pytest
from openai_wire import ANSWER, ASKED, KEY, SCHEMA, SECRET, Wire, error_body

from ty_resources.inference import errors
from ty_resources.inference.client import ChatRequest
from ty_resources.settings import SettingsError


def test_a_question_is_sent_with_exactly_the_documented_names() -> None:
    wire = Wire()
    wire.client().complete(ASKED)
    assert wire.bodies("completions") == [
        {
            "model": "qwen2.5:7b",
            "messages": [
                {"role": "system", "content": "Read the posting."},
                {"role": "user", "content": SECRET},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "posting", "schema": SCHEMA, "strict": True},
            },
            "temperature": 0,
            "seed": 7,
            "max_tokens": 100,
            "stream": False,
        }
    ]
    assert wire.headers["/v1/chat/completions"]["authorization"] == f"Bearer {KEY}"


def test_without_a_key_no_header_is_sent_and_a_line_end_does_not_belong_to_a_key() -> None:
    wire = Wire()
    wire.client(key=None).complete(ASKED)
    assert "authorization" not in wire.headers["/v1/chat/completions"]
    wire.client(key=f"{KEY}\n").complete(ASKED)
    assert wire.headers["/v1/chat/completions"]["authorization"] == f"Bearer {KEY}"


def test_a_key_that_cannot_be_sent_is_refused_without_showing_it() -> None:
    for key in ("sk-schlüssel", "sk-two words", "sk-a\r\nX-Evil: 1"):
        with pytest.raises(SettingsError, match="TY_OPENAI_API_KEY") as told:
            Wire().client(key=key)
        assert "sk-" not in str(told.value)


def test_a_url_without_a_path_means_v1() -> None:
    wire = Wire()
    wire.client("gpu:8000").complete(ASKED)
    assert "/v1/chat/completions" in wire.headers


def test_texts_are_sent_in_one_request_and_their_vectors_put_in_order() -> None:
    data = [{"index": 1, "embedding": [0, 1]}, {"index": 0, "embedding": [1, 0]}]
    wire = Wire(embeddings={"data": data})
    batch = wire.client().embed("bge-m3", ["Pflege", "Küche"])
    assert wire.bodies("embeddings") == [{"model": "bge-m3", "input": ["Pflege", "Küche"], "encoding_format": "float"}]
    assert batch.vectors.tolist() == [[1, 0], [0, 1]]
    assert batch.vectors.dtype == np.float32
    assert wire.client().embed("bge-m3", []).vectors.shape == (0, 0)


def test_an_answer_carries_its_counts_and_whether_it_broke_off() -> None:
    completion = Wire().client().complete(ASKED)
    assert completion.text == '{"title": "a"}'
    assert (completion.finish, completion.prompt_tokens, completion.output_tokens) == ("stop", 31, 8)
    cut = {"choices": [{"finish_reason": "length", "message": {"content": '{"ti'}}]}
    completion = Wire(completions=cut).client().complete(ASKED)
    assert (completion.text, completion.finish, completion.prompt_tokens) == ('{"ti', "length", None)


def test_an_answer_without_words_is_an_empty_text() -> None:
    refused = {"choices": [{"finish_reason": "stop", "message": {"content": None, "refusal": "no"}}], "usage": None}
    assert Wire(completions=refused).client().complete(ASKED).text == ""


def test_a_markdown_fence_around_the_answer_is_removed() -> None:
    fenced = {"choices": [{"finish_reason": "stop", "message": {"content": '```json\n{"title": "a"}\n```'}}]}
    assert Wire(completions=fenced).client().complete(ASKED).text == '{"title": "a"}'


@pytest.mark.parametrize(
    "body",
    [b"<html></html>", b"", b"[]", {}, {"choices": []}, {"choices": [{}]}, {"choices": [{"message": "hi"}]}],
)
def test_what_is_no_answer_is_the_servers_fault(body: Any) -> None:
    assert type(Wire(completions=body).fails()) is errors.ServerFault


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": [1.0]}]},
        {"data": None},
        {},
    ],
)
def test_vectors_that_are_missing_or_uneven_are_the_servers_fault(body: dict[str, Any]) -> None:
    with pytest.raises(errors.ServerFault, match="/embeddings"):
        Wire(embeddings=body).client().embed("bge-m3", ["a", "b"])


def test_a_vector_of_null_comes_as_nan_so_that_its_text_is_known() -> None:
    data = [{"index": 0, "embedding": [1.0, 0.0]}, {"index": 1, "embedding": [None, None]}]
    rows = Wire(embeddings={"data": data}).client().embed("bge-m3", ["a", "b"]).vectors
    assert np.isnan(rows).all(axis=1).tolist() == [False, True]


def test_a_server_without_schemas_is_told_the_schema_in_words_and_that_is_remembered() -> None:
    unknown = error_body(400, 'response_format type must be one of "text" or "json_object", but got: json_schema')
    wire = Wire(completions=[unknown, ANSWER])
    client = wire.client()
    assert client.complete(ASKED).text == '{"title": "a"}'
    client.complete(ASKED)
    kinds = [body["response_format"]["type"] for body in wire.bodies("completions")]
    assert kinds == ["json_schema", "json_object", "json_object"]
    told = wire.bodies("completions")[1]["messages"][0]["content"]
    assert told.startswith("Read the posting.")
    assert json.dumps(SCHEMA) in told


def test_one_schema_that_a_server_cannot_compile_takes_the_others_nothing() -> None:
    wire = Wire(completions=[error_body(400, "The provided JSON schema contains unsupported features"), ANSWER])
    client = wire.client()
    client.complete(ASKED)
    client.complete(ChatRequest("qwen2.5:7b", "s", "u", "another", SCHEMA, max_tokens=10))
    kinds = [body["response_format"]["type"] for body in wire.bodies("completions")]
    assert kinds == ["json_schema", "json_object", "json_schema"]


def test_a_server_that_refuses_both_ways_has_refused_the_request() -> None:
    wire = Wire(completions=error_body(400, "response_format is not supported"))
    assert type(wire.fails()) is errors.RequestRefused
    assert len(wire.bodies("completions")) == 2


def test_any_other_refusal_is_not_asked_again() -> None:
    wire = Wire(completions=error_body(400, "seed must be positive"))
    wire.fails()
    assert len(wire.bodies("completions")) == 1


def test_status_reads_the_contexts_that_vllm_and_llama_cpp_tell() -> None:
    listed = [
        {"id": "a", "owned_by": "vllm", "max_model_len": 8192},
        {"id": "b", "owned_by": "llamacpp", "meta": {"n_ctx": 4096}},
        {"id": "c", "meta": None},
    ]
    (server,) = Wire(models={"data": listed}).client().status()
    assert (server.version, server.error) == ("vllm", None)
    assert [(model.name, model.context_tokens) for model in server.models] == [("a", 8192), ("b", 4096), ("c", None)]
    (server,) = Wire(models=(401, {"error": "Unauthorized"})).client().status()
    assert "TY_OPENAI_API_KEY" in (server.error or "")
    (server,) = Wire(models={"data": None}).client().status()
    assert server.models == ()


def test_identity_is_the_name_and_models_are_neither_loaded_nor_pulled() -> None:
    client = Wire().client()
    assert client.identity("qwen2.5:7b") == "qwen2.5:7b"
    assert client.load("qwen2.5:7b", embedding=False) is None
    with pytest.raises(errors.RequestRefused, match="Only Ollama"):
        client.pull("qwen2.5:7b", lambda *step: None)


def test_a_server_whose_list_of_models_is_missing_or_locked_is_asked_all_the_same() -> None:
    for reply in ((404, {"detail": "Not Found"}), (401, b""), (429, b"")):
        assert Wire(models=reply).client().complete(ASKED).finish == "stop"
    for reply in ((502, b"<html></html>"), (503, b"")):
        with pytest.raises(errors.ServerDown, match=r"gpu:8000"):
            Wire(models=reply).client().complete(ASKED)
