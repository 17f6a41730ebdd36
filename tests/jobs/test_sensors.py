"""What the clock and new things ask for: exactly the partitions touched, never twice for the same content."""

import datetime as dt
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from ty_assets.life.sweep import change_statuses
from ty_assets.postings.store import store_postings
from ty_jobs.schedules import nightly
from ty_jobs.sensors.arrivals import TRIES
from ty_jobs.sensors.files import new_files
from ty_jobs.sensors.matches import outdated_matches
from ty_jobs.sensors.people import new_profiles
from ty_jobs.sensors.requests import RANGE_TAGS
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.files import FileSource


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TY_DROP_FOLDER", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def drop(inbox: Path, name: str, *days: str | None) -> None:
    records = [{"title": "Koch", "description": "x", **({"first_seen_on": day} if day else {})} for day in days]
    (inbox / name).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


class Folder:
    """The sensor over time: what it asks for, on an instance where a test says what became of the runs."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> list[dg.RunRequest]:
        outcome = new_files(dg.build_sensor_context(self.instance, cursor=self.cursor))
        assert isinstance(outcome, dg.SensorResult)
        self.cursor = outcome.cursor
        return list(outcome.run_requests or [])

    def days(self) -> list[str]:
        return [str(request.partition_key) for request in self.tick()]

    def run(self, request: dg.RunRequest, status: dg.DagsterRunStatus = dg.DagsterRunStatus.SUCCESS) -> None:
        self.instance.add_run(dg.DagsterRun("postings_job", status=status, tags=dict(request.tags)))


@pytest.fixture
def folder(inbox: Path) -> Iterator[Folder]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Folder(instance)


def test_a_new_file_asks_for_the_days_its_postings_belong_to(inbox: Path, folder: Folder) -> None:
    drop(inbox, "a.jsonl", "2026-03-02", None, "2026-03-02")
    assert folder.days() == ["2026-03-02", settings().today().isoformat()]
    assert folder.days() == []


def test_what_comes_while_a_day_is_worked_on_goes_into_its_next_run_together(inbox: Path, folder: Folder) -> None:
    drop(inbox, "a.jsonl", "2026-03-02")
    (first,) = folder.tick()
    drop(inbox, "b.jsonl", "2026-03-02")
    folder.run(first, dg.DagsterRunStatus.STARTED)
    assert folder.tick() == []
    drop(inbox, "c.jsonl", "2026-03-02")
    drop(inbox, "d.jsonl", "2026-03-03")
    (other_day,) = folder.tick()
    assert other_day.partition_key == "2026-03-03"
    folder.instance.wipe()
    folder.run(first)
    folder.run(other_day)
    (second,) = folder.tick()
    assert second.run_config["ops"]["raw_postings"]["config"]["only"] == ["b.jsonl", "c.jsonl"]


def test_a_changed_file_asks_again_under_another_run_key(inbox: Path, folder: Folder) -> None:
    drop(inbox, "a.jsonl", "2026-03-02")
    (first,) = folder.tick()
    folder.run(first)
    drop(inbox, "a.jsonl", "2026-03-02", "2026-03-02")
    os.utime(inbox / "a.jsonl", (1, 1))
    (second,) = folder.tick()
    assert first.run_key != second.run_key


def test_what_a_failed_run_was_asked_for_is_asked_for_again_at_most_three_times(inbox: Path, folder: Folder) -> None:
    drop(inbox, "a.jsonl", "2026-03-02")
    keys = []
    for _ in range(TRIES):
        (request,) = folder.tick()
        assert request.run_config["ops"]["raw_postings"]["config"]["only"] == ["a.jsonl"]
        keys.append(request.run_key)
        folder.run(request, dg.DagsterRunStatus.FAILURE)
    assert len(set(keys)) == TRIES
    assert folder.tick() == []


def test_many_days_are_asked_for_over_several_ticks_and_none_is_lost(inbox: Path, folder: Folder) -> None:
    days = [(dt.date(2026, 1, 1) + dt.timedelta(days=n)).isoformat() for n in range(50)]
    drop(inbox, "a.jsonl", *days)
    asked: list[str] = []
    for _ in range(4):
        now = folder.days()
        assert len(now) <= 20
        asked += now
    assert asked == days


def test_days_are_read_as_the_run_reads_them_and_the_run_is_told_the_file(inbox: Path, folder: Folder) -> None:
    record = {"title": "Koch", "description": "x", "first_seen": "2026-03-02T10:00:00+01:00"}
    (inbox / "a.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    (request,) = folder.tick()
    assert request.partition_key == "2026-03-02"
    assert request.run_config["ops"]["raw_postings"]["config"] == {
        "source": str(inbox.resolve()),
        "only": ["a.jsonl"],
        "undated": settings().today().isoformat(),
    }


def test_what_is_older_than_the_first_partition_belongs_to_it_and_the_unreadable_to_today(
    inbox: Path, folder: Folder
) -> None:
    drop(inbox, "a.jsonl", "1999-01-01", "2999-01-01", "soon")
    assert folder.days() == [settings().start_date.isoformat(), settings().today().isoformat()]


def test_a_name_that_is_not_utf8_stops_no_other_file(inbox: Path, folder: Folder) -> None:
    (inbox / os.fsdecode(b"caf\xe9.jsonl")).write_text("{}")
    drop(inbox, "a.jsonl", "2026-03-02")
    (request,) = folder.tick()
    assert request.run_config["ops"]["raw_postings"]["config"]["only"] == ["a.jsonl"]
    (told, *_) = FileSource(inbox, 0).receive()
    assert told.origin == "caf\\udce9.jsonl:0"
    assert "rename the file" in str(told.error)


def test_files_that_have_gone_are_forgotten(inbox: Path, folder: Folder) -> None:
    drop(inbox, "a.jsonl", "2026-03-02")
    folder.run(*folder.tick())
    (inbox / "a.jsonl").unlink()
    folder.tick()
    assert "a.jsonl" not in (folder.cursor or "")


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


def outdated(db: Database, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    return outdated_matches(dg.build_sensor_context(instance, cursor=cursor, resources={"db": db}))


def test_matches_are_asked_for_when_people_change_and_not_again(db: Database) -> None:
    add_career(db)
    for day in ("2026-03-02", "2026-03-05", "2026-05-01"):
        add_open_posting(db, dt.date.fromisoformat(day))
    with dg.DagsterInstance.ephemeral() as instance:
        first = outdated(db, instance, None)
        assert isinstance(first, dg.SensorResult)
        latest, march = first.run_requests or []
        assert latest.partition_key == "2026-05-01"
        assert [march.tags[tag] for tag in RANGE_TAGS] == ["2026-03-02", "2026-03-05"]
        assert isinstance(outdated(db, instance, first.cursor), dg.SkipReason)
        add_career(db)
        instance.add_run(dg.DagsterRun("people_job", status=dg.DagsterRunStatus.STARTED))
        assert isinstance(outdated(db, instance, first.cursor), dg.SkipReason)
        instance.wipe()
        again = outdated(db, instance, first.cursor)
        assert isinstance(again, dg.SensorResult)
        assert len(again.run_requests or []) == 2


def test_matches_of_the_days_are_asked_for_whose_postings_have_closed(db: Database) -> None:
    add_career(db)
    closed = add_open_posting(db, dt.date(2026, 3, 2))
    add_open_posting(db, dt.date(2026, 3, 9))
    with dg.DagsterInstance.ephemeral() as instance:
        first = outdated(db, instance, None)
        assert isinstance(first, dg.SensorResult)
        change_statuses(db, [(closed, "stale", "gone")], today=dt.date(2026, 3, 10), decided_by="sweep")
        second = outdated(db, instance, first.cursor)
        assert isinstance(second, dg.SensorResult)
        assert [request.partition_key for request in second.run_requests or []] == ["2026-03-02"]
        assert isinstance(outdated(db, instance, second.cursor), dg.SkipReason)


def add_career(db: Database) -> None:
    profile_id = uuid.uuid4()
    with db.transaction() as connection:
        for statement in (
            "INSERT INTO profile_documents (profile_id, bucket, format, origin, document)"
            " VALUES (%s, 1, 'x', 'x', '{}')",
            "INSERT INTO profiles (profile_id, bucket, headline, summary, language, input_hash, task_version)"
            " VALUES (%s, 1, '', '', 'de', '', '1')",
            "INSERT INTO profile_careers"
            " (profile_id, domains, kldb, years, degree_level, model, task_version, input_hash)"
            " VALUES (%s, '{}', '{}', 0, 0, 'm', '1', '')",
        ):
            connection.execute(statement, (profile_id,))


def add_open_posting(db: Database, day: dt.date) -> uuid.UUID:
    number = str(uuid.uuid4())
    with db.transaction() as connection:
        connection.execute(
            "INSERT INTO raw_postings VALUES ('x', %s, %s, %s, now(), 'x', %s::jsonb)",
            (number, number[:16].encode(), day, json.dumps({"title": "Koch", "description": f"Koch {number}"})),
        )
        connection.execute(
            "INSERT INTO sightings (source, external_id, first_seen_on, last_seen_on, content_hash)"
            " VALUES ('x', %s, %s, %s, %s)",
            (number, day, day, number[:16].encode()),
        )
    store_postings(db, [day], max_attempts=5)
    with db.transaction() as connection:
        row = connection.execute("SELECT posting_id FROM postings WHERE external_id = %s", (number,)).fetchone()
    assert row
    return row["posting_id"]


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
