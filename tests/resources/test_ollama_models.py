"""Names, digests, contexts, loading and fetching of Ollama's models."""

from collections.abc import Callable

import httpx
import pytest
from handle import SimulatedServer
from ollama_wire import ASKED, SCHEMA, Wire, client_of

from ty_resources.inference import errors
from ty_resources.inference.client import ChatRequest

Start = Callable[..., SimulatedServer]


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
    asked = ChatRequest("new:1b", "s", "u", "posting", SCHEMA, max_tokens=10)
    for _ in range(4):
        client.complete(asked)
    steps: list[tuple[str, int, int]] = []
    client.pull("new:1b", lambda *step: steps.append(step))
    assert {step[0] for step in steps} >= {f"{lacks.url}: pulling manifest", f"{lacks.url}: success"}
    assert (4_000, 4_000) in {step[1:] for step in steps}
    assert not any(step[0].startswith(has.url) for step in steps)
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
