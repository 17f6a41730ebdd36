"""From cosines to credit: what a similarity of one embedding model is worth.

Absolute cosines differ between models and are never compared with a constant: each model has a `Calibration`,
fitted on labelled pairs of terms, and everything downstream speaks of credit. Belongs here: the curve, its
fit and the packaged fits. Not here: where a calibration is stored (`calibrations` table), and any encoder.
"""

import csv
import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ty_resources.inference.task import Encode

PACKAGE = "ty_assets.matching"
MAX_KNOTS = 8

# Terms that merely neighbour each other ("wound management", "project management") are worth this much on
# average in pairs labelled as hard as ours; it is what chance earns, and is taken off: credit = (worth -
# chance) / (1 - chance), as Cohen's kappa corrects agreement. Otherwise a person with many skills would
# collect, from chance neighbours alone, what a nonsense phrase scores.
CHANCE = 0.35


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

    def credit(self, cosines: ArrayLike) -> NDArray[np.float32]:
        """Credit of each cosine, any shape; flat beyond the first and the last knot. NaN is worth nothing."""
        values = np.nan_to_num(np.asarray(cosines, dtype=np.float64), nan=-1.0)
        return np.interp(values, self.cosines, self.credits).astype(np.float32)


def fit(
    cosines: ArrayLike,
    labels: ArrayLike,
    *,
    model: str,
    version: str | None = None,
    max_knots: int = MAX_KNOTS,
) -> Calibration:
    """The curve that best explains labelled pairs: isotonic regression, reduced to a few knots.

    cosines: (n,) of pairs of terms. labels: (n,) in [0, 1]: 1 the same thing, 0.5 akin (one helps a good
    deal with the other), 0 neither. Pool adjacent violators (Barlow et al., 1972) gives a step function;
    its steps' centres are joined by lines, steps that a line already explains are left out, and what is
    below NOISE_CREDIT is 0. Equal cosines and labels give an equal curve, whatever their order.
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
        floor = x[ends[first - 1] - 1] if first else centres[0] - 0.05
        knots_x = np.r_[min(floor, centres[first] - 1e-3), centres[first:]]
        knots_y = np.r_[0.0, (values[first:] - CHANCE) / (1.0 - CHANCE)]
        knots_x, knots_y = _fewer(knots_x, knots_y, np.r_[1.0, weights[first:]], max_knots)
    knots_x, knots_y = np.round(knots_x, 4), np.round(knots_y, 4)
    distinct = np.r_[True, np.diff(knots_x) > 0]
    digest = hashlib.sha256(np.c_[x, y].round(4).tobytes()).hexdigest()[:8]
    return Calibration(
        model=model,
        cosines=tuple(knots_x[distinct].tolist()),
        credits=tuple(knots_y[distinct].tolist()),
        pairs=len(x),
        version=version or digest,
    )


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


def calibrate(model: str, encode: Encode) -> tuple[Calibration, dict[str, Any]]:
    """Fit a model on the project's own pairs, a second of encoding; also the figures of the fit.

    A text that the model cannot encode has a row of NaN, and its pairs are left out.
    """
    pairs = labelled_pairs()
    texts = sorted({text for a, b, _ in pairs for text in (a, b)})
    row = {text: i for i, text in enumerate(texts)}
    vectors = encode(texts)
    cosines = np.array([float(vectors[row[a]] @ vectors[row[b]]) for a, b, _ in pairs])
    labels = np.array([label for _, _, label in pairs])
    known = np.isfinite(cosines)
    cosines, labels = cosines[known], labels[known]
    calibration = fit(cosines, labels, model=model)
    return calibration, figures(calibration, cosines, labels)


def figures(calibration: Calibration, cosines: NDArray[np.float64], labels: NDArray[np.float64]) -> dict[str, Any]:
    """How well cosines tell the labels apart, and what each label earns on average."""
    from sklearn.metrics import roc_auc_score

    credits = calibration.credit(cosines)
    clear = labels != 0.5
    return {
        "pairs_by_label": {str(label): int((labels == label).sum()) for label in (0.0, 0.5, 1.0)},
        "auc_same_against_other": round(float(roc_auc_score(labels[clear], cosines[clear])), 4),
        "auc_akin_or_same_against_other": round(float(roc_auc_score(labels > 0, cosines)), 4),
        "mean_credit_by_label": {
            str(label): round(float(credits[labels == label].mean()), 4) for label in (0.0, 0.5, 1.0)
        },
        "zero_credit_of_unrelated": round(float((credits[labels == 0] == 0).mean()), 4),
        "zero_credit_of_same": round(float((credits[labels == 1] == 0).mean()), 4),
    }


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


def labelled_pairs() -> list[tuple[str, str, float]]:
    """The project's own labelled pairs of terms, German, English and across; for fitting a new model."""
    lines = files(PACKAGE).joinpath("calibrations/pairs.csv").read_text("utf-8").splitlines()
    return [(row["text_a"], row["text_b"], float(row["label"])) for row in csv.DictReader(lines)]
