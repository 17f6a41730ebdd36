"""Cutting a section into its entries: jobs, studies, projects, each with its period, its heading parts and its text.

Belongs here: where an entry begins. Not here: which part is the position and which the employer (heads.py).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ty_assets.profiles.reading.dates import Period, find_period, is_duration, without_period
from ty_assets.profiles.reading.lines import Line, joined

_EDGE = "|()[],:·•\t–—-/;"
_LONG = 90  # characters; longer text around a date is a sentence
LONGEST_HEAD = 120  # characters of a line of a head
_MAX_ABOVE = 3  # lines of an entry above its date
_SENTENCE_END = re.compile(r"[.!?]$")
_LABEL = re.compile(
    r"^(?:aufgaben|tätigkeiten|hauptaufgaben|schwerpunkte?|technologien|technologies|tools|tech stack|environment"
    r"|responsibilities"
    r"|key achievements|achievements|erfolge|duties|verantwortlichkeiten|aufgabengebiete?|tätigkeitsschwerpunkte?"
    r"|inhalte|projekte?"
    r"|note|abschlussnote|grade|thesis|abschlussarbeit|bachelorarbeit|masterarbeit|thema|stack|umfeld)\b\s*:",
    re.IGNORECASE,
)


@dataclass
class Entry:
    period: Period | None = None
    head: list[str] = field(default_factory=list)  # the lines above and beside the date, without it
    body: list[Line] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The text that is not in bullets, its paragraphs one per line."""
        paragraphs: list[list[str]] = []
        for line in self.body:
            if line.bullet:
                continue
            if not paragraphs or line.gap:
                paragraphs.append([])
            paragraphs[-1].append(line.text.replace("\t", " "))
        return "\n".join(joined(parts) for parts in paragraphs)

    @property
    def highlights(self) -> list[str]:
        return [line.text.replace("\t", " ") for line in self.body if line.bullet]


def anchor(line: Line, *, points: bool) -> Period | None:
    """The period that makes the line the head of an entry; None for dates within prose.

    points: one date alone will do, too, as in "2014  Abitur".
    """
    if line.bullet and not points:
        return None
    text = line.text
    period = find_period(text)
    if period is None or (period.is_reversed and len(text) > _LONG):
        return None
    rest = without_period(text, period)
    if len(rest) > _LONG and "\t" not in text:
        return None
    if period.point and period.start is None and not _stands_apart(text, period, points=points):
        return None
    before, after = text[: period.span[0]].rstrip(" "), text[period.span[1] :].lstrip(" ")
    bounded = (not before or before[-1] in _EDGE) and (not after or after[0] in _EDGE or not before)
    at_the_end = not after.strip(" )") and len(rest.split()) <= 12
    if not (bounded or at_the_end):
        return None
    return None if _SENTENCE_END.search(rest) and len(rest.split()) > 8 else period


def _stands_apart(text: str, period: Period, *, points: bool) -> bool:
    before, after = text[: period.span[0]], text[period.span[1] :]
    own_cell = (not before.strip() or before.endswith("\t")) and (not after.strip() or after.startswith("\t"))
    if not points:
        return own_cell
    leads = not before.strip() and (not after.strip() or bool(re.match(r"\s*[\t:–—,|-]|\s+[A-ZÄÖÜ]", after)))
    ends = not after.strip(" )") and (before.rstrip(" ")[-1:] in tuple("(,|\t–—·-:") or len(text) < 80)
    return own_cell or leads or ends


def entries_of(lines: Sequence[Line], *, points: bool) -> list[Entry]:
    """The section's entries; what stands before the first one is left out only if nothing could be made of it."""
    lines = _without_split_dates(lines)
    anchors = [(index, period) for index, line in enumerate(lines) if (period := anchor(line, points=points))]
    if points and any(not period.point for _, period in anchors):
        ranges = [hit for hit in anchors if not hit[1].point]
        # where periods head the entries, a date within an entry does not
        anchors = [hit for hit in anchors if not hit[1].point or not lines[hit[0]].bullet]
        anchors = anchors if ranges else []
    if not anchors:
        return _by_gaps(lines)
    above = _lines_above(lines, [index for index, _ in anchors])
    starts = [_start(lines, anchors, number, above) for number in range(len(anchors))]
    entries = []
    for number, (index, period) in enumerate(anchors):
        end = starts[number + 1] if number + 1 < len(anchors) else len(lines)
        entries.append(_entry(lines[starts[number] : end], index - starts[number], period))
    return entries


def _without_split_dates(lines: Sequence[Line]) -> list[Line]:
    """A period over two lines, "03/2019 –" and "12/2021", as one."""
    result: list[Line] = []
    for line in lines:
        if result and re.search(r"\d{4}\s?[-–—]$", result[-1].cells[0] if result[-1].cells else ""):
            first, cells = result[-1].cells, line.cells
            found = find_period(f"01/1990 – {cells[0]}") if cells else None
            if found and found.span[1] == len(f"01/1990 – {cells[0]}"):
                merged = "\t".join([f"{first[0]} {cells[0]}", *first[1:], *cells[1:]])
                result[-1] = Line(merged, result[-1].bullet, result[-1].gap, result[-1].size, result[-1].strong)
                continue
        result.append(line)
    return result


def _lines_above(lines: Sequence[Line], anchors: Sequence[int]) -> int:
    """How many lines of an entry stand above its date in this section.

    What stands above the first date says it, unless that is an introduction; where the others disagree, most of them.
    """
    first = anchors[0]
    if first == 0:
        return 0
    if first <= _MAX_ABOVE and all(may_head(line) for line in lines[:first]):
        return first
    counts = Counter(_free_above(lines, index) for index in anchors)
    return counts.most_common(1)[0][0]


def _free_above(lines: Sequence[Line], index: int) -> int:
    count = 0
    while count < _MAX_ABOVE and index - count - 1 >= 0 and may_head(lines[index - count - 1]):
        count += 1
        if lines[index - count].gap:
            break
    return count


def may_head(line: Line) -> bool:
    return not line.bullet and (
        len(line.text) <= LONGEST_HEAD
        and not line.text.endswith(":")
        and not _SENTENCE_END.search(line.text)
        and not _LABEL.match(line.text)
    )


def _start(lines: Sequence[Line], anchors: Sequence[tuple[int, Period]], number: int, above: int) -> int:
    index = anchors[number][0]
    floor = anchors[number - 1][0] + 1 if number else 0
    if number == 0 and above:
        return 0 if index <= _MAX_ABOVE else index - above
    start = index
    while start > floor and index - start < above and may_head(lines[start - 1]):
        start -= 1
        if lines[start].gap:  # room before it: this is where the entry begins
            break
    return start


def _entry(lines: Sequence[Line], at: int, period: Period) -> Entry:
    head = [line.text for line in lines[:at]]
    beside = without_period(lines[at].text, period)
    if beside and not is_duration(beside):
        head.append(beside)
    return Entry(period, head, with_whole_bullets(lines[at + 1 :]))


def with_whole_bullets(lines: Sequence[Line]) -> list[Line]:
    """The lines with wrapped bullets joined to their beginning."""
    result: list[Line] = []
    for line in lines:
        previous = result[-1] if result else None
        if previous and previous.bullet and not line.bullet and not line.gap and _continues(previous, line):
            result[-1] = Line(
                joined([previous.text, line.text]), True, previous.gap, previous.size, False, previous.indent
            )
        else:
            result.append(line)
    return result


def _continues(bullet: Line, line: Line) -> bool:
    if line.text[0].islower() or bullet.text.endswith(("-", ",", "/", "–", "&")):
        return True
    return line.indent > bullet.indent + 1 or (len(bullet.text) > 60 and not _SENTENCE_END.search(bullet.text))


def _by_gaps(lines: Sequence[Line]) -> list[Entry]:
    """Entries without any date: where room is left between them, else one per line."""
    blocks: list[list[Line]] = []
    for line in lines:
        new = not blocks or line.gap or (line.bullet and not _open(blocks[-1]))
        if new:
            blocks.append([])
        blocks[-1].append(line)
    return [Entry(None, [block[0].text], with_whole_bullets(block[1:])) for block in blocks]


def _open(block: Sequence[Line]) -> bool:
    """Whether bullets may belong to the block: it began with a line that is none."""
    return not block[0].bullet
