"""How even-handed an evaluation was, in a reader's words and as drawings: other names, once more, along the file.

Belongs here: sentences and geometry, from figures. Not here: the figures (ty_assets/candidate_evaluations/quality.py
and what it rests on), asking (probes.py there), and markup (`templates/evaluation.html`).
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from serving.batches.watching import Shown
from serving.language import Language
from ty_assets.candidate_evaluations.bias import FEWEST as FEWEST_NAMED
from ty_assets.candidate_evaluations.bias import Bias
from ty_assets.candidate_evaluations.consistency import Consistency
from ty_assets.candidate_evaluations.drift import FEWEST as FEWEST_SCORES
from ty_assets.candidate_evaluations.drift import Drift
from ty_assets.candidate_evaluations.estimates import Estimate
from ty_assets.candidate_evaluations.quality import Quality, quality
from ty_assets.candidate_evaluations.rubric import OVERALL, Rubric, Scale
from ty_resources.postgres import Database

Kind = Literal["consistency", "bias", "drift"]
Verdict = Literal["passed", "noticed", "few"]

# In the drawing's own units; as wide as a phone shows it, so that its letters are not shrunk there.
WIDTH: Final = 360.0
HEIGHT: Final = 150.0
LEFT: Final = 34.0
RIGHT: Final = 8.0
TOP: Final = 10.0
BOTTOM: Final = 22.0
_REMEMBERED: Final = 100
_PATIENCE: Final = 2.0


@dataclass(frozen=True)
class Mark:
    """A value with what it may be as well: a dot at (x, y) on a line from low to high."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Drawing:
    """ticks: (y, label). labels: (x, text). band: (y, height) of differences that do not matter."""

    ticks: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    labels: tuple[tuple[float, str], ...] = ()
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Finding:
    """told: sentences. drawing: None where there is too little to draw."""

    kind: Kind
    verdict: Verdict
    told: tuple[str, ...]
    drawing: Drawing | None = None


class KnownQuality:
    """What was found of evaluations that have ended; read once each, in a thread. Used by the event loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[str, Quality] = OrderedDict()
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def of(self, shown: Shown, rubric: Rubric) -> Quality | None:
        """None before the end, and where reading takes longer than one waits."""
        key = shown.batch_id
        if not shown.has_ended or not shown.row["completed"]:
            return None
        if key not in self._known:
            task = self._reading.get(key)
            if task is None or task.done():
                task = self._reading[key] = asyncio.create_task(self._read(key, rubric))
            await asyncio.wait({task}, timeout=_PATIENCE)
        return self._known.get(key)

    async def _read(self, key: str, rubric: Rubric) -> None:
        try:
            self._known[key] = await asyncio.to_thread(quality, self._db, key, rubric)
        finally:
            self._reading.pop(key, None)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def findings(t: Language, found: Quality, rubric: Rubric) -> list[Finding]:
    """In the order of what a reader should know first: is it fair, is it steady, did it change on the way."""
    return [
        _of_bias(t, found.bias),
        _of_consistency(t, found.consistency, rubric.scale),
        _of_drift(t, found.drift, rubric.scale),
    ]


def _of_bias(t: Language, found: Bias) -> Finding:
    if found.candidates < FEWEST_NAMED:
        return Finding("bias", "few", (t("quality.bias.few", fewest=FEWEST_NAMED),))
    sides = [("gender", found.gender[OVERALL]), ("origin", found.origin[OVERALL])]
    sides = [(name, one) for name, one in sides if one.count]
    told = [t("quality.bias.asked", count=found.candidates)]
    told += [
        t(f"quality.bias.{name}", **_interval(t, one)) if any(_ends(one)) else t(f"quality.bias.{name}.same")
        for name, one in sides
    ]
    told.append(t("quality.limit", limit=_number(t, found.limit)))
    reach = max([3 * found.limit, *(abs(end) for _, one in sides for end in _ends(one))])
    drawing = _drawn(t, [one for _, one in sides], -reach, reach, [t(f"quality.axis.{name}") for name, _ in sides])
    return Finding(
        "bias", "passed" if found.passed else "noticed", tuple(told), _with_band(drawing, found.limit, reach)
    )


def _of_consistency(t: Language, found: Consistency, scale: Scale) -> Finding:
    if not found.candidates:
        return Finding("consistency", "few", (t("quality.consistency.few"),))
    told = [
        t("quality.consistency.asked", count=found.candidates, times=found.repeats, same=t.percent(found.identical))
    ]
    if found.widest:
        told.append(
            t("quality.consistency.apart", apart=_number(t, found.tells_apart), widest=_number(t, found.widest))
        )
    ranges = sorted(found.ranges, key=sum)
    estimates = [Estimate((low + high) / 2, low, high, found.repeats + 1) for low, high in ranges]
    drawing = _drawn(t, estimates, scale.minimum, scale.maximum)
    return Finding("consistency", "passed" if found.passed else "noticed", tuple(told), drawing)


def _of_drift(t: Language, found: Drift, scale: Scale) -> Finding:
    if not found.enough:
        return Finding("drift", "few", (t("quality.drift.few", fewest=FEWEST_SCORES),))
    told = [t("quality.drift.change", **_interval(t, found.change))]
    if found.is_the_models:
        told.append(t("quality.drift.model"))
    elif found.drifts:
        told.append(t("quality.drift.sorted" if found.is_the_models is False else "quality.drift.unclear"))
    told.append(t("quality.limit", limit=_number(t, found.limit)))
    drawing = _drawn(t, found.tenths, scale.minimum, scale.maximum)
    return Finding("drift", "passed" if found.passed else "noticed", tuple(told), drawing)


def _interval(t: Language, one: Estimate) -> dict[str, str]:
    low, high = _ends(one)
    return {"value": _signed(t, one.value), "low": _signed(t, low), "high": _signed(t, high)}


def _ends(one: Estimate) -> tuple[float, float]:
    """Of the interval; of too few values the value itself."""
    return (one.value, one.value) if math.isnan(one.low) or math.isnan(one.high) else (one.low, one.high)


def _number(t: Language, value: float) -> str:
    return t.number(round(value, 2))


def _signed(t: Language, value: float) -> str:
    rounded = round(value, 2)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else '±'}{t.number(abs(rounded))}"


def _drawn(
    t: Language, estimates: Sequence[Estimate], least: float, most: float, labels: Sequence[str] = ()
) -> Drawing | None:
    """One mark after the other from left to right; least, most: of the axis."""
    if not estimates:
        return None
    slot = (WIDTH - LEFT - RIGHT) / len(estimates)
    places = [round(LEFT + slot * (number + 0.5), 2) for number in range(len(estimates))]
    marks = []
    for x, one in zip(places, estimates, strict=True):
        low, high = (min(max(end, least), most) for end in _ends(one))
        marks.append(Mark(x, *(_y(value, least, most) for value in (one.value, low, high))))
    shown = dict.fromkeys((least, round((least + most) / 2, 2), most))
    return Drawing(
        ticks=tuple((_y(value, least, most), t.number(round(value, 2))) for value in shown),
        marks=tuple(marks),
        labels=tuple(zip(places, labels, strict=True)) if labels else (),
    )


def _with_band(drawing: Drawing | None, limit: float, reach: float) -> Drawing | None:
    if drawing is None:
        return None
    top, bottom = _y(limit, -reach, reach), _y(-limit, -reach, reach)
    ticks = ((_y(0, -reach, reach), "0"),)
    return Drawing(ticks, drawing.marks, drawing.labels, (top, round(bottom - top, 2)))


def _y(value: float, least: float, most: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - least) / (most - least), 2)
