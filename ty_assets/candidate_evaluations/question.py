"""What a model is asked about one candidate: the prefix that all candidates of a rubric share, and the schema.

Belongs here: the request, and recognising one that was made here. Not here: where candidates come from (prepare.py) and
what is made of an answer (answers.py).

All but the last message is the same for every candidate, byte for byte: it is what a server reads once and keeps. Each
request stands alone, so that no candidate's answer is seen when another is judged.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final

from ty_assets.candidate_evaluations.rubric import Criterion, Rubric, RubricError
from ty_resources.inference.fence import fenced

# Long enough to be found again, short enough to cost little: an answer is written token by token.
QUOTE_LENGTH: Final = 160
REASON_LENGTH: Final = 140
# An answer that is cut off is lost, and the schema bounds its length already: the limit is for servers that do not keep
# to it. Three or four characters are usual, but a number or a list of dates has a token for each.
_CHARACTERS_PER_TOKEN: Final = 1.0
_FRAME_TOKENS: Final = 64  # keys, brackets, line breaks and the number of one criterion
_ENUMERATED: Final = 21  # steps; each grammar knows a list of numbers, not each a range

_ENDPOINT: Final = "/v1/chat/completions"
# Last line of both prompts: behind it stands the rubric.
_RUBRIC: Final = re.compile(r"\n(?:The rubric|Der Bewertungsbogen):\n\n")
_DATA: Final = re.compile(r"\nDATA-([0-9a-f]{12})\n(.*)\nDATA-\1\Z", re.S)


@dataclass(frozen=True)
class Question:
    """What is asked by a rubric of a model, whoever the candidate is."""

    rubric: Rubric
    model: str

    @cached_property
    def prefix(self) -> str:
        """The system message."""
        rubric = self.rubric
        prompt = _prompt(rubric.language)
        if not rubric.quotes:
            prompt = _without_item(prompt, "evidence")
        if not rubric.reasons:
            prompt = _without_item(prompt, "reason")
        numbers = {"{quotes}": rubric.quotes, "{quote_length}": QUOTE_LENGTH, "{reason_length}": REASON_LENGTH}
        for name, number in numbers.items():
            prompt = prompt.replace(name, str(number))
        return prompt + rubric.yaml()

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Of the answer: for each criterion evidence and reason first, so that the score rests on them."""
        keys = {one.key: self._judged(one) for one in self.rubric.criteria}
        return _object(keys)

    @cached_property
    def schema_name(self) -> str:
        return f"rubric_{hashlib.sha256(self.rubric.yaml().encode()).hexdigest()[:12]}"

    @cached_property
    def max_tokens(self) -> int:
        """What the longest answer by the schema takes."""
        rubric = self.rubric
        characters = rubric.quotes * (QUOTE_LENGTH + 4) + (REASON_LENGTH if rubric.reasons else 0)
        return len(rubric.criteria) * (_FRAME_TOKENS + int(characters / _CHARACTERS_PER_TOKEN)) + 16

    def body(self, text: str) -> dict[str, Any]:
        """The body of a request about the candidate with this text."""
        return {
            "model": self.model,
            "messages": [{"role": "system", "content": self.prefix}, {"role": "user", "content": _as_data(text)}],
            "temperature": 0,
            "seed": 0,
            "max_tokens": self.max_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": self.schema_name, "strict": True, "schema": self.schema},
            },
        }

    def line(self, custom_id: str, text: str) -> bytes:
        """The candidate's line of an input file, with its line end."""
        request = {"custom_id": custom_id, "method": "POST", "url": _ENDPOINT, "body": self.body(text)}
        return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"

    def _judged(self, criterion: Criterion) -> dict[str, Any]:
        scale = self.rubric.scale_of(criterion)
        score: dict[str, Any] = {"type": "integer"}
        if scale.span < _ENUMERATED:
            score["enum"] = list(range(scale.minimum, scale.maximum + 1))
        else:
            score |= {"minimum": scale.minimum, "maximum": scale.maximum}
        parts: dict[str, Any] = {}
        if self.rubric.quotes:
            quote = {"type": "string", "maxLength": QUOTE_LENGTH}
            parts["evidence"] = {"type": "array", "items": quote, "maxItems": self.rubric.quotes}
        if self.rubric.reasons:
            parts["reason"] = {"type": "string", "maxLength": REASON_LENGTH}
        return _object(parts | {"score": score})


@dataclass(frozen=True)
class Asked:
    """A request that was made here: by which rubric, and about which text."""

    question: Question
    text: str

    @property
    def rubric(self) -> Rubric:
        return self.question.rubric


def asked(body: Mapping[str, Any]) -> Asked | None:
    """What a request's body asks, if it is one of `Question.body`; None for any other, however alike.

    Whoever made the same request otherwise gets the same: it is recognised by what it says, not by who wrote it.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or len(messages) != 2:
        return None
    if not all(isinstance(one, Mapping) and isinstance(one.get("content"), str) for one in messages):
        return None
    if messages[0].get("role") != "system" or messages[1].get("role") != "user":
        return None
    rubric, text = _rubric_of(messages[0]["content"]), _text_of(messages[1]["content"])
    if rubric is None or text is None:
        return None
    return Asked(Question(rubric, str(body.get("model", ""))), text)


@lru_cache(maxsize=16)
def _rubric_of(prefix: str) -> Rubric | None:
    found = _RUBRIC.search(prefix)
    if found is None:
        return None
    try:
        rubric = Rubric.parse(prefix[found.end() :])
    except RubricError:
        return None
    return rubric if Question(rubric, "").prefix == prefix else None


def _text_of(content: str) -> str | None:
    found = _DATA.search(content)
    if found is None:
        return None
    try:
        text = json.loads(found[2])
    except ValueError:
        return None
    return text if isinstance(text, str) and _as_data(text) == content else None


def _as_data(text: str) -> str:
    return fenced(json.dumps(text, ensure_ascii=False))


@lru_cache(maxsize=4)
def _prompt(language: str) -> str:
    return files("ty_assets").joinpath("candidate_evaluations", f"prompt_{language}.md").read_text("utf-8")


def _without_item(prompt: str, name: str) -> str:
    """The prompt without what its list says of one field."""
    return re.sub(rf"- `{name}`:.*?\n(?=- `)", "", prompt, flags=re.S)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
