import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ty_assets.legacy.tables import LegacyError
from ty_jobs.cli import app
from ty_resources.postgres import Database
from ty_resources.settings import settings

_DAYS = "ty run --days 2026-02-12"


@pytest.fixture
def _target(db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TY_POSTGRES_URL", db.url)
    monkeypatch.setenv("TY_HOME", str(tmp_path / "home"))
    settings.cache_clear()


@pytest.mark.usefixtures("_target")
def test_the_command_says_what_came_and_which_days_to_run(old_folder: Path) -> None:
    told = CliRunner().invoke(app, ["import", "legacy", str(old_folder)])
    assert told.exit_code == 0, told.output
    for text in ("profile_posting_matches", "rated by nobody", "give --embedding-model", _DAYS, "ty health --failures"):
        assert text in " ".join(told.output.split())


@pytest.mark.usefixtures("_target")
def test_the_report_is_json_and_a_check_writes_nothing(old_url: str, db: Database) -> None:
    given = ["import", "legacy", "--database", old_url, "--check", "--json", "--embedding-model", "bge-m3"]
    told = CliRunner().invoke(app, given)
    assert told.exit_code == 0, told.output
    report = json.loads(told.stdout)
    postings = next(table for table in report["tables"] if table["table"] == "postings")
    assert (postings["there"], postings["read"], postings["refused"]) == (18, 18, 6)
    assert any("posting_id=22" in note for note in postings["notes"])
    assert report["checked_only"]
    assert db.rows("legacy_days_to_run") == []


@pytest.mark.usefixtures("_target")
def test_a_folder_and_a_database_at_once_are_refused(old_folder: Path) -> None:
    told = CliRunner().invoke(app, ["import", "legacy", str(old_folder), "--database", "postgresql://x/y"])
    assert told.exit_code == 2
    assert "either a folder or --database" in told.output


@pytest.mark.usefixtures("_target")
def test_sums_that_do_not_match_end_in_an_error_after_the_report(old_folder: Path) -> None:
    (old_folder / "counts.csv").write_text("table,rows\nprofiles,6\n")
    told = CliRunner().invoke(app, ["import", "legacy", str(old_folder)])
    assert isinstance(told.exception, LegacyError)
    assert "the source counts 6 rows, 5 were read" in str(told.exception)
    assert "profile_posting_matches" in told.output
