"""A source that is away for three days: nothing is stale for it, one alert, and it catches up by itself."""

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace

import dagster as dg
import pytest
from source_world import Select, Services

from ty_assets.life.sweep import Swept, sweep
from ty_assets.postings.fetch import fetch, newest
from ty_assets.postings.store import store_postings
from ty_jobs.incidents import observe_sources, tell
from ty_jobs.sensors import services as sensor
from ty_jobs.sensors.requests import RANGE_TAGS
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.source import RemoteSource, SourceDown

DAY = dt.timedelta(days=1)


def test_three_days_down_make_nothing_stale_are_told_once_and_are_made_up_for(
    services: Services, db: Database, source: Callable[[str], RemoteSource], select: Select
) -> None:
    first = dt.datetime.now(dt.UTC) - 4 * DAY - dt.timedelta(hours=1)
    server = services(arbeitsagentur={"hits": 100, "per_day": 10, "today": first.date().isoformat()})
    told = []

    def at(day: int) -> dict[str, object]:
        return {"today": first.date() + day * DAY, "now": first + day * DAY}

    def fetched(kind: str, day: int) -> int:
        done = fetch(db, source("arbeitsagentur"), kind, **at(day), max_chars=100_000, max_attempts=5)  # type: ignore[arg-type]
        assert done.complete
        return done.new

    def swept(day: int) -> Swept:
        days = [first.date() + n * DAY for n in range(day + 1)]
        store_postings(db, days, max_attempts=5)
        observe_sources(db, settings(), first + day * DAY)
        told.append(tell(db, [], settings()))
        return sweep(db, today=first.date() + day * DAY, missed=1, invalid_after=30)

    assert fetched("full", 0) == 100
    assert swept(0) == Swept()
    for day in (1, 2, 3):
        on = (first.date() + day * DAY).isoformat()
        server.control(arbeitsagentur={"today": on, "add": {"count": 5, "on": on}}, down=True)
        with pytest.raises(SourceDown):
            newest(db, source("arbeitsagentur"), **at(day))  # type: ignore[arg-type]
        with pytest.raises(SourceDown):
            fetched("full", day)
        assert swept(day) == Swept()
    server.control(down=False)
    assert newest(db, source("arbeitsagentur"), **at(4)) > 0  # type: ignore[arg-type]
    assert fetched("new", 4) == 15
    assert fetched("full", 4) == 0
    assert swept(4) == Swept()
    assert select("SELECT count(*) AS postings, count(DISTINCT external_id) AS once FROM postings") == [
        {"postings": 115, "once": 115}
    ]
    assert sum(told) == 2  # it is silent; it is over
    assert select("SELECT closed_at IS NOT NULL AS over FROM incidents") == [{"over": True}]


class TestTheSensor:
    """`services`: asks what is due, and requests a run of today where something is new."""

    @pytest.fixture
    def tick(self, db: Database) -> Callable[[], dg.SensorResult]:
        instance = dg.DagsterInstance.ephemeral()

        def run(finished: dg.DagsterRunStatus | None = None, **tags: str) -> dg.SensorResult:
            if finished:
                instance.add_run(dg.DagsterRun("postings_job", status=finished, tags=tags))
            outcome = sensor.services(dg.build_sensor_context(instance, resources={"db": db}))
            assert isinstance(outcome, dg.SensorResult)
            return outcome

        return run

    def fetch_as_the_run_does(self, db: Database, source: RemoteSource, request: dg.RunRequest) -> None:
        config = request.run_config["ops"]["raw_postings"]["config"]
        fetch(
            db, source, "full" if config["full"] else "new", today=settings().today(), now=dt.datetime.now(dt.UTC),
            max_chars=100_000, max_attempts=5,
        )  # fmt: skip

    def test_everything_is_listed_first_and_by_one_run_at_a_time(
        self, services: Services, tick: Callable[..., dg.SensorResult]
    ) -> None:
        today = dt.datetime.now(dt.UTC).date().isoformat()
        services({"sources": "arbeitsagentur", "timezone": "UTC"}, arbeitsagentur={"hits": 30, "today": today})
        (request,) = tick().run_requests or []
        assert {request.tags[tag] for tag in RANGE_TAGS} == {today}
        assert request.run_config["ops"]["raw_postings"]["config"] == {"service": "arbeitsagentur", "full": True}
        assert not tick(dg.DagsterRunStatus.STARTED, **request.tags).run_requests

    def test_a_quiet_source_is_left_alone_and_a_new_posting_asks_for_a_run(
        self,
        services: Services,
        db: Database,
        source: Callable[[str], RemoteSource],
        select: Select,
        tick: Callable[..., dg.SensorResult],
    ) -> None:
        today = dt.datetime.now(dt.UTC).date().isoformat()
        config = {"sources": "arbeitsagentur", "timezone": "UTC"}
        server = services(config, arbeitsagentur={"hits": 30, "today": today})
        (request,) = tick().run_requests or []
        self.fetch_as_the_run_does(db, source("arbeitsagentur"), request)
        assert not tick().run_requests  # not due
        select("UPDATE source_states SET next_poll_at = now() RETURNING 1")
        assert not tick().run_requests  # due, and quiet
        server.control(arbeitsagentur={"add": {"count": 2, "on": today}})
        select("UPDATE source_states SET next_poll_at = now() RETURNING 1")
        (request,) = tick().run_requests or []
        assert request.run_config["ops"]["raw_postings"]["config"]["full"] is False
        self.fetch_as_the_run_does(db, source("arbeitsagentur"), request)
        select("UPDATE source_states SET next_poll_at = now() RETURNING 1")
        assert not tick().run_requests

    def test_a_source_that_is_down_fails_no_tick(
        self, services: Services, db: Database, select: Select, tick: Callable[..., dg.SensorResult]
    ) -> None:
        services({"sources": "deutsche_bank", "timezone": "UTC"}, down=True)
        today = dt.datetime.now(dt.UTC).date()
        select(
            "INSERT INTO source_rounds (source, kind, day, finished_at, complete)"
            f" VALUES ('deutsche_bank', 'full', '{today}', now(), true) RETURNING 1"
        )
        assert not tick().run_requests
        assert select("SELECT failures FROM source_states") == [{"failures": 1}]

    def test_a_source_that_another_process_is_fetching_is_left_to_it(
        self, services: Services, db: Database, tick: Callable[..., dg.SensorResult]
    ) -> None:
        services({"sources": "arbeitsagentur", "timezone": "UTC"}, arbeitsagentur={"hits": 30})
        with db.transaction() as connection:
            connection.execute(db.queries["lock_source"], {"source": "arbeitsagentur"})
            assert not tick().run_requests
            connection.execute(db.queries["unlock_source"], {"source": "arbeitsagentur"})
        assert tick().run_requests

    def test_a_run_that_failed_as_a_whole_comes_again_ever_more_rarely(
        self, services: Services, tick: Callable[..., dg.SensorResult]
    ) -> None:
        services({"sources": "arbeitsagentur", "timezone": "UTC"}, arbeitsagentur={"hits": 30})
        with pytest.MonkeyPatch.context() as patched:
            failed = [SimpleNamespace(end_time=dt.datetime.now(dt.UTC).timestamp() - 90)] * 2
            patched.setattr(sensor, "failed_in_a_row", lambda *told: failed)
            assert not tick().run_requests  # two minutes after the second
            patched.setattr(sensor, "failed_in_a_row", lambda *told: failed[:1])
            assert tick().run_requests  # one minute after the first
