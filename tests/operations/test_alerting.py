"""What is wrong, when it is over, and its words."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_jobs.alerting import Observation, Work, is_wrong, latest, over, safe, words

AT = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)
DAY = "dagster/partition"
FIRST, LAST = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
days = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)).map(dt.date.isoformat)


def incident(number: int, kind: str, subject: str, opened_at: dt.datetime = AT) -> dict:
    return {"incident_id": number, "kind": kind, "subject": subject, "opened_at": opened_at}


@given(st.sampled_from(["postings_job", "assets[a,b]"]), days, days)
def test_a_subject_says_which_work_it_is(job: str, one: str, other: str) -> None:
    work = Work(job, min(one, other), max(one, other))
    assert Work.parse(work.subject) == work
    assert Work.parse(Work(job).subject) == Work(job)


def test_a_run_is_named_by_its_job_its_partitions_and_its_assets_if_not_all() -> None:
    assert Work.of("people_job", {DAY: "003"}).subject == "people_job 003"
    assert Work.of("postings_job", {FIRST: "2026-03-02", LAST: "2026-03-04"}).subject == (
        "postings_job 2026-03-02..2026-03-04"
    )
    assert Work.of("__ASSET_JOB", {DAY: "2026-03-02"}, ["postings", "embeddings"]).subject == (
        "assets[embeddings,postings] 2026-03-02"
    )
    assert Work.of("sweep_job", {}).subject == "sweep_job"


@pytest.mark.parametrize(
    ("done", "is_over"),
    [
        ("postings_job 2026-03-02", True),
        ("postings_job 2026-03-01..2026-03-07", True),
        ("postings_job 2026-03-03", False),
        ("postings_job", False),
        ("refinement_job 2026-03-02", False),
        ("postings_job[embeddings] 2026-03-02", False),
    ],
)
def test_a_failed_run_is_over_when_a_run_did_all_of_its_work(done: str, is_over: bool) -> None:
    seen = [Observation("run", done, False, AT + dt.timedelta(hours=1))]
    assert (1 in over(seen, [incident(1, "run", "postings_job 2026-03-02")])) is is_over


def test_a_whole_job_does_the_work_of_some_of_its_assets_too() -> None:
    assert Work("postings_job").covers(Work("postings_job[embeddings]"))
    assert not Work("postings_job[embeddings]").covers(Work("postings_job"))


def test_what_succeeded_before_it_failed_ends_nothing() -> None:
    seen = [Observation("run", "postings_job 2026-03-02", False, AT - dt.timedelta(seconds=1))]
    assert over(seen, [incident(1, "run", "postings_job 2026-03-02")]) == {}


def test_a_check_is_over_when_it_passes_and_no_other_is() -> None:
    seen = [Observation("check", "postings.a", False, AT), Observation("check", "postings.b", True, AT)]
    open_ = [
        incident(1, "check", "postings.a"),
        incident(2, "check", "postings.b"),
        incident(3, "source", "postings.a"),
    ]
    assert over(seen, open_) == {1: AT}


def test_of_a_subject_the_last_word_counts() -> None:
    seen = [
        Observation("check", "a", True, AT),
        Observation("check", "b", True, AT),
        Observation("check", "a", False, AT),
    ]
    assert [(one.subject, one.wrong) for one in latest(seen)] == [("b", True), ("a", False)]


def test_days_and_buckets_never_overlap() -> None:
    assert not Work("people_job", "200", "210").overlaps(Work("postings_job", "2026-03-02", "2026-03-02"))
    assert Work("a", "2026-03-02", "2026-03-05").overlaps(Work("b", "2026-03-05", "2026-03-09"))
    assert not Work("a", "2026-03-02", "2026-03-05").overlaps(Work("b", "2026-03-06", "2026-03-09"))


@pytest.mark.parametrize(
    ("passed", "severity", "alert_on", "wrong"),
    [
        (False, "ERROR", "error", True),
        (False, "WARN", "error", False),
        (False, "WARN", "warn", True),
        (True, "ERROR", "warn", False),
    ],
)
def test_warnings_are_told_on_request(passed: bool, severity: str, alert_on: str, wrong: bool) -> None:
    assert is_wrong(passed, severity, alert_on) is wrong  # type: ignore[arg-type]


@given(st.text(max_size=2000))
def test_a_message_is_one_short_line(text: str) -> None:
    told = safe(text)
    assert len(told) <= 500
    assert len(told.splitlines()) <= 1


def test_a_message_gives_no_password_away() -> None:
    told = safe("no answer of https://anna:secret@host:11434/api and postgresql://me:other@db/ty\nmore")
    assert told == "no answer of https://…@host:11434/api and postgresql://…@db/ty"


def test_words_say_what_since_when_and_where_to_look() -> None:
    told = incident(1, "run", "postings_job 2026-03-02") | {
        "closed_at": None, "message": "Failed at embeddings (ServerDown).", "link": "/runs/abc",
    }  # fmt: skip
    berlin = dt.timezone(dt.timedelta(hours=1))
    title, text = words(told, "http://127.0.0.1:3333", berlin)
    assert title == "ty: Run failed: postings_job 2026-03-02"
    assert text == (
        "Failed at embeddings (ServerDown).\nSince 2026-03-02 11:00.\n"
        "See http://127.0.0.1:3333/runs/abc and `ty health`."
    )
    title, text = words({**told, "closed_at": AT + dt.timedelta(hours=2)}, "http://127.0.0.1:3333", berlin)
    assert title == "ty: Over: run failed: postings_job 2026-03-02"
    assert "From 2026-03-02 11:00 to 2026-03-02 13:00." in text
