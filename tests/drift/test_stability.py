"""Whether a day has drifted: what moves is found, what is steady is left alone, and how often chance alone alarms."""

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.drift.stability import FEWEST, FEWEST_DAYS, LARGE, Stability, by_chance, index, stability

DAY = dt.date(2026, 3, 29)
SHARES = np.array([0.05, 0.1, 0.2, 0.25, 0.2, 0.15, 0.05])
# Weekdays differ, by as much as the index calls a move.
SUNDAY = np.array([0.15, 0.15, 0.2, 0.2, 0.15, 0.1, 0.05])


def days(rng: np.random.Generator, sizes: list[int], spread: float, *, weekly: bool = True) -> dict[dt.date, Counter]:
    """Four weeks and a day. spread: how much a day's shares move by themselves; 0 for not at all."""
    counts = {}
    for age, size in enumerate(sizes):
        day = DAY - dt.timedelta(days=age)
        shares = SUNDAY if weekly and day.weekday() == 6 else SHARES
        if spread:
            shares = rng.dirichlet(shares / spread)
        counts[day] = Counter(dict(enumerate(rng.multinomial(size, shares).tolist())))
    return counts


def test_a_day_that_moves_far_has_drifted_and_says_what_moved() -> None:
    rng = np.random.default_rng(1)
    counts = days(rng, [1000] * 29, 0.002)
    assert stability(counts, DAY).steady
    counts[DAY] = Counter({0: 600, 3: 400})
    found = stability(counts, DAY)
    assert not found.steady
    assert found.drift is not None
    assert found.limit is not None
    assert found.drift > 1 > found.limit >= LARGE
    assert found.shares is not None
    assert found.shares["0"][0] == pytest.approx(0.6)
    assert found.days == 28


def test_a_bin_that_was_never_there_counts() -> None:
    counts = days(np.random.default_rng(2), [500] * 29, 0.0)
    counts[DAY] = Counter({"new": 200, 3: 300})
    assert not stability(counts, DAY).steady


def test_small_days_and_few_days_pass_and_say_why() -> None:
    counts = days(np.random.default_rng(3), [1000] * 29, 0.0)
    counts[DAY] = Counter({0: FEWEST - 1})
    found = stability(counts, DAY)
    assert (found.steady, found.drift) == (True, None)
    assert f"{FEWEST - 1} are too few" in found.why
    few = {day: count for day, count in counts.items() if day > DAY - dt.timedelta(days=FEWEST_DAYS)}
    few[DAY] = Counter({0: 1000})
    found = stability(few, DAY)
    assert (found.steady, found.drift, found.days) == (True, None, FEWEST_DAYS - 1)
    assert "days before it have" in found.why
    assert stability({}, DAY) == Stability(DAY, 0, 0, why=stability({}, DAY).why)


def test_days_that_are_too_small_or_too_old_are_not_compared_with() -> None:
    counts = days(np.random.default_rng(4), [1000] * 29, 0.0)
    old = DAY - dt.timedelta(days=40)
    counts[old] = Counter({0: 100_000})
    counts[DAY - dt.timedelta(days=3)] = Counter({0: FEWEST - 1})
    assert stability(counts, DAY).days == 27
    assert stability(counts, DAY).steady


@given(
    st.lists(st.integers(0, 500), min_size=2, max_size=8),
    st.lists(st.integers(0, 500), min_size=8, max_size=8),
)
def test_the_index_is_a_distance(one: list[int], other: list[int]) -> None:
    a, b = np.array(one, float), np.array(other[: len(one)], float)
    assert index(a, a) == pytest.approx(0)
    assert index(a, b) == pytest.approx(index(b, a))
    assert index(a, b) >= 0


def test_the_limit_of_chance_is_that_of_samples_of_one_population() -> None:
    rng = np.random.default_rng(5)
    pairs = [(rng.multinomial(4000, SHARES), rng.multinomial(200, SHARES)) for _ in range(2000)]
    over = sum(index(e, a) > by_chance(e, a) for e, a in pairs)
    assert over <= 8, "two of 2,000 are expected"


@pytest.mark.parametrize("day", [DAY, DAY - dt.timedelta(days=4)], ids=["sunday", "wednesday"])
@pytest.mark.parametrize(
    ("sizes", "spread"),
    [([60] * 33, 0.0), ([300] * 33, 0.005), ([16000, 3000, 900] * 11, 0.005)],
)
def test_steady_days_are_hardly_ever_called_drifted(sizes: list[int], spread: float, day: dt.date) -> None:
    # None of 1,000 in each of these; 14 of 1,000 where a day's shares of a fifth move by four points by themselves.
    rng = np.random.default_rng(6)
    alarms = sum(not stability(days(rng, sizes, spread), day).steady for _ in range(100))
    assert alarms <= 1


@pytest.mark.parametrize("size", [60, 300])
def test_a_move_by_more_than_a_standard_deviation_is_found(size: int) -> None:
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(50):
        counts = days(rng, [size] * 29, 0.0 if size == 60 else 0.005)
        counts[DAY] = Counter(dict(enumerate(rng.multinomial(size, np.roll(SHARES, 2)).tolist())))
        found += not stability(counts, DAY).steady
    assert found >= 44
