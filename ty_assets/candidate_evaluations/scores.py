"""The table of scores: candidates ranked by their overall score, with reasons and evidence, as CSV for a spreadsheet.

Belongs here: the ranking and its columns. Not here: what a single answer says (answers.py).

Rows wait in a temporary file until all are known; in memory there are only the score and the place of each, 24 bytes.
"""

import csv
import heapq
import io
import json
import tempfile
from array import array
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ty_assets.candidate_evaluations.answers import Evaluation, Judged, Quote
from ty_assets.candidate_evaluations.rubric import Rubric

# Spreadsheets run a cell that begins so; candidates' texts are strangers'.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SPOOLED: Final = 8_000_000  # bytes in memory before the temporary file is one on disk
_BLOCK: Final = 131_072  # characters that are written at a time
_UNSUPPORTED: Final = " [not in the text]"


class Ranking:
    """Collects evaluations and gives them back ranked: the best first, those without scores at the end.

    Of equal scores the one that was added first comes first. Closing it deletes the temporary file.
    """

    def __init__(self, rubric: Rubric) -> None:
        self._rubric = rubric
        self._file = tempfile.SpooledTemporaryFile(max_size=_SPOOLED)  # noqa: SIM115 # closed with the ranking
        self._overall = array("d")  # negated: it is sorted upwards; infinite for one without scores
        self._places = array("Q")
        self.failed = 0
        self.unsupported = 0  # quotes that do not stand in their candidate's text
        self.checked = 0  # quotes that were looked for

    def __enter__(self) -> "Ranking":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._overall)

    def add(self, evaluation: Evaluation) -> None:
        self._overall.append(float("inf") if evaluation.overall is None else -evaluation.overall)
        self._file.seek(0, io.SEEK_END)
        self._places.append(self._file.tell())
        self._file.write(json.dumps(_packed(evaluation), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        self.failed += evaluation.overall is None
        self.unsupported += evaluation.unsupported
        quotes = [quote for one in (evaluation.judged or {}).values() for quote in one.quotes]
        self.checked += sum(quote.supported is not None for quote in quotes)

    def best(self, most: int) -> list[Evaluation]:
        """The first of the ranking."""
        return [self._at(place) for place in heapq.nsmallest(most, range(len(self)), key=self._key)]

    def ranked(self) -> Iterator[Evaluation]:
        """All, in their order."""
        for place in sorted(range(len(self)), key=self._key):
            yield self._at(place)

    def csv(self, delimiter: str = ",") -> Iterator[bytes]:
        """The table in blocks: UTF-8 with a mark that spreadsheets know it by.

        With a semicolon numbers have a decimal comma: a spreadsheet that separates so takes 7.5 for a day in May.
        """
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(columns(self._rubric))
        start = b"\xef\xbb\xbf"
        rank, previous = 0, None
        for number, evaluation in enumerate(self.ranked(), 1):
            if evaluation.overall != previous:
                rank, previous = number, evaluation.overall
            row = map(_cell, _row(self._rubric, evaluation, rank))
            writer.writerow(map(_with_comma, row) if delimiter == ";" else row)
            if buffer.tell() > _BLOCK:
                yield start + buffer.getvalue().encode()
                start = b""
                buffer.seek(0)
                buffer.truncate()
        yield start + buffer.getvalue().encode()

    def _key(self, place: int) -> tuple[float, int]:
        return self._overall[place], place

    def _at(self, place: int) -> Evaluation:
        self._file.seek(self._places[place])
        return _unpacked(json.loads(self._file.readline()))


def columns(rubric: Rubric) -> list[str]:
    """The header: rank, id and overall first, each criterion's score, then reasons and evidence, errors last."""
    names = [one.name for one in rubric.criteria]
    details = [f"{name}: {part}" for name in names for part in _details(rubric)]
    return ["rank", "candidate", "overall", *names, *details, "error", "message"]


def _details(rubric: Rubric) -> list[str]:
    return [*(["reason"] if rubric.reasons else []), *(["evidence"] if rubric.quotes else [])]


def _row(rubric: Rubric, evaluation: Evaluation, rank: int) -> list[str | int | float]:
    if evaluation.judged is None or evaluation.overall is None:
        nothing = [""] * (len(rubric.criteria) * (1 + len(_details(rubric))))
        return ["", evaluation.custom_id, "", *nothing, evaluation.error or "", evaluation.message]
    judged = [evaluation.judged[one.key] for one in rubric.criteria]
    details: list[str] = []
    for one in judged:
        details += [one.reason] if rubric.reasons else []
        details += [" | ".join(map(_shown, one.quotes))] if rubric.quotes else []
    return [rank, evaluation.custom_id, evaluation.overall, *(one.score for one in judged), *details, "", ""]


def _shown(quote: Quote) -> str:
    return f"“{quote.text}”" + (_UNSUPPORTED if quote.supported is False else "")


def _cell(value: str | int | float) -> str | int | float:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _with_comma(value: str | int | float) -> str | int | float:
    return str(value).replace(".", ",") if isinstance(value, float) else value


def _packed(evaluation: Evaluation) -> list[Any]:
    judged = evaluation.judged
    return [
        evaluation.custom_id,
        evaluation.overall,
        judged
        and {key: [one.score, one.reason, [[q.text, q.supported] for q in one.quotes]] for key, one in judged.items()},
        evaluation.error,
        evaluation.message,
    ]


def _unpacked(packed: list[Any]) -> Evaluation:
    custom_id, overall, judged, error, message = packed
    return Evaluation(custom_id, overall, judged and _judged(judged), error, message)


def _judged(packed: Mapping[str, Any]) -> dict[str, Judged]:
    return {
        key: Judged(score, reason, tuple(Quote(text, supported) for text, supported in quotes))
        for key, (score, reason, quotes) in packed.items()
    }
