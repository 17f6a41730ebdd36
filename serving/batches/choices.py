"""What is to become of a table: which column is what, which rubric, and what it will cost.

Belongs here: these choices as a form and an address have them, and the estimate. Not here: routes (`upload_csv.py`),
and doing it (`preparing.py`). Pure: a table's survey in, choices and figures out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from serving.batches.rubrics import Offered
from serving.batches.stored_tables import Survey
from ty_assets.candidate_evaluations.columns import Columns
from ty_assets.candidate_evaluations.question import Question
from ty_resources.settings import Settings

USES: Final = ("text", "id", "name", "contact", "none")
# English prose has a little more, German a little less: it is told as "about".
_CHARACTERS_PER_TOKEN: Final = 4.0
_NAME: Final = 120
PRIORITIES: Final = (1, 0, -1)


@dataclass(frozen=True)
class Choices:
    """uses: of each column, in the table's order."""

    uses: tuple[str, ...]
    rubric: str
    name: str
    model: str
    keep_names: bool = False
    skip_empty: bool = False
    priority: int = 0

    @property
    def query(self) -> dict[str, Any]:
        """As an address has it."""
        return {
            "uses": ",".join(self.uses),
            "rubric": self.rubric,
            "name": self.name,
            "model": self.model,
            "keep_names": "on" if self.keep_names else "",
            "skip_empty": "on" if self.skip_empty else "",
            "priority": self.priority or "",
        }

    def columns(self, survey: Survey) -> Columns:
        by_use: dict[str, list[str]] = {use: [] for use in USES}
        for column, use in zip(survey.table.columns, self.uses, strict=True):
            by_use[use].append(column)
        identity = by_use["id"][0] if by_use["id"] else None
        return Columns(identity, tuple(by_use["text"]), tuple(by_use["name"]), tuple(by_use["contact"]))


def models_of(config: Settings, loaded: Sequence[str]) -> list[str]:
    """What may be asked: the reasoning model first, then what else is configured or in a server's memory."""
    if config.engine == "embedded":
        return ["rules"]
    others = [name for name in loaded if name.partition(":")[0] != config.embedding_model.partition(":")[0]]
    return list(dict.fromkeys([config.reasoning_model, config.extraction_model, *others]))


def chosen(
    given: Mapping[str, str], survey: Survey, offered: Sequence[Offered], models: Sequence[str], filename: str
) -> Choices:
    """What an address or a form says; where it says nothing or nonsense, what is likely."""
    columns = survey.table.columns
    uses = tuple(given.get("uses", "").split(","))
    if len(uses) != len(columns) or not set(uses) <= set(USES):
        uses = tuple(_guessed(survey, column) for column in columns)
    known = {one.choice for one in offered}
    rubric, model = given.get("rubric", ""), given.get("model", "")
    name = " ".join(given.get("name", "").split())[:_NAME]
    return Choices(
        uses=uses,
        rubric=rubric if rubric in known else next(iter(one.choice for one in offered), ""),
        name=name or filename.rpartition(".")[0][:_NAME] or filename[:_NAME],
        model=model if model in models else models[0],
        keep_names=given.get("keep_names") == "on",
        skip_empty=given.get("skip_empty") == "on",
        priority=int(given["priority"]) if given.get("priority") in ("1", "-1") else 0,
    )


def _guessed(survey: Survey, column: str) -> str:
    guess = survey.guess
    if column == guess.id:
        return "id"
    return next((use for use in ("text", "name", "contact") if column in getattr(guess, use)), "none")


@dataclass(frozen=True)
class Estimate:
    """What it takes, about. seconds: by the rate that this model had last; None where it has none yet.

    prefix_tokens: of the rubric, read once and kept by a server that keeps what it has read; text_tokens: of all
    candidates together. batches: so many, where one may not have all candidates.
    """

    candidates: int
    prefix_tokens: int
    text_tokens: int
    batches: int
    seconds: float | None

    @property
    def saved_share(self) -> float:
        """Of the tokens of all prompts, those that are the rubric once more."""
        whole = self.candidates * self.prefix_tokens + self.text_tokens
        return (self.candidates - 1) * self.prefix_tokens / whole if whole and self.candidates else 0.0


def estimate(
    survey: Survey, choices: Choices, question: Question, per_second: float | None, config: Settings
) -> Estimate:
    characters = sum(
        survey.characters[column]
        for column, use in zip(survey.table.columns, choices.uses, strict=True)
        if use == "text"
    )
    count = survey.candidates
    line = len(question.line("x" * 12, ""))
    size = count * line + characters
    return Estimate(
        candidates=count,
        prefix_tokens=_about(len(question.prefix) / _CHARACTERS_PER_TOKEN),
        text_tokens=_about(characters / _CHARACTERS_PER_TOKEN),
        batches=max(-(-count // config.batch_max_requests), -(-size // config.batch_max_bytes), 1),
        seconds=count / per_second if per_second else None,
    )


def _about(value: float) -> int:
    """To two digits: more would look as if it were known."""
    whole = round(value)
    return round(whole, 2 - len(str(whole)))
