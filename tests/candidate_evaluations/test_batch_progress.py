"""Progress is arithmetic on a batch's row; what nobody has told is unknown. And what a batch is made of."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from evaluation_world import EvaluationWorld, ScriptedRelay, jsonl, request
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.candidate_evaluations.control import pause, set_priority
from ty_assets.candidate_evaluations.creation import NoSuchFile, WrongPurpose, create
from ty_assets.candidate_evaluations.ids import new_batch_id, new_event_id, new_file_id, new_request_id
from ty_assets.candidate_evaluations.parts import PART_BYTES, PartMissing, Parts, read_file
from ty_assets.candidate_evaluations.progress import progress_of
from ty_assets.feedback.steps import carry_out

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def row(**changed: Any) -> dict[str, Any]:
    return {
        "status": "in_progress", "total": 1000, "completed": 400, "failed": 100, "workers": 1, "in_flight": 4,
        "pace_at": NOW, "pace_rate": 2.5, "prompt_tokens": 1000, "cached_tokens": 900, "cached_known": True,
        "output_tokens": 50, "vram_bytes": 7, "queue_position": 1, "paused_at": None, "trouble": None, **changed,
    }  # fmt: skip


def test_a_batch_under_way_has_a_rate_and_an_end() -> None:
    told = progress_of(row(), NOW)
    assert (told.percent, told.rate_per_second, told.eta_seconds, told.saved_share) == (50.0, 2.5, 200, 0.9)


@pytest.mark.parametrize(
    "changed",
    [{"workers": 0}, {"status": "completed"}, {"pace_at": NOW - dt.timedelta(minutes=5)}, {"pace_at": None},
     {"pace_rate": 0.0}, {"pace_rate": None}],
)  # fmt: skip
def test_where_nothing_moves_there_is_neither_a_rate_nor_an_end(changed: dict[str, Any]) -> None:
    told = progress_of(row(**changed), NOW)
    assert (told.rate_per_second, told.eta_seconds) == (None, None)


def test_a_server_that_tells_of_no_cache_has_no_share() -> None:
    told = progress_of(row(cached_known=False, cached_tokens=0), NOW)
    assert (told.cached_tokens, told.saved_share) == (None, None)


@given(st.integers(0, 200_000), st.data())
def test_a_hundred_percent_are_all_and_no_less(total: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, total))
    told = progress_of(row(total=total, completed=done, failed=0), NOW)
    assert 0 <= told.percent <= 100
    assert (told.percent == 100) == (done == total and total > 0)


def test_the_rate_is_that_of_the_last_minutes(world: EvaluationWorld) -> None:
    batch_id = world.validated(10)
    world.db.execute("batch_pace", batch_id=batch_id, anew=True)
    world.update("UPDATE batches SET completed = 100, pace_at = now() - interval '20 seconds'")
    world.db.execute("batch_pace", batch_id=batch_id, anew=False)
    assert world.row(batch_id)["pace_rate"] == pytest.approx(5, rel=0.01)
    world.update("UPDATE batches SET completed = 700, pace_at = now() - interval '60 seconds'")
    world.db.execute("batch_pace", batch_id=batch_id, anew=False)
    assert world.row(batch_id)["pace_rate"] == pytest.approx(10 - 5 * 2.718281828**-1, rel=0.01)
    world.update("UPDATE batches SET pace_at = now() - interval '40 days'")
    world.db.execute("batch_pace", batch_id=batch_id, anew=False)
    assert world.row(batch_id)["pace_rate"] == pytest.approx(0, abs=0.001)


def test_the_queue_is_by_priority_and_then_by_age(world: EvaluationWorld) -> None:
    first, second, third = (world.batch(1) for _ in range(3))
    assert [world.row(one)["queue_position"] for one in (first, second, third)] == [1, 2, 3]
    carry_out(world.db, set_priority(world.account_id, third, 1))
    carry_out(world.db, set_priority(world.account_id, first, -1))
    assert [world.row(one)["queue_position"] for one in (first, second, third)] == [3, 2, 1]
    carry_out(world.db, pause(world.account_id, third))
    assert [world.row(one)["queue_position"] for one in (first, second, third)] == [2, 1, None]
    carry_out(world.db, pause(world.account_id, second))
    world.work(first, ScriptedRelay())
    assert world.row(first)["queue_position"] is None


def test_a_batch_is_made_of_a_complete_file_of_its_owner(world: EvaluationWorld) -> None:
    def made(file_id: str, account_id: Any = world.account_id) -> Any:
        return carry_out(world.db, create(account_id, endpoint="/v1/embeddings", input_file_id=file_id, hours=24))

    file_id = world.file(jsonl([request(1)]))
    other = world.file(b"a,b\n", purpose="user_data")
    half = world.file(b"{}")
    world.update("UPDATE api_files SET is_complete = false WHERE file_id = %s", half)
    late = world.file(b"{}", expires_at=dt.datetime.now(dt.UTC))
    ours = world.account_id
    for missing, account_id in ((half, ours), ("file-x", ours), (late, ours), (file_id, uuid4())):
        with pytest.raises(NoSuchFile):
            made(missing, account_id)
    with pytest.raises(WrongPurpose, match="user_data"):
        made(other)
    row = made(file_id)
    assert (row["status"], row["endpoint"], row["priority"]) == ("validating", "/v1/embeddings", 0)
    assert row["expires_at"] - row["created_at"] == dt.timedelta(hours=24)


def test_a_stretch_of_a_file_is_found_wherever_parts_begin(world: EvaluationWorld) -> None:
    content = bytes(range(251)) * (3 * PART_BYTES // 251)
    file_id = world.file(content)
    parts = Parts(world.db, file_id)
    for start in (0, 1, PART_BYTES - 1, PART_BYTES, 2 * PART_BYTES - 7):
        for length in (1, 14, PART_BYTES, PART_BYTES + 9):
            if start + length <= len(content):
                assert parts.stretch(start, length) == content[start : start + length]
    assert b"".join(read_file(world.db, file_id)) == content
    with pytest.raises(PartMissing):
        parts.stretch(len(content) - 1, 2)
    with pytest.raises(PartMissing):
        parts.stretch(9 * PART_BYTES, 1)


def test_ids_have_the_form_that_clients_know() -> None:
    assert len(new_file_id()) == len("file-") + 24
    assert [one()[:4] for one in (new_file_id, new_batch_id, new_request_id, new_event_id)] == [
        "file", "batc", "batc", "evt_",
    ]  # fmt: skip
    assert len({new_file_id() for _ in range(1000)}) == 1000
