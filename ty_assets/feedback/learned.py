"""Everything that is learned from a person's feedback, as lessons that can be shown and switched off one by one.

Belongs here: putting the parts together. Not here: the parts (`cutoff`, `negative`, `direction`, `rules`), what a
lesson does to a match (`verdicts`), and how it is told (`wording`). Pure: the same feedback gives the same lessons, so
taking a rating back takes back what it taught.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ty_assets.feedback.cutoff import fit_cutoff
from ty_assets.feedback.direction import Direction, learn_direction
from ty_assets.feedback.negative import disliked_occupations, disliked_terms
from ty_assets.feedback.opinions import Opinion
from ty_assets.feedback.rules import Rule

LessonKind = Literal["cutoff", "occupation", "term", "direction", "rule"]

# Raise it when the same feedback teaches something else.
VERSION: Final = "1"

# Of these the newest word counts; places add up, and all others stand beside each other.
_NEWEST_COUNTS: Final = frozenset({"max_office_days", "max_distance", "min_pay", "working_time", "max_hours"})


@dataclass(frozen=True)
class Lesson:
    """kind and key name it. value: what was learned, as JSON. evidence: the rated postings, ascending."""

    kind: LessonKind
    key: str
    value: Mapping[str, Any]
    evidence: tuple[UUID, ...]

    @property
    def name(self) -> str:
        return name_of(self.kind, self.key)


def name_of(kind: str, key: str) -> str:
    """As it stands in personal_matches.hidden_by."""
    return f"{kind}:{key}" if key else kind


@dataclass(frozen=True)
class Learned:
    """lessons: ordered by kind and key. directions: by embedding model; each has its lesson as well."""

    lessons: tuple[Lesson, ...] = ()
    directions: Mapping[str, Direction] = field(default_factory=dict)


# Title vectors of one model by posting: (d,) unit length.
Titles = Mapping[UUID, NDArray[np.float32]]


def learn(opinions: Sequence[Opinion], titles: Mapping[str, Titles]) -> Learned:
    """From all of a person's opinions, the oldest first. titles: by embedding model, of the rated postings."""
    occupations = disliked_occupations(opinions)
    lessons = [
        *_cutoff(opinions),
        *(Lesson("occupation", one.key, {"kldb": one.key}, one.evidence) for one in occupations),
        *(Lesson("term", one.key, {"term": one.key}, one.evidence) for one in disliked_terms(opinions, occupations)),
        *_rules(opinions),
    ]
    directions: dict[str, Direction] = {}
    for model, vectors in sorted(titles.items()):
        judged = [o for o in opinions if o.utility is not None and o.posting_id in vectors]
        if not judged:
            continue
        found = learn_direction(np.stack([vectors[o.posting_id] for o in judged]), [o.utility or 0.0 for o in judged])
        if found is not None and found.trust > 0:
            directions[model] = found
            evidence = tuple(sorted(o.posting_id for o in judged))
            lessons.append(Lesson("direction", model, {"model": model, "trust": found.trust}, evidence))
    return Learned(tuple(sorted(lessons, key=lambda lesson: (lesson.kind, lesson.key))), directions)


def _cutoff(opinions: Sequence[Opinion]) -> Iterator[Lesson]:
    judged = [o for o in opinions if o.score is not None and (o.liked or o.disliked)]
    cutoff = fit_cutoff([o.score or 0.0 for o in judged], [o.liked for o in judged])
    if cutoff.hides_below > 0:
        value = {"hides_below": cutoff.hides_below, "expected": round(cutoff.expected, 3)}
        yield Lesson("cutoff", "", value, tuple(sorted(o.posting_id for o in judged)))


def _rules(opinions: Sequence[Opinion]) -> Iterator[Lesson]:
    evidence: dict[Rule, list[UUID]] = defaultdict(list)
    newest: dict[str, Rule] = {}
    places: dict[str, list[UUID]] = defaultdict(list)
    for opinion in opinions:
        for rule in opinion.rules:
            if rule.kind == "only_place":
                for place in rule.value.split(", "):
                    places[place].append(opinion.posting_id)
                continue
            if rule.kind in _NEWEST_COUNTS:
                newest[rule.kind] = rule
            evidence[rule].append(opinion.posting_id)
    for rule, postings in evidence.items():
        if newest.get(rule.kind, rule) == rule:
            yield _rule_lesson(rule, postings)
    if places:
        together = Rule("only_place", ", ".join(sorted(places)))
        yield _rule_lesson(together, [posting for some in places.values() for posting in some])


def _rule_lesson(rule: Rule, postings: Sequence[UUID]) -> Lesson:
    return Lesson("rule", rule.key, {"kind": rule.kind, "value": rule.value}, tuple(sorted(set(postings))))
