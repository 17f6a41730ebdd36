"""The Ollama client against the simulated server: one runner, nothing cut, faults, and servers that come and go."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from handle import SimulatedServer
from ollama_wire import ASKED, SCHEMA, client_of

from ty_resources.inference import errors
from ty_resources.inference.client import ChatRequest
from ty_resources.inference.ollama import OllamaClient

Start = Callable[..., SimulatedServer]


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
    with pytest.raises(errors.EngineError) as told:
        client_of(server, request_timeout=1.0 if kind == "timeout" else 30.0).complete(ASKED)
    assert type(told.value) is expected
    assert "Pflegefachkraft" not in str(told.value)
    assert json.loads(client_of(server).complete(ASKED).text)


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
