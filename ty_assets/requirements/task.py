"""What a posting asks of a person, each requirement with the words that say so.

Belongs here: what comes out of the requirements stage, and cutting requirement lines into single requirements.
Not here: where the requirements are (segments.py), kinds and need (kinds.py), skills named in them (facets).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from ty_assets.facets.scope import is_waiver
from ty_assets.postings.normalise import lookup_key
from ty_assets.requirements.enumerations import split_enumeration
from ty_assets.requirements.instructions import is_instruction, without_orders
from ty_assets.requirements.kinds import Kind, begins_welcome, kind_of, split_by_need
from ty_assets.requirements.lines import split_sentences
from ty_assets.requirements.segments import Segment, segment_all
from ty_assets.summaries.task import PostingText
from ty_resources.inference.task import Encode, Task

_AT_MOST: Final = 60  # requirements of a posting; a longer list is a scraped menu

# "Sie haben X und Sie besitzen Y": the second clause is a requirement of its own.
_NEXT_CLAUSE = re.compile(
    r"(?:,\s*|\s+)(?:(?:und|sowie|and)\s+)(?=(?:Sie|[Dd]u|you) (?:haben|hast|besitz\w+|verfüg\w+|bring\w+"
    r"|sind|bist|beherrsch\w+|kenn\w+|arbeit\w+|have|are|bring|know|enjoy|can)\b)"
)
_TASK = re.compile(r"(?:Sie|Du|You(?:'ll| will)?)\s+[a-zäöü]")
_SEMICOLON = re.compile(r";\s+")
_EDGES = " \t\n•▪●✓✔·■►➢*–-;,"
_WORD = re.compile(r"[^\W\d_]{2,}")


class Requirement(BaseModel):
    """One thing the posting asks for. `quote` stands verbatim in the description; not `must`: welcome."""

    model_config = ConfigDict(extra="forbid")

    text: str
    quote: str
    must: bool
    kind: Kind


class Requirements(BaseModel):
    """The requirements in the order of the text."""

    model_config = ConfigDict(extra="forbid")

    requirements: list[Requirement]


class RequirementsTask(Task[PostingText, Requirements]):
    """Requirements with evidence: nothing that the posting does not say in so many words."""

    name = "posting_requirements"
    version = "4"
    output = Requirements
    package = "ty_assets.requirements"
    data_files = ("headings.csv", "cues.csv", "prototypes.csv")

    def extract(self, items: Sequence[PostingText], encode: Encode) -> list[Requirements]:
        """Cut the requirement lines of each description, without orders to its reader, into single requirements."""
        segmented = segment_all([without_orders(item.description) for item in items], encode)
        answers = []
        for segments in segmented:
            found = [
                requirement
                for segment in segments
                if segment.label == "requirements"
                for line in segment.lines
                for requirement in _requirements_of(line.text, segment.nice)
            ]
            if not found and not any(segment.heading for segment in segments):
                found = list(_implied_by_tasks(segments))
            answers.append(Requirements(requirements=_distinct(found)[:_AT_MOST]))
        return answers

    def verify(self, item: PostingText, output: Requirements) -> tuple[Requirements, int]:
        """Keep what is quoted verbatim (but for white space), not from an order to a reader; count the rest."""
        description = " ".join(without_orders(item.description).split())
        kept = [
            requirement
            for requirement in output.requirements
            if _is_quoted(requirement, description)
            and not is_instruction(requirement.quote)
            and not is_instruction(requirement.text)
        ]
        kept = _distinct(kept)[:_AT_MOST]
        return Requirements(requirements=kept), len(output.requirements) - len(kept)


def _is_quoted(requirement: Requirement, description: str) -> bool:
    quote = " ".join(requirement.quote.split())
    return bool(quote) and bool(requirement.text.strip()) and quote in description


def _distinct(requirements: Sequence[Requirement]) -> list[Requirement]:
    by_text: dict[str, Requirement] = {}
    for requirement in requirements:
        by_text.setdefault(lookup_key(requirement.text).strip(" ."), requirement)
    return list(by_text.values())


def _requirements_of(line: str, nice: bool) -> Iterator[Requirement]:
    for quote, must in _parts(line):
        yield Requirement(
            text=" ".join(quote.split()).rstrip("."), quote=quote, must=must and not nice, kind=kind_of(quote)
        )


def _implied_by_tasks(segments: Sequence[Segment]) -> Iterator[Requirement]:
    """Flowing text that asks for nothing in so many words asks by what is to be done: welcome, not needed."""
    for segment in segments:
        for line in segment.lines:
            if segment.label == "tasks" or _TASK.match(line.text):
                yield from _requirements_of(line.text, nice=True)


def _parts(line: str) -> Iterator[tuple[str, bool]]:
    """The single requirements of a line, verbatim, and whether each is needed."""
    for start, end in split_sentences(line):
        for part in _clauses(line[start:end]):
            for a, b, must in split_by_need(part):
                needed = part[a:b].strip(_EDGES)
                if is_waiver(needed):
                    continue
                for first, last in split_enumeration(needed):
                    quote = needed[first:last].strip(_EDGES)
                    must = must and not (first and begins_welcome(quote))  # and so is what follows it
                    if _WORD.search(quote) or any(character in quote for character in "+#"):
                        yield quote, must


def _clauses(sentence: str) -> Iterator[str]:
    position = 0
    for pattern in (_SEMICOLON, _NEXT_CLAUSE):
        if len(sentence) < 40:
            break
        for match in pattern.finditer(sentence, position):
            # both sides must be able to stand alone
            if len(sentence[position : match.start()].split()) > 1 and len(sentence[match.end() :].split()) > 1:
                yield sentence[position : match.start()]
                position = match.end()
    yield sentence[position:]
