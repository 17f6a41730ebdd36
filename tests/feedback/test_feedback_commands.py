"""`ty feedback`: the same as the view, without a browser."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from feedback_world import FeedbackWorld
from typer.testing import CliRunner

from ty_assets.feedback.store import FeedbackError
from ty_jobs.feedback_commands import feedback_app
from ty_resources.settings import settings

Ty = Callable[..., str]


@pytest.fixture
def ty(feedback_world: FeedbackWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ty:
    """Runs `ty feedback` with these words against the world's database; what it printed."""
    monkeypatch.setenv("TY_POSTGRES_URL", feedback_world.db.url)
    monkeypatch.setenv("TY_HOME", str(tmp_path))
    app = typer.Typer()
    app.add_typer(feedback_app, name="feedback")

    def call(*words: str, code: int = 0) -> str:
        settings.cache_clear()
        done = CliRunner().invoke(app, ["feedback", *map(str, words)], catch_exceptions=True)
        if isinstance(done.exception, FeedbackError):
            raise done.exception
        assert done.exit_code == code, done.output + repr(done.exception)
        return done.stdout

    return call


def test_a_match_is_rated_learned_from_explained_and_undone_from_the_shell(
    ty: Ty, feedback_world: FeedbackWorld
) -> None:
    person = str(feedback_world.person)
    said = str(feedback_world.match("said", 0.5))
    shifts = str(feedback_world.match("shifts", 0.6, description="Im Schichtdienst."))
    ty("rate", person, said, "--rating", "4", "--comment", "keine Schichtarbeit", "--applied", "2026-03-01")
    (row,) = feedback_world.select("SELECT rating, scale, comment, applied_at FROM match_ratings")
    assert (row["rating"], row["scale"], row["comment"]) == (4, "points", "keine Schichtarbeit")
    ty("rate", person, said, "--thumb", "down")
    (row,) = feedback_world.select("SELECT rating, scale, comment FROM match_ratings")
    assert (row["rating"], row["scale"], row["comment"]) == (-1, "thumbs", "keine Schichtarbeit")
    (lesson,) = json.loads(ty("learned", person, "--json"))
    assert (lesson["text"], lesson["hides"], lesson["enabled"]) == ("Not with: Shift work.", 1, True)
    why = json.loads(ty("why", person, shifts, "--language", "de", "--json"))
    assert (why["why"], why["reasons"]) == ("hidden", ["Nicht mit: Schichtarbeit."])
    ty("switch", person, "rule", "no_condition:Shift work", "--off")
    assert json.loads(ty("why", person, shifts, "--json"))["why"] == "listed"
    assert [one["action"] for one in json.loads(ty("history", person, "--json"))] == ["rate", "rate"]
    ty("undo", person)
    ty("undo", person)
    assert feedback_world.select("SELECT FROM match_ratings") == []
    with pytest.raises(FeedbackError, match="no such change"):
        ty("undo", person)


def test_feedback_is_deleted_and_forgotten_from_the_shell(ty: Ty, feedback_world: FeedbackWorld) -> None:
    person, said = str(feedback_world.person), str(feedback_world.match("said", 0.5))
    ty("rate", person, said, "--hide")
    ty("delete", person, said)
    assert feedback_world.select("SELECT FROM match_ratings") == []
    assert len(feedback_world.select("SELECT FROM match_rating_events")) == 2
    ty("forget", person, "--yes")
    assert feedback_world.select("SELECT FROM match_rating_events") == []


def test_what_cannot_be_said_is_refused(ty: Ty, feedback_world: FeedbackWorld) -> None:
    said = str(feedback_world.match("said", 0.5))
    refused = (
        ("--rating", "11"),
        ("--thumb", "sideways"),
        ("--rating", "3", "--thumb", "up"),
        ("--applied", "2999-01-01"),
    )
    for words in refused:
        ty("rate", str(feedback_world.person), said, *words, code=2)
    assert feedback_world.select("SELECT FROM match_ratings") == []


def test_without_a_model_nothing_is_read(ty: Ty) -> None:
    assert json.loads(ty("read", "--json")) == {"read": 0, "failed": 0}
