"""A run that changes a posting of another day: that day follows, without receiving anything."""

import json
from pathlib import Path

import dagster as dg
import pytest
from sample_pipeline import Pipeline

from ty_jobs.run import run_job
from ty_jobs.sensors.touched_days import RECEIVED, other_days, touched_days


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    record = {"source": "board", "id": "1", "title": "Koch (m/w/d)", "description": text}
    file.write_text(json.dumps(record) + "\n", "utf-8")
    return file


@pytest.mark.slow
def test_the_day_of_a_posting_whose_text_has_changed_follows_once(pipeline: Pipeline, tmp_path: Path) -> None:
    overrides = {"db": pipeline.db, "engine": pipeline.engine, "embedded": pipeline.engine}
    with dg.DagsterInstance.ephemeral() as instance:

        def run(day: str, source: Path | None = None, select: list[str] | None = None) -> dg.SensorResult | None:
            told = run_job(
                instance, "postings_job", [day], source=str(source or ""), select=select or (), overrides=overrides
            )
            assert told.success, told.errors
            context = dg.build_run_status_sensor_context(
                "touched_days",
                dagster_event=instance.get_records_for_run(told.run_id, of_type=dg.DagsterEventType.PIPELINE_SUCCESS)
                .records[-1]
                .event_log_entry.dagster_event,
                dagster_instance=instance,
                dagster_run=instance.get_run_by_id(told.run_id),
            )
            outcome = touched_days(context)
            return outcome if isinstance(outcome, dg.SensorResult) else None

        assert run("2026-03-02", write(tmp_path, "a.jsonl", "Wir suchen einen Koch für die Küche in Ulm.")) is None
        touched = run("2026-03-04", write(tmp_path, "b.jsonl", "Wir suchen eine Köchin. Anforderungen: Deutsch B2."))
        assert touched is not None
        (request,) = touched.run_requests or []
        assert request.partition_key == "2026-03-02"
        assert [key.to_user_string() for key in request.asset_selection or []] == RECEIVED
        assert "raw_postings" not in RECEIVED
        assert run("2026-03-02", select=RECEIVED) is None
        assert pipeline.select("SELECT language, first_seen_on::text FROM postings WHERE description LIKE '%%Köchin%%'")


def test_a_run_that_touched_nothing_else_is_told_so() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert other_days(instance, "no-such-run") == []
