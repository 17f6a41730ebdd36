"""The packaged rules and encoder on advertisements that were written for this test, in many styles.

They are bullets and prose, formal and familiar, German and English, each with a contact section.
"""

from pathlib import Path

import pytest

from ty_jobs.evaluation.evaluation import Evaluation
from ty_jobs.evaluation.sections import evaluate_sections
from ty_resources.inference.embedded import EmbeddedEngine

_FILE = Path(__file__).with_name("own_advertisements.jsonl")


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine()


@pytest.fixture(scope="module")
def plain(engine: EmbeddedEngine) -> Evaluation:
    return evaluate_sections(_FILE, engine)


def test_requirements_are_found_without_headings(plain: Evaluation) -> None:
    assert float(plain.figures["f1"]) >= 0.90
    assert min(float(plain.figures["f1_de"]), float(plain.figures["f1_en"])) >= 0.86


def test_benefits_and_contacts_are_hardly_taken_for_requirements(plain: Evaluation) -> None:
    wrong = {(c.expected, c.got): c.count for c in plain.confusions}
    assert wrong.get(("contact", "requirements"), 0) <= 4  # of 50
    assert wrong.get(("benefits", "requirements"), 0) <= 8  # of 99


def test_all_five_sections_are_told_apart(plain: Evaluation) -> None:
    assert all(figures.f1 is not None and figures.f1 >= 0.85 for figures in plain.classes)


def test_with_usual_headings_nothing_is_missed(engine: EmbeddedEngine) -> None:
    figures = evaluate_sections(_FILE, engine, headings=True).figures
    assert float(figures["f1"]) >= 0.99
