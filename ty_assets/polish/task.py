"""A letter in smoother words: the question to the reasoning model, and the guard that lets no new fact in.

Belongs here: the question, and what of its answer may stand. Not here: the letter itself (matching/letters.py), and
when it is polished (store.py).
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from ty_resources.inference.task import Encode, Role, Task

# Characters; and how much longer than its draft a sentence may get.
_SENTENCE: Final = 600
_MOST_SENTENCES: Final = 30
_LONGER: Final = 1.5
_ROOM: Final = 30

_WORD = re.compile(r"[^\W_]+(?:[.,'’+#/-]+[^\W_]+)*[+#]*")


class LetterDraft(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    language: str  # "de" or "en"
    sentences: tuple[str, ...]


class PolishedLetter(BaseModel):
    """sentences: of the draft, in its order; the draft's own where a new wording may not stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sentences: Annotated[list[Annotated[str, Field(max_length=_SENTENCE)]], Field(max_length=_MOST_SENTENCES)]


class PolishTask(Task[LetterDraft, PolishedLetter]):
    """The same letter, a little more fluently."""

    name: ClassVar[str] = "letter_polish"
    version: ClassVar[str] = "1"
    role: ClassVar[Role] = "reasoning"
    output: ClassVar[type[BaseModel]] = PolishedLetter
    package: ClassVar[str] = "ty_assets.polish"
    data_files: ClassVar[tuple[str, ...]] = ("style_de.txt", "style_en.txt")

    def extract(self, items: Sequence[LetterDraft], encode: Encode) -> list[PolishedLetter]:
        """The templates' wording is all that the rules have."""
        return [PolishedLetter(sentences=list(item.sentences)) for item in items]

    def verify(self, item: LetterDraft, output: PolishedLetter) -> tuple[PolishedLetter, int]:
        """The polished letter where no sentence says anything new; else the draft, and the number of those that do."""
        if len(output.sentences) != len(item.sentences):
            return PolishedLetter(sentences=list(item.sentences)), len(output.sentences)
        polished = [" ".join(sentence.split()) for sentence in output.sentences]
        new = sum(
            not says_nothing_new(sentence, draft, item.language)
            for sentence, draft in zip(polished, item.sentences, strict=True)
        )
        return (
            (PolishedLetter(sentences=polished), 0)
            if not new
            else (PolishedLetter(sentences=list(item.sentences)), new)
        )


def says_nothing_new(sentence: str, draft: str, language: str) -> bool:
    """Whether a sentence has only words of its draft, and words of the style lists, which claim nothing.

    No list of names or skills could be complete; a list of words that are neither can be. So every number, name and
    skill of the sentence stands in the same sentence of the draft, and its sources are the draft's.
    """
    if not sentence or len(sentence) > _LONGER * len(draft) + _ROOM:
        return False
    known = _words(draft) | _style(language)
    return _words(sentence) <= known


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))


@cache
def _style(language: str) -> frozenset[str]:
    text = files("ty_assets.polish").joinpath(f"style_{language}.txt").read_text("utf-8")
    return frozenset(text.casefold().split())
