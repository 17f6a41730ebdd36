"""Files whose time is over go with what they held, and nothing else goes."""

from evaluation_world import EvaluationWorld, ScriptedRelay, relayed

from ty_assets.candidate_evaluations.expiry import Deleted, delete_expired


def counts(world: EvaluationWorld) -> dict[str, int]:
    tables = ("api_files", "api_file_parts", "batch_requests", "batch_results", "batches")
    return {table: world.select(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables}


def test_nothing_goes_before_its_time(world: EvaluationWorld) -> None:
    world.work(world.batch(5), ScriptedRelay())
    before = counts(world)
    assert delete_expired(world.db) == Deleted()
    assert counts(world) == before


def test_an_input_file_goes_with_its_requests_and_an_output_file_with_its_answers(world: EvaluationWorld) -> None:
    batch_id = world.batch(6)
    world.work(
        batch_id,
        ScriptedRelay(lambda body: relayed(status=400 if body["messages"][-1]["content"] == "Candidate 1" else 200)),
    )
    kept = world.batch(2)
    world.work(kept, ScriptedRelay())
    row = world.row(batch_id)
    world.update("UPDATE api_files SET expires_at = now() WHERE file_id = %s", row["input_file_id"])
    assert delete_expired(world.db) == Deleted(files=1, requests=6)
    world.update("UPDATE api_files SET expires_at = now() WHERE file_id = %s", row["output_file_id"])
    deleted = delete_expired(world.db)
    assert (deleted.files, deleted.results) == (1, row["completed"])
    assert len(world.lines(batch_id, errors=True)) == row["failed"]
    world.update("UPDATE api_files SET expires_at = now() WHERE of_batch = %s", batch_id)
    assert delete_expired(world.db).results == row["failed"]
    assert counts(world) == {"api_files": 2, "api_file_parts": 1, "batch_requests": 2, "batch_results": 2, "batches": 2}
    assert len(world.lines(kept)) == 2


def test_files_of_a_batch_that_has_not_ended_stay_until_it_has(world: EvaluationWorld) -> None:
    batch_id = world.validated(4)
    world.update("UPDATE api_files SET expires_at = now()")
    assert delete_expired(world.db) == Deleted()
    world.work(batch_id, ScriptedRelay())
    assert world.row(batch_id)["completed"] == 4
    assert delete_expired(world.db) == Deleted(files=1, requests=4)


def test_an_upload_that_was_broken_off_goes(world: EvaluationWorld) -> None:
    file_id = world.file(b"x" * 300_000)
    world.update("UPDATE api_files SET is_complete = false, expires_at = now() WHERE file_id = %s", file_id)
    assert delete_expired(world.db) == Deleted(files=1)
    assert counts(world)["api_file_parts"] == 0


def test_an_output_file_lasts_as_long_as_its_sender_has_said(world: EvaluationWorld) -> None:
    batch_id = world.batch(1, output_expires_seconds=3600)
    world.work(batch_id, ScriptedRelay())
    (file,) = world.select("SELECT * FROM api_files WHERE of_batch = %s", batch_id)
    assert (file["expires_at"] - file["created_at"]).total_seconds() == 3600
