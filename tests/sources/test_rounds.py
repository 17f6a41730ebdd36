"""Rounds against simulated services: each posting once, no more requests than needed, states that tell the truth."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from source_world import NOON, TODAY, Rounds, Select, Services

from ty_assets.postings.fetch import newest
from ty_resources.postgres import Database
from ty_resources.sources.source import RemoteSource, SourceDown, SourceError

SMALL = {"arbeitsagentur_most_hits": 200, "arbeitsagentur_page_size": 20}


def _numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["external_id"] for row in rows]


def test_a_full_round_brings_each_posting_once_however_often_it_is_listed(
    services: Services, rounds: Rounds, select: Select
) -> None:
    server = services(SMALL, arbeitsagentur={"hits": 700, "most": 200, "page_size": 20, "gone_every": 50})
    done = rounds("arbeitsagentur")
    assert (done.listed, done.new, done.changed, done.gone, done.failed) == (700, 686, 0, 14, 0)
    assert (done.complete, done.error) == (True, None)
    raw = select("SELECT external_id FROM raw_postings")
    assert len(raw) == len(set(_numbers(raw))) == 686
    stats = server.stats()
    assert stats["over_limit"] == 0
    assert stats["asked_again"] == {}
    assert stats["most_in_flight"] <= 4


def test_both_indexes_of_deutsche_bank_come_in(services: Services, rounds: Rounds, select: Select) -> None:
    services(deutsche_bank={"hits": 230, "graduate_hits": 30, "gone_every": 100})
    done = rounds("deutsche_bank")
    assert (done.complete, done.listed, done.new, done.gone) == (True, 260, 258, 2)
    (row,) = select("SELECT payload FROM raw_postings WHERE external_id = '1000'")
    assert row["payload"]["url"] == "https://bank.example.org/workday/job/1000"
    assert (row["payload"]["city"], row["payload"]["country"]) == ("Berlin", "DE")


def test_an_unchanged_posting_costs_no_detail_and_is_seen_again(
    services: Services, rounds: Rounds, select: Select
) -> None:
    server = services(arbeitsagentur={"hits": 120})
    rounds("arbeitsagentur")
    server.reset()
    again = rounds("arbeitsagentur", days=1)
    assert (again.new, again.changed, again.complete) == (0, 0, True)
    assert server.stats()["requests"] == {"ba search": 2}
    assert select("SELECT DISTINCT last_seen_on, last_round FROM sightings") == [
        {"last_seen_on": TODAY + dt.timedelta(days=1), "last_round": again.round_id}
    ]


def test_a_changed_posting_is_fetched_again_and_keeps_its_first_day(
    services: Services, rounds: Rounds, select: Select
) -> None:
    server = services(arbeitsagentur={"hits": 50})
    rounds("arbeitsagentur")
    server.reset()
    server.control(arbeitsagentur={"change": [7, 8]})
    again = rounds("arbeitsagentur", days=1)
    assert (again.new, again.changed) == (0, 2)
    assert server.stats()["details"] == 2
    (row,) = select("SELECT first_seen_on FROM sightings WHERE external_id = '10001-7-S'")
    assert row["first_seen_on"] == TODAY


def test_a_detail_that_is_the_same_as_before_is_not_sent_again(
    services: Services, rounds: Rounds, db: Database, select: Select
) -> None:
    server = services(arbeitsagentur={"hits": 30})
    rounds("arbeitsagentur")
    with db.transaction() as connection:
        connection.execute("UPDATE sightings SET mark = 'other'")
        connection.execute("UPDATE raw_postings SET payload = '{}'")
    again = rounds("arbeitsagentur", days=1)
    assert (again.new, again.changed, again.failed) == (0, 0, 0)
    # Nothing was received: the server has said 304 to each.
    assert {str(row["payload"]) for row in select("SELECT payload FROM raw_postings")} == {"{}"}
    assert server.stats()["not_modified"] == 30
    assert select("SELECT count(*) AS n FROM sightings WHERE mark <> 'other'") == [{"n": 30}]


def test_a_posting_whose_detail_is_gone_stays_and_is_asked_for_once_more_the_next_day(
    services: Services, rounds: Rounds, select: Select
) -> None:
    server = services(arbeitsagentur={"hits": 20})
    rounds("arbeitsagentur")
    server.control(arbeitsagentur={"change": [3], "gone": [3]})
    assert rounds("arbeitsagentur", days=1).gone == 1
    (row,) = select("SELECT gone_at, content_hash FROM sightings WHERE external_id = '10001-3-S'")
    assert row["gone_at"] is not None
    assert len(select("SELECT 1 FROM raw_postings WHERE external_id = '10001-3-S'")) == 1
    server.reset()
    assert rounds("arbeitsagentur", days=2).gone == 1
    assert rounds("arbeitsagentur", days=3).gone == 0
    assert server.stats()["requests"]["ba detail"] == 1
    server.control(arbeitsagentur={"change": [3], "gone": []})
    assert rounds("arbeitsagentur", days=4).changed == 1
    assert select("SELECT gone_at FROM sightings WHERE external_id = '10001-3-S'") == [{"gone_at": None}]
    assert select("SELECT * FROM source_misses") == []


def test_a_posting_that_cannot_be_read_is_named_and_left_alone_until_it_changes(
    services: Services, rounds: Rounds, select: Select
) -> None:
    server = services(arbeitsagentur={"hits": 20})
    server.control(arbeitsagentur={"unreadable": [4]})
    done = rounds("arbeitsagentur")
    assert (done.new, done.failed) == (19, 1)
    (failure,) = select("SELECT stage, subject, message, day FROM failures")
    assert failure["stage"] == "raw_postings"
    assert failure["subject"] == "arbeitsagentur/10001-4-S"
    assert "description: expected a text" in failure["message"]
    server.reset()
    assert rounds("arbeitsagentur", "new").failed == 0
    assert "ba detail" not in server.stats()["requests"]
    server.control(arbeitsagentur={"unreadable": [], "change": [4]})
    assert rounds("arbeitsagentur").new == 1
    assert select("SELECT * FROM failures") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "429", "seconds": 0.01, "times": 2},
        {"kind": "429", "times": 1},
        {"kind": "500", "times": 3},
        {"kind": "403", "times": 3},
        {"kind": "drop", "times": 3},
        {"kind": "html", "times": 2},
    ],
)
@pytest.mark.parametrize("at", ["search", "detail"])
def test_what_goes_wrong_for_a_moment_costs_nothing(
    services: Services, rounds: Rounds, at: str, fault: dict[str, Any]
) -> None:
    server = services(arbeitsagentur={"hits": 120}, faults=[{"at": at, "after": 1, **fault}])
    done = rounds("arbeitsagentur")
    assert (done.complete, done.new) == (True, 120)
    stats = server.stats()
    assert stats["asked_again"] == {}
    assert sum(stats["requests"].values()) == 2 + 120 + fault["times"]


@pytest.mark.parametrize("kind", ["403", "429", "500", "drop"])
def test_a_source_that_turns_us_away_is_left_and_the_round_goes_on_where_it_stopped(
    services: Services, rounds: Rounds, db: Database, select: Select, kind: str
) -> None:
    server = services(arbeitsagentur={"hits": 300}, faults=[{"at": "detail", "kind": kind, "after": 90, "times": -1}])
    with pytest.raises(SourceDown):
        rounds("arbeitsagentur")
    refused = server.stats()["requests"]["ba detail"] - 90
    assert refused <= 30, "a source that fails is hammered"
    before = len(select("SELECT 1 FROM raw_postings"))
    assert before == 90
    (state,) = select("SELECT failures, silent_since, last_error, next_poll_at FROM source_states")
    assert (state["failures"], state["silent_since"] is not None) == (1, True)
    assert state["next_poll_at"] >= NOON + dt.timedelta(minutes=1)
    (open_round,) = select("SELECT finished_at, error FROM source_rounds")
    assert open_round["finished_at"] is None
    assert open_round["error"] == state["last_error"]
    server.control(faults=[])
    done = rounds("arbeitsagentur")
    assert (done.complete, done.listed, done.new, done.error) == (True, 300, 300, None)
    stats = server.stats()
    assert stats["asked_again"] == {}
    assert stats["requests"]["ba search"] == 3
    (state,) = select("SELECT failures, silent_since, last_error FROM source_states")
    assert state == {"failures": 0, "silent_since": None, "last_error": None}


def test_a_listing_that_stops_is_gone_on_with_at_its_page(services: Services, rounds: Rounds) -> None:
    server = services(SMALL, arbeitsagentur={"hits": 700, "most": 200, "page_size": 20},
                      faults=[{"at": "search", "kind": "500", "after": 17, "times": -1}])  # fmt: skip
    with pytest.raises(SourceDown):
        rounds("arbeitsagentur")
    first = server.stats()["log"][:17]
    server.reset()
    server.control(faults=[])
    done = rounds("arbeitsagentur")
    assert (done.complete, done.listed, done.new) == (True, 700, 700)
    assert not set(first) & set(server.stats()["log"])


def test_a_listing_that_cannot_reach_everything_says_so(services: Services, rounds: Rounds) -> None:
    server = services(SMALL, arbeitsagentur={"hits": 700, "most": 200, "page_size": 20, "facets": ["pav"]})
    done = rounds("arbeitsagentur")
    assert not done.complete
    assert done.listed == done.new
    assert 200 < done.listed < 700
    assert f"{700 - done.listed} of 700 hits could not be reached" in str(done.error)
    assert server.stats()["over_limit"] == 0


def test_an_answer_with_the_old_names_is_refused_by_name(services: Services, rounds: Rounds, select: Select) -> None:
    services(arbeitsagentur={"hits": 20, "old_names": True})
    with pytest.raises(SourceDown, match=r"stellenangebote \(now ergebnisliste\)"):
        rounds("arbeitsagentur")
    assert select("SELECT failures FROM source_states") == [{"failures": 1}]


def test_a_new_round_reaches_back_to_the_last_that_was_finished(services: Services, rounds: Rounds) -> None:
    server = services(arbeitsagentur={"hits": 100, "per_day": 10})
    rounds("arbeitsagentur")
    for day in (1, 2, 3):
        on = (TODAY + dt.timedelta(days=day)).isoformat()
        server.control(arbeitsagentur={"today": on, "add": {"count": 5, "on": on}}, down=True)
        with pytest.raises(SourceDown):
            rounds("arbeitsagentur", "new", days=day)
    server.control(down=False)
    server.reset()
    done = rounds("arbeitsagentur", "new", days=3)
    assert (done.new, done.complete) == (15, True)
    assert server.stats()["requests"]["ba detail"] == 15
    assert "veroeffentlichtseit=4" in server.stats()["log"][0]


def test_an_open_round_of_another_day_is_not_gone_on_with(services: Services, rounds: Rounds, select: Select) -> None:
    server = services(arbeitsagentur={"hits": 60}, faults=[{"at": "detail", "kind": "500", "after": 30, "times": -1}])
    with pytest.raises(SourceDown):
        rounds("arbeitsagentur")
    server.control(faults=[])
    done = rounds("arbeitsagentur", days=1)
    assert (done.listed, done.new) == (60, 30)
    old, new = select("SELECT complete, finished_at, error FROM source_rounds ORDER BY round_id")
    assert (old["complete"], new["complete"]) == (False, True)
    assert old["finished_at"] is not None
    assert select("SELECT 1 FROM source_hits UNION ALL SELECT 1 FROM source_pages") == []


def test_a_look_counts_what_is_new_and_changed_and_asks_once(
    services: Services, rounds: Rounds, db: Database, source: Callable[[str], RemoteSource]
) -> None:
    server = services(arbeitsagentur={"hits": 30})
    rounds("arbeitsagentur")
    looked = source("arbeitsagentur")
    assert newest(db, looked, today=TODAY, now=NOON) == 0
    server.control(arbeitsagentur={"add": {"count": 3, "on": TODAY.isoformat()}, "change": [1]})
    server.reset()
    assert newest(db, looked, today=TODAY, now=NOON) == 4
    assert server.stats()["requests"] == {"ba search": 1}


def test_a_look_at_a_listing_that_has_not_changed_is_answered_without_it(
    services: Services, rounds: Rounds, db: Database, source: Callable[[str], RemoteSource]
) -> None:
    server = services(arbeitsagentur={"hits": 30})
    looked = source("arbeitsagentur")
    assert [newest(db, looked, today=TODAY, now=NOON) for _ in range(3)] == [30, 30, 30]
    assert server.stats()["not_modified"] == 2
    server.control(arbeitsagentur={"add": {"count": 1, "on": TODAY.isoformat()}})
    assert newest(db, looked, today=TODAY, now=NOON) == 31


def test_the_interval_shrinks_while_something_comes_and_grows_when_it_is_quiet(
    services: Services, rounds: Rounds, db: Database, source: Callable[[str], RemoteSource], select: Select
) -> None:
    server = services({"source_min_interval": 100, "source_max_interval": 400}, arbeitsagentur={"hits": 10})

    def interval() -> float:
        return float(select("SELECT interval_seconds FROM source_states")[0]["interval_seconds"])

    rounds("arbeitsagentur")
    seen = [interval()]
    for _ in range(5):
        newest(db, source("arbeitsagentur"), today=TODAY, now=NOON)
        seen.append(interval())
    assert seen == [100, 150, 225, 337.5, 400, 400]
    server.control(arbeitsagentur={"add": {"count": 1, "on": TODAY.isoformat()}})
    assert newest(db, source("arbeitsagentur"), today=TODAY, now=NOON) == 1
    rounds("arbeitsagentur", "new")
    assert interval() == 200


def test_a_source_that_is_down_is_asked_less_and_less_and_silent_since_the_first_time(
    services: Services, db: Database, source: Callable[[str], RemoteSource], select: Select
) -> None:
    services(down=True)
    pauses = []
    for hour in range(12):
        now = NOON + dt.timedelta(hours=hour)
        with pytest.raises(SourceDown):
            newest(db, source("deutsche_bank"), today=TODAY, now=now)
        (state,) = select("SELECT next_poll_at, failures, silent_since FROM source_states")
        pauses.append((state["next_poll_at"] - now).total_seconds() / 60)
        assert (state["failures"], state["silent_since"]) == (hour + 1, NOON)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]


def test_a_round_whose_time_is_up_goes_on_with_the_next_call(
    services: Services, rounds: Rounds, select: Select
) -> None:
    server = services(SMALL, arbeitsagentur={"hits": 150, "most": 200, "page_size": 20})
    listed = 0
    for more in (20, 20, 20, 20, 20, 20, 20, 10, 0):
        cut = rounds("arbeitsagentur", seconds=0)
        assert (cut.finished, cut.complete, cut.new, cut.error) == (False, False, 0, None)
        assert cut.listed == listed + more
        listed = cut.listed
    (state,) = select("SELECT failures, next_poll_at, succeeded_at FROM source_states")
    assert (state["failures"], state["succeeded_at"]) == (0, None)
    assert NOON <= state["next_poll_at"] < NOON + dt.timedelta(minutes=1)
    done = rounds("arbeitsagentur", seconds=1000)
    assert (done.finished, done.complete, done.listed, done.new) == (True, True, 150, 150)
    assert server.stats()["requests"] == {"ba search": 8, "ba detail": 150}


def test_two_processes_do_not_fetch_one_source_together(
    services: Services, rounds: Rounds, new_database: Callable[[], str], db: Database
) -> None:
    services(arbeitsagentur={"hits": 5})
    with Database(db.url) as other, other.transaction() as connection:
        connection.execute(other.queries["lock_source"], {"source": "arbeitsagentur"})
        with pytest.raises(SourceError, match="by another process"):
            rounds("arbeitsagentur")
    assert rounds("arbeitsagentur").new == 5
