"""Ranking metrics: figures known by hand, trec_eval's order of ties, and files that are wrong."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score

from ty_jobs.evaluation.files import EvaluationError
from ty_jobs.evaluation.ranking import average_precision, evaluate_ranking, ndcg, read_run, recall

QRELS = "a 0 d1 3\na 0 d2 0\na 0 d3 1\nb 0 d1 1\nc 0 d9 0\n"
RUN = "a Q0 d2 1 0.9 x\na Q0 d1 2 0.8 x\na Q0 d3 3 0.7 x\nz Q0 d1 1 1 x\n"


def written(folder: Path, run: str = RUN, qrels: str = QRELS) -> tuple[Path, Path]:
    (folder / "run").write_text(run, "utf-8")
    (folder / "qrels").write_text(qrels, "utf-8")
    return folder / "run", folder / "qrels"


def test_means_are_over_topics_with_something_relevant_and_a_missing_topic_counts_zero(tmp_path: Path) -> None:
    told = evaluate_ranking(*written(tmp_path))
    of_a = (3 / math.log2(3) + 1 / math.log2(4)) / (3 + 1 / math.log2(3))
    assert told.figures == {
        "n": 2,
        "ndcg@10": round(of_a / 2, 4),
        "map": round((1 / 2 + 2 / 3) / 2 / 2, 4),
        "recall@10": 0.5,
    }
    assert [mistake.text for mistake in told.mistakes] == ["b", "a"]
    assert told.notes == ["1 topics of the run have no judgements and are not counted"]


def test_equal_scores_are_ordered_by_document_from_the_end_as_trec_eval_does(tmp_path: Path) -> None:
    run, _ = written(tmp_path, "a Q0 d1 1 0.5 x\na Q0 d3 2 0.5 x\na Q0 d2 3 0.7 x\n")
    assert read_run(run) == {"a": ["d2", "d3", "d1"]}


@given(st.lists(st.integers(0, 3), min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_the_metrics_agree_with_scikit_learn(grades: list[int], random: object) -> None:
    documents = [f"d{n}" for n in range(len(grades))]
    judged = dict(zip(documents, grades, strict=True))
    order = list(documents)
    random.shuffle(order)  # type: ignore[attr-defined]
    scores = [-order.index(document) for document in documents]
    if any(grades):
        assert ndcg(order, judged) == pytest.approx(ndcg_score([grades], [scores], k=10))
        relevant = [grade > 0 for grade in grades]
        assert average_precision(order, judged) == pytest.approx(average_precision_score(relevant, scores))
        assert 0 <= recall(order, judged) <= 1
    else:
        assert ndcg(order, judged) == average_precision(order, judged) == recall(order, judged) == 0


@pytest.mark.parametrize(
    ("run", "qrels", "message"),
    [
        ("a Q0 d1 1 0.5\n", QRELS, "line 1: expected `topic Q0 document rank score tag`, got 5 fields"),
        ("a Q0 d1 1 high x\n", QRELS, "line 1: expected a number as score, got 'high'"),
        ("a Q0 d1 1 nan x\n", QRELS, "expected a number as score, got 'nan'"),
        ("a Q0 d1 1 1 x\na Q0 d1 2 0 x\n", QRELS, "line 2: expected d1 once for topic a"),
        ("\n", QRELS, "expected lines `topic Q0"),
        (RUN, "a 0 d1 good\n", "line 1: expected a whole number as grade, got 'good'"),
        (RUN, "a 0 d1 0\n", "expected at least one document with a grade above 0"),
    ],
)
def test_a_wrong_file_is_told_by_what_was_expected(tmp_path: Path, run: str, qrels: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        evaluate_ranking(*written(tmp_path, run, qrels))
