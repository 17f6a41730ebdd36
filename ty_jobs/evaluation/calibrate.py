"""What the vectors of an embedding model are worth: its curve from cosine to credit, fitted anew and measured.

Belongs here: fitting for the engine's model from a file of labelled pairs, and the figures as an evaluation. Not here:
the fit (ty_assets/matching/calibration.py) and how figures are printed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ty_assets.matching.calibration import LABELS, OWN, Calibration, Measured, Pair, labelled_pairs, pairs_of
from ty_assets.matching.calibration_figures import figures
from ty_assets.matching.calibration_store import measured_by, store_calibration
from ty_jobs.evaluation.evaluation import Evaluation, Figure, Mistake
from ty_jobs.evaluation.files import EvaluationError
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database

PACKAGED: Final = "pairs.csv"

_NAMES: Final = {0.0: "different", 0.5: "akin", 1.0: "same"}


def evaluate_calibration(engine: InferenceEngine, path: Path | None = None) -> tuple[Calibration, Evaluation]:
    """The curve of the engine's embedding model, fitted on labelled pairs, and how well it tells them apart.

    path: CSV with text_a, text_b, label (1 the same thing, 0.5 akin, 0 neither) and, if known, languages (de-en); None
    for the pairs that come with the project. Nothing is stored. Raises EvaluationError for a file that nothing can be
    fitted on.
    """
    pairs = labelled_pairs() if path is None else _pairs(path)
    measured = measured_by(engine, pairs)
    calibration = measured.fit(engine.embedding_model)
    if path is not None:
        calibration = calibration.versioned(OWN)
    return calibration, _evaluation(calibration, measured, pairs, str(path or PACKAGED))


def replace_calibration(db: Database, calibration: Calibration) -> None:
    """Store it under its model's name in place of the one before; what was scored with that is scored again."""
    store_calibration(db, calibration)


def _pairs(path: Path) -> list[Pair]:
    try:
        pairs = pairs_of(path.read_text("utf-8-sig"))
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}; name a file that can be read") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except ValueError as error:
        raise EvaluationError(f"{path}: {error}") from error
    if {label for *_, label, _ in pairs} < {0.0, 1.0}:
        raise EvaluationError(f"{path}: pairs labelled 1 and pairs labelled 0 are needed to fit a curve")
    return pairs


def _evaluation(calibration: Calibration, measured: Measured, pairs: Sequence[Pair], source: str) -> Evaluation:
    found = figures(calibration, measured)
    languages = found["by_languages"]
    shown: dict[str, Figure] = {"pairs": len(measured.labels), "left_out": len(pairs) - len(measured.labels)}
    shown |= {f"pairs_{_NAMES[label]}": found["pairs_by_label"][str(label)] for label in LABELS}
    shown |= {key: found[key] for key in ("auc_same_against_other", "auc_akin_or_same_against_other") if key in found}
    shown |= {
        f"auc_{name}": values["auc_same_against_other"]
        for name, values in languages.items()
        if "auc_same_against_other" in values
    }
    shown |= _credits("credit", found)
    for name, values in languages.items():
        shown |= _credits(f"credit_{name}", values)
    shown |= _credits("credit_cross_validated", found["cross_validated"])
    shown |= {key: found[key] for key in ("zero_credit_of_unrelated", "zero_credit_of_same")}
    shown |= {key: found[key] for key in ("noise_phrases", "noise_with_credit", "highest_credit_of_noise")}
    shown["version"] = calibration.version
    credits = calibration.credit(measured.cosines)
    knots = ", ".join(f"{x:.3f} {y:.2f}" for x, y in zip(calibration.cosines, calibration.credits, strict=True))
    return Evaluation(
        subject="calibration",
        source=source,
        engine=calibration.model,
        figures=shown,
        mistakes=[
            Mistake(
                text=f"{a} | {b}",
                expected=_NAMES[label],
                got=f"credit {credit:.2f}",
                detail=f"{pair_languages}, cosine {cosine:.3f}",
            )
            for (a, b, label, pair_languages), cosine, credit in zip(
                measured.pairs, measured.cosines, credits, strict=True
            )
            if (label == 0.0 and credit > 0.0) or (label == 1.0 and credit == 0.0)
        ],
        notes=[f"curve (cosine credit): {knots}"],
    )


def _credits(name: str, found: dict[str, dict[str, float]]) -> dict[str, Figure]:
    return {f"{name}_{_NAMES[float(label)]}": value for label, value in found["mean_credit_by_label"].items()}
