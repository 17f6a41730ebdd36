"""Files of requests and results that somebody has on disk, read line by line.

Belongs here: reading them, each answer beside the text that it is about. Not here: what one line says
(ty_assets/candidate_evaluations/answers.py), and results in the database (stored_results.py there).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ty_assets.candidate_evaluations.answers import Evaluation, read_result
from ty_assets.candidate_evaluations.question import asked
from ty_assets.candidate_evaluations.rubric import Rubric


class ResultsError(ValueError):
    """Files that no ranking can be made of; the message says which line, and what is expected."""


def evaluations_of_files(rubric: Rubric, results: Sequence[Path], requests: Path | None) -> Iterator[Evaluation]:
    """What is known of each candidate, in the order of the files. requests: to check quotes against the texts.

    Raises: ResultsError for what is no file of results, and for a candidate that has two.
    """
    with _Texts(requests) as texts:
        seen: set[str] = set()
        for file in results:
            for number, content in _lines(file):
                custom_id = content.get("custom_id")
                if not isinstance(custom_id, str) or not ("response" in content or "error" in content):
                    raise ResultsError(f"{file}, line {number}: no result; the output file of a batch is expected")
                if custom_id in seen:
                    raise ResultsError(f"{file}, line {number}: a second result of {custom_id!r}")
                seen.add(custom_id)
                yield read_result(rubric, content, texts.of(custom_id))


def rubric_of_requests(file: Path) -> Rubric | None:
    """The rubric that the first request was prepared from; None for another request."""
    for _, content in _lines(file):
        body = content.get("body")
        found = asked(body) if isinstance(body, Mapping) else None
        return found.rubric if found is not None else None
    return None


class _Texts:
    """Candidates' texts by id, read from the file of requests when they are asked for."""

    def __init__(self, file: Path | None) -> None:
        self._path = file
        self._file: IO[bytes] | None = None
        self._places: dict[str, int] = {}

    def __enter__(self) -> "_Texts":
        if self._path is not None:
            place = 0
            for _, line, content in _raw_lines(self._path):
                self._places[str(content.get("custom_id"))] = place
                place += len(line)
            self._file = self._path.open("rb")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def of(self, custom_id: str) -> str | None:
        """None where there is no such request, or it was not made here."""
        if self._file is None or custom_id not in self._places:
            return None
        self._file.seek(self._places[custom_id])
        body = json.loads(self._file.readline().removeprefix(b"\xef\xbb\xbf")).get("body")
        found = asked(body) if isinstance(body, Mapping) else None
        return found.text if found is not None else None


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, _, content in _raw_lines(file):
        if content is not _NOTHING:
            yield number, content


_NOTHING: dict[str, Any] = {}


def _raw_lines(file: Path) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """Number, bytes and content of each line; of an empty one _NOTHING. Raises: ResultsError."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.removeprefix(b"\xef\xbb\xbf").strip():
                yield number, line, _NOTHING
                continue
            try:
                content = json.loads(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            except (ValueError, RecursionError):
                raise ResultsError(f"{file}, line {number}: not JSON; one object a line is expected") from None
            if not isinstance(content, dict):
                raise ResultsError(f"{file}, line {number}: expected a JSON object")
            yield number, line, content
