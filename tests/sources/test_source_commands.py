"""`ty source` and `ty catalogue fetch`: what they print, and recordings that are served again."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from source_world import Services
from typer.testing import CliRunner

from ty_jobs.cli import app
from ty_resources.settings import settings
from ty_resources.sources.recording import Recording, read_recording, replay_server, replayed_url
from ty_resources.sources.source import SourceError

Run = Callable[..., str]


@pytest.fixture
def run(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `ty` with these words against a database of the test's own; what it printed."""
    monkeypatch.setenv("TY_POSTGRES_URL", new_database())
    monkeypatch.setenv("TY_HOME", str(tmp_path))

    def call(*words: str) -> str:
        settings.cache_clear()
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return call


@contextmanager
def replayed(recording: Recording) -> Iterator[str]:
    server = replay_server(recording)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield replayed_url(recording, server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_round_by_hand_says_what_it_brought_and_the_list_remembers_it(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    services(deutsche_bank={"hits": 12, "graduate_hits": 3})
    monkeypatch.setenv("TY_SOURCES", "deutsche_bank,arbeitsagentur")
    assert "deutsche_bank: 15 listed, 15 new, 0 changed, 0 gone, 0 failed; complete" in run(
        "source", "fetch", "deutsche_bank", "--full"
    )
    told = {row["source"]: row for row in json.loads(run("source", "list", "--json"))}
    assert told["deutsche_bank"]["new"] == 15
    assert told["deutsche_bank"]["configured"] is True
    assert set(told["arbeitsagentur"]) == {"source", "configured"}
    assert "deutsche_bank" in run("source", "list")


def test_no_source_is_asked_unless_one_is_named(run: Run) -> None:
    assert "set TY_SOURCES" in run("source", "list")


def test_a_recording_holds_no_key_and_is_served_again(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = services(arbeitsagentur={"hits": 10})
    file = tmp_path / "answers.jsonl"
    assert "11 answers" in run("source", "record", "arbeitsagentur", str(file), "--requests", "11")
    text = file.read_text("utf-8")
    assert "jobboerse-jobsuche" not in text
    assert "tests@example.org" not in text
    server.stop()
    with replayed(read_recording(file)) as url:
        monkeypatch.setenv("TY_ARBEITSAGENTUR_URL", url)
        told = run("source", "fetch", "arbeitsagentur", "--full")
    assert "10 listed, 10 new" in told


def test_as_many_requests_are_recorded_as_were_wanted(services: Services, run: Run, tmp_path: Path) -> None:
    server = services(berufenet={"occupations": 60}, deutsche_bank={"hits": 300})
    for name in ("berufenet", "deutsche_bank"):
        server.reset()
        run("source", "record", name, str(tmp_path / name), "--requests", "8")
        assert sum(server.stats()["requests"].values()) == 8
        assert read_recording(tmp_path / name).requests == 8


def test_what_was_not_recorded_is_a_404_that_says_so() -> None:
    with replayed(Recording("arbeitsagentur", "https://example.org/jobs")) as url:
        answer = httpx.get(f"{url}/pc?b=2&a=1")
    assert (answer.status_code, answer.json()) == (404, {"message": "not recorded: /jobs/pc?a=1&b=2"})


def test_a_file_that_is_no_recording_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "postings.jsonl"
    file.write_text('{"title": "Koch"}\n', "utf-8")
    with pytest.raises(SourceError, match=r"postings.jsonl:1: expected a line that `ty source record` has written"):
        read_recording(file)


def test_the_catalogue_is_fetched_by_a_command(services: Services, run: Run) -> None:
    services(berufenet={"occupations": 41})
    assert "the catalogue has 41 and has changed" in run("catalogue", "fetch")
    assert "the catalogue has 41 and is what it was" in run("catalogue", "fetch")
