"""Where the lines, bars and ticks of a chart go. Pure: numbers in, places in the drawing out.

Belongs here: geometry, in the drawing's own units. Not here: markup (`templates/charts.html`), colours (`market.css`)
and which numbers are shown. A line says only what was counted: it breaks where days are missing, and there is none
over a few days.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# A drawing is as wide as a phone shows it, so its letters are not shrunk there.
WIDTH: Final = 360.0
HEIGHT: Final = 180.0
LEFT: Final = 44.0
RIGHT: Final = 8.0
TOP: Final = 10.0
BOTTOM: Final = 24.0
SPARK_WIDTH: Final = 90.0
SPARK_HEIGHT: Final = 24.0
# Days counted below which a line would tell of chance.
ENOUGH_DAYS: Final = 7
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True)
class Point:
    """What was counted on a day."""

    day: dt.date
    value: int


@dataclass(frozen=True)
class Flow:
    """What came and went on a day."""

    day: dt.date
    new: int
    closed: int


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it stands, and the number there."""

    at: float
    value: int


@dataclass(frozen=True)
class DayTick:
    at: float
    day: dt.date
    anchor: str  # SVG's text-anchor, so that no date leaves the drawing


@dataclass(frozen=True)
class Line:
    """paths: one for each stretch of days without a gap. dots: days with a gap on either side, and the last day."""

    paths: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    ticks: tuple[Tick, ...]
    days: tuple[DayTick, ...]


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bars:
    """up: what came, above the zero line. down: what went, below it."""

    up: tuple[Bar, ...]
    down: tuple[Bar, ...]
    zero: float
    ticks: tuple[Tick, ...]
    days: tuple[DayTick, ...]


def nice_step(most: int, parts: int = 4) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... of which `parts` reach `most`."""
    rough = max(1.0, most / parts)
    scale = 10 ** math.floor(math.log10(rough))
    return next(step * scale for step in (*_STEPS, 10) if step * scale >= rough)


def nice_values(most: int, parts: int = 4) -> list[int]:
    """Round numbers from 0 up to or just over `most`, evenly spaced; at least 0 and 1."""
    step = nice_step(most, parts)
    return list(range(0, step * max(1, math.ceil(most / step)) + 1, step))


def line(points: Sequence[Point]) -> Line | None:
    """The line of an active count over days; None for fewer than ENOUGH_DAYS. points: by day, each day once."""
    if len(points) < ENOUGH_DAYS:
        return None
    values = nice_values(max(point.value for point in points))
    first, last = points[0].day, points[-1].day
    places = [(_x(point.day, first, last), _y(point.value, values[-1])) for point in points]
    runs = _stretches([point.day for point in points])
    alone = [places[start] for start, end in runs if end - start == 1 and end < len(points)]
    return Line(
        tuple(_path(places[start:end]) for start, end in runs if end - start > 1),
        (*alone, places[-1]),
        tuple(Tick(_y(value, values[-1]), value) for value in values),
        _day_ticks(first, last),
    )


def flow_bars(flows: Sequence[Flow]) -> Bars | None:
    """New postings upwards, closed ones downwards; None for fewer than ENOUGH_DAYS. flows: by day, each day once."""
    if len(flows) < ENOUGH_DAYS:
        return None
    first, last = flows[0].day, flows[-1].day
    up, down = max(flow.new for flow in flows), max(flow.closed for flow in flows)
    step = nice_step(up + down)
    above, below = step * math.ceil(max(up, 1) / step), step * math.ceil(down / step)
    unit = (HEIGHT - TOP - BOTTOM) / (above + below)
    zero = TOP + above * unit
    slot = (WIDTH - LEFT - RIGHT) / ((last - first).days + 1)
    width = max(0.5, slot * 0.7)

    def bar(day: dt.date, value: int, *, upwards: bool) -> Bar:
        x = LEFT + (day - first).days * slot + (slot - width) / 2
        return Bar(
            round(x, 2), round(zero - value * unit if upwards else zero, 2), round(width, 2), round(value * unit, 2)
        )

    return Bars(
        tuple(bar(flow.day, flow.new, upwards=True) for flow in flows if flow.new),
        tuple(bar(flow.day, flow.closed, upwards=False) for flow in flows if flow.closed),
        round(zero, 2),
        tuple(Tick(round(zero - value * unit, 2), abs(value)) for value in range(-below, above + 1, step)),
        _day_ticks(first, last),
    )


def sparkline(points: Sequence[Point]) -> tuple[str, ...]:
    """A small line without axes, from 0 upwards; nothing for fewer than ENOUGH_DAYS."""
    if len(points) < ENOUGH_DAYS:
        return ()
    most = max(1, *(point.value for point in points))
    first, span = points[0].day, max(1, (points[-1].day - points[0].day).days)
    places = [
        (
            round(1 + (SPARK_WIDTH - 2) * (point.day - first).days / span, 2),
            round(SPARK_HEIGHT - 2 - (SPARK_HEIGHT - 4) * point.value / most, 2),
        )
        for point in points
    ]
    return tuple(
        _path(places[start:end]) for start, end in _stretches([point.day for point in points]) if end - start > 1
    )


def shares(values: Sequence[float]) -> list[float]:
    """How long the bar of each value is, in percent of the longest."""
    most = max(values, default=0)
    return [round(100 * value / most, 1) if most > 0 else 0.0 for value in values]


def _x(day: dt.date, first: dt.date, last: dt.date) -> float:
    span = max(1, (last - first).days)
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / span, 2)


def _y(value: float, most: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most, 2)


def _stretches(days: Sequence[dt.date]) -> list[tuple[int, int]]:
    """(first, behind the last) index of each run of days that follow each other."""
    breaks = [i + 1 for i, (one, two) in enumerate(pairwise(days)) if (two - one).days > 1]
    return list(pairwise([0, *breaks, len(days)]))


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in places)


def _day_ticks(first: dt.date, last: dt.date) -> tuple[DayTick, ...]:
    middle = first + (last - first) / 2
    return (
        DayTick(_x(first, first, last), first, "start"),
        DayTick(_x(middle, first, last), middle, "middle"),
        DayTick(_x(last, first, last), last, "end"),
    )
