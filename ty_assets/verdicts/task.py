"""Whether one person should apply for one posting: the question to the reasoning model, and what of its answer stands.

Belongs here: the question, its answer, and the check of every reason. Not here: which pairs are asked (store.py), and
the rule's own recommendation, which the verdict stands beside and never overwrites (matching/analysis.py). There are no
rules that answer: on the embedded engine the rule's recommendation is all there is.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ty_assets.requirements.instructions import is_instruction
from ty_resources.inference.task import Role, Task

Choice = Literal["apply", "skip"]

# Characters; a model that repeats itself does so up to the bound.
_SENTENCE: Final = 400
_MOST_REASONS: Final = 8
# A quote of "a" stands in every text and proves nothing.
_SHORTEST_QUOTE: Final = 3

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CONTACT = re.compile(r"https?://|www\.|\S@\S", re.IGNORECASE)


class PostingSide(BaseModel):
    """A posting as it speaks to people: without what is addressed to machines. demands: quotes of its requirements."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    language: str
    text: str
    demands: tuple[str, ...]


class ProfileJobSide(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str  # work, education, volunteer, project
    position: str
    organisation: str
    started: str  # year and month; '' where the profile does not say
    ended: str  # '' to this day
    description: str


class ProfileSide(BaseModel):
    """A person without name and contact."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    headline: str
    summary: str
    jobs: tuple[ProfileJobSide, ...]
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    certificates: tuple[str, ...]


class VerdictItem(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    posting: PostingSide
    profile: ProfileSide


class VerdictReason(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    speaks_for: Choice
    text: Annotated[str, Field(max_length=_SENTENCE)]
    posting_quote: Annotated[str, Field(max_length=_SENTENCE)]
    profile_quote: Annotated[str, Field(max_length=_SENTENCE)]


class Verdict(BaseModel):
    """reasons come first, so that a model gives them before it decides. decision: None where nothing said stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    reasons: Annotated[list[VerdictReason], Field(max_length=_MOST_REASONS)]
    decision: Choice | None
    confidence: Annotated[float, Field(ge=0, le=1)]


class VerdictTask(Task[VerdictItem, Verdict]):
    """Apply or skip, with quotes of both sides."""

    name: ClassVar[str] = "match_verdict"
    version: ClassVar[str] = "1"
    role: ClassVar[Role] = "reasoning"
    output: ClassVar[type[BaseModel]] = Verdict
    package: ClassVar[str] = "ty_assets.verdicts"

    def render(self, item: VerdictItem) -> str:
        return json.dumps(item.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)

    def verify(self, item: VerdictItem, output: Verdict) -> tuple[Verdict, int]:
        """What of the answer stands, and the number of reasons removed.

        A reason stands when its quotes stand verbatim in the texts, within one line of them; a reason for applying
        quotes a demand and what the profile has to show for it. A verdict stands with a reason that speaks for it.
        """
        checked = _Texts(item)
        kept = [stands for reason in output.reasons if (stands := checked.standing(reason)) is not None]
        removed = len(output.reasons) - len(kept)
        if not any(reason.speaks_for == output.decision for reason in kept):
            return Verdict(reasons=[], decision=None, confidence=0.0), removed
        return output.model_copy(update={"reasons": kept}), removed

    def quotes(self, item: VerdictItem, output: Verdict) -> bool:
        return output.decision is None or self.verify(item, output)[0].decision is not None

    def unquoted(self, item: VerdictItem, output: Verdict) -> Verdict:
        """Asked twice in vain: `verify` makes no verdict of it, which is remembered, so that nobody asks again."""
        return output


class _Texts:
    """Both sides, folded for the search of quotes."""

    def __init__(self, item: VerdictItem) -> None:
        posting, profile = item.posting, item.profile
        self._demands = [_folded(text) for text in (posting.title, *posting.demands)]
        self._posting = [_folded(line) for line in (posting.title, *posting.text.split("\n"), *posting.demands)]
        self._profile = [_folded(line) for text in _leaves(profile) for line in text.split("\n")]
        self._numbers = frozenset(n for line in (*self._posting, *self._profile) for n in _NUMBER.findall(line))

    def standing(self, reason: VerdictReason) -> VerdictReason | None:
        """The reason with its quotes as they are searched for; None where it does not stand."""
        asked, shown, text = _folded(reason.posting_quote), _folded(reason.profile_quote), _folded(reason.text)
        if not text or not _stands(asked, self._posting) or (shown and not _stands(shown, self._profile)):
            return None
        if reason.speaks_for == "apply" and not (shown and self._is_demanded(asked)):
            return None
        if any(map(is_instruction, (text, asked, shown))) or _CONTACT.search(text):
            return None
        if not self._numbers.issuperset(_NUMBER.findall(text)):
            return None
        return reason.model_copy(update={"text": text, "posting_quote": asked, "profile_quote": shown})

    def _is_demanded(self, quote: str) -> bool:
        """Whether the quote is of a demand: praise and promises of a posting are no reason to apply."""
        return any(quote in demand or (demand and demand in quote) for demand in self._demands)


def _leaves(profile: ProfileSide) -> Iterator[str]:
    yield from (profile.headline, profile.summary, *profile.skills, *profile.languages, *profile.certificates)
    for job in profile.jobs:
        yield from (job.position, job.organisation, job.started, job.ended, job.description)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _stands(quote: str, lines: Sequence[str]) -> bool:
    """Whether the quote stands in one of the lines as whole words."""
    if len(quote) < _SHORTEST_QUOTE:
        return False
    start = r"(?<!\w)" if quote[0].isalnum() else ""
    end = r"(?!\w)" if quote[-1].isalnum() else ""
    pattern = re.compile(start + re.escape(quote) + end)
    return any(pattern.search(line) for line in lines)
