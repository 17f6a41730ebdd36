"""How good a ranking is by graded judgements: `ty evaluate ranking`, over TREC's run and qrels files.

Belongs here: reading the two files, and mean average precision, nDCG and recall. Not here: who ranks.
Formulas: Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), 8.4, and for nDCG Järvelin and
Kekäläinen (2002) with the grade as gain and log2(rank + 1) as discount, as trec_eval has them.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ty_jobs.evaluation.evaluation import Evaluation, Figure, Mistake
from ty_jobs.evaluation.files import EvaluationError

CUTOFF: Final = 10

Run = dict[str, list[str]]  # topic -> documents, best first
Qrels = dict[str, dict[str, int]]  # topic -> document -> grade, 0 for not relevant


def evaluate_ranking(run_file: Path, qrels_file: Path) -> Evaluation:
    """Means over the topics that have a relevant document; a topic that the run lacks counts 0, as does a document.

    run: lines `topic Q0 document rank score tag`, ordered by score, then by document as trec_eval does. qrels: lines
    `topic iteration document grade`. Raises EvaluationError with file and line.
    """
    run, qrels = read_run(run_file), read_qrels(qrels_file)
    topics = [topic for topic, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    if not topics:
        raise EvaluationError(f"{qrels_file}: expected at least one document with a grade above 0, got none")
    gains = {topic: ndcg(run.get(topic, []), qrels[topic]) for topic in topics}
    figures: dict[str, Figure] = {
        "n": len(topics),
        f"ndcg@{CUTOFF}": round(sum(gains.values()) / len(topics), 4),
        "map": round(sum(average_precision(run.get(t, []), qrels[t]) for t in topics) / len(topics), 4),
        f"recall@{CUTOFF}": round(sum(recall(run.get(t, []), qrels[t]) for t in topics) / len(topics), 4),
    }
    weakest = sorted(topics, key=lambda topic: gains[topic])
    mistakes = [
        Mistake(
            topic, " ".join(_ideal(qrels[topic])[:CUTOFF]), " ".join(run.get(topic, [])[:CUTOFF]), f"{gains[topic]:.3f}"
        )
        for topic in weakest
        if gains[topic] < 1
    ]
    strange = len(set(run) - set(qrels))
    notes = [f"{strange} topics of the run have no judgements and are not counted"] if strange else []
    return Evaluation("ranking", f"{run_file} against {qrels_file}", "none", figures, mistakes=mistakes, notes=notes)


def ndcg(ranked: Sequence[str], grades: dict[str, int], cutoff: int = CUTOFF) -> float:
    """In [0, 1]; 0 where nothing is relevant."""
    best = _discounted(sorted(grades.values(), reverse=True)[:cutoff])
    return _discounted([grades.get(document, 0) for document in ranked[:cutoff]]) / best if best else 0.0


def average_precision(ranked: Sequence[str], grades: dict[str, int]) -> float:
    """In [0, 1]: the mean, over all relevant documents, of the precision where each stands."""
    relevant = sum(grade > 0 for grade in grades.values())
    found, total = 0, 0.0
    for rank, document in enumerate(ranked, 1):
        if grades.get(document, 0) > 0:
            found += 1
            total += found / rank
    return total / relevant if relevant else 0.0


def recall(ranked: Sequence[str], grades: dict[str, int], cutoff: int = CUTOFF) -> float:
    """In [0, 1]: of the relevant documents, at most `cutoff` of them, those among the first."""
    relevant = sum(grade > 0 for grade in grades.values())
    found = sum(grades.get(document, 0) > 0 for document in ranked[:cutoff])
    return found / min(relevant, cutoff) if relevant else 0.0


def read_run(file: Path) -> Run:
    """Documents per topic, best first."""
    scored: dict[str, dict[str, float]] = defaultdict(dict)
    for number, fields in _lines(file, 6, "topic Q0 document rank score tag"):
        topic, _, document, _, score, _ = fields
        if document in scored[topic]:
            raise EvaluationError(f"{file}, line {number}: expected {document} once for topic {topic}, got it again")
        try:
            scored[topic][document] = float(score)
        except ValueError:
            raise EvaluationError(f"{file}, line {number}: expected a number as score, got {score!r}") from None
        if math.isnan(scored[topic][document]):
            raise EvaluationError(f"{file}, line {number}: expected a number as score, got {score!r}")
    return {topic: sorted(sorted(found, reverse=True), key=lambda d: -found[d]) for topic, found in scored.items()}


def read_qrels(file: Path) -> Qrels:
    """Grades per topic; a negative one counts as 0."""
    graded: Qrels = defaultdict(dict)
    for number, (topic, _, document, grade) in _lines(file, 4, "topic iteration document grade"):
        try:
            graded[topic][document] = max(0, int(grade))
        except ValueError:
            raise EvaluationError(f"{file}, line {number}: expected a whole number as grade, got {grade!r}") from None
    return graded


def _lines(file: Path, count: int, expected: str) -> Iterator[tuple[int, list[str]]]:
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{file}: expected UTF-8 text, got {error.reason} at byte {error.start}") from None
    rows = 0
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != count:
            raise EvaluationError(f"{file}, line {number}: expected `{expected}`, got {len(fields)} fields")
        rows += 1
        yield number, fields
    if not rows:
        raise EvaluationError(f"{file}: expected lines `{expected}`, got none")


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def _ideal(grades: dict[str, int]) -> list[str]:
    return [document for document in sorted(grades, key=lambda d: (-grades[d], d)) if grades[document] > 0]
