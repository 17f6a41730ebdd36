"""Pictures of how even-handed a batch was: PNG, for Dagster's metadata and for the page.

Belongs here: drawing. Not here: any number (drift.py, consistency.py, bias.py). No person is named in a picture.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ty_assets.candidate_evaluations.bias import Bias
from ty_assets.candidate_evaluations.consistency import Consistency
from ty_assets.candidate_evaluations.drift import Drift
from ty_assets.candidate_evaluations.estimates import Estimate
from ty_assets.candidate_evaluations.rubric import Rubric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE: Final = (7.2, 3.6)  # inches
_DPI: Final = 110
_BLUE, _ORANGE, _GREY = "#1f5fa8", "#c25a00", "#6b7280"  # told apart without colour vision, on white


def drift_plot(drift: Drift, rubric: Rubric) -> bytes:
    """Scores over their place in the file, the mean of each tenth, and the line through them."""
    figure, axes = _figure()
    lines = np.array([one.line for one in drift.scores])
    scores = np.array([one.score for one in drift.scores])
    axes.scatter(lines, scores, s=4, alpha=0.25, color=_GREY, linewidths=0, label="one candidate")
    if drift.tenths:
        middles = [float(part.mean()) for part in np.array_split(lines, len(drift.tenths))]
        means = [tenth.value for tenth in drift.tenths]
        errors = _errors(drift.tenths)
        axes.errorbar(middles, means, yerr=errors, fmt="o", color=_BLUE, capsize=3, label="mean of a tenth, 95 %")
        ends = np.array([lines.min(), lines.max()])
        width = max(int(ends[1] - ends[0]), 1)
        start = scores.mean() - drift.change.value * (lines.mean() - ends[0]) / width
        axes.plot(ends, [start, start + drift.change.value], color=_ORANGE, label=f"change {drift.change.value:+.2f}")
    axes.set_xlabel("line of the file")
    axes.set_ylabel("overall score")
    axes.set_ylim(rubric.scale.minimum - 0.5, rubric.scale.maximum + 0.5)
    axes.legend(fontsize=8, frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.14))
    return _png(figure)


def consistency_plot(consistency: Consistency, rubric: Rubric) -> bytes:
    """For each candidate asked about again, from the lowest to the highest overall score."""
    figure, axes = _figure()
    ranges = sorted(consistency.ranges, key=sum)
    places = np.arange(1, len(ranges) + 1)
    if ranges:
        low, high = (np.array(side) for side in zip(*ranges, strict=True))
        axes.vlines(places, low, high, color=_BLUE, linewidth=4)
        axes.scatter(places, (low + high) / 2, color=_BLUE, s=14, zorder=3)
    axes.set_xlabel("candidates asked about again, the lowest score first")
    axes.set_ylabel("overall score, all times")
    axes.set_ylim(rubric.scale.minimum - 0.5, rubric.scale.maximum + 0.5)
    return _png(figure)


def bias_plot(bias: Bias, rubric: Rubric) -> bytes:
    """Differences by criterion with their intervals, for gender and for origin, beside the limits."""
    names = {one.key: one.name for one in rubric.criteria} | {"overall": "overall"}
    keys = [key for key in names if key in bias.gender]
    figure, axes = _figure(height=1.6 + 0.5 * len(keys))
    for offset, colour, label, found in (
        (-0.15, _BLUE, "women less men", bias.gender),
        (0.15, _ORANGE, "foreign less local names", bias.origin),
    ):
        _differences(axes, keys, found, offset, colour, label)
    axes.axvspan(-bias.limit, bias.limit, color=_GREY, alpha=0.15, linewidth=0)
    axes.axvline(0, color=_GREY, linewidth=1)
    axes.set_yticks(range(len(keys)), [names[key][:32] for key in keys])
    axes.invert_yaxis()
    axes.set_xlabel("points of difference, 95 %")
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _png(figure)


def as_markdown(png: bytes, what: str) -> str:
    """A picture that Markdown shows without a file."""
    return f"![{what}](data:image/png;base64,{base64.b64encode(png).decode()})"


def _differences(
    axes: "Axes", keys: Sequence[str], found: Mapping[str, Estimate], offset: float, colour: str, label: str
) -> None:
    estimates = [found[key] for key in keys]
    axes.errorbar(
        [one.value for one in estimates],
        [place + offset for place in range(len(keys))],
        xerr=_errors(estimates),
        fmt="o",
        color=colour,
        capsize=3,
        markersize=4,
        label=label,
    )


def _errors(estimates: Sequence[Estimate]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    return np.array(
        [[max(one.value - one.low, 0.0) if one.count > 2 else 0.0 for one in estimates],
         [max(one.high - one.value, 0.0) if one.count > 2 else 0.0 for one in estimates]]
    )  # fmt: skip


def _figure(height: float = _SIZE[1]) -> "tuple[Figure, Axes]":
    """Drawn without pyplot, which keeps every figure until it is told not to, and is not for threads."""
    # Imported here: it takes half a second, and most runs draw nothing.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_SIZE[0], height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(axis="both", color="#e5e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    # Without the library's version and the time: the same numbers are the same picture.
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()
