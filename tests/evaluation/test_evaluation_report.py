"""Counting classes and confusions, the page, and the commands that print them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ty_jobs.cli import app
from ty_jobs.evaluation.evaluation import ClassFigures, Evaluation, Mistake, class_figures, confusions
from ty_jobs.evaluation.report import render, write_report

PAIRS = [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("c", "b")]


def test_classes_have_precision_recall_and_f1() -> None:
    told = {one.name: one for one in class_figures(PAIRS, {"a": "first"})}
    assert (told["first"].count, told["first"].precision, told["first"].recall) == (3, 1.0, 2 / 3)
    assert told["first"].f1 == pytest.approx(0.8)
    assert told["b"].precision == pytest.approx(1 / 3)
    assert (told["c"].precision, told["c"].recall, told["c"].f1) == (None, 0.0, None)


def test_confusions_are_counted_the_most_frequent_first_with_examples() -> None:
    mistakes = [Mistake(f"text {n}", "a", "b") for n in range(5)] + [Mistake("x", "c", "b")]
    first, second = confusions(mistakes)
    assert (first.expected, first.got, first.count, len(first.examples)) == ("a", "b", 5, 3)
    assert second.count == 1


def test_the_page_shows_everything_and_escapes_it(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    told = Evaluation(
        bad, "file", "rules", {"f1": 0.5, "n": 1200}, [ClassFigures(bad, 3, None, 0.25)],
        confusions([Mistake(bad, "a", "b")]), [Mistake(bad, "a", "b", bad)], [bad],
    )  # fmt: skip
    page = render(told)
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") >= 5
    assert "0.500" in page
    assert "1,200" in page
    write_report(told, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8") == page
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_command_prints_json_and_writes_the_page(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a Q0 d1 1 0.5 x\n", "utf-8")
    (tmp_path / "qrels").write_text("a 0 d1 1\n", "utf-8")
    arguments = ["evaluate", "ranking", str(tmp_path / "run"), str(tmp_path / "qrels")]
    told = CliRunner().invoke(app, [*arguments, "--json", "--report", str(tmp_path / "page.html")])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["ndcg@10"] == 1.0
    assert (tmp_path / "page.html").is_file()
    assert "ndcg@10" in CliRunner().invoke(app, arguments).stdout
