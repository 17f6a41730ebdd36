"""From cosines to credit: what a similarity of one embedding model is worth.

Absolute cosines differ between models and are never compared with a constant: each model has a `Calibration`,
fitted on labelled pairs of terms, and everything downstream speaks of credit. Belongs here: the curve, its
fit and the packaged fits. Not here: where a calibration is stored (`calibrations` table), and any encoder.
"""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ty_resources.inference.task import Encode

PACKAGE = "ty_assets.matching"
OWN = "own-"  # how the version of a calibration begins that was fitted on pairs of one's own
MAX_KNOTS = 8

# Terms that merely neighbour each other ("wound management", "project management") are worth this much on
# average in pairs labelled as hard as ours; it is what chance earns, and is taken off: credit = (worth -
# chance) / (1 - chance), as Cohen's kappa corrects agreement. Otherwise a person with many skills would
# collect, from chance neighbours alone, what a nonsense phrase scores.
CHANCE = 0.35

LABELS = (0.0, 0.5, 1.0)
AKIN = 0.5
NOISE_QUANTILE = 0.95  # this share of the noise phrases earns nothing from any term
Pair = tuple[str, str, float, str]  # two texts, their label and their languages


@dataclass(frozen=True, slots=True)
class Calibration:
    """A non-decreasing, piecewise linear curve from cosine to credit in [0, 1], for one embedding model."""

    model: str
    cosines: tuple[float, ...]  # ascending
    credits: tuple[float, ...]  # ascending, the first is 0
    pairs: int
    version: str

    def __post_init__(self) -> None:
        if len(self.cosines) != len(self.credits) or not self.cosines:
            raise ValueError(f"calibration of {self.model}: as many cosines as credits, and at least one")
        if np.any(np.diff(self.cosines) <= 0):
            raise ValueError(f"calibration of {self.model}: cosines must ascend, got {self.cosines}")
        if np.any(np.diff(self.credits) < 0) or min(self.credits) < 0 or max(self.credits) > 1:
            raise ValueError(f"calibration of {self.model}: credits must ascend in [0, 1], got {self.credits}")

    def versioned(self, prefix: str) -> "Calibration":
        """The same curve under a version that says where it comes from."""
        return replace(self, version=f"{prefix}{self.version}")

    def credit(self, cosines: ArrayLike) -> NDArray[np.float32]:
        """Credit of each cosine, any shape; flat beyond the first and the last knot. NaN is worth nothing."""
        values = np.asarray(cosines, dtype=np.float64)
        values = np.where(np.isnan(values), -1.0, values)
        at, worth = _curve(self.cosines, self.credits)
        return np.interp(values, at, worth).astype(np.float32)


@lru_cache(maxsize=16)
def _curve(cosines: tuple[float, ...], credits: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """As arrays, which interpolating would make of them at every call."""
    return np.array(cosines, dtype=np.float64), np.array(credits, dtype=np.float64)


def fit(
    cosines: ArrayLike,
    labels: ArrayLike,
    *,
    model: str,
    version: str | None = None,
    max_knots: int = MAX_KNOTS,
    floor: float = -1.0,
) -> Calibration:
    """The curve that best explains labelled pairs: isotonic regression, reduced to a few knots.

    cosines: (n,) of pairs of terms. labels: (n,) in [0, 1]: 1 the same thing, 0.5 akin (one helps a good
    deal with the other), 0 neither. Pool adjacent violators (Barlow et al., 1972) gives a step function;
    its steps' centres are joined by lines, steps that a line already explains are left out, and what is
    not above CHANCE is 0, and so is every cosine up to `floor`, which noise reaches (`noise_floor`). Equal
    cosines and labels give an equal curve, whatever their order.
    """
    from sklearn.isotonic import IsotonicRegression

    x = np.asarray(cosines, dtype=np.float64)
    y = np.asarray(labels, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or len(x) < 2:
        raise ValueError(f"need as many cosines as labels, two or more; got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("cosines and labels must be finite")
    order = np.lexsort((y, x))
    x, y = x[order] + 0.0, y[order]  # -0.0 is 0.0, or equal pairs would have two versions
    steps = IsotonicRegression(y_min=0.0, y_max=1.0, increasing=True).fit_transform(x, y)

    starts = np.flatnonzero(np.r_[True, np.diff(steps) > 1e-12])
    ends = np.r_[starts[1:], len(x)]
    centres = np.add.reduceat(x, starts) / (ends - starts)
    values = steps[starts]
    weights = (ends - starts).astype(np.float64)

    kept = values > CHANCE
    if not kept.any():
        knots_x, knots_y = np.array([1.0]), np.array([0.0])
    else:
        first = int(np.argmax(kept))
        # The curve leaves 0 at the last cosine that is still chance.
        leaves = x[ends[first - 1] - 1] if first else centres[0] - 0.05
        knots_x = np.r_[min(leaves, centres[first] - 1e-3), centres[first:]]
        knots_y = np.r_[0.0, (values[first:] - CHANCE) / (1.0 - CHANCE)]
        knots_x, knots_y = _above(knots_x, knots_y, floor)
        knots_x, knots_y = _fewer(knots_x, knots_y, np.r_[1.0, weights[len(weights) - len(knots_x) + 1 :]], max_knots)
    knots_x, knots_y = np.round(knots_x, 4), np.round(knots_y, 4)
    distinct = np.r_[True, np.diff(knots_x) > 0]
    digest = hashlib.sha256(np.c_[x, y].round(4).tobytes() + f"{floor:.4f}".encode()).hexdigest()[:8]
    return Calibration(
        model=model,
        cosines=tuple(knots_x[distinct].tolist()),
        credits=tuple(knots_y[distinct].tolist()),
        pairs=len(x),
        version=version or digest,
    )


def _above(
    x: NDArray[np.float64], y: NDArray[np.float64], floor: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The curve with credit 0 up to the floor; from there a line leads to its next knot."""
    if x[0] >= floor:
        return x, y
    kept = x > floor + 1e-3
    if not kept.any():  # flat beyond its last knot: it rises right behind the floor
        return np.array([floor, floor + 0.01]), np.array([0.0, y[-1]])
    return np.r_[floor, x[kept]], np.r_[0.0, y[kept]]


def _fewer(
    x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64], limit: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Leave out, one by one, the inner knot whose loss changes the curve least, by pairs it stands for."""
    keep = list(range(len(x)))
    while len(keep) > max(limit, 2):
        losses = []
        for before, knot, after in zip(keep, keep[1:], keep[2:], strict=False):
            share = (x[knot] - x[before]) / (x[after] - x[before])
            line = y[before] + share * (y[after] - y[before])
            losses.append(weights[knot] * abs(line - y[knot]))
        del keep[int(np.argmin(losses)) + 1]
    return x[keep], y[keep]


@dataclass(frozen=True)
class Measured:
    """What a model says of labelled pairs and of noise. cosines, labels, languages: (n,) of the `pairs` it can encode.

    noise: (m,) the highest cosine of each noise phrase with any of the terms.
    """

    cosines: NDArray[np.float64]
    labels: NDArray[np.float64]
    languages: NDArray[np.str_]
    noise: NDArray[np.float64]
    pairs: Sequence[Pair] = ()

    def fit(self, model: str, chosen: NDArray[np.bool_] | None = None) -> Calibration:
        """The curve of these pairs, or of the chosen ones, above what noise reaches."""
        some = np.ones(len(self.cosines), dtype=bool) if chosen is None else chosen
        return fit(self.cosines[some], self.labels[some], model=model, floor=noise_floor(self.noise))


def measure(encode: Encode, pairs: Sequence[Pair]) -> Measured:
    """Cosines of the pairs, and how near noise comes to the terms that are the same as or akin to another."""
    terms = sorted({text for a, b, label, _ in pairs if label > 0 for text in (a, b)})
    texts = sorted({text for a, b, _, _ in pairs for text in (a, b)})
    row = {text: i for i, text in enumerate(texts)}
    vectors = encode(texts)
    cosines = np.array([float(vectors[row[a]] @ vectors[row[b]]) for a, b, _, _ in pairs])
    near = np.nan_to_num(encode(noise_phrases()), nan=0.0) @ np.nan_to_num(vectors[[row[t] for t in terms]], nan=0.0).T
    known = np.isfinite(cosines)
    return Measured(
        cosines[known],
        np.array([label for _, _, label, _ in pairs])[known],
        np.array([languages for *_, languages in pairs])[known],
        near.max(axis=1).astype(np.float64) if near.size else np.zeros(0),
        [pair for pair, good in zip(pairs, known, strict=True) if good],
    )


def noise_floor(noise: NDArray[np.float64]) -> float:
    """The cosine that a phrase without any meaning for a skill reaches with the nearest of many skills, as a rule.

    A facet is compared with all skills of a person and the best counts, so what chance earns is a matter of the
    nearest of many, not of one pair. The quantile leaves room for a phrase that is no noise to this model.
    """
    return round(float(np.quantile(noise, NOISE_QUANTILE)), 4) if len(noise) else -1.0


def packaged(model: str) -> Calibration:
    """The calibration that comes with the project; KeyError, saying what to do, for another model."""
    folder = files(PACKAGE).joinpath("calibrations")
    # A model's name may hold characters a file's name should not: "bge-m3:567m", "org/model".
    path = folder.joinpath(f"{model.replace('/', '_').replace(':', '_')}.json")
    if not path.is_file():
        known = sorted(f.name.removesuffix(".json") for f in folder.iterdir() if f.name.endswith(".json"))
        raise KeyError(f"no calibration of {model!r}, only of {known}; make one with calibrate()")
    raw = json.loads(path.read_text("utf-8"))
    knots = tuple(raw["cosines"]), tuple(raw["credits"])
    return Calibration(raw["model"], *knots, pairs=raw["pairs"], version=raw["version"])


def as_json(calibration: Calibration, measured: dict[str, Any]) -> str:
    """The text of a packaged file: the curve, and the figures of its fit for the reader."""
    return json.dumps({**asdict(calibration), "figures": measured}, indent=2) + "\n"


def labelled_pairs() -> list[Pair]:
    """The project's own labelled pairs of terms, German, English and across; for fitting a new model."""
    return pairs_of(files(PACKAGE).joinpath("calibrations/pairs.csv").read_text("utf-8"))


def pairs_of(text: str) -> list[Pair]:
    """Labelled pairs from CSV with the columns text_a, text_b, label and, if known, languages (de-en).

    Raises ValueError, with the line, for a missing column or a label that is none of 0, 0.5 and 1.
    """
    rows = csv.DictReader(text.splitlines())
    missing = {"text_a", "text_b", "label"} - set(rows.fieldnames or ())
    if missing:
        raise ValueError(
            f"pairs without the column {', '.join(sorted(missing))}; expected text_a,text_b,label,languages"
        )
    found: list[Pair] = []
    for row in rows:
        try:
            label = float(row["label"])
        except (TypeError, ValueError):
            label = -1.0
        if label not in LABELS or not row["text_a"].strip() or not row["text_b"].strip():
            raise ValueError(f"pairs, line {rows.line_num}: two texts and a label of 0, 0.5 or 1 are expected")
        found.append((row["text_a"], row["text_b"], label, row.get("languages") or "unknown"))
    return found


def noise_phrases() -> list[str]:
    """Phrases that no skill should earn credit from; see noise.txt."""
    lines = files(PACKAGE).joinpath("calibrations/noise.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
