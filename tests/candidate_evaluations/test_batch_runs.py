"""Runs of batches: which get one and how many, what a run does, and that a batch outlives any of them."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest
from evaluation_world import EvaluationWorld, ScriptedRelay, ids, jsonl, request
from handle import SimulatedServer

from ty_assets.candidate_evaluations.control import cancel, pause, resume, set_priority
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Rubric, samples
from ty_assets.feedback.steps import carry_out
from ty_assets.partitions import BATCHES
from ty_jobs.definitions import build_definitions
from ty_jobs.jobs import evaluations_job
from ty_jobs.sensors.batches import BATCH_TAG, candidate_batches, wanted
from ty_jobs.upkeep import upkeep_job
from ty_resources.settings import settings

DEFINITIONS = build_definitions()


def look(world: EvaluationWorld, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, definitions=DEFINITIONS, resources={"db": world.db})
    found = candidate_batches(context)
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def asked_for(found: dg.SensorResult | dg.SkipReason) -> list[str]:
    if isinstance(found, dg.SkipReason):
        return []
    return [request.tags[BATCH_TAG] for request in found.run_requests or []]


def run(world: EvaluationWorld, instance: dg.DagsterInstance, batch_id: str) -> dg.ExecuteInProcessResult:
    instance.add_dynamic_partitions(BATCHES, [batch_id])
    job = build_definitions({"db": world.db}).resolve_job_def(evaluations_job.name)
    return job.execute_in_process(
        partition_key=batch_id, instance=instance, tags={BATCH_TAG: batch_id}, raise_on_error=False
    )


def noted(instance: dg.DagsterInstance, batch_id: str, status: dg.DagsterRunStatus) -> None:
    """A run as the daemon has it."""
    job = DEFINITIONS.resolve_job_def(evaluations_job.name)
    instance.create_run_for_job(job, tags={BATCH_TAG: batch_id}, status=status)


def due(batch_id: str, status: str, *, has_turn: bool = True, expired: bool = False) -> dict[str, Any]:
    return {"batch_id": batch_id, "status": status, "has_turn": has_turn, "expired": expired}


def test_a_batch_whose_requests_are_asked_may_have_several_runs_and_any_other_one() -> None:
    batches = [
        due("reading", "validating", has_turn=False),
        due("ending", "cancelling", has_turn=False),
        due("working", "in_progress"),
        due("waiting", "in_progress", has_turn=False),
        due("over", "in_progress", has_turn=False, expired=True),
        due("busy", "finalizing"),
    ]
    assert wanted(batches, {"working": 1, "busy": 1}, 3) == [("reading", 1), ("ending", 1), ("working", 2), ("over", 1)]
    assert wanted(batches, {"working": 3, "reading": 1, "ending": 1, "over": 1, "busy": 1}, 3) == []


def test_a_new_batch_gets_its_partition_and_a_run_and_no_second_one(world: EvaluationWorld) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(look(world, instance), dg.SkipReason)
        batch_id = world.batch(3)
        found = look(world, instance)
        assert isinstance(found, dg.SensorResult)
        (asked,) = found.run_requests or []
        (added,) = found.dynamic_partitions_requests or []
        assert (asked.partition_key, list(added.partition_keys)) == (batch_id, [batch_id])
        assert asked.tags["dagster/priority"] == "10"
        noted(instance, batch_id, dg.DagsterRunStatus.STARTED)
        assert asked_for(look(world, instance)) == []


def test_one_batch_has_its_turn_and_others_are_read_meanwhile(world: EvaluationWorld) -> None:
    first, second, third = world.validated(3), world.validated(3), world.batch(3)
    with dg.DagsterInstance.ephemeral() as instance:
        assert asked_for(look(world, instance)) == [third, first]
        carry_out(world.db, set_priority(world.account_id, second, 1))
        assert asked_for(look(world, instance)) == [third, second]
        carry_out(world.db, pause(world.account_id, second))
        assert asked_for(look(world, instance)) == [third, first]
        carry_out(world.db, cancel(world.account_id, second))
        assert set(asked_for(look(world, instance))) == {third, first, second}


def test_a_run_that_was_killed_is_followed_by_another_and_one_that_failed_by_one_later(world: EvaluationWorld) -> None:
    batch_id = world.validated(3)
    with dg.DagsterInstance.ephemeral() as instance:
        noted(instance, batch_id, dg.DagsterRunStatus.CANCELED)
        assert asked_for(look(world, instance)) == [batch_id]
        noted(instance, batch_id, dg.DagsterRunStatus.SUCCESS)
        assert asked_for(look(world, instance)) == [batch_id], "its hour was over"


def test_runs_beyond_the_first_share_the_partition_without_holding_it(
    world: EvaluationWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_BATCH_RUNS", "3")
    settings.cache_clear()
    batch_id = world.validated(3)
    with dg.DagsterInstance.ephemeral() as instance:
        found = look(world, instance)
        assert isinstance(found, dg.SensorResult)
        first, *others = found.run_requests or []
        assert first.partition_key == batch_id
        assert len(others) == 2
        for other in others:
            assert other.partition_key is None
            assert other.tags["dagster/asset_partition_range_start"] == batch_id
            assert other.tags["dagster/asset_partition_range_end"] == batch_id


def test_a_run_answers_a_batch_and_tells_nothing_of_candidates(
    world: EvaluationWorld, simulated_server: Callable[..., SimulatedServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = simulated_server(answers="canned")
    monkeypatch.setenv("TY_ENGINE", "openai")
    monkeypatch.setenv("TY_OPENAI_BASE_URL", f"{server.url}/v1")
    settings.cache_clear()
    batch_id = world.batch(jsonl(request(n, f"secret candidate {n}") for n in range(30)))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(world, instance, batch_id).success
        (event,) = instance.fetch_materializations(dg.AssetKey("candidate_evaluations"), limit=5).records
    assert ids(world.lines(batch_id)) == {f"candidate-{n}": 1 for n in range(30)}
    materialization = event.asset_materialization
    assert materialization is not None
    assert materialization.partition == batch_id
    assert materialization.metadata["answered"].value == 30
    assert materialization.metadata["status"].value == "completed"
    assert "secret" not in str(materialization.metadata)


def test_a_run_as_a_range_of_one_is_at_its_batch_too(world: EvaluationWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ty_assets.candidate_evaluations.asset.relay_of", lambda _: ScriptedRelay())
    batch_id = world.validated(5)
    job = build_definitions({"db": world.db}).resolve_job_def(evaluations_job.name)
    tags = dict.fromkeys(("dagster/asset_partition_range_start", "dagster/asset_partition_range_end"), batch_id)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(BATCHES, [batch_id])
        assert job.execute_in_process(instance=instance, tags=tags).success
    assert world.row(batch_id)["status"] == "completed"


def test_a_run_that_leaves_a_batch_unfinished_makes_nothing(
    world: EvaluationWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ty_assets.candidate_evaluations.asset.relay_of", lambda _: ScriptedRelay())
    batch_id = world.validated(3)
    carry_out(world.db, pause(world.account_id, batch_id))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(world, instance, batch_id).success
        assert not instance.fetch_materializations(dg.AssetKey("candidate_evaluations"), limit=5).records
        assert asked_for(look(world, instance)) == []
        carry_out(world.db, resume(world.account_id, batch_id))
        assert asked_for(look(world, instance)) == [batch_id]


def test_a_server_that_is_down_fails_the_run_and_not_the_batch(
    world: EvaluationWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_ENGINE", "openai")
    monkeypatch.setenv("TY_OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("TY_ENGINE_PATIENCE", "1")
    settings.cache_clear()
    batch_id = world.validated(3)
    with dg.DagsterInstance.ephemeral() as instance:
        assert not run(world, instance, batch_id).success
        found = look(world, instance)
        assert isinstance(found, dg.SkipReason)
        assert "its last run failed" in (found.skip_message or "")
    assert world.row(batch_id)["status"] == "in_progress"
    assert world.work(batch_id, ScriptedRelay()).came == "completed"


def test_without_any_model_server_the_rules_answer_a_rubric_and_its_checks_are_there(world: EvaluationWorld) -> None:
    rubric = Rubric.parse(next(iter(samples().values())))
    question = Question(rubric, "rules")
    texts = [f"Ten years of Python and Postgres; led a team of {n}. Clear writing." for n in range(2, 14)]
    batch_id = world.batch((question.line(f"c-{n}", text) for n, text in enumerate(texts)), rubric=rubric.yaml())
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = run(world, instance, batch_id)
        assert outcome.success
        checks = {found.check_name for found in outcome.get_asset_check_evaluations()}
    assert len(world.lines(batch_id)) == 12
    assert checks == {"scores_do_not_drift", "repeats_agree", "names_change_no_score"}


def test_upkeep_deletes_files_and_partitions_that_nobody_has(world: EvaluationWorld) -> None:
    kept = world.batch(2)
    world.work(kept, ScriptedRelay())
    world.update("UPDATE api_files SET expires_at = now()")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(BATCHES, [kept, "batch_gone"])
        assert upkeep_job.execute_in_process(instance=instance, resources={"db": world.db}).success
        assert instance.get_dynamic_partitions(BATCHES) == [kept]
    assert world.select("SELECT 1 FROM api_files") == world.select("SELECT 1 FROM batch_results") == []
