"""When work ends that is done some hours a night."""

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ty_assets.health.nights import end_within_nights

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = dt.datetime(2026, 3, 2, 22, 0, tzinfo=BERLIN)


def test_what_fits_into_tonight_ends_tonight() -> None:
    assert end_within_nights(EVENING, 3600, 3600, 8) == EVENING + dt.timedelta(hours=1)


def test_what_is_over_begins_again_at_the_next_noon() -> None:
    assert end_within_nights(EVENING, 2 * 3600, 3600, 8) == dt.datetime(2026, 3, 3, 13, tzinfo=BERLIN)
    morning = EVENING.replace(hour=9)
    assert end_within_nights(morning, 3600, 0, 8) == dt.datetime(2026, 3, 2, 13, tzinfo=BERLIN)


def test_whole_nights_are_filled_one_after_the_other() -> None:
    work = (1 + 8 + 8 + 0.5) * 3600
    assert end_within_nights(EVENING, work, 3600, 8) == dt.datetime(2026, 3, 5, 12, 30, tzinfo=BERLIN)
    assert end_within_nights(EVENING, 17 * 3600, 3600, 8) == dt.datetime(2026, 3, 4, 20, tzinfo=BERLIN)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 50_000), st.floats(0.1, 24))
def test_more_work_never_ends_earlier_and_never_before_it_is_done(
    work: float, more: float, left: float, hours: float
) -> None:
    end = end_within_nights(EVENING, work, left, hours)
    assert end >= EVENING + dt.timedelta(seconds=min(work, left))
    later = end_within_nights(EVENING, work + more, left, hours)
    assert later >= end - dt.timedelta(milliseconds=1)
