"""What was answered about one candidate: scores, reasons and quotes, checked against rubric and text.

Belongs here: one line of an output file or an error file. Not here: the ranking of many (scores.py).

A quote counts as evidence where it stands in the candidate's text word for word, but for white space and typographic
signs. One that does not is shown as what it is: made up.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ty_assets.candidate_evaluations.rubric import OVERALL, Rubric

_FENCE = re.compile(r"\s*```(?:json)?\s*\n?(.*?)\n?\s*```\s*", re.S | re.I)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.S)  # servers that do not take it out
_ALIKE = str.maketrans(
    {"„": '"', "“": '"', "”": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "‚": "'", "–": "-", "—": "-"}
)
_ELLIPSIS: Final = re.compile(r"^(?:\.\.\.|…)\s*|\s*(?:\.\.\.|…)$")
_TOLD = 300  # characters of a message


class AnswerError(ValueError):
    """An answer that gives no scores; the message says what is lacking."""


@dataclass(frozen=True)
class Quote:
    """supported: whether it stands in the candidate's text; None where the text is not at hand."""

    text: str
    supported: bool | None = None


@dataclass(frozen=True)
class Judged:
    """What was said of one criterion."""

    score: int
    reason: str = ""
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """What is known of one candidate after the batch: scores, or why there are none.

    judged: by key of the criterion. error: a code such as batch_expired, bad_answer or status_400. Where it is None,
    which is usual, overall and judged are there.
    """

    custom_id: str
    overall: float | None = None
    judged: Mapping[str, Judged] | None = None
    error: str | None = None
    message: str = ""

    @property
    def unsupported(self) -> int:
        """Quotes that do not stand in the candidate's text."""
        return sum(quote.supported is False for one in (self.judged or {}).values() for quote in one.quotes)


def read_result(rubric: Rubric, content: Mapping[str, Any], text: str | None = None) -> Evaluation:
    """One line of an output or an error file. text: the candidate's, to check quotes against."""
    custom_id = str(content.get("custom_id", ""))
    if isinstance(failed := content.get("error"), Mapping):
        return Evaluation(custom_id, error=str(failed.get("code")), message=str(failed.get("message") or "")[:_TOLD])
    response = content.get("response")
    if not isinstance(response, Mapping):
        return Evaluation(custom_id, error="no_response", message="the line has neither a response nor an error")
    status, body = response.get("status_code"), response.get("body")
    if status != 200 or not isinstance(body, Mapping):
        detail = body.get("error") if isinstance(body, Mapping) else None
        message = detail.get("message") if isinstance(detail, Mapping) else detail
        return Evaluation(custom_id, error=f"status_{status}", message=str(message or "")[:_TOLD])
    try:
        judged = read_answer(rubric, body, text)
    except AnswerError as error:
        return Evaluation(custom_id, error="bad_answer", message=str(error))
    overall = rubric.overall({key: one.score for key, one in judged.items()})
    return Evaluation(custom_id, overall, judged)


def read_answer(rubric: Rubric, body: Mapping[str, Any], text: str | None = None) -> dict[str, Judged]:
    """By criterion, in the rubric's order, what a chat completion says. Raises: AnswerError."""
    answer = _answer(body)
    haystack = None if text is None else _comparable(text)
    return {
        criterion.key: _judged(answer, criterion.key, *_limits(rubric, criterion.key), haystack)
        for criterion in rubric.criteria
    }


def scores_of(rubric: Rubric, content: Mapping[str, Any]) -> dict[str, float] | None:
    """{criterion: score, "overall": score} of one line of a file; None where it has none."""
    evaluation = read_result(rubric, content)
    if evaluation.judged is None or evaluation.overall is None:
        return None
    return {key: float(one.score) for key, one in evaluation.judged.items()} | {OVERALL: evaluation.overall}


def _answer(body: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
    message = choice.get("message")
    written = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(written, str) or not written.strip():
        refusal = message.get("refusal") if isinstance(message, Mapping) else None
        raise AnswerError(f"the model refused: {refusal}"[:_TOLD] if refusal else "the answer is empty")
    written = _THOUGHT.sub("", written)
    fence = _FENCE.fullmatch(written)
    try:
        answer = json.loads(fence[1] if fence else written)
    except (ValueError, RecursionError):
        if choice.get("finish_reason") == "length":
            raise AnswerError(
                "the answer was cut off: the model reached max_tokens or the end of its context"
            ) from None
        raise AnswerError("the answer is no JSON; the model or its server does not follow response_format") from None
    if not isinstance(answer, Mapping):
        raise AnswerError("the answer is no JSON object")
    return answer


def _limits(rubric: Rubric, key: str) -> tuple[int, int]:
    scale = rubric.scale_of(rubric.by_key[key])
    return scale.minimum, scale.maximum


def _judged(answer: Mapping[str, Any], key: str, low: int, high: int, haystack: str | None) -> Judged:
    said = answer.get(key)
    if isinstance(said, int | float):  # a model that answers by the criterion alone has said enough
        said = {"score": said}
    if not isinstance(said, Mapping):
        raise AnswerError(f"the answer says nothing of {key}")
    score = said.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float) or not float(score).is_integer():
        raise AnswerError(f"the answer gives {key} no whole number as score")
    if not low <= score <= high:
        raise AnswerError(f"the answer gives {key} a score of {score:g}, which is not on its scale {low}..{high}")
    evidence = said.get("evidence")
    quotes = [evidence] if isinstance(evidence, str) else evidence if isinstance(evidence, list) else []
    reason = said.get("reason")
    return Judged(
        int(score),
        " ".join(reason.split()) if isinstance(reason, str) else "",
        tuple(_quote(one, haystack) for one in quotes if isinstance(one, str) and one.strip()),
    )


def _quote(text: str, haystack: str | None) -> Quote:
    shown = " ".join(text.split())
    if haystack is None:
        return Quote(shown)
    wanted = _comparable(_ELLIPSIS.sub("", shown))
    return Quote(shown, bool(wanted) and wanted in haystack)


def _comparable(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).translate(_ALIKE).split())
