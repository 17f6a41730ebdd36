"""What a posting is about, in a few sentences.

Belongs here: what goes into and comes out of the summary stage, and the extractive rules. Not here: where the
parts of a posting begin (requirements/segments.py) and how a model is called.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from ty_assets.postings.normalise import lookup_key
from ty_assets.requirements.instructions import is_instruction, without_orders
from ty_assets.requirements.segments import Segment, segment_all
from ty_resources.inference.task import Encode, Task

_SHORT: Final = 350  # characters: such a text is its own summary
_AT_MOST: Final = 700
_ENOUGH: Final = 300
_INTRODUCTION_LINES: Final = 2
_LINES: Final = 5
_LONGEST_LINE: Final = 280
_FEWEST_WORDS: Final = 4

_FORM_FIELD = re.compile(r"\b[\w/ -]{2,24}:\s?\S")  # "Job ID: 12 Location: Berlin"
_SEARCH = re.compile(
    r"\bsuch(?:en|t)\b|\blooking for\b|\bseek(?:s|ing)?\b|\bverstärkung\b|\bjoin\b|\bhir(?:e|ing)\b", re.I
)


class PostingText(BaseModel):
    """A posting as the language stages read it: normalised, `language` by ISO 639-1."""

    model_config = ConfigDict(extra="forbid")

    title: str
    description: str
    language: str


class Summary(BaseModel):
    """What the job is, in its own words: three to five sentences, in the posting's language."""

    model_config = ConfigDict(extra="forbid")

    summary: str


class SummaryTask(Task[PostingText, Summary]):
    """Introduction and duties of a posting; never its benefits, contacts or orders to the reader."""

    name = "posting_summary"
    version = "3"
    output = Summary
    package = "ty_assets.summaries"
    data_files = ("../requirements/headings.csv", "../requirements/cues.csv", "../requirements/prototypes.csv")

    def extract(self, items: Sequence[PostingText], encode: Encode) -> list[Summary]:
        """Pick sentences. Headings and wording find the parts well enough; the encoder is not asked."""
        plain = [item.model_copy(update={"description": without_orders(item.description)}) for item in items]
        segmented = segment_all([item.description for item in plain], None)
        return [Summary(summary=_summarise(item, segments)) for item, segments in zip(plain, segmented, strict=True)]

    def verify(self, item: PostingText, output: Summary) -> tuple[Summary, int]:
        """Take out sentences that are orders; what is left empty is replaced by the title."""
        if not is_instruction(output.summary):
            return output, 0
        sentences = re.split(r"(?<=[.!?])\s+|\n+", output.summary)
        kept = [sentence for sentence in sentences if not is_instruction(sentence)]
        return Summary(summary=" ".join(kept) or item.title), len(sentences) - len(kept)


def _summarise(item: PostingText, segments: Sequence[Segment]) -> str:
    if len(item.description) <= _SHORT and not is_instruction(item.description):
        return item.description or item.title
    title = lookup_key(item.title)
    introduction = list(_candidates(segments, "introduction", title))
    tasks = list(_candidates(segments, "tasks", title))
    # Of a long introduction the sentence that says who is sought is worth more than the company's history.
    opening = introduction[:1] + [line for line in introduction[1:] if _SEARCH.search(line)]
    opening = (opening + [line for line in introduction if line not in opening])[:_INTRODUCTION_LINES]
    wanted = opening + tasks
    if sum(map(len, wanted)) < _ENOUGH:
        wanted += [line for line in introduction if line not in opening]
    if not wanted:
        wanted = list(_candidates(segments, "requirements", title))
    chosen: list[str] = []
    for line in wanted:
        too_long = sum(map(len, chosen)) + len(line) > _AT_MOST
        if chosen and (too_long or len(chosen) == _LINES):
            break
        chosen.append(line)
    return " ".join(chosen) or _first_words(item)


def _candidates(segments: Sequence[Segment], label: str, title: str) -> Iterator[str]:
    for segment in segments:
        for line in segment.lines if segment.label == label else ():
            text = " ".join(line.text.split())
            if len(text.split()) < _FEWEST_WORDS or len(_FORM_FIELD.findall(text)) > 1:
                continue
            if is_instruction(text) or lookup_key(text) == title:
                continue
            if len(text) > _LONGEST_LINE:
                text = text[:_LONGEST_LINE].rsplit(" ", 1)[0] + " …"
            yield text if text.endswith((".", "!", "?", "…", ":")) else text + "."


def _first_words(item: PostingText) -> str:
    rows = [row for row in item.description.split("\n") if row.strip() and not is_instruction(row)]
    return " ".join(" ".join(rows).split())[:_ENOUGH].strip() or item.title
