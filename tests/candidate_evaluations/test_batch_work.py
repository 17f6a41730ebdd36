"""Working on a batch: every request answered once, in the order that saves most, and failures by their class."""

import itertools
import json
import random
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from evaluation_world import RUBRIC, EvaluationWorld, InThread, ScriptedRelay, ids, jsonl, relayed, request, said, until

from ty_resources.inference.errors import (
    AccessDenied,
    ConnectionLost,
    ServerBusy,
    ServerDown,
    ServerFault,
    ServerTimeout,
)
from ty_resources.inference.relay import Relayed


def test_every_request_is_answered_once_and_the_batch_is_complete(world: EvaluationWorld) -> None:
    batch_id, relay = world.batch(300), ScriptedRelay()
    result = world.work(batch_id, relay)
    row = world.row(batch_id)
    assert (result.came, result.asked, result.kept) == ("completed", 300, 300)
    assert ids(world.lines(batch_id)) == {f"candidate-{n}": 1 for n in range(300)}
    assert set(relay.asked.values()) == {1}
    assert (row["status"], row["total"], row["completed"], row["failed"]) == ("completed", 300, 300, 0)
    assert (row["prompt_tokens"], row["cached_tokens"], row["output_tokens"]) == (30_000, 24_000, 1_500)
    assert row["model"] == "qwen2.5:7b"
    assert row["error_file_id"] is None
    assert row["workers"] == 0
    assert row["in_progress_at"] <= row["finalizing_at"] <= row["completed_at"]


def test_the_output_file_has_the_bytes_that_its_lines_have(world: EvaluationWorld) -> None:
    def answer(body: Mapping[str, Any]) -> Relayed:
        number = int(said(body).split()[1])
        if number % 3 == 0:
            return relayed(status=400, body={"error": {"message": "zu lang für Müller", "code": None}})
        return relayed("größer \ud83d" if number == 1 else "grün")

    batch_id = world.batch(50)
    world.work(batch_id, ScriptedRelay(answer))
    files = {row["is_error"]: row for row in world.select("SELECT * FROM api_files WHERE of_batch = %s", batch_id)}
    for is_error in (False, True):
        rows = world.select(
            "SELECT content FROM batch_results WHERE batch_id = %s AND is_error = %s", batch_id, is_error
        )
        assert files[is_error]["bytes"] == sum(len(row["content"].encode()) + 1 for row in rows)
        assert files[is_error]["is_complete"]
        assert files[is_error]["purpose"] == "batch_output"
        assert (files[is_error]["expires_at"] - files[is_error]["created_at"]).days == 30
    row = world.row(batch_id)
    assert (row["output_file_id"], row["error_file_id"]) == (files[False]["file_id"], files[True]["file_id"])


def test_lines_have_the_form_of_openai_s(world: EvaluationWorld) -> None:
    refusal = {"error": {"message": "too long", "type": "invalid_request_error", "param": "messages", "code": "x"}}

    def answer(body: Mapping[str, Any]) -> Relayed:
        return relayed(request_id="r-1") if said(body) == "Candidate 0" else relayed(status=422, body=refusal)

    batch_id = world.batch(2)
    world.work(batch_id, ScriptedRelay(answer))
    (good,), (bad,) = world.lines(batch_id), world.lines(batch_id, errors=True)
    assert set(good) == {"id", "custom_id", "response", "error"}
    assert good["error"] is None
    assert good["id"].startswith("batch_req_")
    assert good["custom_id"] == "candidate-0"
    assert good["response"] == {"status_code": 200, "request_id": "r-1", "body": relayed().body}
    assert bad["response"]["status_code"] == 422
    assert bad["response"]["body"] == refusal
    assert bad["error"] is None


def test_a_batch_without_an_answer_has_no_output_file(world: EvaluationWorld) -> None:
    batch_id = world.batch(3)
    world.work(batch_id, ScriptedRelay(lambda _: relayed(status=404, body={"error": {"message": "no such model"}})))
    row = world.row(batch_id)
    assert (row["status"], row["completed"], row["failed"], row["output_file_id"]) == ("completed", 0, 3, None)
    assert len(world.select("SELECT 1 FROM api_files WHERE of_batch = %s", batch_id)) == 1


def test_part_of_the_output_can_be_read_while_it_runs(world: EvaluationWorld) -> None:
    batch_id = world.batch(200)
    worker = InThread(world, batch_id, ScriptedRelay(seconds=0.02))
    until(lambda: world.row(batch_id)["completed"] > 10)
    row = world.row(batch_id)
    (file,) = world.select("SELECT * FROM api_files WHERE file_id = %s", row["output_file_id"])
    assert row["status"] == "in_progress"
    assert file["bytes"] > 0
    assert not file["is_complete"]
    assert len(world.lines(batch_id)) >= row["completed"]
    assert row["workers"] == 1
    assert worker.join().came == "completed"


def test_alike_prefixes_are_asked_one_after_the_other_and_read_into_the_slots_before(world: EvaluationWorld) -> None:
    rubrics = [f"{RUBRIC} {n}" for n in range(3)]
    requests = [request(n, system=rubrics[n % 3]) for n in range(120)]
    asked: list[str] = []

    def answer(body: Mapping[str, Any]) -> Relayed:
        asked.append(body["messages"][0]["content"])
        return relayed()

    relay = ScriptedRelay(answer, width=4, seconds=0.001)
    world.work(world.batch(jsonl(requests)), relay)
    assert sorted(relay.warmed) == sorted(rubrics)
    changes = sum(before != after for before, after in itertools.pairwise(asked))
    assert changes == 2
    assert relay.most == 4


def test_a_prefix_that_few_share_is_not_read_before(world: EvaluationWorld) -> None:
    requests = [request(n, system=f"{RUBRIC} {n // 3}") for n in range(30)]
    relay = ScriptedRelay(width=4)
    assert world.work(world.batch(jsonl(requests)), relay).came == "completed"
    assert relay.warmed == []


def test_shuffling_the_file_changes_no_answer(world: EvaluationWorld) -> None:
    def answer(body: Mapping[str, Any]) -> Relayed:
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        return relayed(str(hash(json.dumps(body, sort_keys=True))))

    requests = [request(n) for n in range(100)]
    first = world.batch(jsonl(requests))
    random.Random(7).shuffle(requests)
    second = world.batch(jsonl(requests))
    for batch_id in (first, second):
        world.work(batch_id, ScriptedRelay(answer))
    scores = [
        {line["custom_id"]: line["response"]["body"]["choices"][0]["message"]["content"] for line in world.lines(one)}
        for one in (first, second)
    ]
    assert scores[0] == scores[1]
    assert len(scores[0]) == 100


# failures


def test_what_may_succeed_later_is_asked_again_and_what_never_does_is_an_error(world: EvaluationWorld) -> None:
    def answer(body: Mapping[str, Any]) -> Relayed:
        if said(body) == "Candidate 7":
            raise ServerTimeout("no answer")
        if said(body) == "Candidate 8" and relay.asked["Candidate 8"] < 3:
            raise ServerFault("broke")
        return relayed()

    world.config = world.config.model_copy(update={"batch_attempts": 3})
    relay = ScriptedRelay(answer)
    batch_id = world.batch(40)
    assert world.work(batch_id, relay).came == "completed"
    (bad,) = world.lines(batch_id, errors=True)
    assert bad["custom_id"] == "candidate-7"
    assert bad["response"] is None
    assert bad["error"]["code"] == "request_timeout"
    assert "3 times" in bad["error"]["message"]
    assert relay.asked["Candidate 7"] == relay.asked["Candidate 8"] == 3
    assert world.row(batch_id)["completed"] == 39


def test_a_request_that_breaks_the_server_is_found_out_and_takes_no_other_with_it(world: EvaluationWorld) -> None:
    """The server dies of it, and of what else is in flight then nothing is left either."""

    def answer(body: Mapping[str, Any]) -> Relayed:
        if said(body) == "Candidate 5":
            relay.cancel_all()
            raise ConnectionLost("reset")
        return relayed()

    relay = ScriptedRelay(answer, seconds=0.01)
    batch_id = world.batch(60)
    assert world.work(batch_id, relay).came == "completed"
    (bad,) = world.lines(batch_id, errors=True)
    assert bad["custom_id"] == "candidate-5"
    assert bad["error"]["code"] == "connection_lost"
    assert len(world.lines(batch_id)) == 59


@pytest.mark.parametrize("error", [ServerDown("down"), ServerBusy("busy", 0.3), AccessDenied("key")])
def test_a_server_that_is_away_is_waited_for_and_costs_no_request_a_try(
    world: EvaluationWorld, error: Exception
) -> None:
    away = threading.Event()
    away.set()

    def answer(_: Mapping[str, Any]) -> Relayed:
        if away.is_set():
            raise error
        return relayed()

    world.config = world.config.model_copy(update={"batch_attempts": 1})
    relay = ScriptedRelay(answer)
    batch_id = world.batch(30)
    worker = InThread(world, batch_id, relay)
    until(lambda: world.row(batch_id)["trouble"] is not None)
    asked = sum(relay.asked.values())
    assert asked <= 20, "one looks, the others wait"
    away.clear()
    assert worker.join().came == "completed"
    assert world.row(batch_id)["completed"] == 30


def test_a_server_that_stays_away_ends_the_work_and_nothing_is_lost(world: EvaluationWorld) -> None:
    def answer(_: Mapping[str, Any]) -> Relayed:
        raise ServerDown("down")

    world.config = world.config.model_copy(update={"engine_patience": 1.0})
    batch_id = world.batch(30)
    result = world.work(batch_id, ScriptedRelay(answer))
    assert (result.came, result.trouble) == ("server", "server_down")
    states = world.select("SELECT DISTINCT state, attempts FROM batch_requests WHERE batch_id = %s", batch_id)
    assert states == [{"state": "waiting", "attempts": 0}]
    assert world.work(batch_id, ScriptedRelay()).came == "completed"


def test_a_server_that_fails_on_everything_is_given_time(world: EvaluationWorld) -> None:
    broken = threading.Event()
    broken.set()

    def answer(_: Mapping[str, Any]) -> Relayed:
        if broken.is_set():
            raise ServerFault("CUDA error")
        return relayed()

    relay = ScriptedRelay(answer)
    batch_id = world.batch(200)
    worker = InThread(world, batch_id, relay)
    until(lambda: world.row(batch_id)["trouble"] == "server_faults")
    asked = sum(relay.asked.values())
    assert asked < 40, "not all of them spend their tries on it"
    broken.clear()
    assert worker.join(30).came == "completed"
    assert world.row(batch_id)["failed"] == 0
