"""Which part of a description is introduction, tasks, requirements, benefits or contact.

Belongs here: weighing headings, cue words and the encoder's view of each line, and the smoothing over
neighbouring lines. Not here: where lines begin (lines.py), word lists (cues.py), requirements (task.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ty_assets.requirements.cues import INDEX, LABELS, Heading, Label, cue_scores, heading_of
from ty_assets.requirements.lines import Line, split_lines
from ty_assets.requirements.prototypes import prototype_weights
from ty_resources.inference.task import Encode

Scores = NDArray[np.float32]

# Weights of the evidence per line, and prices of a change of label from one line to the next: chosen on 178
# real advertisements whose sections are known (line-level F1 0.94 without headings, 0.99 with; a plateau, not a peak).
_CUE: Final = 0.7
_CUES_AT_MOST: Final = 5.0
_REQUIREMENTS_LESS: Final = 1.0  # there are more words for requirements than for anything else
_ENCODER: Final = 5.0
_DOUBT: Final = 1.0  # the encoder is asked where cue words put no label this far ahead of the others
_ENCODED_AT_MOST: Final = 200  # characters: how a line begins says what it is, and long texts are slow
_UNDER_HEADING: Final = 3.0
_FADING: Final = 0.9  # of a heading's weight per line, where no heading names the requirements
_CLEARLY: Final = 1.5  # ahead of every other label: a requirement, even where no block of them was found
_CHANGE: Final = 2.0
_CHANGE_BACK: Final = 3.0  # against the usual order: introduction, tasks, requirements, benefits, contact
_NEW_BLOCK: Final = 1.5  # a change costs so much less after an empty line or at an unknown heading
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

_NO_CUES: Final = [0.0] * len(LABELS)


def _prices(discount: float) -> list[list[float]]:
    """[to][from]: what it costs to change from one label to another on the next line."""
    return [
        [0.0 if a == b else max(0.0, (_CHANGE if b > a else _CHANGE_BACK) - discount) for a in range(len(LABELS))]
        for b in range(len(LABELS))
    ]


_PRICES: Final = _prices(0.0)
_BLOCK_PRICES: Final = _prices(_NEW_BLOCK)
_NO_PRICES: Final = _prices(_CHANGE + _CHANGE_BACK)


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One line of a segment; `text` is `description[start:end]` verbatim."""

    text: str
    start: int
    end: int
    bullet: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring lines with one label. `heading` is the heading above them as it stands, '' without one."""

    label: Label
    start: int
    end: int
    heading: str
    nice: bool  # the heading calls them welcome, not needed
    lines: tuple[SegmentLine, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A description on its way: its pieces, which of them are headings, and what its words say."""

    description: str
    lines: list[Line]
    headings: list[Heading | None]  # per line
    unknown: list[bool]  # looks like a heading, says nothing to us
    scores: Scores  # (n, 5) what the line itself says
    context: Scores  # (n, 5) what the heading above says
    decided: bool


def segment(description: str, language: str, encode: Encode | None) -> list[Segment]:
    """Segments of one normalised description, in order. See `segment_all`."""
    return segment_all([description], encode)[0]


def segment_all(descriptions: Sequence[str], encode: Encode | None) -> list[list[Segment]]:
    """Segments of each description; German and English are told by their words, not by a parameter.

    Where headings name the requirements they decide, and the encoder is not called; the lines of all other
    descriptions go to it in one call. Without `encode` cue words decide alone. Offsets of lines and segments
    point into the description; every requirement text is verbatim. Never raises on text.
    """
    drafts = [_draft(description) for description in descriptions]
    scores = _with_encoder(drafts, encode)
    return [_segments(draft, _decode(draft, own)) for draft, own in zip(drafts, scores, strict=True)]


def is_requirement_lines(texts: Sequence[str], encode: Encode | None) -> list[bool]:
    """For the lines of ONE advertisement, in order: whether each belongs to its requirements."""
    rows = [" ".join(text.split()) for text in texts]
    starts = np.cumsum([0, *(len(row) + 1 for row in rows)])
    draft = _draft("\n".join(rows))
    (scores,) = _with_encoder([draft], encode)
    wanted = np.zeros(len(rows))
    for line, label in zip(draft.lines, _decode(draft, scores), strict=True):
        row = int(np.searchsorted(starts, line.start, side="right")) - 1
        wanted[row] += (line.end - line.start) * (1 if LABELS[label] == "requirements" else -1)
    return [bool(weight > 0) for weight in wanted]


# Summaries and requirements of a day are made one after the other, from the same descriptions.
@lru_cache(maxsize=2048)
def _draft(description: str) -> _Draft:
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
    words = [
        _NO_CUES if heading else cue_scores(description[line.start : line.end])
        for line, heading in zip(lines, headings, strict=True)
    ]
    scores: Scores = np.array(words, np.float32).reshape(-1, len(LABELS))
    scores = np.float32(_CUE) * np.minimum(scores, np.float32(_CUES_AT_MOST))
    scores[:, INDEX["requirements"]] -= _REQUIREMENTS_LESS
    context = _context(headings, unknown, 1.0 if "requirements" in labels else _FADING)
    return _Draft(description, lines, headings, unknown, scores, context, decided)


def _context(headings: list[Heading | None], unknown: list[bool], fading: float) -> Scores:
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


def _with_encoder(drafts: Sequence[_Draft], encode: Encode | None) -> list[Scores]:
    """Each draft's scores plus the encoder's view of lines whose own words leave doubt; one call for all."""
    scores = [draft.scores.copy() for draft in drafts]
    doubtful = [
        (number, index, draft.description[line.start : min(line.end, line.start + _ENCODED_AT_MOST)])
        for number, draft in enumerate(drafts)
        if not draft.decided
        for index, line in enumerate(draft.lines)
        if draft.headings[index] is None and np.ptp(np.sort(draft.scores[index])[-2:]) < _DOUBT
    ]
    if encode is None or not doubtful:
        return scores
    unique = list(dict.fromkeys(text for _, _, text in doubtful))
    answers = _ENCODER * (np.asarray(encode(unique), np.float32) @ prototype_weights(encode))
    position = {text: row for row, text in enumerate(unique)}
    for number, index, text in doubtful:
        scores[number][index] += answers[position[text]]
    return scores


def _decode(draft: _Draft, own: Scores) -> list[int]:
    """The best sequence of labels: Viterbi (1967), with a price on every change of label."""
    if not draft.lines:
        return []
    scores = (own + draft.context).tolist()
    best = scores[0]
    back: list[list[int]] = []
    for index in range(1, len(scores)):
        prices = _PRICES
        if draft.headings[index]:
            prices = _NO_PRICES
        elif draft.lines[index].fresh or draft.unknown[index]:
            prices = _BLOCK_PRICES
        through = [[value - price for value, price in zip(best, into, strict=True)] for into in prices]
        best = [max(options) + score for options, score in zip(through, scores[index], strict=True)]
        back.append([options.index(max(options)) for options in through])
    labels = [best.index(max(best))]
    for origins in reversed(back):
        labels.append(origins[labels[-1]])
    labels.reverse()
    wanted = INDEX["requirements"]
    if wanted not in labels:
        for position in np.flatnonzero(_lead(own, wanted) >= _CLEARLY):
            labels[int(position)] = wanted
    return labels


def _lead(scores: Scores, label: int) -> Scores:
    """(n,) by how much a label is ahead of the best of the others."""
    lead: Scores = scores[:, label] - np.delete(scores, label, axis=1).max(axis=1)
    return lead


def _segments(draft: _Draft, labels: list[int]) -> list[Segment]:
    segments: list[Segment] = []
    current: list[SegmentLine] = []
    heading, nice, label, start = "", False, -1, 0

    def close() -> None:
        if current:
            first = start if heading else current[0].start
            segments.append(Segment(LABELS[label], first, current[-1].end, heading, nice, tuple(current)))
            current.clear()

    for index, line in enumerate(draft.lines):
        text = draft.description[line.start : line.end]
        found = draft.headings[index]
        if found is not None or draft.unknown[index]:
            close()
            # An unknown heading goes with what it stands above.
            label = labels[index] if found is not None else labels[index + 1]
            heading, nice, start = text, found is not None and found.nice, line.start
            continue
        if labels[index] != label:
            close()
            heading, nice, label = "", False, labels[index]
        current.append(SegmentLine(text, line.start, line.end, line.bullet))
    close()
    return segments
