"""The Ollama client's requests and replies, body by body."""

import json
from typing import Any

import httpx
import numpy as np
import pytest
from ollama_wire import ASKED, SCHEMA, SECRET, Wire

from ty_resources.inference import errors
from ty_resources.settings import SettingsError


def test_a_question_is_sent_with_exactly_the_documented_names() -> None:
    wire = Wire()
    wire.client().complete(ASKED)
    assert wire.bodies("chat") == [
        {
            "model": "qwen2.5:7b",
            "messages": [
                {"role": "system", "content": "Read the posting."},
                {"role": "user", "content": SECRET},
            ],
            "format": SCHEMA,
            "stream": False,
            "think": False,
            "truncate": False,
            "shift": False,
            "keep_alive": "30m",
            "options": {"num_ctx": 8192, "num_predict": 100, "temperature": 0, "seed": 7, "repeat_penalty": 1.0},
        }
    ]


def test_texts_are_sent_in_one_request_and_never_cut() -> None:
    wire = Wire(embed={"embeddings": [[1, 0], [0, 1]], "load_duration": 40_000_000})
    batch = wire.client().embed("bge-m3", ["Pflege", "Küche"])
    assert wire.bodies("embed") == [
        {
            "model": "bge-m3",
            "input": ["Pflege", "Küche"],
            "truncate": False,
            "keep_alive": "30m",
            "options": {"num_ctx": 8192},
        }
    ]
    assert batch.vectors.tolist() == [[1, 0], [0, 1]]
    assert batch.vectors.dtype == np.float32
    assert batch.load_seconds == 0.04


def test_loading_sends_the_same_runner_profile_as_the_questions() -> None:
    wire = Wire(embed={"embeddings": []})
    client = wire.client()
    client.load("qwen2.5:7b", embedding=False)
    client.complete(ASKED)
    client.load("bge-m3", embedding=True)
    loading, asking = wire.bodies("chat")
    assert loading["messages"] == []
    for name in ("shift", "truncate", "keep_alive"):
        assert loading[name] == asking[name]
    assert loading["options"] == {"num_ctx": asking["options"]["num_ctx"]}
    assert wire.bodies("embed") == [
        {"model": "bge-m3", "input": [], "truncate": False, "keep_alive": "30m", "options": {"num_ctx": 8192}}
    ]


def test_no_more_context_is_asked_for_than_the_model_was_trained_on() -> None:
    wire = Wire(show={"model_info": {"bert.context_length": 512}}, embed={"embeddings": [[1.0]]})
    client = wire.client()
    client.embed("all-minilm", ["a"])
    client.embed("all-minilm", ["b"])
    assert [body["options"] for body in wire.bodies("embed")] == [{"num_ctx": 512}] * 2
    assert wire.bodies("show") == [{"model": "all-minilm"}]


@pytest.mark.parametrize(("setting", "sent"), [("30m", "30m"), ("-1", -1), ("3600", 3600), ("-1m", "-1m")])
def test_keep_alive_is_sent_as_go_reads_it(setting: str, sent: object) -> None:
    wire = Wire()
    wire.client(keep_alive=setting).complete(ASKED)
    assert wire.bodies("chat")[0]["keep_alive"] == sent


def test_an_answer_carries_its_counts() -> None:
    completion = Wire().client().complete(ASKED)
    assert completion.text == '{"title": "Pflege"}'
    assert (completion.finish, completion.prompt_tokens, completion.output_tokens) == ("stop", 31, 8)
    assert completion.load_seconds == 2.5


def test_counts_that_the_server_leaves_out_are_unknown() -> None:
    bare = {"message": {"content": "{}"}, "done": True, "done_reason": "stop"}
    completion = Wire(chat=bare).client().complete(ASKED)
    assert (completion.prompt_tokens, completion.output_tokens, completion.load_seconds) == (None, None, None)


def test_an_answer_in_lines_is_put_together() -> None:
    lines = [
        {"message": {"content": '{"title": '}, "done": False},
        {"message": {"content": '"Pflege"}'}, "done": False},
        {"message": {"content": ""}, "done": True, "done_reason": "length", "prompt_eval_count": 31},
    ]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    completion = Wire(chat=body).client().complete(ASKED)
    assert (completion.text, completion.finish) == ('{"title": "Pflege"}', "length")


def test_an_error_line_after_status_200_is_an_error_of_its_class() -> None:
    begun = json.dumps({"message": {"content": "{"}, "done": False}).encode()
    for line, kind in (
        ({"error": "an error was encountered while running the model: unexpected EOF"}, errors.ServerFault),
        ({"error": "request (9 tokens) exceeds the available context size", "status": 400}, errors.PromptTooLong),
        ({"error": "server busy, please try again.", "status": 503}, errors.ServerBusy),
    ):
        with pytest.raises(kind):
            Wire(chat=begun + b"\n" + json.dumps(line).encode()).client().complete(ASKED)


def test_an_answer_that_never_says_done_broke_off() -> None:
    broken = {"message": {"content": '{"title": '}, "done": False}
    with pytest.raises(errors.ConnectionLost, match="without saying that it is done"):
        Wire(chat=broken).client().complete(ASKED)


@pytest.mark.parametrize("body", [b"<html>502</html>", b'{"message": ', b"[1]", b"", b"null"])
def test_what_is_no_json_object_is_the_servers_fault(body: bytes) -> None:
    with pytest.raises(errors.ServerFault, match="no JSON object"):
        Wire(chat=body).client().complete(ASKED)


@pytest.mark.parametrize(
    "body", [{"embeddings": [[1.0]]}, {"embeddings": [[1.0], [1.0, 2.0]]}, {"embeddings": None}, {"embedding": [1.0]}]
)
def test_vectors_that_are_missing_or_uneven_are_the_servers_fault(body: dict[str, Any]) -> None:
    with pytest.raises(errors.ServerFault, match="for 2 texts"):
        Wire(embed=body).client().embed("bge-m3", ["a", "b"])


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), errors.ServerDown),
        (httpx.ConnectTimeout("timed out"), errors.ServerDown),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), errors.ServerDown),
        (httpx.ReadTimeout("timed out"), errors.ServerTimeout),
        (httpx.WriteTimeout("timed out"), errors.ServerTimeout),
        (httpx.ReadError("reset"), errors.ConnectionLost),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), errors.ConnectionLost),
        (httpx.DecodingError("gzip"), errors.ServerFault),
    ],
)
def test_a_fault_of_the_line_gets_its_class(error: Exception, kind: type[errors.EngineError]) -> None:
    with pytest.raises(errors.EngineError) as told:
        Wire(chat=error).client().complete(ASKED)
    assert type(told.value) is kind


def test_no_message_shows_the_posting() -> None:
    for reply in (
        (400, {"error": f"cannot parse {SECRET}"}),
        (500, {"error": SECRET}),
        (500, SECRET.encode()),
        {"error": SECRET, "status": 400},
    ):
        with pytest.raises(errors.EngineError) as told:
            Wire(chat=reply).client().complete(ASKED)
        assert "Pflegefachkraft" not in str(told.value)


def test_a_server_that_is_no_ollama_is_told_so_and_no_item_is_to_blame() -> None:
    for reply in ((404, b"404 page not found"), {"hello": "world"}, b"<html></html>"):
        with pytest.raises(errors.ServerDown, match="TY_OLLAMA_URLS"):
            Wire(version=reply).client().complete(ASKED)


def test_a_url_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(SettingsError, match="leave out the end /v1"):
        Wire().client("http://gpu:11434/v1")
