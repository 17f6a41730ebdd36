"""How fast a stage works, from its commits alone."""

from itertools import accumulate

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ty_assets.health.pace import Commit, pace_of

gaps = st.lists(st.floats(0.5, 2.0), min_size=12, max_size=80)
sizes = st.integers(1, 200)


def commits(gaps: list[float], rows: int, start: float = 1_000_000.0) -> list[Commit]:
    return [Commit(at, rows) for at in accumulate(gaps, initial=start)]


@given(st.integers(2, 300), st.floats(0.01, 100), sizes)
def test_commits_at_a_steady_pace_give_that_pace(count: int, gap: float, rows: int) -> None:
    made = [Commit(n * gap, rows) for n in range(count)]
    pace = pace_of(made, made[-1].at)
    assert pace.per_second == pytest.approx(rows / gap)
    assert pace.seconds_for(10 * rows) == pytest.approx(10 * gap)
    assert pace.working


@given(gaps, sizes, st.floats(121, 400_000), st.integers(1, 10))
def test_a_pause_changes_nothing(gaps: list[float], rows: int, pause: float, place: int) -> None:
    whole = [Commit(at, rows) for at in accumulate([1.0] * 60, initial=0.0)]
    cut = whole[: place * 5]
    resumed = [Commit(c.at + pause, c.rows) for c in whole[place * 5 :]]
    # The first commit after the pause tells nothing, and neither does the time before it.
    assert pace_of(cut + resumed, resumed[-1].at).per_second == pytest.approx(rows)


@given(gaps, sizes)
def test_the_pace_lies_between_the_slowest_and_the_fastest_gap(gaps: list[float], rows: int) -> None:
    made = commits(gaps, rows)
    pace = pace_of(made, made[-1].at).per_second
    assert pace is not None
    assert rows / max(gaps) * 0.999 <= pace <= rows / min(gaps) * 1.001


@given(gaps, sizes, st.floats(-1e6, 1e6))
def test_another_clock_gives_the_same_pace(gaps: list[float], rows: int, offset: float) -> None:
    made = commits(gaps, rows)
    moved = [Commit(c.at + offset, c.rows) for c in made]
    assert pace_of(moved, moved[-1].at).per_second == pytest.approx(pace_of(made, made[-1].at).per_second, rel=1e-3)


@given(gaps, st.lists(sizes, min_size=81, max_size=81), st.randoms())
def test_the_order_of_commits_and_how_they_are_cut_up_do_not_matter(gaps: list[float], rows: list[int], rng) -> None:
    made = [Commit(c.at, n) for c, n in zip(commits(gaps, 1), rows, strict=False)]
    parts = [part for c in made for part in (Commit(c.at, 1), Commit(c.at, c.rows - 1))]
    rng.shuffle(parts)
    assert pace_of(parts, made[-1].at) == pace_of(made, made[-1].at)


@given(st.integers(40, 200), st.floats(0.02, 0.9), sizes)
def test_a_slow_beginning_is_outgrown_by_the_time_it_is_half_of_what_is_seen(
    count: int, slow: float, rows: int
) -> None:
    assume(rows * count >= 60)
    begin = [Commit(n / slow, rows) for n in range(max(2, int(slow * count)))]
    steady = [Commit(begin[-1].at + n, rows) for n in range(1, count + 2)]
    if steady[-1].at - steady[0].at < begin[-1].at - begin[0].at:
        return
    assert pace_of(begin + steady, steady[-1].at).per_second == pytest.approx(rows, rel=0.1)


def test_bursts_are_told_by_when_they_come_not_by_their_size() -> None:
    bursts = [Commit(60.0 * n, 128) for n in range(20)]
    assert pace_of(bursts, bursts[-1].at).per_second == pytest.approx(128 / 60)


def test_one_commit_tells_no_pace_and_none_tells_nothing() -> None:
    assert pace_of([Commit(5.0, 128)], 6.0).per_second is None
    nothing = pace_of([], 6.0)
    assert (nothing.per_second, nothing.working) == (None, False)
    assert nothing.seconds_for(10) is None
    assert nothing.seconds_for(0) == 0.0


def test_a_commit_that_is_late_slows_the_pace_until_it_is_a_pause() -> None:
    made = [Commit(float(n), 10) for n in range(60)]
    assert pace_of(made, 60.0).per_second == pytest.approx(10)
    late = pace_of(made, 59.0 + 100)
    assert late.working
    assert late.per_second is not None
    assert late.per_second < 8
    stopped = pace_of(made, 59.0 + 1000)
    assert not stopped.working
    assert stopped.per_second == pytest.approx(10)


def test_a_model_that_needs_half_a_minute_is_not_taken_for_one_that_pauses() -> None:
    made = [Commit(30.0 * n, 1) for n in range(40)]
    pace = pace_of(made, made[-1].at + 200)
    assert pace.working
    assert pace_of(made, made[-1].at).per_second == pytest.approx(1 / 30)


def test_stages_that_take_turns_wait_for_each_other_and_that_is_no_pause() -> None:
    turns = [600.0 * n for n in range(6)]
    first = [Commit(turn + second, 128) for turn in turns for second in range(10)]
    second = [turn + 300 + second for turn in turns for second in range(0, 290, 10)]
    other = [turn + 10 + second for turn in turns for second in range(0, 290, 10)]
    alone = pace_of(first, 3600.0)
    together = pace_of(first, 3590.0, [*other, *second])
    assert alone.per_second == pytest.approx(128, rel=0.1)
    assert together.per_second == pytest.approx(60 * 128 / 3600, rel=0.2)


def test_only_the_last_hour_of_work_counts() -> None:
    yesterday = [Commit(10.0 * n, 1) for n in range(1000)]
    today = [Commit(100_000.0 + n, 1) for n in range(3601)]
    assert pace_of(yesterday + today, today[-1].at).per_second == pytest.approx(1.0)
