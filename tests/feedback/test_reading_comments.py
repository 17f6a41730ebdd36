"""Comments read by a reasoning model: asked once, checked against the comment, and gone with the person."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from feedback_world import FeedbackWorld

from ty_assets.feedback.reading import ReadComments, read_comments
from ty_assets.feedback.task import CommentRules
from ty_resources.inference.engine import Answer
from ty_resources.inference.usage import Usage


class Reasoner:
    """A remote engine that answers as it is told; asked: what it was sent, which is a person's."""

    remote = True
    embedding_model = "none"

    def __init__(self, answer: Callable[[str], Answer[CommentRules]]) -> None:
        self.answer, self.asked, self.usage = answer, list[str](), Usage()
        self.calls = self.encoded = 0

    def model(self, role: str) -> str:
        return "reasoner@1"

    def task_version(self, task: Any) -> str:
        return str(task.prompt_version())

    def run_each(self, task: Any, items: Iterable[Any], lane: str = "background") -> Iterator[tuple[int, Answer[Any]]]:
        for place, item in enumerate(items):
            self.asked.append(task.render(item))
            yield place, self.answer(item.comment)


def saying(*rules: tuple[str, str, str]) -> Callable[[str], Answer[CommentRules]]:
    told = [{"kind": kind, "value": value, "quote": quote} for kind, value, quote in rules]
    return lambda comment: Answer(CommentRules.model_validate({"rules": told}))


def test_what_the_model_reads_is_checked_learned_and_asked_once(feedback_world: FeedbackWorld) -> None:
    said = feedback_world.match("said", 0.5)
    shifts = feedback_world.match("shifts", 0.6, description="Im Schichtdienst.")
    feedback_world.say(said, comment="Wechselnde Dienste kommen für mich nicht infrage")
    assert feedback_world.hidden() == {}, "no pattern knows these words"
    engine = Reasoner(
        saying(
            ("no_condition", "Shift work", "Wechselnde Dienste kommen für mich nicht infrage"),
            ("no_condition", "Overtime", "keine Überstunden"),
        )
    )
    assert read_comments(feedback_world.db, engine, feedback_world.person) == ReadComments(1, 0)
    assert set(feedback_world.hidden()) == {shifts}
    (row,) = feedback_world.select("SELECT removed, model FROM comment_readings")
    assert row == {"removed": 1, "model": "reasoner@1"}, "the second quote is not in the comment"
    assert read_comments(feedback_world.db, engine) == ReadComments(0, 0)
    assert len(engine.asked) == 1
    assert json.loads(engine.asked[0])["comment"].startswith("Wechselnde")


def test_an_answer_is_the_person_s_and_goes_with_the_person(feedback_world: FeedbackWorld) -> None:
    feedback_world.say(feedback_world.match("said", 0.5), comment="nur Berlin")
    read_comments(feedback_world.db, Reasoner(saying()))
    (row,) = feedback_world.select("SELECT owner FROM inference_cache")
    assert row["owner"] == feedback_world.person
    feedback_world.select("DELETE FROM profile_documents RETURNING profile_id")
    assert feedback_world.select("SELECT FROM inference_cache") == []


def test_an_answer_that_is_no_use_leaves_the_patterns_reading(feedback_world: FeedbackWorld) -> None:
    feedback_world.say(feedback_world.match("said", 0.5), comment="nur Berlin")
    engine = Reasoner(lambda comment: Answer(None, ValueError(f"no JSON for {comment}")))
    assert read_comments(feedback_world.db, engine) == ReadComments(0, 1)
    assert list(feedback_world.lessons()) == ["rule:only_place:Berlin"]
    assert feedback_world.select("SELECT FROM failures") == [], "the ledger would outlive the person"


def test_no_comment_is_logged(feedback_world: FeedbackWorld, caplog: pytest.LogCaptureFixture) -> None:
    from serving.comments import CommentReader

    feedback_world.say(feedback_world.match("said", 0.5), comment="nur Berlin, my secret")

    def broken(comment: str) -> Answer[CommentRules]:
        raise RuntimeError(f"failed on {comment}")

    reader = CommentReader(feedback_world.db, Reasoner(broken))
    with caplog.at_level("DEBUG"):
        reader._read(feedback_world.person)
    reader.close()
    assert "could not be read" in caplog.text
    assert "secret" not in caplog.text
