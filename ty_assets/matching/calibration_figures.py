"""How good a calibration is: what tells its labels apart, what each earns, and what noise earns.

Belongs here: figures of a fit for a reader. Not here: the fit (`calibration`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ty_assets.matching.calibration import AKIN, LABELS, Calibration, Measured, Pair, labelled_pairs, measure
from ty_resources.inference.task import Encode


def calibrate(model: str, encode: Encode, pairs: Sequence[Pair] | None = None) -> tuple[Calibration, dict[str, Any]]:
    """Fit a model on labelled pairs (the project's own unless others are given); also the figures of the fit.

    A second of encoding. A text that the model cannot encode has a row of NaN, and its pairs are left out.
    """
    measured = measure(encode, labelled_pairs() if pairs is None else pairs)
    calibration = measured.fit(model)
    return calibration, figures(calibration, measured)


def figures(calibration: Calibration, measured: Measured) -> dict[str, Any]:
    """How well cosines tell the labels apart, what each label earns on average, and what noise earns."""
    noise = calibration.credit(measured.noise)
    return {
        "pairs_by_label": {str(label): int((measured.labels == label).sum()) for label in LABELS},
        **_separation(measured.cosines, measured.labels),
        **_earned(calibration.credit(measured.cosines), measured.labels),
        "by_languages": {
            str(pair): {
                "pairs": int(here.sum()),
                **_separation(measured.cosines[here], measured.labels[here]),
                **_earned(calibration.credit(measured.cosines[here]), measured.labels[here]),
            }
            for pair in np.unique(measured.languages)
            if (here := measured.languages == pair).any()
        },
        "cross_validated": cross_validated(measured),
        "noise_phrases": len(noise),
        "noise_with_credit": round(float((noise > 0).mean()), 4) if len(noise) else 0.0,
        "highest_credit_of_noise": round(float(noise.max()), 4) if len(noise) else 0.0,
    }


def cross_validated(measured: Measured, folds: int = 5) -> dict[str, Any]:
    """What each label earns from a curve that has not seen the pair; every fifth pair is of one fold."""
    fold = np.arange(len(measured.cosines)) % folds
    credits = np.zeros(len(fold), dtype=np.float32)
    for number in range(folds):
        unseen = fold == number
        if unseen.any() and (~unseen).sum() > 1:
            credits[unseen] = measured.fit("fold", ~unseen).credit(measured.cosines[unseen])
    return _earned(credits, measured.labels)


def _separation(cosines: NDArray[np.float64], labels: NDArray[np.float64]) -> dict[str, float]:
    """Areas under the curve: how often a pair of the better label has the higher cosine. None for a lone label."""
    from sklearn.metrics import roc_auc_score

    clear = labels != AKIN
    found = {}
    if len(np.unique(labels[clear])) == 2:
        found["auc_same_against_other"] = round(float(roc_auc_score(labels[clear], cosines[clear])), 4)
    if len(np.unique(labels > 0)) == 2:
        found["auc_akin_or_same_against_other"] = round(float(roc_auc_score(labels > 0, cosines)), 4)
    return found


def _earned(credits: NDArray[np.float32], labels: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "mean_credit_by_label": {
            str(label): round(float(credits[labels == label].mean()), 4) for label in LABELS if (labels == label).any()
        },
        "zero_credit_of_unrelated": _share(credits[labels == 0.0] == 0),
        "zero_credit_of_same": _share(credits[labels == 1.0] == 0),
    }


def _share(yes: NDArray[np.bool_]) -> float:
    return round(float(yes.mean()), 4) if len(yes) else 0.0
