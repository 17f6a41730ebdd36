"""A description cut into lines, with the headings among them and what they say about the lines below.

Belongs here: telling headings from lines, and the weight of a heading over its lines. Not here: where lines begin
(lines.py), the wording of headings (cues.py), and what the lines themselves say (prototypes.py).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ty_assets.requirements.cues import INDEX, LABELS, Heading, heading_of
from ty_assets.requirements.lines import Line, split_lines

_UNDER_HEADING: Final = 6.0  # more than a line's own words say against it
_FADING: Final = 0.9  # of a heading's weight per line, where no heading names the requirements
_INLINE_HEADING: Final = 50  # characters before the colon of "Ihr Profil: ..."

_HEADING_STARTS: Final = frozenset(
    {
        "Ihr",
        "Ihre",
        "Dein",
        "Deine",
        "Unser",
        "Unsere",
        "Das",
        "Was",
        "Your",
        "What",
        "Who",
        "Key",
        "Wer",
        "Wen",
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A description on its way: its pieces, and which of them are headings."""

    description: str
    lines: list[Line]
    headings: list[Heading | None]  # per line
    unknown: list[bool]  # looks like a heading, says nothing to us
    context: NDArray[np.float32]  # (n, 5) what the heading above says
    decided: bool  # headings name the requirements and something else

    def text(self, index: int) -> str:
        line = self.lines[index]
        return self.description[line.start : line.end]


# Summaries and requirements of a day are made one after the other, from the same descriptions.
@lru_cache(maxsize=2048)
def draft(description: str) -> Draft:
    """The lines and headings of one normalised description. Never raises on text."""
    lines = _with_inline_headings(description, split_lines(description))
    headings: list[Heading | None] = []
    unknown: list[bool] = []
    for index, line in enumerate(lines):
        text = description[line.start : line.end]
        following = lines[index + 1] if index + 1 < len(lines) else None
        can_be = following is not None and (not line.bullet or text.endswith(":"))
        headings.append(heading_of(text) if can_be else None)
        unknown.append(headings[-1] is None and _looks_like_heading(text, line, following))
    labels = {heading.label for heading in headings if heading}
    decided = "requirements" in labels and (len(labels) > 1 or not any(unknown))
    context = _context(headings, unknown, 1.0 if "requirements" in labels else _FADING)
    return Draft(description, lines, headings, unknown, context, decided)


def _context(headings: list[Heading | None], unknown: list[bool], fading: float) -> NDArray[np.float32]:
    context = np.zeros((len(headings), len(LABELS)), np.float32)
    current: Heading | None = None
    weight = 0.0
    for index, heading in enumerate(headings):
        weight *= fading
        if heading is not None:
            current, weight = heading, _UNDER_HEADING
            context[index, INDEX[heading.label]] = 4 * _UNDER_HEADING  # the heading line itself is no question
        elif unknown[index]:
            current = None
        elif current is not None:
            context[index, INDEX[current.label]] = weight
    return context


def _with_inline_headings(description: str, lines: list[Line]) -> list[Line]:
    """Cut "Ihr Profil: Abgeschlossene Ausbildung" and "Ihr Profil Sie haben ..." after the heading."""
    cut: list[Line] = []
    for line in lines:
        end = _inline_heading_end(description, line)
        if end is None:
            cut.append(line)
            continue
        rest = end
        while rest < line.end and not (description[rest].isalnum() or description[rest] in '("„“'):
            rest += 1
        cut.append(Line(line.start, end, False, line.fresh, False))
        if rest < line.end:
            cut.append(Line(rest, line.end, line.bullet, False, False))
    return cut


def _inline_heading_end(description: str, line: Line) -> int | None:
    colon = description.find(":", line.start, min(line.end, line.start + _INLINE_HEADING))
    if 0 < colon < line.end - 1:
        if heading_of(description[line.start : colon]):
            return colon + 1
    elif not line.bullet and line.end - line.start > _INLINE_HEADING:
        words = description[line.start : line.start + _INLINE_HEADING].split(" ")[:-1]
        if words and words[0] in _HEADING_STARTS:
            for count in range(min(6, len(words) - 1), 1, -1):
                if words[count][:1].isupper() and heading_of(" ".join(words[:count])):
                    return line.start + len(" ".join(words[:count]))
    return None


def _looks_like_heading(text: str, line: Line, following: Line | None) -> bool:
    if line.bullet or following is None or len(text) > _INLINE_HEADING:
        return False
    if not next(filter(str.isalpha, text), "x").isupper():
        return False
    if text.endswith(":"):
        return True
    return line.own and following.bullet and not text.endswith((".", ",", ";")) and len(text.split()) <= 7
