"""The Ollama client against exact bodies (`httpx.MockTransport`) and against the simulated server."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from handle import SimulatedServer

from ty_resources.inference import errors
from ty_resources.inference.client import ChatRequest
from ty_resources.inference.ollama import OllamaClient
from ty_resources.settings import SettingsError

Start = Callable[..., SimulatedServer]

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
SECRET = "Wir suchen eine Pflegefachkraft (m/w/d) für unsere Station in Bonn-Beuel."
ASKED = ChatRequest("qwen2.5:7b", "Read the posting.", SECRET, "posting", SCHEMA, max_tokens=100, seed=7)
ANSWER = {
    "model": "qwen2.5:7b",
    "message": {"role": "assistant", "content": '{"title": "Pflege"}'},
    "done": True,
    "done_reason": "stop",
    "load_duration": 2_500_000_000,
    "prompt_eval_count": 31,
    "eval_count": 8,
}


class Wire:
    """Answers what `replies` has for a path: a body, a (status, body), an exception; remembers what was asked."""

    def __init__(self, **replies: Any) -> None:
        self.replies: dict[str, Any] = {
            "version": {"version": "0.33.0"},
            "show": {"model_info": {"general.architecture": "qwen2", "qwen2.context_length": 32768}},
            "tags": {
                "models": [{"name": "qwen2.5:7b", "digest": "845dbda0ea48ed749caafd9e6037047aa19acfcfd82e704d7ca97d6"}]
            },
            "ps": {"models": []},
            "chat": ANSWER,
            **replies,
        }
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.asked.append((name, json.loads(request.content) if request.content else {}))
        reply = self.replies[name]
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if isinstance(reply, Exception):
            raise reply
        status, body = reply if isinstance(reply, tuple) else (200, reply)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content)

    def bodies(self, name: str) -> list[dict[str, Any]]:
        return [body for asked, body in self.asked if asked == name]

    def client(self, *urls: str, **more: Any) -> OllamaClient:
        told = {"context_tokens": 8192, "keep_alive": "30m", "request_timeout": 30.0, **more}
        return OllamaClient(urls or ("http://gpu:11434",), transport=httpx.MockTransport(self), **told)


def client_of(*servers: SimulatedServer, **more: Any) -> OllamaClient:
    told = {"context_tokens": 8192, "keep_alive": "30m", "request_timeout": 30.0, **more}
    return OllamaClient([server.url for server in servers], **told)


# --- what is sent -------------------------------------------------------------------------------------------------


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


# --- what comes back ----------------------------------------------------------------------------------------------


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


# --- identity -----------------------------------------------------------------------------------------------------


def test_identity_is_the_full_name_with_twelve_digits_of_the_digest() -> None:
    listed = {"models": [{"name": "bge-m3:latest", "digest": "sha256:7907646426070047a77226ac3e684fbbe8410524"}]}
    client = Wire(tags=listed).client()
    names = ["bge-m3", "bge-m3:latest", "BGE-M3", "registry.ollama.ai/library/bge-m3"]
    assert {client.identity(name) for name in names} == {"bge-m3:latest@790764642607"}


def test_identity_is_read_once_and_again_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    wire = Wire()
    client = wire.client()
    monkeypatch.setattr(client._models, "_clock", lambda: now[0])
    first = client.identity("qwen2.5:7b")
    wire.replies["tags"] = {"models": [{"name": "qwen2.5:7b", "digest": "f" * 64}]}
    now[0] = 299.0
    assert client.identity("qwen2.5:7b") == first == "qwen2.5:7b@845dbda0ea48"
    now[0] = 301.0
    assert client.identity("qwen2.5:7b") == "qwen2.5:7b@ffffffffffff"
    wire.replies["tags"] = httpx.ConnectError("refused")
    now[0] = 999.0
    assert client.identity("qwen2.5:7b") == "qwen2.5:7b@ffffffffffff"  # a server that is down pulls nothing


def test_two_servers_with_different_weights_under_one_name_are_refused(simulated_server: Start) -> None:
    first = simulated_server(models={"qwen2.5:7b": {"digest": "a" * 64}})
    second = simulated_server(models={"qwen2.5:7b": {"digest": "b" * 64}})
    client = client_of(first, second)
    with pytest.raises(errors.RequestRefused, match=r"a{12} at .* b{12} at .*ty models pull") as told:
        client.identity("qwen2.5:7b")
    assert first.url in str(told.value)
    assert second.url in str(told.value)


def test_identity_of_a_model_that_is_nowhere_says_how_to_fetch_it(simulated_server: Start) -> None:
    with pytest.raises(errors.ModelMissing, match="ty models pull nothing:1b"):
        client_of(simulated_server()).identity("nothing:1b")


def test_identity_comes_from_the_servers_that_answer(simulated_server: Start) -> None:
    up, down = simulated_server(), simulated_server()
    down.stop()
    assert client_of(down, up).identity("bge-m3").startswith("bge-m3:latest@")


# --- against the simulated server ---------------------------------------------------------------------------------


def test_all_that_is_done_with_a_model_loads_it_once(simulated_server: Start) -> None:
    server = simulated_server(time_scale=100)
    client = client_of(server)
    client.load("qwen2.5:7b", embedding=False)
    with ThreadPoolExecutor(4) as pool:
        for seed in (0, 1):
            for length in (10, 100, 1000):
                asked = ChatRequest("qwen2.5:7b", "s", "u" * length, "posting", SCHEMA, max_tokens=length, seed=seed)
                list(pool.map(client.complete, [asked] * 4))
    client.load("bge-m3", embedding=True)
    client.embed("bge-m3", ["Pflege"])
    client.load("bge-m3", embedding=True)
    assert set(server.stats()["loads"].values()) == {1}


def test_a_prompt_that_does_not_fit_is_refused_and_not_cut(simulated_server: Start) -> None:
    client = client_of(simulated_server(), context_tokens=2048)
    long = ChatRequest("qwen2.5:7b", "s", "Pflege " * 3000, "posting", SCHEMA, max_tokens=100)
    with pytest.raises(errors.PromptTooLong, match="exceeds the available context size"):
        client.complete(long)
    with pytest.raises(errors.PromptTooLong, match="exceeds the context length"):
        client.embed("bge-m3", ["kurz", "Pflege " * 3000])


def test_an_old_server_that_ignores_the_flags_and_cuts_is_found_out(simulated_server: Start) -> None:
    server = simulated_server()

    class Forgetful(httpx.HTTPTransport):
        """What servers before these flags make of a request."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            body = json.loads(request.content or b"{}")
            body.pop("truncate", None)
            body.pop("shift", None)
            return super().handle_request(
                httpx.Request(request.method, request.url, json=body if request.content else None)
            )

    client = client_of(server, context_tokens=2048, transport=Forgetful())
    long = ChatRequest("qwen2.5:7b", "Rubric.", "Pflege " * 3000, "posting", SCHEMA, max_tokens=100)
    with pytest.raises(errors.PromptTooLong, match="it cut the prompt"):
        client.complete(long)
    assert client.complete(ASKED).finish == "stop"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("503", errors.ServerBusy),
        ("404", errors.ModelMissing),
        ("500", errors.ServerFault),
        ("html", errors.ServerFault),
        ("garbage", errors.ServerFault),
        ("error_line", errors.ServerFault),
        ("drop", errors.ConnectionLost),
        ("cut", errors.ConnectionLost),
        ("timeout", errors.ServerTimeout),
    ],
)
def test_a_fault_of_the_server_gets_its_class_and_the_next_question_is_answered(
    simulated_server: Start, kind: str, expected: type[errors.EngineError]
) -> None:
    server = simulated_server(faults=[{"kind": kind, "match": "Pflegefachkraft", "times": 1}])
    client = client_of(server, request_timeout=1.0)
    with pytest.raises(errors.EngineError) as told:
        client.complete(ASKED)
    assert type(told.value) is expected
    assert "Pflegefachkraft" not in str(told.value)
    assert json.loads(client.complete(ASKED).text)


def test_an_answer_that_breaks_off_says_so(simulated_server: Start) -> None:
    client = client_of(simulated_server(faults=[{"kind": "length", "match": "Pflege"}]))
    assert client.complete(ASKED).finish == "length"


@pytest.mark.parametrize("kind", ["nan", "nan_500"])
def test_a_text_without_a_vector_is_an_invalid_embedding(simulated_server: Start, kind: str) -> None:
    client = client_of(simulated_server(faults=[{"kind": kind, "match": "Küche"}]))
    with pytest.raises(errors.InvalidEmbedding):
        client.embed("bge-m3", ["Pflege", "Küche"])
    assert client.embed("bge-m3", ["Pflege"]).vectors.shape == (1, 1024)


def test_a_vector_of_null_comes_as_nan_so_that_its_text_is_known(simulated_server: Start) -> None:
    client = client_of(simulated_server(faults=[{"kind": "nan_values", "match": "Küche"}]))
    rows = client.embed("bge-m3", ["Pflege", "Küche"]).vectors
    assert np.isnan(rows).all(axis=1).tolist() == [False, True]


def test_a_chat_model_that_is_asked_for_vectors_is_no_texts_fault(simulated_server: Start) -> None:
    client = client_of(simulated_server())
    with pytest.raises(errors.ModelMissing, match="embeddings"):
        client.embed("qwen2.5:7b", ["Pflege"])
    with pytest.raises(errors.ModelMissing, match="does not support chat"):
        client.complete(ChatRequest("bge-m3", "s", "u", "posting", SCHEMA, max_tokens=10))


def test_two_servers_share_the_work(simulated_server: Start) -> None:
    first = simulated_server(chat_seconds=0.05, num_parallel=8)
    second = simulated_server(chat_seconds=0.05, num_parallel=8)
    client = client_of(first, second)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: client.complete(ASKED), range(40)))
    shares = [sum(server.stats()["chats"].values()) for server in (first, second)]
    assert sum(shares) == 40
    assert min(shares) >= 14


def test_one_server_goes_down_and_comes_back_while_questions_go_on(simulated_server: Start) -> None:
    first = simulated_server(chat_seconds=0.02, num_parallel=8)
    second = simulated_server(chat_seconds=0.02, num_parallel=8)
    client = client_of(first, second)
    stop = threading.Event()

    def ask() -> int:
        answered = 0
        while not stop.is_set():
            client.complete(ASKED)
            answered += 1
        return answered

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            time.sleep(0.2)
            first.stop()
            time.sleep(0.3)
            first.restart()
            deadline = time.monotonic() + 30
            while not first.stats()["chats"] and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            stop.set()
        assert all(one.result() for one in asking)  # nobody met an error
    assert first.stats()["chats"]


def test_the_only_server_is_down_and_comes_back(simulated_server: Start) -> None:
    server = simulated_server()
    client = client_of(server)
    client.complete(ASKED)
    server.stop()
    assert not client.reachable()
    with pytest.raises(errors.ServerDown, match="ollama serve"):
        client.complete(ASKED)
    server.restart()
    assert client.reachable()
    assert client.complete(ASKED).finish == "stop"


def test_a_server_that_hangs_up_on_everything_is_down(simulated_server: Start) -> None:
    server = simulated_server()
    client = client_of(server)
    client.complete(ASKED)
    server.control(down=True)
    for _ in range(3):
        with pytest.raises((errors.ServerDown, errors.ConnectionLost)):
            client.complete(ASKED)
    with pytest.raises(errors.ServerDown):
        client.complete(ASKED)
    server.control(down=False)
    assert client.reachable()


def test_a_model_is_asked_where_it_is(simulated_server: Start) -> None:
    chat = simulated_server(models={"qwen2.5:7b": {}})
    embedding = simulated_server(models={"bge-m3": {"kind": "embedding"}})
    client = client_of(chat, embedding)
    for _ in range(4):
        client.complete(ASKED)
        client.embed("bge-m3", ["Pflege"])
    assert chat.stats()["texts_embedded"].get("bge-m3", 0) == 0
    assert sum(chat.stats()["chats"].values()) == 4
    with pytest.raises(errors.ModelMissing, match="ty models pull nothing:1b"):
        client.embed("nothing:1b", ["Pflege"])


def test_loading_loads_on_every_server_that_has_the_model(simulated_server: Start) -> None:
    first, second, third = simulated_server(), simulated_server(), simulated_server()
    third.stop()
    client = client_of(first, second, third)
    assert client.load("qwen2.5:7b", embedding=False) is not None
    assert first.stats()["loads"] == second.stats()["loads"] == {"qwen2.5:7b": 1}
    with pytest.raises(errors.EngineError):
        client.load("nothing:1b", embedding=False)


def test_status_tells_what_is_there_and_what_is_loaded_and_which_server_is_down(simulated_server: Start) -> None:
    up, down = simulated_server(), simulated_server()
    down.stop()
    client = client_of(up, down)
    client.complete(ASKED)
    one, other = client.status()
    assert (one.url, one.version, one.error) == (up.url, "0.33.0", None)
    models = {model.name: model for model in one.models}
    assert sorted(models) == ["bge-m3:latest", "qwen2.5-coder:7b", "qwen2.5:7b"]
    assert models["qwen2.5:7b"].loaded
    assert models["qwen2.5:7b"].context_tokens == 8192
    assert not models["bge-m3:latest"].loaded
    assert models["bge-m3:latest"].vram is None
    assert len(models["bge-m3:latest"].digest or "") == 64
    assert other.version is None
    assert "does not answer" in (other.error or "")


def test_a_missing_model_is_pulled_where_it_is_missing_and_can_be_asked_then(simulated_server: Start) -> None:
    has = simulated_server(models={"new:1b": {}})
    lacks = simulated_server(models={}, pullable={"new:1b": {"size": 4_000}})
    client = client_of(has, lacks)
    steps: list[tuple[str, int, int]] = []
    client.pull("new:1b", lambda *step: steps.append(step))
    assert {step[0] for step in steps} >= {f"{lacks.url}: pulling manifest", f"{lacks.url}: success"}
    assert (4_000, 4_000) in {step[1:] for step in steps}
    asked = ChatRequest("new:1b", "s", "u", "posting", SCHEMA, max_tokens=10)
    for _ in range(4):
        client.complete(asked)
    assert sum(lacks.stats()["chats"].values()) == 2


def test_a_model_that_nobody_offers_cannot_be_pulled(simulated_server: Start) -> None:
    with pytest.raises(errors.RequestRefused, match=r"cannot fetch nothing:1b: .*file does not exist"):
        client_of(simulated_server()).pull("nothing:1b", lambda *step: None)


def test_a_pull_that_ends_without_success_is_no_success() -> None:
    with pytest.raises(errors.ConnectionLost, match="goes on from there"):
        Wire(pull=b'{"status": "pulling manifest"}\n').client().pull("new:1b", lambda *step: None)
    with pytest.raises(errors.RequestRefused, match="model is required"):
        Wire(pull=(400, {"error": "model is required"})).client().pull("new:1b", lambda *step: None)


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    simulated_server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert client_of(simulated_server()).complete(ASKED).finish == "stop"


def test_the_password_of_a_url_is_sent_as_a_header_and_shown_in_no_message() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(401, json={"error": "unauthorized"})

    client = OllamaClient(
        ["http://ty:geheim@gpu:11434"],
        context_tokens=8192,
        keep_alive="30m",
        request_timeout=5,
        transport=httpx.MockTransport(answer),
    )
    with pytest.raises(errors.AccessDenied) as told:
        client.complete(ASKED)
    assert all(header and header.startswith("Basic ") for header in seen)
    assert "geheim" not in str(told.value)
