"""All the ways in which work on a batch ends or waits, and several workers on one batch."""

import threading
import time
from typing import Any

import pytest
from evaluation_world import EvaluationWorld, InThread, ScriptedRelay, ids, relayed, until

from ty_assets.candidate_evaluations.control import WrongStatus, cancel, pause, resume, set_priority
from ty_assets.candidate_evaluations.result_lines import answered
from ty_assets.candidate_evaluations.store import WorkStore
from ty_assets.feedback.steps import carry_out

# what a sender may do meanwhile


def test_a_cancelled_batch_is_not_asked_for_after_two_seconds_and_keeps_what_it_has(world: EvaluationWorld) -> None:
    relay = ScriptedRelay(seconds=0.2)
    batch_id = world.batch(400)
    worker = InThread(world, batch_id, relay)
    until(lambda: world.row(batch_id)["completed"] > 8)
    began = time.monotonic()
    carry_out(world.db, cancel(world.account_id, batch_id))
    assert worker.join().came == "cancelled"
    assert time.monotonic() - began < 2.0
    row, errors = world.row(batch_id), world.lines(batch_id, errors=True)
    assert row["status"] == "cancelled"
    assert row["cancelling_at"] <= row["cancelled_at"]
    assert row["completed"] == len(world.lines(batch_id)) > 8
    assert {line["error"]["code"] for line in errors} == {"batch_cancelled"}
    assert len(errors) == row["failed"]
    assert row["completed"] + row["failed"] == 400
    assert carry_out(world.db, cancel(world.account_id, batch_id))["status"] == "cancelled"  # type: ignore[index]


def test_a_slow_answer_is_broken_off_by_a_cancel(world: EvaluationWorld) -> None:
    relay = ScriptedRelay(seconds=60)
    batch_id = world.batch(10)
    worker = InThread(world, batch_id, relay)
    until(lambda: relay.most == 4)
    began = time.monotonic()
    carry_out(world.db, cancel(world.account_id, batch_id))
    assert worker.join().came == "cancelled"
    assert time.monotonic() - began < 2.0
    assert relay.broken_off == 4
    assert sum(relay.asked.values()) == 4


def test_a_paused_batch_finishes_what_is_in_flight_and_goes_on_where_it_was(world: EvaluationWorld) -> None:
    relay = ScriptedRelay(seconds=0.05)
    batch_id = world.batch(100)
    worker = InThread(world, batch_id, relay)
    until(lambda: world.row(batch_id)["completed"] > 8)
    before = world.row(batch_id)["expires_at"]
    carry_out(world.db, pause(world.account_id, batch_id))
    assert worker.join().came == "paused"
    row = world.row(batch_id)
    assert relay.broken_off == 0
    assert row["status"] == "in_progress"
    assert row["queue_position"] is None
    assert world.work(batch_id, relay).came == "paused"  # a new process changes nothing
    assert world.row(batch_id)["completed"] == row["completed"]
    resumed = carry_out(world.db, resume(world.account_id, batch_id))
    assert resumed is not None
    assert resumed["expires_at"] > before
    assert resumed["paused_at"] is None
    assert world.work(batch_id, relay).came == "completed"
    assert set(relay.asked.values()) == {1}
    assert world.row(batch_id)["completed"] == 100


def test_a_batch_that_goes_before_others_interrupts_them(world: EvaluationWorld) -> None:
    relay = ScriptedRelay(seconds=0.05)
    first, second = world.batch(100), world.batch(5)
    worker = InThread(world, first, relay)
    until(lambda: world.row(first)["completed"] > 4)
    assert world.work(second, relay).came == "waiting"
    assert (world.row(second)["status"], world.row(second)["queue_position"]) == ("in_progress", 2)
    carry_out(world.db, set_priority(world.account_id, second, 1))
    assert worker.join().came == "waiting"
    assert world.work(second, relay).came == "completed"
    assert world.work(first, relay).came == "completed"
    assert set(relay.asked.values()) <= {1, 2}  # both have candidates 0 to 4


def test_what_is_over_can_neither_be_paused_nor_cancelled(world: EvaluationWorld) -> None:
    batch_id = world.batch(1)
    world.work(batch_id, ScriptedRelay())
    for change in (cancel, pause, resume):
        with pytest.raises(WrongStatus, match="completed"):
            carry_out(world.db, change(world.account_id, batch_id))
    stranger = world.account("another@example.org")
    assert carry_out(world.db, cancel(stranger, batch_id)) is None


def test_an_expired_batch_keeps_its_answers_and_tells_which_requests_have_none(world: EvaluationWorld) -> None:
    relay = ScriptedRelay(seconds=0.05)
    batch_id = world.batch(100)
    worker = InThread(world, batch_id, relay)
    until(lambda: world.row(batch_id)["completed"] > 4)
    world.update("UPDATE batches SET expires_at = now() WHERE batch_id = %s", batch_id)
    assert worker.join().came == "expired"
    row = world.row(batch_id)
    assert row["status"] == "expired"
    assert row["expired_at"]
    assert 4 < row["completed"] < 100
    assert {line["error"]["code"] for line in world.lines(batch_id, errors=True)} == {"batch_expired"}
    assert row["completed"] + row["failed"] == 100


def test_a_batch_of_which_nobody_has_read_the_file_can_be_cancelled_and_expire(world: EvaluationWorld) -> None:
    one, other = world.batch(5), world.batch(5)
    carry_out(world.db, cancel(world.account_id, one))
    world.update("UPDATE batches SET expires_at = now() WHERE batch_id = %s", other)
    assert world.work(one, ScriptedRelay()).came == "cancelled"
    assert world.work(other, ScriptedRelay()).came == "expired"


# several workers, and workers that end


def test_several_workers_share_a_batch(world: EvaluationWorld) -> None:
    batch_id, relays = world.validated(300), [ScriptedRelay(seconds=0.03) for _ in range(3)]
    workers = [InThread(world, batch_id, relay) for relay in relays]
    assert {worker.join(60).came for worker in workers} == {"completed"}
    asked = sum((relay.asked for relay in relays), start=type(relays[0].asked)())
    assert set(asked.values()) == {1}
    assert len(asked) == 300
    assert all(sum(relay.asked.values()) > 20 for relay in relays)
    assert ids(world.lines(batch_id)) == {f"candidate-{n}": 1 for n in range(300)}
    assert world.row(batch_id)["completed"] == 300


def test_a_worker_that_is_told_to_stop_leaves_everything_to_the_next(world: EvaluationWorld) -> None:
    relay = ScriptedRelay(seconds=0.1)
    batch_id = world.batch(60)
    worker = InThread(world, batch_id, relay)
    until(lambda: world.row(batch_id)["completed"] > 4)
    began = time.monotonic()
    worker.stop.set()
    assert worker.join().came == "stopped"
    assert time.monotonic() - began < 1.0
    assert world.select("SELECT 1 FROM batch_requests WHERE state = 'taken'") == []
    assert world.select("SELECT 1 FROM batch_workers") == []
    assert world.work(batch_id, relay).came == "completed"


def test_a_shift_ends_after_its_time_and_the_next_goes_on(world: EvaluationWorld) -> None:
    relay = ScriptedRelay(seconds=0.05)
    batch_id = world.batch(60)
    assert world.work(batch_id, relay, seconds=0.4).came == "time"
    done = world.row(batch_id)["completed"]
    assert 0 < done < 60
    assert world.work(batch_id, relay).came == "completed"
    assert set(relay.asked.values()) == {1}


def test_what_a_worker_that_is_gone_had_is_taken_over_when_its_lease_runs_out(world: EvaluationWorld) -> None:
    batch_id = world.validated(20)
    gone = WorkStore(world.db, batch_id, "killed")
    taken = gone.take(8, None)
    assert len(taken) == 8
    world.update("UPDATE batch_workers SET seen_until = now() + interval '1.5 seconds' WHERE holder = 'killed'")
    relay = ScriptedRelay()
    assert world.work(batch_id, relay).came == "completed"
    assert set(relay.asked.values()) == {1}
    assert len(relay.asked) == 20
    # What it brings after all counts no more.
    assert gone.keep([answered(one.line, one.custom_id, relayed(), 0.1) for one in taken]) == 0
    assert world.row(batch_id)["completed"] == 20


def test_without_its_input_file_a_batch_still_ends(world: EvaluationWorld) -> None:
    batch_id = world.validated(5)
    world.update("DELETE FROM api_files WHERE file_id = %s", world.row(batch_id)["input_file_id"])
    assert world.work(batch_id, ScriptedRelay()).came == "completed"
    assert {line["error"]["code"] for line in world.lines(batch_id, errors=True)} == {"input_file_deleted"}


def test_probes_are_asked_before_the_end_and_no_batch_fails_by_them(world: EvaluationWorld) -> None:
    seen: list[str] = []

    def probes(db: Any, batch_id: str, relay: Any, config: Any, *, stop: threading.Event) -> None:
        seen.append(world.row(batch_id)["status"])
        raise RuntimeError("a candidate's text")

    assert world.work(world.batch(3), ScriptedRelay(), probes=probes).came == "completed"
    assert seen == ["finalizing"]


def test_a_batch_whose_account_is_deleted_is_gone(world: EvaluationWorld) -> None:
    batch_id = world.batch(200)
    worker = InThread(world, batch_id, ScriptedRelay(seconds=0.05))
    until(lambda: world.row(batch_id)["completed"] > 4)
    world.update("DELETE FROM accounts")
    assert worker.join().came == "gone"
    assert world.select("SELECT 1 FROM batches") == world.select("SELECT 1 FROM api_file_parts") == []
    assert world.work(batch_id, ScriptedRelay()).came == "gone"


def test_a_worker_that_is_interrupted_gives_back_what_it_has(
    world: EvaluationWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Dagster ends a run: by an exception in the middle of anything."""
    batch_id, relay = world.validated(60), ScriptedRelay(seconds=0.2)
    real, calls = WorkStore.keep, []

    def interrupted(store: WorkStore, results: Any) -> int:
        calls.append(len(results))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(store, results)

    monkeypatch.setattr(WorkStore, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        world.work(batch_id, relay)
    assert relay.broken_off > 0
    assert world.select("SELECT 1 FROM batch_requests WHERE state = 'taken'") == []
    assert world.select("SELECT 1 FROM batch_workers") == []
    assert world.work(batch_id, relay).came == "completed"
    assert ids(world.lines(batch_id)) == {f"candidate-{n}": 1 for n in range(60)}
