"""What the clock and new things ask for: exactly the partitions touched, never twice for the same content."""

import datetime as dt
import json
import os
import uuid
from pathlib import Path

import dagster as dg
import pytest

from ty_jobs.definitions import build_definitions
from ty_jobs.schedules import nightly
from ty_jobs.sensors import changed_people, new_files, new_profiles
from ty_resources.postgres import Database
from ty_resources.settings import settings


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TY_DROP_FOLDER", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def drop(inbox: Path, name: str, *days: str | None) -> None:
    records = [{"title": "Koch", "description": "x", **({"first_seen_on": day} if day else {})} for day in days]
    (inbox / name).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def tick(cursor: str | None = None) -> tuple[list[str], str | None]:
    outcome = new_files(dg.build_sensor_context(cursor=cursor))
    if isinstance(outcome, dg.SkipReason):
        return [], cursor
    return [str(request.partition_key) for request in outcome.run_requests], outcome.cursor


def test_a_new_file_asks_for_the_days_its_postings_belong_to(inbox: Path) -> None:
    drop(inbox, "a.jsonl", "2026-03-02", None, "2026-03-02")
    days, cursor = tick()
    assert days == ["2026-03-02", settings().today().isoformat()]
    assert tick(cursor)[0] == []


def test_a_changed_file_asks_again_under_another_run_key(inbox: Path) -> None:
    drop(inbox, "a.jsonl", "2026-03-02")
    first = new_files(dg.build_sensor_context())
    drop(inbox, "a.jsonl", "2026-03-02", "2026-03-02")
    os.utime(inbox / "a.jsonl", (1, 1))
    second = new_files(dg.build_sensor_context(cursor=first.cursor))
    assert [r.partition_key for r in second.run_requests] == ["2026-03-02"]
    assert first.run_requests[0].run_key != second.run_requests[0].run_key


def test_many_days_are_asked_for_over_several_ticks_and_none_is_lost(inbox: Path) -> None:
    days = [(dt.date(2026, 1, 1) + dt.timedelta(days=n)).isoformat() for n in range(50)]
    drop(inbox, "a.jsonl", *days)
    asked: list[str] = []
    cursor = None
    for _ in range(4):
        now, cursor = tick(cursor)
        assert len(now) <= 20
        asked += now
    assert asked == days


def test_days_are_read_as_the_run_reads_them_and_the_run_is_told_the_file(inbox: Path) -> None:
    record = {"title": "Koch", "description": "x", "first_seen": "2026-03-02T10:00:00+01:00"}
    (inbox / "a.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    (request,) = new_files(dg.build_sensor_context()).run_requests
    assert request.partition_key == "2026-03-02"
    assert request.run_config == {"ops": {"raw_postings": {"config": {"source": str((inbox / "a.jsonl").resolve())}}}}


def test_days_outside_the_partitions_count_for_today(inbox: Path) -> None:
    drop(inbox, "a.jsonl", "1999-01-01", "2999-01-01", "soon")
    assert tick()[0] == [settings().today().isoformat()]


def test_without_a_drop_folder_the_sensor_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TY_DROP_FOLDER", str(tmp_path / "none"))
    settings.cache_clear()
    try:
        assert "no drop folder" in str(new_files(dg.build_sensor_context()))
    finally:
        settings.cache_clear()


def test_the_night_asks_for_yesterday_in_the_time_zone() -> None:
    at_two_in_berlin = dt.datetime(2026, 3, 5, 1, 0, tzinfo=dt.UTC)
    request = nightly(dg.build_schedule_context(scheduled_execution_time=at_two_in_berlin))
    assert request.partition_key == "2026-03-04"


def _document(db: Database, bucket: int) -> None:
    db.execute(
        "store_document",
        profile_id=uuid.uuid4(),
        bucket=bucket,
        origin="x.json",
        document=json.dumps({"x": bucket}),
    )


def test_new_people_ask_for_their_buckets_once(db: Database) -> None:
    for bucket in (3, 200, 3):
        _document(db, bucket)
    context = dg.build_sensor_context(resources={"db": db})
    outcome = new_profiles(context)
    assert sorted(str(r.partition_key) for r in outcome.run_requests) == ["003", "200"]
    again = new_profiles(dg.build_sensor_context(resources={"db": db}, cursor=outcome.cursor))
    assert isinstance(again, dg.SkipReason)
    _document(db, 7)
    later = new_profiles(dg.build_sensor_context(resources={"db": db}, cursor=outcome.cursor))
    assert [r.partition_key for r in later.run_requests] == ["007"]


def test_the_sensor_after_people_is_defined_for_the_people_job() -> None:
    definitions = build_definitions()
    assert definitions.resolve_sensor_def("changed_people") is not None
    assert changed_people.name == "changed_people"


def test_a_profile_stored_during_a_tick_with_more_buckets_than_a_tick_takes_is_not_lost(db: Database) -> None:
    for bucket in range(50):
        _document(db, bucket)
    asked: set[str] = set()
    cursor = None
    for _ in range(4):
        outcome = new_profiles(dg.build_sensor_context(resources={"db": db}, cursor=cursor))
        if isinstance(outcome, dg.SkipReason):
            break
        cursor = outcome.cursor
        asked |= {str(r.partition_key) for r in outcome.run_requests}
    assert asked == {f"{bucket:03d}" for bucket in range(50)}
