"""Candidates asked about again: who, what, once each, whatever breaks; and what Dagster shows of it."""

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from evaluation_world import EvaluationWorld, ScriptedRelay, relayed
from judged_people import RUBRIC

from ty_assets.candidate_evaluations.checks import BIAS, CHECKS, CONSISTENCY, DRIFT, check_quality
from ty_assets.candidate_evaluations.probes import REPEATS, run_probes
from ty_assets.candidate_evaluations.quality import quality, rubric_of
from ty_assets.candidate_evaluations.question import Question, asked
from ty_resources.inference.errors import AccessDenied, ServerDown, ServerFault
from ty_resources.inference.relay import Relayed
from ty_resources.postgres import Database

ROUNDS = REPEATS + 4


def text_of(body: Mapping[str, Any]) -> str:
    found = asked(body)
    assert found is not None
    return found.text


def scores(skill: int, talk: int = 5) -> Relayed:
    return relayed(json.dumps({"skill": {"score": skill}, "talk": {"score": talk}}))


class Evaluated:
    """A batch of candidates that all have their answers, by a model that a test makes up."""

    def __init__(self, world: EvaluationWorld, count: int, relay: ScriptedRelay, *, with_rubric: bool = True) -> None:
        self.world, self.relay = world, relay
        question = Question(RUBRIC, "m")
        content = b"".join(question.line(f"c-{n}", f"Candidate {n} writes Java.") for n in range(1, count + 1))
        world.config = world.config.model_copy(update={"batch_probes": 0})
        self.batch_id = world.batch(content, rubric=RUBRIC.yaml() if with_rubric else None)
        world.work(self.batch_id, relay)
        world.config = world.config.model_copy(update={"batch_probes": 10, "batch_attempts": 2})

    def probe(self, relay: ScriptedRelay | None = None, **told: Any) -> int:
        return run_probes(self.world.db, self.batch_id, relay or self.relay, self.world.config, **told)

    def rows(self, kind: str) -> list[dict[str, Any]]:
        return self.world.select(
            "SELECT line, variant, scores, error FROM batch_probes WHERE batch_id = %s AND kind = %s ORDER BY 1, 2",
            self.batch_id,
            kind,
        )


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ty_assets.candidate_evaluations.probes._PATIENCE", 0.01)


def steady(body: Mapping[str, Any]) -> Relayed:
    return scores(int("".join(filter(str.isdigit, text_of(body)))) % 10 + 1)


def test_candidates_spread_over_the_file_are_asked_again_each_question_once(world: EvaluationWorld) -> None:
    batch = Evaluated(world, 100, ScriptedRelay(steady))
    assert batch.probe() == 10 * ROUNDS
    assert [row["line"] for row in batch.rows("consistency")[::REPEATS]] == list(range(10, 101, 10))
    assert {row["variant"] for row in batch.rows("consistency")} == {"1", "2", "3"}
    assert {row["variant"] for row in batch.rows("bias")} == {
        "female:local", "female:foreign", "male:local", "male:foreign",
    }  # fmt: skip
    assert all(row["scores"]["talk"] == 5 and "overall" in row["scores"] for row in batch.rows("bias"))
    asked_before = sum(batch.relay.asked.values())
    assert batch.probe() == 0  # and again: everything has its row
    assert sum(batch.relay.asked.values()) == asked_before


def test_repeats_are_the_requests_as_they_were_and_variants_differ_by_the_text_alone(world: EvaluationWorld) -> None:
    bodies: list[dict[str, Any]] = []

    def answer(body: Mapping[str, Any]) -> Relayed:
        bodies.append(dict(body))
        return steady(body)

    batch = Evaluated(world, 3, ScriptedRelay(answer))
    originals = [json.dumps(body, sort_keys=True) for body in bodies]
    bodies.clear()
    batch.probe()
    repeats = [one for one in bodies if json.dumps(one, sort_keys=True) in originals]
    others = [one for one in bodies if json.dumps(one, sort_keys=True) not in originals]
    assert (len(repeats), len(others)) == (3 * REPEATS, 3 * 4)
    for body in others:
        assert text_of(body).startswith("Name: ")
        assert "writes Java." in text_of(body)
        assert {**body, "messages": body["messages"][:-1]} == {
            **repeats[0], "messages": repeats[0]["messages"][:-1],
        }  # fmt: skip


def test_a_killed_run_goes_on_where_it_was(world: EvaluationWorld) -> None:
    batch = Evaluated(world, 20, ScriptedRelay(steady))
    left = threading.Semaphore(12)

    def breaks(body: Mapping[str, Any]) -> Relayed:
        if left.acquire(blocking=False):
            return steady(body)
        raise ServerDown("gone")

    first = batch.probe(ScriptedRelay(breaks))
    assert 0 < first <= 12
    assert first + batch.probe() == 10 * ROUNDS
    assert len(batch.rows("consistency")) == 10 * REPEATS


def test_stop_ends_it_soon(world: EvaluationWorld) -> None:
    batch = Evaluated(world, 20, ScriptedRelay(steady))
    stop = threading.Event()
    slow = ScriptedRelay(lambda body: (stop.set(), steady(body))[1], seconds=0.05)
    assert batch.probe(slow, stop=stop) < 20
    stop.set()
    assert batch.probe(stop=stop) == 0


@pytest.mark.parametrize("column", ["paused_at = now()", "status = 'cancelling'"])
def test_a_batch_that_is_paused_or_cancelled_is_not_asked_about(world: EvaluationWorld, column: str) -> None:
    batch = Evaluated(world, 20, ScriptedRelay(steady))
    world.update(f"UPDATE batches SET {column} WHERE batch_id = %s", batch.batch_id)
    assert batch.probe() == 0


def test_what_gets_no_answer_has_a_row_that_says_why(world: EvaluationWorld) -> None:
    batch = Evaluated(world, 5, ScriptedRelay(steady))

    def answer(body: Mapping[str, Any]) -> Relayed:
        text = text_of(body)
        if "Candidate 1 " in text:
            raise ServerFault("broken")
        if "Candidate 2 " in text:
            return relayed(status=400)
        return relayed("no scores") if "Candidate 3 " in text else steady(body)

    assert batch.probe(ScriptedRelay(answer)) == 5 * ROUNDS
    errors = {row["line"]: row["error"] for row in batch.rows("consistency")}
    assert errors == {1: "ServerFault", 2: "status_400", 3: "bad_answer", 4: None, 5: None}
    found = quality(world.db, batch.batch_id, RUBRIC)
    assert (found.consistency.candidates, found.consistency.unanswered, found.bias.unanswered) == (2, 9, 12)


@pytest.mark.parametrize("error", [ServerDown("gone"), AccessDenied("key")])
def test_a_server_that_answers_nobody_leaves_no_rows(world: EvaluationWorld, error: Exception) -> None:
    batch = Evaluated(world, 5, ScriptedRelay(steady))

    def answer(body: Mapping[str, Any]) -> Relayed:
        raise error

    assert batch.probe(ScriptedRelay(answer)) == 0
    assert not batch.rows("consistency")


def test_a_batch_of_other_requests_is_left_alone(world: EvaluationWorld) -> None:
    batch_id, relay = world.batch(3), ScriptedRelay()
    world.work(batch_id, relay)
    asked_before = sum(relay.asked.values())
    assert run_probes(world.db, batch_id, relay, world.config) == 0
    assert sum(relay.asked.values()) == asked_before
    assert run_probes(world.db, "batch_none", relay, world.config) == 0
    checks = check_quality(world.db, batch_id)
    assert [one.check_name for one in checks] == list(CHECKS)
    assert all(one.passed and "not prepared from a rubric" in (one.description or "") for one in checks)


def test_the_rubric_is_known_from_the_requests_where_nobody_gave_it(world: EvaluationWorld) -> None:
    batch = Evaluated(world, 3, ScriptedRelay(steady), with_rubric=False)
    assert rubric_of(world.db, batch.batch_id) == RUBRIC
    assert batch.probe() == 3 * ROUNDS


def check_by_name(db: Database, batch_id: str) -> dict[str, Any]:
    return {one.check_name or "": one for one in check_quality(db, batch_id)}


def test_an_even_handed_model_passes_and_is_shown(world: EvaluationWorld) -> None:
    batch = Evaluated(world, 60, ScriptedRelay(steady))
    batch.probe()
    found = check_by_name(world.db, batch.batch_id)
    assert all(found[name].passed for name in CHECKS), {name: one.description for name, one in found.items()}
    assert found[DRIFT].metadata["answers"].value == 60
    assert found[CONSISTENCY].metadata["identical"].value == 1.0
    for one in found.values():
        assert one.metadata["plot"].value.startswith("![")
        assert "Candidate" not in str(one.metadata)


def test_a_model_that_drifts_is_shown(world: EvaluationWorld) -> None:
    def tired(body: Mapping[str, Any]) -> Relayed:
        return scores(10 - int("".join(filter(str.isdigit, text_of(body)))) // 10)

    batch = Evaluated(world, 60, ScriptedRelay(tired))
    batch.probe(ScriptedRelay(lambda body: scores(7)))
    found = check_by_name(world.db, batch.batch_id)
    assert not found[DRIFT].passed
    assert "the model drifts" in found[DRIFT].description
    assert not found[CONSISTENCY].passed


def test_a_model_that_prefers_some_names_is_shown(world: EvaluationWorld) -> None:
    def unfair(body: Mapping[str, Any]) -> Relayed:
        woman = text_of(body).split("\n")[0].split()[1] in {"Emily", "Sarah", "Claire", "Hannah", "Fatima", "Priya",
                                                            "Ngozi", "Xiaoli"}  # fmt: skip
        return scores(4 if woman else 7)

    batch = Evaluated(world, 30, ScriptedRelay(steady))
    batch.probe(ScriptedRelay(unfair))
    found = check_by_name(world.db, batch.batch_id)[BIAS]
    assert not found.passed
    assert found.metadata["women less men"].value == pytest.approx(-2.25)
    assert found.metadata["foreign less local names"].value == 0
