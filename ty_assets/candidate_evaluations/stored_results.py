"""The evaluations of a batch as its tables have them, in a stream: each answer beside the text that it is about.

Belongs here: reading them. Not here: what one line says (`answers`), the ranking of many (`scores`), and files of
results that somebody has downloaded (ty_jobs/batch_commands.py).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ty_assets.candidate_evaluations.answers import Evaluation, read_result
from ty_assets.candidate_evaluations.parts import PartMissing, Parts
from ty_assets.candidate_evaluations.question import asked
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_resources.postgres import Database, Row

# Answers of a few kilobytes each.
_AT_ONCE: Final = 200


def evaluations_of(db: Database, batch: Mapping[str, Any], rubric: Rubric) -> Iterator[Evaluation]:
    """What is known so far of a batch's candidates, in the order of its file; memory stays flat.

    batch: a row of it. Quotes are checked against the candidates' texts, as long as the input file is kept.
    """
    parts: Parts | None = Parts(db, batch["input_file_id"])
    after = 0
    while rows := db.rows("evaluation_results", batch_id=batch["batch_id"], after=after, most=_AT_ONCE):
        for row in rows:
            text = None
            if parts is not None and row["bytes"] is not None:
                try:
                    text = _text(parts, row)
                except PartMissing:  # deleted, or expired: so it is for all that follow
                    parts = None
            yield read_result(rubric, json.loads(row["content"]), text)
        after = rows[-1]["line"]


def _text(parts: Parts, row: Row) -> str | None:
    """The candidate's, of a request that was prepared from a rubric."""
    body = json.loads(parts.stretch(row["at_byte"], row["bytes"])).get("body")
    found = asked(body) if isinstance(body, dict) else None
    return found.text if found is not None else None
