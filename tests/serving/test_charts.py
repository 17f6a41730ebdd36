"""Geometry of the charts: everything stays in the drawing, and no line says more than was counted."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import charts
from serving.charts import ENOUGH_DAYS, Flow, Point

DAY = dt.date(2026, 3, 1)
# Days that were counted, in order, with gaps.
DAYS = st.lists(st.integers(0, 200), min_size=ENOUGH_DAYS, max_size=60, unique=True).map(
    lambda offsets: [DAY + dt.timedelta(days=n) for n in sorted(offsets)]
)
COUNTS = st.integers(0, 2_000_000)


@given(st.integers(0, 10**9), st.integers(1, 10))
def test_an_axis_has_few_round_numbers_from_zero_to_the_top(most: int, parts: int) -> None:
    values = charts.nice_values(most, parts)
    assert values[0] == 0
    assert values[-1] >= most
    assert 2 <= len(values) <= parts + 1
    steps = {two - one for one, two in pairwise(values)}
    assert len(steps) == 1
    assert str(steps.pop()).rstrip("0") in ("1", "2", "5")


@given(DAYS, st.data())
def test_a_line_stays_inside_and_breaks_at_every_gap(days: list[dt.date], data: st.DataObject) -> None:
    points = [Point(day, data.draw(COUNTS)) for day in days]
    drawn = charts.line(points)
    assert drawn is not None
    numbers = [float(one) for path in drawn.paths for one in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", path)]
    for x, y in [*zip(numbers[::2], numbers[1::2], strict=True), *drawn.dots]:
        assert charts.LEFT <= x <= charts.WIDTH - charts.RIGHT
        assert charts.TOP - 0.01 <= y <= charts.HEIGHT - charts.BOTTOM + 0.01
    gaps = sum((two - one).days > 1 for one, two in pairwise(days))
    on_paths = sum(path.count("L") + 1 for path in drawn.paths)
    alone = len(points) - on_paths
    assert len(drawn.paths) + alone == gaps + 1
    assert len(drawn.dots) >= max(1, alone), "a day without neighbours is a dot"
    assert [tick.anchor for tick in drawn.days] == ["start", "middle", "end"]


@given(st.integers(0, ENOUGH_DAYS - 1))
def test_a_few_days_have_no_line(count: int) -> None:
    days = [DAY + dt.timedelta(days=n) for n in range(count)]
    assert charts.line([Point(day, 5) for day in days]) is None
    assert charts.flow_bars([Flow(day, 5, 1) for day in days]) is None
    assert charts.sparkline([Point(day, 5) for day in days]) == ()


@given(DAYS, st.data())
def test_bars_stand_on_the_zero_line_and_are_as_long_as_their_number(days: list[dt.date], data: st.DataObject) -> None:
    flows = [Flow(day, data.draw(COUNTS), data.draw(COUNTS)) for day in days]
    drawn = charts.flow_bars(flows)
    assert drawn is not None
    assert len(drawn.up) == sum(flow.new > 0 for flow in flows)
    assert len(drawn.down) == sum(flow.closed > 0 for flow in flows)
    for bar in drawn.up:
        assert bar.y + bar.height == pytest.approx(drawn.zero, abs=0.03)
    for bar in drawn.down:
        assert bar.y == pytest.approx(drawn.zero, abs=0.03)
    for bar in (*drawn.up, *drawn.down):
        assert bar.x >= charts.LEFT - 0.01
        assert bar.x + bar.width <= charts.WIDTH - charts.RIGHT + 0.5
        assert bar.y >= charts.TOP - 0.02
        assert bar.y + bar.height <= charts.HEIGHT - charts.BOTTOM + 0.02
    longest = max((bar.height for bar in (*drawn.up, *drawn.down)), default=0.0)
    values = [flow.new for flow in flows if flow.new] + [flow.closed for flow in flows if flow.closed]
    for bar, value in zip((*drawn.up, *drawn.down), values, strict=True):
        assert bar.height == pytest.approx(longest * value / max(values), abs=0.02)


@given(DAYS, st.data())
def test_a_sparkline_stays_inside(days: list[dt.date], data: st.DataObject) -> None:
    for path in charts.sparkline([Point(day, data.draw(COUNTS)) for day in days]):
        numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", path)]
        assert all(0 <= x <= charts.SPARK_WIDTH for x in numbers[::2])
        assert all(0 <= y <= charts.SPARK_HEIGHT for y in numbers[1::2])


@given(st.lists(COUNTS, max_size=30))
def test_bars_in_tables_are_shares_of_the_longest(values: list[int]) -> None:
    lengths = charts.shares(values)
    assert len(lengths) == len(values)
    assert all(0 <= one <= 100 for one in lengths)
    if any(values):
        assert lengths[values.index(max(values))] == 100
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [lengths[i] for i in order] == sorted(lengths)
