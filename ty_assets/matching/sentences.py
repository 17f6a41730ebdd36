"""Text that is built sentence by sentence, each with its sources.

Belongs here: the sentence, the letter and the collecting of one. Not here: any wording (`letters.py`), and the words
that a source stands for (`traces.py`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ty_assets.matching.views import PostingView, ProfileView
from ty_assets.matching.wording import written_language


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    sources: tuple[str, ...]  # "posting: title", "profile: job 0", "profile: skill Wound care", "template"
    paragraph: int


@dataclass(frozen=True, slots=True)
class Letter:
    language: str
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """Paragraphs with an empty line between them."""
        numbers = sorted({sentence.paragraph for sentence in self.sentences})
        return "\n\n".join(
            " ".join(sentence.text for sentence in self.sentences if sentence.paragraph == number) for number in numbers
        )


class Writer:
    """Collects sentences.

    A choice of wording depends on person and posting alone, so that a letter never changes by itself.
    """

    def __init__(self, profile: ProfileView, posting: PostingView, language: str | None = None) -> None:
        """language: "de" or "en"; None: the posting's."""
        self.language = language or written_language(posting.language)
        self.sentences: list[Sentence] = []
        self.paragraph = 0
        self._seed = hashlib.sha256(profile.profile_id.bytes + posting.posting_id.bytes).digest()

    def say(self, german: Sequence[str], english: Sequence[str], *sources: str) -> None:
        """One of the wordings; they say the same."""
        wordings = german if self.language == "de" else english
        choice = self._seed[len(self.sentences) % len(self._seed)] % len(wordings)
        self.sentences.append(Sentence(wordings[choice], sources or ("template",), self.paragraph))

    def next_paragraph(self) -> None:
        self.paragraph += 1

    def letter(self) -> Letter:
        return Letter(self.language, tuple(self.sentences))
