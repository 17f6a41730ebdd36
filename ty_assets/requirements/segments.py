"""Which part of a description is introduction, tasks, requirements, benefits or contact.

Belongs here: asking words and encoder about the lines, and making segments of their labels. Not here: lines and
headings (drafts.py), what a line's wording says (prototypes.py, cues.py), the order of labels (sequence.py),
requirements (task.py).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ty_assets.requirements.cues import INDEX, LABELS, Label
from ty_assets.requirements.drafts import Draft, draft
from ty_assets.requirements.prototypes import Read, line_model, read_lines
from ty_assets.requirements.sequence import decode
from ty_resources.inference.task import Encode

Scores = NDArray[np.float32]

# Scores of one line against the prices of sequence.py, chosen on real advertisements whose sections are known: a
# plateau there: a quarter more or less changes the line-level F1 by less than a point; elsewhere it may change more.
_SURE: Final = 8.0
# Whatever is unlike all prototypes looks most like a requirement, since these are of the most kinds.
_LEANING: Final = np.array([0.0, 0.6, -0.7, 0.0, 0.0], np.float32)
_DOUBT: Final = 2.0  # the encoder is asked where words put no label this far ahead of the others
_READ_AT_MOST: Final = 200  # characters: how a line begins says what it is, and long texts are slow
_CLEARLY: Final = 1.5  # ahead of every other label: a requirement, even where no block of them was found

# Advertisements in flowing text say in the middle of a paragraph whom they want, with verbs that a list has no need of.
_DEMAND: Final = re.compile(
    r"\b(?:wir suchen|suchen wir|gesucht (?:wird|werden|ist|sind))\b"
    r"[^.!?]{0,120}?(?:\b(?:mit|die|der|den|möglichst|wer)\b)"
    r"|\b(?:wir erwarten|erwarten wir|erwartet werden|gesucht (?:wird|werden)|gefragt (?:ist|sind)"
    r"|gewünscht (?:ist|sind)"
    r"|wir (?:wünschen|freuen) uns (?:auf|über)? ?eine?n?\b|wir brauchen|brauchen wir|du brauchst|sie brauchen"
    r"|(?:setzen|setzt) .{3,120} voraus|vorausgesetzt|(?:ist|sind|eine|zwingende) bedingung|bringst? .{3,120} mit"
    r"|idealerweise|passt? (?:du|sie) (?:sofort|gut|perfekt|zu uns))\b"
    r"|\b(?:we (?:expect|require|need someone|want someone)|you(?:'ll| will)? need|must[- ]haves?\b"
    r"|(?:looking for|look for|seek(?:ing)?) [^.!?]{0,80}\b(?:with|who|whose|able)\b|you (?:have|bring|hold|know)\b)",
    re.IGNORECASE,
)


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


def segment(description: str, language: str, encode: Encode | None) -> list[Segment]:
    """Segments of one normalised description, in order. See `segment_all`."""
    return segment_all([description], encode)[0]


def segment_all(descriptions: Sequence[str], encode: Encode | None) -> list[list[Segment]]:
    """Segments of each description; German and English are told by their words, not by a parameter.

    Where headings name the requirements they decide, and the encoder is not called; the lines of all other
    descriptions go to it in one call, if their words leave doubt. Without `encode` words decide alone. Offsets of lines
    and segments point into the description; every requirement text is verbatim. Never raises on text.
    """
    drafts = [draft(description) for description in descriptions]
    scores = _scores(drafts, encode)
    return [_segments(each, _labels(each, own)) for each, own in zip(drafts, scores, strict=True)]


def _scores(drafts: Sequence[Draft], encode: Encode | None) -> list[Scores]:
    """(n, 5) for each draft: what its lines say by themselves; 0 for headings."""
    scores = [np.zeros((len(each.lines), len(LABELS)), np.float32) for each in drafts]
    plain = line_model(None)
    doubtful: list[tuple[int, int, str]] = []
    for number, each in enumerate(drafts):
        asked = [index for index in range(len(each.lines)) if each.headings[index] is None]
        model = plain if encode is None or each.decided else line_model(encode)
        said = _SURE * model.by_words(_lines_read(each.description)) + _LEANING
        scores[number][asked] = said
        if model is not plain:
            lead = np.ptp(np.sort(said, axis=1)[:, -2:], axis=1)
            doubtful += [(number, asked[i], each.text(asked[i])[:_READ_AT_MOST]) for i in np.flatnonzero(lead < _DOUBT)]
    if encode is not None and doubtful:
        unique = list(dict.fromkeys(text for _, _, text in doubtful))
        answers = _SURE * line_model(encode).by_vectors(np.asarray(encode(unique), np.float32))
        position = {text: row for row, text in enumerate(unique)}
        for number, index, text in doubtful:
            scores[number][index] += answers[position[text]]
    return scores


# Summaries and requirements of a day are made one after the other, from the same descriptions.
@lru_cache(maxsize=2048)
def _lines_read(description: str) -> Read:
    """The lines of a draft that are no headings, as the line models read them."""
    each = draft(description)
    return read_lines([each.text(i)[:_READ_AT_MOST] for i, found in enumerate(each.headings) if found is None])


def _labels(draft: Draft, own: Scores) -> list[int]:
    labels = decode(draft, own)
    wanted = INDEX["requirements"]
    if labels and not draft.decided:
        lead = own[:, wanted] - np.delete(own, wanted, axis=1).max(axis=1)
        block = wanted in labels
        for position, line in enumerate(draft.lines):
            if draft.headings[position] is not None or draft.unknown[position]:
                continue
            flowing = not line.own and not line.bullet
            clear = lead[position] >= _CLEARLY and (flowing or not block)
            if clear or (flowing and _DEMAND.search(draft.text(position))):
                labels[position] = wanted
    return labels


def _segments(draft: Draft, labels: list[int]) -> list[Segment]:
    segments: list[Segment] = []
    current: list[SegmentLine] = []
    heading, nice, label, start = "", False, -1, 0

    def close() -> None:
        if current:
            first = start if heading else current[0].start
            segments.append(Segment(LABELS[label], first, current[-1].end, heading, nice, tuple(current)))
            current.clear()

    for index, line in enumerate(draft.lines):
        text = draft.text(index)
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
