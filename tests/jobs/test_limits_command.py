"""`ty models limits`: what is found is told, in a table and as JSON, with what to do about it."""

import json
from collections.abc import Callable, Iterator

import pytest
import typer
from click.testing import Result
from handle import SimulatedServer
from typer.testing import CliRunner

from ty_jobs import models_commands
from ty_jobs.limits_command import advice
from ty_resources.inference.context_limit import Limit, Probe
from ty_resources.settings import Settings, settings

Ty = Callable[..., Result]
Start = Callable[..., SimulatedServer]


@pytest.fixture
def ty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ty]:
    """`ty models limits ...` with settings of its own."""
    app = typer.Typer()
    app.add_typer(models_commands.models_app, name="models")

    def run(*arguments: str, **environment: str) -> Result:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        return CliRunner().invoke(app, ["models", "limits", *arguments], catch_exceptions=False)

    yield run
    settings.cache_clear()


def test_ollama_keeps_to_the_context_it_is_told(ty: Ty, simulated_server: Start) -> None:
    server = simulated_server()
    told = ty("qwen2.5:7b", "--json", TY_ENGINE="ollama", TY_OLLAMA_URLS=server.url, TY_CONTEXT_TOKENS="4096")
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    (limit,) = found["limits"]
    assert (found["engine"], found["context_tokens"], limit["model"]) == ("ollama", 4096, "qwen2.5:7b")
    assert 4096 - 40 < limit["tokens"] < 4096
    assert (limit["ended"], limit["silent"], limit["recalls"], limit["advice"]) == ("refused", False, True, [])
    assert limit["probes"][-1]["vram"] == 4_683_087_332
    assert server.stats()["loads"] == {"qwen2.5:7b": 1}


def test_a_larger_context_is_tried_when_asked_for(ty: Ty, simulated_server: Start) -> None:
    server = simulated_server()
    told = ty(
        "qwen2.5:7b", "--up-to", "16384", "--json",
        TY_ENGINE="ollama", TY_OLLAMA_URLS=server.url, TY_CONTEXT_TOKENS="4096",
    )  # fmt: skip
    (limit,) = json.loads(told.stdout)["limits"]
    assert 16_384 * 0.99 - 40 < limit["tokens"] < 16_384


def test_a_server_that_cuts_is_shown_with_what_to_do(ty: Ty, simulated_server: Start) -> None:
    server = simulated_server(cuts=True, context_length=2048)
    told = ty(
        TY_ENGINE="openai", TY_OPENAI_BASE_URL=server.url, TY_CONTEXT_TOKENS="8192",
        TY_EXTRACTION_MODEL="qwen2.5:7b", TY_REASONING_MODEL="qwen2.5:7b",
    )  # fmt: skip
    assert told.exit_code == 0
    assert told.stdout.count("reads prompts of up to 20") == 1  # both roles have one model
    for words in ("cut", "recalled", "forgotten", "answered all the same"):
        assert words in told.stdout
    for words in ("prompt_truncated", "TY_CONTEXT_TOKENS is 8192, more than this server reads"):
        assert words in told.stderr


def test_each_configured_model_is_measured_and_a_missing_one_said(ty: Ty, simulated_server: Start) -> None:
    told = ty(
        "--json", "--up-to", "2048",
        TY_ENGINE="ollama", TY_OLLAMA_URLS=simulated_server().url, TY_EXTRACTION_MODEL="no-such-model",
    )  # fmt: skip
    assert told.exit_code == 1
    missing, there = json.loads(told.stdout)["limits"]
    assert (missing["tokens"], there["ended"]) == (None, "refused")
    assert "has read no prompt at all" in missing["advice"][0]
    assert "no-such-model" in missing["reason"]


def test_without_a_server_the_reason_is_told(ty: Ty, simulated_server: Start) -> None:
    server = simulated_server()
    server.stop()
    told = ty("some-model", TY_ENGINE="openai", TY_OPENAI_BASE_URL=server.url)
    assert told.exit_code == 1
    assert "TY_OPENAI_BASE_URL" in told.stderr


def test_the_embedded_engine_has_nothing_to_measure(ty: Ty) -> None:
    told = ty(TY_ENGINE="embedded")
    assert told.exit_code == 2
    assert "TY_ENGINE" in told.stderr


def test_a_limit_beyond_the_setting_needs_no_advice_and_a_forgetful_model_is_named() -> None:
    probe = Probe(8, 266, "read", 266, False, 0.1, None)
    limit = Limit("m", 9000, 9020, "refused", "too long", recalls=True, probes=(probe,))
    assert advice(limit, Settings(context_tokens=8192)) == []
    forgetful = Limit("m", 9000, None, None, "", recalls=False, probes=(probe,))
    (told,) = advice(forgetful, Settings(context_tokens=16_384))
    assert "does not recall" in told
