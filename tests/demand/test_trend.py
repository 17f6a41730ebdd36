"""Against a month ago: which day that is, and when nothing can be said."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.demand.trend import change, month_before

DAY = dt.date(2026, 3, 31)


def days(*back: int) -> list[dt.date]:
    return [DAY - dt.timedelta(days=n) for n in back]


@pytest.mark.parametrize(
    ("counted", "chosen"), [((0, 30), 30), ((0, 28, 31), 31), ((29, 31), 31), ((33,), 33), ((27,), 27)]
)
def test_the_nearest_day_to_thirty_days_before_is_compared(counted: tuple[int, ...], chosen: int) -> None:
    assert month_before(DAY, days(*counted)) == DAY - dt.timedelta(days=chosen)


@given(st.sets(st.integers(0, 26) | st.integers(34, 400)))
def test_another_day_is_no_month_ago(counted: set[int]) -> None:
    assert month_before(DAY, days(*counted)) is None


def test_a_share_is_told_of_enough_postings_only() -> None:
    assert change(DAY, 200, 250) == type(change(DAY, 1, 1))(DAY, 200, 50, 0.25)
    assert change(DAY, 19, 38).share is None
    assert change(DAY, 0, 5).difference == 5
