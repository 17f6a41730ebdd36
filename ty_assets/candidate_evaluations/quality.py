"""What is known of how even-handed a batch was, read from its tables: drift, consistency and bias.

Belongs here: reading. Not here: the measures (drift.py, consistency.py, bias.py), the asking (probes.py), and how they
are shown (checks.py, plots.py, the page).
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ty_assets.candidate_evaluations.answers import scores_of
from ty_assets.candidate_evaluations.bias import Bias, bias
from ty_assets.candidate_evaluations.consistency import Consistency, consistency
from ty_assets.candidate_evaluations.drift import Drift, Scored, drift
from ty_assets.candidate_evaluations.parts import PartMissing, Parts
from ty_assets.candidate_evaluations.question import asked
from ty_assets.candidate_evaluations.rubric import OVERALL, Rubric, RubricError
from ty_resources.postgres import Database, Row

# Evenly spread over the file: so many show a change of a hundredth of the scale, and all would be read for minutes.
SAMPLE: Final = 5_000
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Quality:
    """Of one batch. sampled: answers that the drift is seen in, of all there are."""

    drift: Drift
    consistency: Consistency
    bias: Bias
    sampled: int
    answers: int


def quality(db: Database, batch_id: str, rubric: Rubric) -> Quality:
    """What is known by now; a batch that still runs has no probes yet."""
    answers = int(db.value("batch_answer_count", batch_id=batch_id))
    sample = [
        Scored(row["line"], scores[OVERALL])
        for row in _sampled(db, batch_id, answers)
        if (scores := scores_of(rubric, json.loads(row["content"]))) is not None
    ]
    repeats: defaultdict[int, list[dict[str, float]]] = defaultdict(list)
    variants: defaultdict[int, dict[tuple[str, str], dict[str, float]]] = defaultdict(dict)
    unanswered = {"consistency": 0, "bias": 0}
    for row in db.rows("batch_probes_of", batch_id=batch_id):
        if row["scores"] is None:
            unanswered[row["kind"]] += 1
        elif row["kind"] == "consistency":
            repeats[row["line"]].append(row["scores"])
        else:
            gender, _, origin = row["variant"].partition(":")
            variants[row["line"]][gender, origin] = row["scores"]
    first = {
        row["line"]: scores
        for row in db.rows("batch_answers_of_lines", batch_id=batch_id, lines=list(repeats))
        if (scores := scores_of(rubric, json.loads(row["content"]))) is not None
    }
    span = rubric.scale.span
    differences = [
        Scored(line, scores[OVERALL] - sum(one[OVERALL] for one in repeats[line]) / len(repeats[line]))
        for line, scores in sorted(first.items())
    ]
    return Quality(
        drift=drift(sample, differences, span),
        consistency=consistency(
            [[scores, *repeats[line]] for line, scores in sorted(first.items())], unanswered["consistency"], span
        ),
        bias=bias([variants[line] for line in sorted(variants)], unanswered["bias"], span),
        sampled=len(sample),
        answers=answers,
    )


def rubric_of(db: Database, batch_id: str) -> Rubric | None:
    """The rubric that a batch's requests were prepared from: as it was given, else as its first request has it.

    None for a batch of other requests, and for one whose input file is gone.
    """
    row = db.row("batch_quality_row", batch_id=batch_id)
    if row is None:
        return None
    if row["rubric"]:
        try:
            return Rubric.parse(row["rubric"])
        except RubricError:
            return None
    first = db.rows("batch_probe_requests", batch_id=batch_id, wanted=1)
    body = body_of(Parts(db, row["input_file_id"]), first[0]) if first else None
    found = asked(body) if body is not None else None
    return found.rubric if found is not None else None


def body_of(parts: Parts, request: Row) -> dict[str, Any] | None:
    """The body of a request, read from the input file; None where the file is gone."""
    try:
        body = json.loads(parts.stretch(request["at_byte"], request["bytes"])).get("body")
    except PartMissing:
        return None
    return body if isinstance(body, dict) else None


def _sampled(db: Database, batch_id: str, answers: int) -> Iterator[Row]:
    wanted, after = min(answers, SAMPLE), 0
    while wanted:
        rows = db.rows(
            "batch_sampled_answers", batch_id=batch_id, after=after, wanted=wanted, total=answers, most=_AT_ONCE
        )
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1]["line"]
