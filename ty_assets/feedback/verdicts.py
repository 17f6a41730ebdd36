"""What the lessons do to one match: a bounded adjustment of its place, and why it is hidden.

Belongs here: the judgement of matches. Not here: what is learned (`learned`) and how it is told (`wording`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from ty_assets.feedback.direction import Direction, adjustment
from ty_assets.feedback.learned import Lesson
from ty_assets.feedback.opinions import LIKED
from ty_assets.feedback.rules import PostingFacts, Rule, breaks

# In hidden_by: the person hid this very match.
BY_PERSON: Final = "person"


@dataclass(frozen=True, slots=True)
class JudgedMatch:
    """A match as the lessons look at it. similarity: of its title to the direction of its own model; None where that
    is not known. utility: what the person said of it, -1 .. 1."""

    posting_id: UUID
    score: float
    model: str = ""
    kldb: str | None = None
    similarity: float | None = None
    utility: float | None = None
    hidden: bool = False  # by the person
    facts: PostingFacts = field(default_factory=PostingFacts)


class Verdict(NamedTuple):
    """adjustment: added to the score for the order. hidden_by: names of lessons, or BY_PERSON; empty: shown."""

    adjustment: float
    hidden_by: tuple[str, ...]


Judge = Callable[[JudgedMatch], Verdict]


def judge_by(lessons: Sequence[Lesson], directions: Mapping[str, Direction]) -> Judge:
    """The judge of these lessons, all of them switched on. directions: by embedding model.

    What the person likes is never hidden by a lesson, only by the person.
    """
    below = next((float(lesson.value["hides_below"]) for lesson in lessons if lesson.kind == "cutoff"), 0.0)
    codes = tuple(lesson.key for lesson in lessons if lesson.kind == "occupation")
    terms = {lesson.key for lesson in lessons if lesson.kind == "term"}
    rules = [
        (lesson.name, Rule(lesson.value["kind"], lesson.value["value"])) for lesson in lessons if lesson.kind == "rule"
    ]
    trusted = {lesson.key for lesson in lessons if lesson.kind == "direction"}

    def judge(match: JudgedMatch) -> Verdict:
        direction = directions.get(match.model) if match.model in trusted else None
        moved = 0.0
        if direction is not None:
            moved = adjustment(match.similarity, direction.centre, direction.spread, direction.trust)
        hidden_by = [BY_PERSON] if match.hidden else []
        if match.utility is None or match.utility < LIKED:
            if match.score < below:
                hidden_by.append("cutoff")
            if match.kldb is not None and match.kldb.startswith(codes or ("-",)):
                hidden_by += [f"occupation:{code}" for code in codes if match.kldb.startswith(code)]
            hidden_by += [f"term:{term}" for term in sorted(terms & match.facts.terms)]
            hidden_by += [name for name, rule in rules if breaks(rule, match.facts)]
        return Verdict(moved, tuple(hidden_by))

    return judge
