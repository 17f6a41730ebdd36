"""The question that turns a comment into rules: for a model, and for the patterns that answer without one.

Belongs here: its input, its output and the check of the quotes. Not here: the patterns (`comments`), what a rule may
say (`rules`) and who is asked when (`store`, serving).
"""

import json
import re
from collections.abc import Sequence
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from ty_assets.facets.vocabulary import domains
from ty_assets.feedback.comments import PLACES_FILE, rules_in
from ty_assets.feedback.rules import Rule, rule_of
from ty_resources.inference.task import Encode, Role, Task

# A longer one is no comment; what is beyond is not read.
LONGEST_COMMENT: Final = 4000


class CommentItem(BaseModel):
    """What a person wrote of one posting."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    comment: str


class CommentRule(BaseModel):
    """kind and value as of `rules.rule_of`; quote: verbatim in the comment."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    value: str
    quote: str

    def rule(self) -> Rule | None:
        return rule_of(self.kind, self.value)


class CommentRules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: list[CommentRule]


class CommentTask(Task[CommentItem, CommentRules]):
    """The rules for future postings that a comment states."""

    name: ClassVar[str] = "comment_rules"
    version: ClassVar[str] = "1"
    role: ClassVar[Role] = "reasoning"
    output: ClassVar[type[BaseModel]] = CommentRules
    package: ClassVar[str] = "ty_assets.feedback"
    data_files: ClassVar[tuple[str, ...]] = (PLACES_FILE, "../facets/vocabulary.csv", "../facets/domains.csv")

    def render(self, item: CommentItem) -> str:
        told = {"comment": item.comment[:LONGEST_COMMENT], "fields": sorted(domains())}
        return json.dumps(told, ensure_ascii=False, sort_keys=True)

    def extract(self, items: Sequence[CommentItem], encode: Encode) -> list[CommentRules]:
        return [extracted(item) for item in items]

    def verify(self, item: CommentItem, output: CommentRules) -> tuple[CommentRules, int]:
        """Without what quotes nothing, what is no rule, and numbers and places that the quote does not have."""
        said = _folded(item.comment[:LONGEST_COMMENT])
        kept: dict[str, CommentRule] = {}
        removed = 0
        for one in output.rules:
            rule, quote = one.rule(), _folded(one.quote)
            if rule is None or not quote or quote not in said or not _says(rule, quote):
                removed += 1
                continue
            kept.setdefault(rule.key, CommentRule(kind=rule.kind, value=rule.value, quote=quote))
        return CommentRules(rules=list(kept.values())), removed

    def quotes(self, item: CommentItem, output: CommentRules) -> bool:
        return not output.rules or bool(self.verify(item, output)[0].rules)

    def unquoted(self, item: CommentItem, output: CommentRules) -> CommentRules | None:
        return CommentRules(rules=[])


def extracted(item: CommentItem) -> CommentRules:
    """By patterns, without an encoder: at once."""
    found = rules_in(item.comment[:LONGEST_COMMENT])
    return CommentRules(
        rules=[CommentRule(kind=one.rule.kind, value=one.rule.value, quote=_folded(one.quote)) for one in found]
    )


_NUMBERED: Final = frozenset({"max_office_days", "max_distance", "min_pay", "max_hours"})
_NUMBER: Final = re.compile(
    r"\d|\b(?:ein\w*|one|two|zwei|three|drei|four|vier|five|fünf|remote|home|only|nur|ausschließlich|fully)", re.I
)


def _says(rule: Rule, quote: str) -> bool:
    """Whether the quote has what only words can give: a number for a limit, the name of a place."""
    if rule.kind in _NUMBERED:
        return bool(_NUMBER.search(quote))
    if rule.kind == "only_place":
        return all(place.casefold() in quote.casefold() for place in rule.value.split(", "))
    return True


def _folded(text: str) -> str:
    return " ".join(text.split())
