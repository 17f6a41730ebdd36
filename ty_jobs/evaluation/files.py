"""The labelled files that evaluations read.

Belongs here: JSON Lines as checked rows, and the one error that says what is wrong with such a file. Not here: what a
row means (a module per subject).
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class EvaluationError(ValueError):
    """A file that nothing can be measured on; the message says where it is wrong and what belongs there."""


def read_jsonl(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file with their line numbers; empty lines are skipped.

    Raises EvaluationError for a file that cannot be read or has no rows, a line that is not a JSON object, and a row
    without one of the `required` keys.
    """
    rows = 0
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvaluationError(
                f"{path}, line {number}: not JSON ({error}); one object a line is expected"
            ) from error
        if not isinstance(row, dict):
            raise EvaluationError(f"{path}, line {number}: expected a JSON object, got {type(row).__name__}")
        missing = [key for key in required if key not in row]
        if missing:
            raise EvaluationError(f"{path}, line {number}: without {', '.join(missing)}; every row needs it")
        rows += 1
        yield number, row
    if not rows:
        raise EvaluationError(f"{path}: no rows; one JSON object a line is expected")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}; name a file that can be read") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
