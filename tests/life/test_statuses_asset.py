"""The sweep as Dagster runs it, and `ty posting` as a person types it."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable

import dagster as dg
import pytest
from test_statuses import add_posting, listing

from ty_jobs.definitions import build_definitions
from ty_jobs.posting_story import PostingError, find_posting, text_changes
from ty_resources.postgres import Database
from ty_resources.settings import settings


def test_the_sweep_runs_as_a_job_and_tells_what_it_has_closed(db: Database) -> None:
    posting = add_posting(db, "gone")
    listing(db, 2, "gone")
    for day in (3, 4, 5):
        listing(db, day)
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions({"db": db}).resolve_job_def("sweep_job")
        outcome = job.execute_in_process(instance=instance)
        (made,) = outcome.asset_materializations_for_node("posting_statuses")
        (check,) = outcome.get_asset_check_evaluations()
    assert made.metadata["newly stale"].value == 1
    assert made.metadata["days touched"].value == "2026-03-02"
    assert check.passed
    story = db.row("posting_life_story", posting_id=posting)
    assert story
    assert story["status"] == "stale"


def test_a_posting_is_found_by_its_id_s_beginning_or_its_source_s_number_and_by_nothing_else(db: Database) -> None:
    posting = add_posting(db, "12345-S")
    add_posting(db, "other")
    assert find_posting(db, str(posting)[:8]) == find_posting(db, "12345-S") == posting
    for wrong in ("zzz", "", "%"):
        with pytest.raises(PostingError, match="expected the beginning of one id"):
            find_posting(db, wrong)


def test_each_version_of_a_text_is_told_by_the_lines_that_changed() -> None:
    def version(day: int, *lines: str) -> dict[str, object]:
        payload = {"title": "Koch", "description": "\n".join(lines)}
        return {"fetched_on": dt.date(2026, 3, day), "origin": "feed", "payload": payload}

    first, second = text_changes([version(2, "Wir kochen.", "Deutsch B1"), version(4, "Wir kochen.", "Deutsch B2")])
    assert first["changes"] == []
    assert second["changes"] == ["-Deutsch B1", "+Deutsch B2"]


@pytest.mark.slow
def test_a_person_takes_a_posting_out_and_puts_it_back(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    url = new_database()
    monkeypatch.setenv("TY_POSTGRES_URL", url)
    monkeypatch.setenv("TY_HOME", str(tmp_path))
    settings.cache_clear()
    with Database(url) as db:
        add_posting(db, "12345-S")

    def ty(*arguments: str) -> str:
        command = [sys.executable, "-c", "from ty_jobs.cli import main; main()", "posting", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout

    ty("invalidate", "12345-S", "--reason", "a fraud")
    told = json.loads(ty("show", "12345-S", "--json"))
    assert (told["status"], told["available"]) == ("invalidated", False)
    assert [row["reason"] for row in told["statuses"]] == ["a fraud"]
    ty("reopen", "12345-S")
    assert "invalidated -> active" in ty("show", "12345-S")
