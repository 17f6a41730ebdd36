import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.requirements.fake_encoder import encode
from ty_assets.requirements.task import Requirement, Requirements
from ty_assets.summaries.task import PostingText
from ty_jobs.evaluation.files import EvaluationError
from ty_jobs.evaluation.sections import evaluate_sections
from ty_resources.inference.embedded import RULES_MODEL, EmbeddedEngine
from ty_resources.inference.engine import Answer


class _Quoting:
    """An engine that quotes what it was told to, whatever it is asked."""

    remote = True

    def __init__(self, *quotes: str | Exception) -> None:
        self.quotes = quotes
        self.seen: list[PostingText] = []

    def model(self, role: str) -> str:
        return "quoting:1"

    def warm_up(self, roles: Sequence[str] = (), *, embedding: bool = False) -> None:
        assert not embedding

    def run(self, task: object, items: Iterable[PostingText], lane: str = "background") -> list[Answer[Requirements]]:
        self.seen = list(items)
        return [self._answer() for _ in self.seen]

    def _answer(self) -> Answer[Requirements]:
        for quote in self.quotes:
            if isinstance(quote, Exception):
                return Answer(None, quote)
        found = [Requirement(text=str(q), quote=str(q), must=True, kind="other") for q in self.quotes]
        return Answer(Requirements(requirements=found))


def _file(folder: Path, *rows: dict[str, Any] | str) -> Path:
    path = folder / "ads.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


_AD = {
    "title": "Tischler",
    "language": "de",
    "introduction": "Schreinerei Holz",
    "tasks": "- Möbel bauen\n- Treppen montieren",
    "requirements": "- Gesellenbrief\n- Geduld\n- Führerschein Klasse B",
    "benefits": "- 30 Tage Urlaub",
    "contact": "Frau Holz",
}


def test_an_engine_that_quotes_every_requirement_and_nothing_else_is_perfect(tmp_path: Path) -> None:
    engine = _Quoting("Gesellenbrief", "Geduld", "Führerschein Klasse B")
    found = evaluate_sections(_file(tmp_path, _AD), engine)  # type: ignore[arg-type]
    assert (found.figures["precision"], found.figures["recall"], found.figures["f1"]) == (1.0, 1.0, 1.0)
    assert (found.figures["advertisements"], found.figures["lines"], found.figures["requirement_lines"]) == (1, 8, 3)
    assert not found.mistakes
    assert (found.subject, found.engine) == ("sections", "quoting:1")


def test_figures_of_a_wrong_answer_are_those_counted_by_hand(tmp_path: Path) -> None:
    engine = _Quoting("Treppen montieren", "Gesellenbrief", "Geduld", "30 Tage Urlaub")
    found = evaluate_sections(_file(tmp_path, _AD), engine)  # type: ignore[arg-type]
    assert found.figures["precision"] == 0.5  # 2 of 4 called
    assert found.figures["recall"] == pytest.approx(2 / 3)
    assert found.figures["f1"] == pytest.approx(4 / 7)
    assert [(m.text, m.expected, m.got, m.detail) for m in found.mistakes] == [
        ("- Treppen montieren", "tasks", "requirements", "Tischler"),
        ("- Führerschein Klasse B", "requirements", "no requirement", "Tischler"),
        ("- 30 Tage Urlaub", "benefits", "requirements", "Tischler"),
    ]
    assert [(c.name, c.count, c.precision, c.recall) for c in found.classes] == [
        ("no requirement", 5, 0.75, 0.6),
        ("requirements", 3, 0.5, pytest.approx(2 / 3)),
    ]


def test_a_quote_of_part_of_a_line_or_of_two_lines_calls_each_line_it_touches(tmp_path: Path) -> None:
    engine = _Quoting("brief - Geduld", "Führerschein")
    found = evaluate_sections(_file(tmp_path, _AD), engine)  # type: ignore[arg-type]
    assert found.figures["f1"] == 1.0


def test_the_order_of_quotes_tells_lines_with_the_same_words_apart(tmp_path: Path) -> None:
    row = {**_AD, "tasks": "- Excel pflegen", "requirements": "- Geduld\n- Excel können", "benefits": ""}
    engine = _Quoting("Geduld", "Excel")
    assert evaluate_sections(_file(tmp_path, row), engine).figures["f1"] == 1.0  # type: ignore[arg-type]


def test_a_requirement_that_stands_twice_needs_one_quote(tmp_path: Path) -> None:
    row = {**_AD, "requirements": "- Geduld\n- Gesellenbrief\n- Geduld"}
    engine = _Quoting("Geduld", "Gesellenbrief")
    assert evaluate_sections(_file(tmp_path, row), engine).figures["f1"] == 1.0  # type: ignore[arg-type]


def test_what_is_not_in_the_text_counts_for_nothing(tmp_path: Path) -> None:
    engine = _Quoting("Doktor der Physik")
    figures = evaluate_sections(_file(tmp_path, _AD), engine).figures  # type: ignore[arg-type]
    assert (figures["precision"], figures["recall"], figures["f1"]) == (0.0, 0.0, 0.0)


def test_an_error_of_the_engine_is_counted_and_told(tmp_path: Path) -> None:
    found = evaluate_sections(_file(tmp_path, _AD), _Quoting(TimeoutError("slow")))  # type: ignore[arg-type]
    assert (found.figures["failed"], found.figures["recall"]) == (1, 0.0)
    assert any("TimeoutError: slow" in note for note in found.notes)


def test_sections_are_joined_in_the_usual_order_as_plain_lines(tmp_path: Path) -> None:
    engine = _Quoting()
    evaluate_sections(_file(tmp_path, {**_AD, "introduction": "<b>Schreinerei</b>\n\n\nHolz"}), engine)  # type: ignore[arg-type]
    assert engine.seen[0].description == (
        "Schreinerei\nHolz\n- Möbel bauen\n- Treppen montieren\n- Gesellenbrief\n- Geduld\n- Führerschein Klasse B\n"
        "- 30 Tage Urlaub\nFrau Holz"
    )


def test_headings_stand_above_the_sections_that_have_lines_and_are_no_lines_themselves(tmp_path: Path) -> None:
    rows = [{**_AD, "title": f"Tischler {number}", "benefits": None} for number in range(12)]
    engine = _Quoting("Gesellenbrief")
    found = evaluate_sections(_file(tmp_path, *rows), engine, headings=True)  # type: ignore[arg-type]
    assert found.figures["lines"] == 12 * 7
    assert all(len(item.description.split("\n")) == 7 + 4 for item in engine.seen)
    assert len({item.description.split("\n")[2] for item in engine.seen}) > 1  # not always the same heading
    again = _Quoting("Gesellenbrief")
    evaluate_sections(_file(tmp_path, *rows), again, headings=True)  # type: ignore[arg-type]
    assert again.seen == engine.seen


def test_each_language_has_its_figures(tmp_path: Path) -> None:
    english = {"title": "Joiner", "language": "en", "tasks": "- Build", "requirements": "- Wood\n- Saw"}
    engine = _Quoting("Gesellenbrief", "Geduld", "Führerschein Klasse B", "Wood")
    figures = evaluate_sections(_file(tmp_path, _AD, english), engine).figures  # type: ignore[arg-type]
    assert (figures["recall_de"], figures["recall_en"]) == (1.0, 0.5)


class _Embedded(EmbeddedEngine):
    """The real rules on a small encoder."""

    def embed(self, texts: Sequence[str]) -> Any:
        return encode(texts)


def test_of_the_rules_the_label_of_every_line_is_shown(tmp_path: Path) -> None:
    found = evaluate_sections(_file(tmp_path, _AD), _Embedded(), headings=True)
    assert found.engine == RULES_MODEL
    assert {c.name: c.count for c in found.classes} == {
        "requirements": 3, "tasks": 2, "benefits": 1, "contact": 1, "introduction": 1
    }  # fmt: skip
    assert found.figures["f1"] == 1.0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "no rows"),
        ([_AD, "{oops"], "line 2: not JSON"),
        (["[1, 2]"], "line 1: expected a JSON object, got list"),
        ([{"title": "x", "language": "de", "tasks": "- a"}], "line 1: without requirements"),
        ([{**_AD, "requirements": ["a", "b"]}], "line 1: `requirements` is list"),
        ([{**_AD, "requirements": ""}], "nothing to find"),
    ],
)
def test_a_file_that_nothing_can_be_measured_on_is_refused_with_its_line(
    tmp_path: Path, lines: list[dict[str, Any] | str], message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        evaluate_sections(_file(tmp_path, *lines), _Quoting())  # type: ignore[arg-type]


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="No such file"):
        evaluate_sections(tmp_path / "none.jsonl", _Quoting())  # type: ignore[arg-type]
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EvaluationError, match="not UTF-8"):
        evaluate_sections(tmp_path / "binary.jsonl", _Quoting())  # type: ignore[arg-type]


def test_without_a_file_the_project_s_own_advertisements_are_measured() -> None:
    measured = evaluate_sections(None, EmbeddedEngine())
    assert measured.figures["advertisements"] == 30
    assert float(measured.figures["f1"]) >= 0.94
