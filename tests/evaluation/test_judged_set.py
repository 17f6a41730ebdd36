"""Matching is measured on the project's own judged set beside what it has to beat."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ty_jobs.cli import app
from ty_jobs.evaluation.judged_set import MATCHING, PLAIN, JudgedSet, measures, rankings
from ty_resources.settings import Settings

PEOPLE = ("p02", "p05")
POSTINGS = 40


@pytest.fixture(scope="module")
def few() -> JudgedSet:
    """Two people, and of the postings those that are relevant to them with others around."""
    whole = JudgedSet.packaged()
    qrels = {topic: whole.qrels[topic] for topic in PEOPLE}
    wanted = {key for grades in qrels.values() for key, grade in grades.items() if grade > 0}
    others = [p for p in whole.postings if p["id"] not in wanted]
    postings = [p for p in whole.postings if p["id"] in wanted]
    return JudgedSet(
        [p for p in whole.people if p["id"] in PEOPLE], [*postings, *others[: POSTINGS - len(postings)]], qrels
    )


def test_every_method_ranks_every_posting_once_and_matching_is_not_worse_than_mean_cosine(few: JudgedSet) -> None:
    runs = rankings(few, Settings())
    assert set(runs) == {MATCHING, *PLAIN}
    everything = sorted(p["id"] for p in few.postings)
    for run in runs.values():
        assert set(run) == set(PEOPLE)
        assert all(sorted(ranked) == everything for ranked in run.values())
    ours, plain = (measures(runs[name], few.qrels)["ndcg@10"] for name in (MATCHING, "mean cosine"))
    assert ours > plain


def test_an_ideal_ranking_has_full_marks_and_an_empty_one_none(few: JudgedSet) -> None:
    ideal = {topic: sorted(grades, key=lambda key: -grades[key]) for topic, grades in few.qrels.items()}
    assert measures(ideal, few.qrels) == {"ndcg@10": 1.0, "map": 1.0, "recall@10": 1.0}
    assert set(measures({}, few.qrels).values()) == {0.0}


def test_one_file_alone_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("a Q0 b 1 1.0 x\n", "utf-8")
    told = CliRunner().invoke(app, ["evaluate", "ranking", str(tmp_path / "run.txt"), "--json"])
    assert told.exit_code == 2
    assert "expected RUN and QRELS" in told.output
