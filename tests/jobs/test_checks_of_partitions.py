"""The morning's checks: a partition that was left failed is named until it is made, with what mends it."""

from typing import Any

import dagster as dg
import pytest
from sample_pipeline import Pipeline

from ty_assets.partitions import buckets, daily
from ty_jobs.definitions import build_definitions
from ty_jobs.run import run_job
from ty_jobs.standing_checks import mended_by, spans_of, told

FEED = '{"external_id": "1", "title": "Koch", "description": "Ihr Profil:\\n- Ausbildung als Koch"}\n'


def overrides(pipeline: Pipeline) -> dict[str, Any]:
    return {"db": pipeline.db, "engine": pipeline.engine, "embedded": pipeline.engine}


def morning(instance: dg.DagsterInstance, pipeline: Pipeline) -> dict[str, dg.AssetCheckEvaluation]:
    """The evaluations of `no_failed_partitions` by asset."""
    job = build_definitions(overrides(pipeline)).resolve_job_def("standing_checks_job")
    outcome = job.execute_in_process(instance=instance)
    assert outcome.success
    return {
        one.asset_key.to_user_string(): one
        for one in outcome.get_asset_check_evaluations()
        if one.check_name == "no_failed_partitions"
    }


def run(instance: dg.DagsterInstance, pipeline: Pipeline, days: list[str], source: str, **options: Any) -> bool:
    told = run_job(instance, "postings_job", days, source=source, overrides=overrides(pipeline), **options)
    return told.success


def test_a_partition_that_failed_is_named_until_it_is_made(
    pipeline: Pipeline, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feed.jsonl").write_text(FEED)
    source = str(tmp_path / "feed.jsonl")
    with dg.DagsterInstance.ephemeral() as instance:
        assert all(one.passed for one in morning(instance, pipeline).values()), "nothing has run yet"
        with monkeypatch.context() as broken:
            broken.setattr("ty_assets.demand.asset.store_similarity", lambda db, day: 1 / 0)
            assert not run(instance, pipeline, ["2026-03-02", "2026-03-03"], source)
            assert not run(instance, pipeline, ["2026-03-05"], source)
        checks = morning(instance, pipeline)
        assert {name for name, one in checks.items() if not one.passed} >= {"profession_similarity"}
        assert checks["postings"].passed
        description = checks["profession_similarity"].description or ""
        assert "failed and not made since (3)" in description
        assert "2026-03-02..2026-03-03, 2026-03-05" in description
        assert "`ty run --days 2026-03-02..2026-03-03 --select profession_similarity`" in description

        assert run(instance, pipeline, ["2026-03-02", "2026-03-03"], source)
        checks = morning(instance, pipeline)
        assert "made since (1)" in (checks["profession_similarity"].description or "")
        assert run(instance, pipeline, ["2026-03-05"], source, select=["profession_similarity"])
        assert morning(instance, pipeline)["profession_similarity"].passed


def test_every_asset_with_partitions_is_looked_at_and_no_other_job_does_it() -> None:
    definitions = build_definitions()
    graph = definitions.resolve_asset_graph()
    partitioned = {key for key in graph.materializable_asset_keys if graph.get(key).partitions_def is not None}
    checked = {key.asset_key for key in graph.asset_check_keys if key.name == "no_failed_partitions"}
    assert checked == partitioned
    standing = {node.name for node in definitions.resolve_job_def("standing_checks_job").nodes}
    assert standing
    for job in definitions.resolve_all_job_defs():
        if job.name not in ("standing_checks_job", "__ASSET_JOB"):
            assert not {node.name for node in job.nodes} & standing, job.name


def test_best_matches_without_an_analysis_are_counted(demo: Pipeline) -> None:
    assert demo.db.value("best_matches_without_analysis", best=50) == 0
    with demo.db.transaction() as connection:
        connection.execute("DELETE FROM match_analyses")
        found = connection.execute(demo.db.queries["best_matches_without_analysis"], {"best": 3}).fetchone()
        people = connection.execute("SELECT count(*) AS n FROM profiles").fetchone()
        connection.rollback()
    assert found is not None
    assert people is not None
    assert found["count"] == 3 * people["n"] > 0


def test_failed_partitions_are_told_in_spans_and_a_long_list_is_cut() -> None:
    keys = list(daily.get_partition_keys())
    assert spans_of([], keys) == []
    assert spans_of(keys[3:5] + keys[7:8], keys) == [(keys[3], keys[4]), (keys[7], keys[7])]
    message = told("postings", keys[0:80:2], daily, keys)
    assert "not made since (40)" in message
    assert "28 spans more" in message


def test_what_mends_people_and_readings_is_told_too() -> None:
    assert "people_job" in mended_by("profiles", ("000", "003"), buckets)
    assert "partitions 000 to 003" in mended_by("profiles", ("000", "003"), buckets)
    assert "refinement_job" in mended_by("posting_readings", ("2026-03-02", "2026-03-02"), daily)
