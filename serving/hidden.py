"""Why a match is not in a person's list, in words: what was learned, the person's own doing, or a gate.

Belongs here: from rows to reasons. Not here: what hides (ty_assets/feedback) and where it is shown.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, Field

from serving.matches import Gate, RankedMatch
from ty_assets.feedback.learned import name_of
from ty_assets.feedback.wording import hidden_sentence, lesson_sentence
from ty_resources.postgres import Row

GATE: Final = "gate"  # what hidden_counts calls a failed gate


class HiddenReason(BaseModel):
    """kind: gate, cutoff, occupation, term, rule or person. name: of the gate, or of what was learned."""

    kind: str
    name: str
    text: str


class ListedMatch(RankedMatch):
    """A match in a list; reasons: why the list without `hidden` leaves it out, empty where it does not."""

    reasons: list[HiddenReason] = Field(default_factory=list)


class HiddenGroup(BaseModel):
    """How many matches one thing hides; a match that two hide counts for both."""

    kind: str
    name: str
    text: str
    matches: int


class HiddenCounts(BaseModel):
    total: int
    groups: list[HiddenGroup]


Lessons = Mapping[str, tuple[str, str, Mapping[str, Any]]]


def lessons_by_name(rows: Sequence[Row]) -> Lessons:
    """From rows of learned_of_person."""
    return {name_of(row["kind"], row["key"]): (row["kind"], row["key"], row["value"]) for row in rows}


def reasons(
    score: float, hidden_by: Sequence[str], failed: Sequence[Gate], lessons: Lessons, language: str, *, gates: bool
) -> list[HiddenReason]:
    """All reasons why a match is hidden, the person's own first. gates: those that failed leave out too.

    A match that is hidden tells of its failed gates in any case: to bring it back would not bring it up.
    """
    found = [
        HiddenReason(kind=name.partition(":")[0], name=name, text=hidden_sentence(name, score, lessons, language))
        for name in hidden_by
    ]
    if gates or found:
        found += [HiddenReason(kind="gate", name=gate.gate, text=gate.reason) for gate in failed if not gate.passed]
    return found


def counts(rows: Sequence[Row], lessons: Lessons, language: str, gate_text: str) -> HiddenCounts:
    """From rows of hidden_counts. gate_text: what failed gates are told as."""
    total = next((row["matches"] for row in rows if row["name"] is None), 0)
    groups = [
        HiddenGroup(
            kind=row["name"].partition(":")[0],
            name=row["name"],
            text=gate_text if row["name"] == GATE else _group_text(row["name"], lessons, language),
            matches=row["matches"],
        )
        for row in rows
        if row["name"] is not None
    ]
    groups.sort(key=lambda group: (-group.matches, group.name))
    return HiddenCounts(total=total, groups=groups)


def _group_text(name: str, lessons: Lessons, language: str) -> str:
    if name in lessons:
        kind, key, value = lessons[name]
        return lesson_sentence(kind, key, value, language)
    return hidden_sentence(name, 0.0, lessons, language)
