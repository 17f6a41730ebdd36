"""`ty batch scores BATCH_ID`: the table straight from the database, with every quote looked up."""

import csv
import json
import uuid
from pathlib import Path
from threading import Event

import pytest
from typer.testing import CliRunner

from ty_assets.candidate_evaluations.by_rules import RulesRelay
from ty_assets.candidate_evaluations.creation import create
from ty_assets.candidate_evaluations.parts import write_file
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Rubric, samples
from ty_assets.candidate_evaluations.working import work
from ty_assets.feedback.steps import carry_out
from ty_jobs.batch_results import ResultsError
from ty_jobs.cli import app
from ty_resources.inference.relay import CHAT
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

TEXTS = {"nurse": "Examinierte Pflegefachkraft, seit acht Jahren auf einer internistischen Station.", "chef": "Koch."}


def batch_of(db: Database) -> str:
    """A batch that the rules have answered; its rubric is known from its requests alone."""
    account_id = uuid.uuid4()
    db.insert_new(
        "accounts",
        ("account_id", "profile_id", "email", "email_key", "is_recruiter"),
        [(account_id, account_id, "r@example.org", "r@example.org", True)],
    )
    question = Question(Rubric.parse(samples()["pflegefachkraft.de"]), "rules")
    content = [question.line(name, text) for name, text in TEXTS.items()]
    file_id = write_file(db, account_id, "c.jsonl", content)
    row = carry_out(db, create(account_id, endpoint=CHAT, hours=24.0, input_file_id=file_id))
    config = Settings()
    result = work(db, row["batch_id"], RulesRelay(config), config, holder="test", stop=Event())
    assert result.came == "completed"
    return str(row["batch_id"])


def test_a_batch_of_the_database_is_ranked(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id = batch_of(db)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TY_POSTGRES_URL", db.url)
    settings.cache_clear()
    result = CliRunner().invoke(app, ["batch", "scores", batch_id, "-o", "s.csv", "--delimiter", ";", "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    told = json.loads(result.stdout)
    assert (told["candidates"], told["without_scores"], told["quotes_not_in_text"]) == (2, 0, 0)
    assert told["quotes_checked"] > 0
    with (tmp_path / "s.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["candidate"] for row in rows] == ["nurse", "chef"]
    assert "," in rows[0]["overall"]
    missing = CliRunner().invoke(app, ["batch", "scores", "batch_0"])
    assert isinstance(missing.exception, ResultsError)
