"""The OpenAI-compatible client against exact bodies of vLLM, llama.cpp, LiteLLM and SGLang, and a simulation."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from handle import SimulatedServer

from ty_resources.inference import errors
from ty_resources.inference.client import ChatRequest
from ty_resources.inference.openai_compatible import OpenAIClient
from ty_resources.settings import SettingsError

Start = Callable[..., SimulatedServer]

KEY = "sk-very-secret-0123456789"
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
SECRET = "Wir suchen eine Pflegefachkraft (m/w/d) für unsere Station in Bonn-Beuel."
ASKED = ChatRequest("qwen2.5:7b", "Read the posting.", SECRET, "posting", SCHEMA, max_tokens=100, seed=7)
ANSWER = {
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": '{"title": "a"}'}}],
    "usage": {"prompt_tokens": 31, "completion_tokens": 8, "total_tokens": 39},
}


class Wire:
    """Answers what `replies` has for a path: a body, a (status, body), or a list of them, one a request."""

    def __init__(self, **replies: Any) -> None:
        self.replies = {"models": {"data": []}, "completions": ANSWER, **replies}
        self.headers: dict[str, str] = {}
        self.sent: dict[str, httpx.Headers] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.sent[request.url.path] = request.headers
        self.asked.append((name, json.loads(request.content) if request.content else {}))
        reply = self.replies[name]
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        status, body = reply if isinstance(reply, tuple) else (200, reply)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=self.headers)

    def bodies(self, name: str) -> list[dict[str, Any]]:
        return [body for asked, body in self.asked if asked == name]

    def client(self, *urls: str, key: str | None = KEY) -> OpenAIClient:
        return OpenAIClient(
            urls or ("http://gpu:8000/v1",),
            api_key=key,
            context_tokens=8192,
            request_timeout=30.0,
            transport=httpx.MockTransport(self),
        )

    def fails(self) -> errors.EngineError:
        with pytest.raises(errors.EngineError) as told:
            self.client().complete(ASKED)
        return told.value


def client_of(*servers: SimulatedServer, key: str | None = None) -> OpenAIClient:
    return OpenAIClient([server.url for server in servers], api_key=key, context_tokens=8192, request_timeout=30.0)


def _error(status: int, message: str, **more: object) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"message": message, "type": "invalid_request_error", "code": status, **more}}


# --- what is sent -------------------------------------------------------------------------------------------------


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
    assert wire.sent["/v1/chat/completions"]["authorization"] == f"Bearer {KEY}"


def test_without_a_key_no_header_is_sent_and_a_line_end_does_not_belong_to_a_key() -> None:
    wire = Wire()
    wire.client(key=None).complete(ASKED)
    assert "authorization" not in wire.sent["/v1/chat/completions"]
    wire.client(key=f"{KEY}\n").complete(ASKED)
    assert wire.sent["/v1/chat/completions"]["authorization"] == f"Bearer {KEY}"


def test_a_key_that_cannot_be_sent_is_refused_without_showing_it() -> None:
    for key in ("sk-schlüssel", "sk-two words", "sk-a\r\nX-Evil: 1"):
        with pytest.raises(SettingsError, match="TY_OPENAI_API_KEY") as told:
            Wire().client(key=key)
        assert "sk-" not in str(told.value)


def test_a_url_without_a_path_means_v1() -> None:
    wire = Wire()
    wire.client("gpu:8000").complete(ASKED)
    assert "/v1/chat/completions" in wire.sent


def test_texts_are_sent_in_one_request_and_their_vectors_put_in_order() -> None:
    data = [{"index": 1, "embedding": [0, 1]}, {"index": 0, "embedding": [1, 0]}]
    wire = Wire(embeddings={"data": data})
    batch = wire.client().embed("bge-m3", ["Pflege", "Küche"])
    assert wire.bodies("embeddings") == [{"model": "bge-m3", "input": ["Pflege", "Küche"], "encoding_format": "float"}]
    assert batch.vectors.tolist() == [[1, 0], [0, 1]]
    assert batch.vectors.dtype == np.float32
    assert wire.client().embed("bge-m3", []).vectors.shape == (0, 0)


# --- what comes back ----------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        # llama.cpp
        (
            _error(
                400,
                "request (9031 tokens) exceeds the available context size (4096 tokens), try increasing it",
                type="exceed_context_size_error",
            ),
            errors.PromptTooLong,
        ),
        (_error(503, "Loading model", type="unavailable_error"), errors.ServerBusy),
        (_error(404, "File Not Found", type="not_found_error"), errors.ServerDown),
        # vLLM, old and new
        (
            (400, {"object": "error", "message": "This model's maximum context length is 8192 tokens.", "code": 400}),
            errors.PromptTooLong,
        ),
        (_error(404, "The model `qwen2.5:7b` does not exist.", type="NotFoundError"), errors.ModelMissing),
        ((401, {"error": "Unauthorized"}), errors.AccessDenied),
        ((500, b"Internal Server Error"), errors.ServerFault),
        # SGLang
        (
            _error(400, "The input (9031 tokens) is longer than the model's context length (4096 tokens)."),
            errors.PromptTooLong,
        ),
        # LiteLLM
        (_error(400, "litellm.ContextWindowExceededError: too much"), errors.PromptTooLong),
        (_error(429, "Rate limit reached", type="rate_limit_error"), errors.ServerBusy),
        (_error(400, "Invalid model name passed in model=qwen2.5:7b"), errors.ModelMissing),
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
    error = Wire(completions=_error(401, f"Incorrect API key provided: {KEY}")).fails()
    assert "TY_OPENAI_API_KEY" in str(error)
    assert "secret" not in str(error)


def test_a_busy_server_says_for_how_long() -> None:
    wire = Wire(completions=(429, b""))
    wire.headers["Retry-After"] = "7"
    error = wire.fails()
    assert isinstance(error, errors.ServerBusy)
    assert error.retry_after == 7.0


def test_no_message_shows_the_posting() -> None:
    repeated = {"detail": [{"loc": ["body"], "msg": f"bad: {SECRET}", "input": {"messages": [SECRET]}}]}
    for reply in ((422, repeated), (500, SECRET.encode()), _error(400, SECRET)):
        assert "Pflegefachkraft" not in str(Wire(completions=reply).fails())


def test_a_prompt_that_a_proxy_cut_is_found_out_by_its_count() -> None:
    long = ChatRequest("qwen2.5:7b", "s", "Pflege " * 3000, "posting", SCHEMA, max_tokens=100)
    with pytest.raises(errors.PromptTooLong, match="it cut the prompt"):
        Wire(completions={**ANSWER, "usage": {"prompt_tokens": 2050}}).client().complete(long)


# --- servers without schemas --------------------------------------------------------------------------------------


def test_a_server_without_schemas_is_told_the_schema_in_words_and_that_is_remembered() -> None:
    unknown = _error(400, 'response_format type must be one of "text" or "json_object", but got: json_schema')
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
    wire = Wire(completions=[_error(400, "The provided JSON schema contains unsupported features"), ANSWER])
    client = wire.client()
    client.complete(ASKED)
    client.complete(ChatRequest("qwen2.5:7b", "s", "u", "another", SCHEMA, max_tokens=10))
    kinds = [body["response_format"]["type"] for body in wire.bodies("completions")]
    assert kinds == ["json_schema", "json_object", "json_schema"]


def test_a_server_that_refuses_both_ways_has_refused_the_request() -> None:
    wire = Wire(completions=_error(400, "response_format is not supported"))
    assert type(wire.fails()) is errors.RequestRefused
    assert len(wire.bodies("completions")) == 2


def test_any_other_refusal_is_not_asked_again() -> None:
    wire = Wire(completions=_error(400, "seed must be positive"))
    wire.fails()
    assert len(wire.bodies("completions")) == 1


# --- models -------------------------------------------------------------------------------------------------------


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


# --- against the simulated server ---------------------------------------------------------------------------------


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
