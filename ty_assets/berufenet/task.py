"""Which of some occupations a posting is about, where its title does not say it.

Belongs here: the question, its answer, and what the rules make of the evidence. Not here: how candidates and evidence
are found (evidence.py), and who is asked when (mapping.py, occupation_readings).
"""

import json
from collections.abc import Sequence
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict

from ty_resources.inference.task import Encode, Role, Task

Verdict = Literal["yes", "no", "uncertain"]

ACCEPT: Final = 0.85  # probability from which the rules say yes

# How much more likely a text says so of its own occupation than of another one. Estimates by hand, set so that one
# clear sentence decides a title that says nothing, and training that is asked for does so only with something else.
_SAYS: Final = {"sought": 900.0, "done": 600.0, "learned": 40.0, "kin": 25.0}
_SAYS_AGAIN: Final = 3.0  # another sentence of another kind
_UNNAMED: Final = 0.02  # prior of a code that the title is not near to
# By the place of the code's labels among all, nearest to the tasks first: the encoder has the right one among the first
# ten more often than not, and a wrong candidate of the same title seldom.
_NEAR: Final = ((3, 6.0), (10, 3.0))
_FAR: Final = 0.5
_TASKS_FROM: Final = 0.45  # a probability that the best place makes one to accept
_UNSAID: Final = 0.93  # where no word names it, and title and tasks alone agree
# A title that says so much is overruled only by a sentence that says so and something else that agrees with it.
_KNOWN_TITLE, _OVERRULE = 0.5, 0.97
_OVERRULING: Final = frozenset({"sought", "done"})
# Of a KldB code the fourth digit says who leads others, the fifth who needs no training.
_MANAGER_DIGIT, _HELPER_LEVEL = "9", "1"
_UNLIKELY: Final = 0.03
_RESULT_SAYS, _MOST_RESULTS = 20.0, 2  # a search result that names it, up to so many


class Evidence(BaseModel):
    """What the posting says for a code: kind as of a `Mention`, or tasks; quote: verbatim."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["sought", "done", "learned", "kin", "tasks", "web"]
    quote: str
    shared_by: int = 1  # codes that the same words name


class Candidate(BaseModel):
    """An occupation in question. by_title: its probability by the title alone; near: place by the tasks, from 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kldb: str
    name: str
    by_title: float = 0.0
    near: int | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether words name it, not only what the tasks are near to."""
        return any(one.kind != "tasks" for one in self.evidence)


class OccupationItem(BaseModel):
    """A posting with an open title. text: what it says of the work, in its lines; snippets: what a search for the
    title found; asks_for: helper or manager, where the title says one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    language: str
    text: str
    candidates: tuple[Candidate, ...]
    snippets: tuple[str, ...] = ()
    asks_for: Literal["helper", "manager"] | None = None


class OccupationVerdict(BaseModel):
    """yes: this candidate, as the quote says. no: the posting is about none of them. Otherwise uncertain."""

    model_config = ConfigDict(extra="forbid")
    verdict: Verdict
    kldb: str | None
    quote: str | None


UNCERTAIN: Final = OccupationVerdict(verdict="uncertain", kldb=None, quote=None)


class OccupationTask(Task[OccupationItem, OccupationVerdict]):
    """The occupation that a posting's text decides."""

    name: ClassVar[str] = "posting_occupation"
    version: ClassVar[str] = "1"
    role: ClassVar[Role] = "reasoning"
    output: ClassVar[type[BaseModel]] = OccupationVerdict
    package: ClassVar[str] = "ty_assets.berufenet"
    prompt_file: ClassVar[str] = "prompt_occupation.md"

    def render(self, item: OccupationItem) -> str:
        """Without scores and places: a change of the ranking asks no model again."""
        offered = sorted({(candidate.kldb, candidate.name) for candidate in item.candidates})
        told: dict[str, object] = {
            "title": item.title,
            "language": item.language,
            "text": item.text,
            "candidates": [{"kldb": kldb, "name": name} for kldb, name in offered],
        }
        if item.snippets:
            told["search_results"] = list(item.snippets)
        return json.dumps(told, ensure_ascii=False, sort_keys=True)

    def extract(self, items: Sequence[OccupationItem], encode: Encode) -> list[OccupationVerdict]:
        return [_decided(item) for item in items]

    def verify(self, item: OccupationItem, output: OccupationVerdict) -> tuple[OccupationVerdict, int]:
        """A yes stands with an offered code and a quote that is there; a claim without them is removed, and counted."""
        if output.verdict != "yes":
            claims = int(output.kldb is not None and output.kldb not in {c.kldb for c in item.candidates})
            return OccupationVerdict(verdict=output.verdict, kldb=None, quote=None), claims
        if output.kldb not in {candidate.kldb for candidate in item.candidates}:
            return UNCERTAIN, 1
        quote = " ".join((output.quote or "").split())
        # Rows of the text that follow each other here may be far apart in the posting: a quote is of one of them.
        passages = (item.title, *item.text.split("\n"), *item.snippets)
        if not quote or not any(quote in " ".join(passage.split()) for passage in passages):
            return UNCERTAIN, 1
        return OccupationVerdict(verdict="yes", kldb=output.kldb, quote=quote), 0

    def quotes(self, item: OccupationItem, output: OccupationVerdict) -> bool:
        return output.verdict != "yes" or self.verify(item, output)[1] == 0

    def unquoted(self, item: OccupationItem, output: OccupationVerdict) -> OccupationVerdict | None:
        return UNCERTAIN


def probabilities(item: OccupationItem) -> list[float]:
    """Of each candidate, by Bayes' rule over the title, what the text says, and the place of its tasks."""
    weights = [_prior(item, candidate) * _ratio(candidate) for candidate in item.candidates]
    rest = max(0.05, 1.0 - sum(_prior(item, candidate) for candidate in item.candidates))
    total = sum(weights) + rest
    return [weight / total for weight in weights]


def tasks_may_decide(item: OccupationItem) -> bool:
    """Whether the place of the tasks could make an uncertain item a yes: otherwise they need not be encoded."""
    return bool(item.candidates) and max(probabilities(item)) >= _TASKS_FROM and _decided(item).verdict != "yes"


def _prior(item: OccupationItem, candidate: Candidate) -> float:
    """By the title: a helper's title is seldom that of a skilled occupation, nor a leader's that of one who is led."""
    prior = max(candidate.by_title, _UNNAMED)
    unlike = item.asks_for == "helper" and candidate.kldb[4] != _HELPER_LEVEL
    unlike |= item.asks_for == "manager" and candidate.kldb[3] != _MANAGER_DIGIT
    return prior * _UNLIKELY if unlike else prior


def _ratio(candidate: Candidate) -> float:
    """How much likelier the text is if it is about this occupation."""
    says = [_SAYS[e.kind] / e.shared_by for e in candidate.evidence if e.kind in _SAYS]
    ratio = max(says, default=1.0)
    ratio *= _SAYS_AGAIN ** max(0, len({e.kind for e in candidate.evidence if e.kind in _SAYS}) - 1)
    ratio *= _RESULT_SAYS ** min(_MOST_RESULTS, len({e.quote for e in candidate.evidence if e.kind == "web"}))
    if candidate.near is not None:
        ratio *= next((gain for place, gain in _NEAR if candidate.near <= place), _FAR)
    return ratio


def _decided(item: OccupationItem) -> OccupationVerdict:
    if not item.candidates:
        return UNCERTAIN
    chances = probabilities(item)
    place = max(range(len(chances)), key=lambda i: (chances[i], item.candidates[i].kldb))
    best = item.candidates[place]
    favourite = max(item.candidates, key=lambda candidate: candidate.by_title)
    contradicts = favourite.by_title >= _KNOWN_TITLE and best.kldb != favourite.kldb
    says_so = any(evidence.kind in _OVERRULING for evidence in best.evidence)
    least = _OVERRULE if contradicts else ACCEPT if best.is_named else _UNSAID
    if chances[place] < least or not best.evidence or (contradicts and not says_so):
        return UNCERTAIN
    quote = max(best.evidence, key=lambda evidence: _SAYS.get(evidence.kind, 0.0)).quote
    return OccupationVerdict(verdict="yes", kldb=best.kldb, quote=quote)
