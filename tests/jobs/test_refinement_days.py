"""Which week is refined next, and how a night is told."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from ty_assets.readings.store import Budget
from ty_jobs.refinement import Refinement, next_days, refinement_line
from ty_jobs.shell import spans

MONDAY = dt.date(2026, 3, 2)


def day(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=number)


def test_the_week_with_most_of_what_is_foremost_comes_first() -> None:
    assert next_days([day(0), day(20), day(22), day(21)], []) == [day(20), day(21), day(22)]


def test_days_left_half_done_come_when_nothing_is_unread() -> None:
    assert next_days([], [day(3), day(9)]) == [day(9)]
    assert next_days([], []) == []


@given(st.lists(st.integers(0, 400), max_size=60), st.lists(st.integers(0, 400), max_size=5))
def test_a_run_never_has_more_than_a_week_and_always_something_to_do(unread: list[int], unfinished: list[int]) -> None:
    days = next_days([day(n) for n in unread], [day(n) for n in unfinished])
    assert len(days) <= 7
    assert days == sorted(set(days))
    wanted = {day(n) for n in unread} or {day(n) for n in unfinished}
    assert bool(days) == bool(wanted)
    assert not wanted or wanted & set(days)


def test_days_are_run_in_spans_without_gaps() -> None:
    assert spans([day(3), day(0), day(1), day(1)]) == [["2026-03-02", "2026-03-03"], ["2026-03-05"]]


def test_a_night_goes_from_noon_to_noon() -> None:
    assert Budget(8, dt.datetime(2026, 3, 3, 2)).night == dt.date(2026, 3, 2)
    assert Budget(8, dt.datetime(2026, 3, 2, 22)).night == dt.date(2026, 3, 2)
    assert Budget(8, dt.datetime(2026, 3, 3, 12)).night == dt.date(2026, 3, 3)


def test_a_night_is_told_with_its_predicted_end() -> None:
    line = refinement_line(Refinement(600, 120, 2.0, 18000, 3600))
    assert "120 postings read tonight, 600 in use are unread" in line
    assert "5:00:00" in line
    assert "1:00:00 of the night" in line


def test_a_server_that_is_away_is_told_instead() -> None:
    assert "nobody answers" in refinement_line(Refinement(0, 0, 0.0, None, 3600, error="nobody answers at http://a"))
