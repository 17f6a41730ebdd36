from pathlib import Path

import pytest

from ty_assets.matching.calibration import OWN, packaged
from ty_assets.matching.calibration_store import load_calibration, stored_calibration
from ty_jobs.evaluation.calibrate import evaluate_calibration, replace_calibration
from ty_jobs.evaluation.files import EvaluationError
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database

_PAIRS = """text_a,text_b,label,languages
Buchhaltung,accounting,1,de-en
Schweißen,welding,1,de-en
nursing,Krankenpflege,1,de-en
Buchhaltung,Finanzbuchhaltung,0.5,de-de
welding,wedding planning,0,en-en
nursing,gardening,0,en-en
accounting,sailing,0,en-en
"""


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine()


def _file(folder: Path, text: str) -> Path:
    path = folder / "pairs.csv"
    path.write_text(text, "utf-8")
    return path


def test_the_projects_pairs_give_the_packaged_curve_and_its_figures(engine: EmbeddedEngine) -> None:
    calibration, evaluation = evaluate_calibration(engine)
    assert calibration == packaged("usem3")
    assert evaluation.figures["pairs"] == calibration.pairs
    assert evaluation.figures["left_out"] == 0
    for pair in ("de-de", "en-en", "de-en"):
        assert float(evaluation.figures[f"auc_{pair}"]) > 0.85
    assert float(evaluation.figures["credit_different"]) < float(evaluation.figures["credit_akin"])
    assert float(evaluation.figures["noise_with_credit"]) <= 0.05
    assert {m.expected for m in evaluation.mistakes} == {"same", "different"}


def test_pairs_of_ones_own_say_so_in_the_version(tmp_path: Path, engine: EmbeddedEngine) -> None:
    calibration, evaluation = evaluate_calibration(engine, _file(tmp_path, _PAIRS))
    assert calibration.version.startswith(OWN)
    assert calibration.model == "usem3"
    assert evaluation.figures["pairs_same"] == 3
    assert evaluation.figures["version"] == calibration.version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text_a,label\na,1\n", "text_b"),
        ("text_a,text_b,label\na,b,7\n", "line 2"),
        ("text_a,text_b,label\na,b,1\n", "labelled 0"),
    ],
)
def test_a_file_that_nothing_can_be_fitted_on_is_an_error(
    tmp_path: Path, engine: EmbeddedEngine, text: str, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        evaluate_calibration(engine, _file(tmp_path, text))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, engine: EmbeddedEngine) -> None:
    with pytest.raises(EvaluationError, match=r"none\.csv"):
        evaluate_calibration(engine, tmp_path / "none.csv")


def test_a_fit_replaces_the_stored_one_and_stays(db: Database, tmp_path: Path, engine: EmbeddedEngine) -> None:
    first = load_calibration(db, engine)
    assert first.version == packaged("usem3").version
    own, _ = evaluate_calibration(engine, _file(tmp_path, _PAIRS))
    replace_calibration(db, own)
    assert load_calibration(db, engine).version == own.version
    again = stored_calibration(db, "usem3")
    assert again is not None
    assert again.pairs == 7


def test_a_new_release_of_the_packaged_curve_takes_the_place_of_the_old(db: Database, engine: EmbeddedEngine) -> None:
    old = packaged("usem3").versioned("old-")
    replace_calibration(db, old)
    assert load_calibration(db, engine).version == packaged("usem3").version
