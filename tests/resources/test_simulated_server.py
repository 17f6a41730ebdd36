"""The simulated server behaves on the wire as Ollama's documentation and source say, so that tests against it are worth
something."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from handle import SimulatedServer

SCHEMA = {
    "title": "Answer",
    "type": "object",
    "properties": {"quote": {"type": "string"}, "sure": {"type": "boolean"}},
    "required": ["quote", "sure"],
}
CHAT = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "What is it?"}], "format": SCHEMA}
Start = Callable[..., SimulatedServer]


@pytest.fixture(scope="module")
def plain() -> Iterator[SimulatedServer]:
    """One server with its defaults, for tests that change nothing."""
    with SimulatedServer() as server:
        yield server


def ask(server: SimulatedServer, path: str, **content: Any) -> httpx.Response:
    return server.client.post(path, json=content)


def embed(server: SimulatedServer, *texts: str, **more: Any) -> httpx.Response:
    return ask(server, "/api/embed", **{"model": "bge-m3", "input": list(texts), **more})


def chat(server: SimulatedServer, **more: Any) -> httpx.Response:
    return ask(server, "/api/chat", **{**CHAT, "stream": False, **more})


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    answers: dict[int, httpx.Response] = {}
    threads = [threading.Thread(target=lambda i=i: answers.update({i: calls[i]()})) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[i] for i in range(len(calls))]


def test_a_chat_streams_lines_unless_told_otherwise(plain: SimulatedServer) -> None:
    streamed = ask(plain, "/api/chat", **CHAT)
    whole = chat(plain)

    assert streamed.headers["content-type"] == "application/x-ndjson"
    *parts, last = lines(streamed)
    assert [part["done"] for part in parts] == [False] * len(parts)
    assert (last["done"], last["done_reason"]) == (True, "stop")
    content = "".join(part["message"]["content"] for part in parts)
    assert content == whole.json()["message"]["content"]
    assert json.loads(content) == {"quote": "What is it?", "sure": False}
    counted = {"prompt_eval_count", "eval_count", "total_duration", "load_duration", "eval_duration"}
    assert counted <= set(last) & set(whole.json())


@pytest.mark.parametrize("given", ["one text", ["one text"]])
def test_embed_takes_a_text_or_a_list(plain: SimulatedServer, given: str | list[str]) -> None:
    answer = ask(plain, "/api/embed", model="bge-m3", input=given).json()

    assert np.shape(answer["embeddings"]) == (1, 1024)
    assert answer["prompt_eval_count"] == 5
    assert answer["model"] == "bge-m3"


@pytest.mark.parametrize("given", [3, {"a": "b"}, ["a", 3]])
def test_embed_refuses_anything_else(plain: SimulatedServer, given: Any) -> None:
    answer = ask(plain, "/api/embed", model="bge-m3", input=given)

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid input type"})


def test_vectors_are_of_unit_length_always_the_same_and_near_for_similar_texts(plain: SimulatedServer) -> None:
    answer = embed(plain, "Kenntnisse in Python", "gute Kenntnisse in Python", "Reisebereitschaft", "Reisebereitschaft")
    one, similar, other, again = np.array(answer.json()["embeddings"])

    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-6)
    assert (other == again).all()
    assert one @ similar > 0.6 > 0.3 > one @ other
    assert np.shape(embed(plain, "a", dimensions=64).json()["embeddings"]) == (1, 64)


@pytest.mark.parametrize(
    ("path", "content", "status", "error"),
    [
        ("/api/chat", {"model": "gone", "messages": []}, 404, "model 'gone' not found"),
        ("/api/embed", {"model": "gone", "input": "a"}, 404, "model 'gone' not found"),
        ("/api/show", {"model": "gone"}, 404, "model 'gone' not found"),
        ("/api/chat", {"messages": []}, 400, "model is required"),
        ("/api/chat", {**CHAT, "model": "bge-m3"}, 400, '"bge-m3" does not support chat'),
        ("/api/chat", {**CHAT, "keep_alive": "soon"}, 400, 'time: invalid duration "soon"'),
    ],
)
def test_errors_have_ollamas_statuses_and_texts(
    plain: SimulatedServer, path: str, content: dict[str, Any], status: int, error: str
) -> None:
    answer = ask(plain, path, **content)

    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_models_are_listed_with_tag_and_digest_and_what_is_loaded_with_its_context(simulated_server: Start) -> None:
    server = simulated_server()
    assert server.client.get("/api/ps").json() == {"models": []}
    embed(server, "a", options={"num_ctx": 2048})

    names = {one["name"]: one for one in server.client.get("/api/tags").json()["models"]}
    (loaded,) = server.client.get("/api/ps").json()["models"]

    assert set(names) == {"qwen2.5-coder:7b", "qwen2.5:7b", "bge-m3:latest"}
    assert len(names["bge-m3:latest"]["digest"]) == 64
    assert (loaded["name"], loaded["context_length"]) == ("bge-m3:latest", 2048)
    assert ask(server, "/api/show", model="bge-m3").json()["capabilities"] == ["embedding"]
    assert "version" in server.client.get("/api/version").json()


def test_a_model_loads_once_and_says_how_long_it_took(simulated_server: Start) -> None:
    server = simulated_server(models={"m": {"load_seconds": 2}}, time_scale=20)

    first, second = chat(server, model="m").json(), chat(server, model="m").json()

    assert 0.1e9 <= first["load_duration"] <= first["total_duration"]
    assert second["load_duration"] < 0.1e9
    assert server.stats()["loads"] == {"m": 1}


def test_a_chat_without_messages_loads_and_keep_alive_0_unloads(simulated_server: Start) -> None:
    server = simulated_server()

    loaded = ask(server, "/api/chat", model="qwen2.5:7b", messages=[], keep_alive=-1).json()
    assert (loaded["done_reason"], server.stats()["loaded"]) == ("load", ["qwen2.5:7b"])
    gone = ask(server, "/api/generate", model="qwen2.5:7b", keep_alive=0).json()
    assert (gone["done_reason"], server.stats()["loaded"]) == ("unload", [])


@pytest.mark.parametrize(
    ("change", "loads"),
    [
        ({"options": {"num_ctx": 2048}}, 2),
        ({"options": {"num_gpu": 0}}, 2),
        ({"shift": False}, 2),
        ({"options": {"temperature": 0, "seed": 3, "num_predict": 9}, "truncate": False}, 1),
    ],
)
def test_other_runner_options_or_another_shift_reload_the_model(
    simulated_server: Start, change: dict[str, Any], loads: int
) -> None:
    server = simulated_server()
    chat(server)
    chat(server, **change)

    assert server.stats()["loads"] == {"qwen2.5:7b": loads}


def test_the_model_unused_for_longest_makes_room_and_an_idle_one_expires(simulated_server: Start) -> None:
    server = simulated_server(max_loaded_models=2, models={"a": {}, "b": {}, "c": {}})
    for model in ("a", "b", "a", "c"):
        chat(server, model=model)
    assert server.stats()["loaded"] == ["a", "c"]

    chat(server, model="c", keep_alive="50ms")
    deadline = time.monotonic() + 10
    while server.stats()["loaded"] != ["a"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.stats()["loaded"] == ["a"]


def test_only_requests_that_wait_for_a_load_are_refused_as_too_many(simulated_server: Start) -> None:
    models = {"warm": {}, "cold": {"load_seconds": 1}, "other": {}}
    server = simulated_server(models=models, max_queue=0, chat_seconds=0.5, num_parallel=1)
    chat(server, model="warm")
    loading = threading.Thread(target=chat, args=(server,), kwargs={"model": "cold"})
    loading.start()
    while "cold" not in server.stats()["loads"]:
        time.sleep(0.01)

    *warm, busy = at_once(*[lambda: chat(server, model="warm")] * 3, lambda: chat(server, model="other"))

    assert [answer.status_code for answer in warm] == [200, 200, 200]
    assert busy.status_code == 503
    assert busy.json() == {"error": "server busy, please try again.  maximum pending requests exceeded"}
    loading.join()


def test_a_prompt_that_does_not_fit_is_cut_silently_by_default(simulated_server: Start) -> None:
    server = simulated_server()
    long = [{"role": "system", "content": "rubric " * 1000}, {"role": "user", "content": "text " * 3000 + "end"}]

    answer = chat(server, messages=long, options={"num_ctx": 4096}).json()

    assert answer["prompt_eval_count"] == 2050


def test_the_oldest_messages_go_first(simulated_server: Start) -> None:
    server = simulated_server()
    talk = [{"role": "user", "content": "x" * 3000}, {"role": "assistant", "content": "y" * 3000}, *CHAT["messages"]]

    answer = chat(server, messages=[{"role": "system", "content": "s"}, *talk], options={"num_ctx": 1000}).json()

    assert answer["prompt_eval_count"] < 1000
    assert json.loads(answer["message"]["content"])["quote"] == "What is it?"


def test_without_truncate_and_shift_a_long_prompt_is_refused(simulated_server: Start) -> None:
    server = simulated_server()
    long = [{"role": "user", "content": "text " * 3000}]

    both = chat(server, messages=long, truncate=False, shift=False)
    shift = chat(server, messages=long, shift=False)

    assert both.status_code == shift.status_code == 400
    assert json.loads(both.json()["error"])["error"]["type"] == "exceed_context_size_error"
    assert "longer than the context length" in shift.json()["error"]


def test_a_long_text_to_embed_is_cut_unless_told_otherwise(plain: SimulatedServer) -> None:
    refused = embed(plain, "word " * 9000, truncate=False)

    assert embed(plain, "word " * 9000).json()["prompt_eval_count"] == 4096
    assert (refused.status_code, refused.json()) == (400, {"error": "the input length exceeds the context length"})


def test_an_answer_breaks_off_at_num_predict(plain: SimulatedServer) -> None:
    answer = chat(plain, options={"num_predict": 4}).json()

    assert (answer["done_reason"], answer["eval_count"]) == ("length", 4)
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(answer["message"]["content"])


def test_a_pull_streams_its_progress_and_its_failure_after_the_200(simulated_server: Start) -> None:
    server = simulated_server(pullable={"new:1b": {"size": 1000}})

    steps = lines(ask(server, "/api/pull", model="new:1b"))
    unknown = ask(server, "/api/pull", model="unheard")

    assert steps[0] == {"status": "pulling manifest"}
    assert [step.get("completed") for step in steps if "digest" in step] == [None, 250, 500, 750, 1000]
    assert steps[-1] == {"status": "success"}
    assert chat(server, model="new:1b").status_code == 200
    assert unknown.status_code == 200
    assert lines(unknown)[-1] == {"error": "pull model manifest: file does not exist"}


def test_it_counts_what_it_is_asked_and_forgets_it_on_a_restart(simulated_server: Start) -> None:
    server = simulated_server()
    chat(server), chat(server), embed(server, "a", "b"), embed(server, "a")
    ask(server, "/api/chat", model="gone", messages=[])

    stats = server.stats()
    assert stats["requests"] == {"/api/chat": {"qwen2.5:7b": 2, "gone": 1}, "/api/embed": {"bge-m3": 2}}
    assert list(stats["chats"].values()) == [2]
    assert (stats["texts_asked"], stats["distinct_texts"], stats["texts_embedded"]) == (3, 2, {"bge-m3": 3})
    assert stats["errors"] == {"/api/chat": {"404": 1}}
    assert (stats["in_flight"], stats["max_in_flight"]) == (0, 1)

    url = server.url
    server.restart()
    assert server.url == url
    assert server.stats()["requests"] == {}
