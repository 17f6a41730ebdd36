"""A run that changes a posting of another day: that day follows, without receiving anything, until it is done."""

import json
from pathlib import Path

import dagster as dg
import pytest
from sample_pipeline import Pipeline

from ty_jobs.run import run_job
from ty_jobs.sensors.requests import RECEIVED
from ty_jobs.sensors.touched_days import touched_days


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    record = {"source": "board", "id": "1", "title": "Koch (m/w/d)", "description": text}
    file.write_text(json.dumps(record) + "\n", "utf-8")
    return file


@pytest.mark.slow
def test_the_day_of_a_posting_whose_text_has_changed_follows_until_it_is_done(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    overrides = {"db": pipeline.db, "engine": pipeline.engine, "embedded": pipeline.engine}
    with dg.DagsterInstance.ephemeral() as instance:

        def run(day: str, source: Path) -> None:
            told = run_job(instance, "postings_job", [day], source=str(source), overrides=overrides)
            assert told.success, told.errors

        def tick() -> list[dg.RunRequest]:
            outcome = touched_days(dg.build_sensor_context(instance, resources={"db": pipeline.db}))
            return list(outcome.run_requests or []) if isinstance(outcome, dg.SensorResult) else []

        run("2026-03-02", write(tmp_path, "a.jsonl", "Wir suchen einen Koch für die Küche in Ulm."))
        assert tick() == []
        run("2026-03-04", write(tmp_path, "b.jsonl", "Wir suchen eine Köchin. Anforderungen: Deutsch B2."))
        (request,) = tick()
        assert request.partition_key == "2026-03-02"
        assert [key.to_user_string() for key in request.asset_selection or []] == RECEIVED
        assert "raw_postings" not in RECEIVED
        tags = {**request.tags, "dagster/partition": "2026-03-02"}
        instance.add_run(dg.DagsterRun("postings_job", status=dg.DagsterRunStatus.STARTED, tags=tags))
        assert tick() == []  # it is being done
        instance.wipe()
        (again,) = tick()  # it was not done: it is asked for again
        assert again.partition_key == "2026-03-02"
        instance.add_run(dg.DagsterRun("postings_job", status=dg.DagsterRunStatus.SUCCESS, tags=tags))
        assert tick() == []
        assert pipeline.select("SELECT count(*) AS touched FROM touched_days") == [{"touched": 0}]
