"""Pieces of text on a page in reading order: rows, cells, and columns that are read one after the other.

Belongs here: geometry. Not here: getting the pieces from a PDF (pdf.py).

A column of dates beside their jobs is a table and is read row by row; a margin with skills and contact beside the jobs
is a text of its own and is read first.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ty_assets.profiles.reading.dates import find_period, is_duration, without_period
from ty_assets.profiles.reading.headings import heading_kind
from ty_assets.profiles.reading.lines import BULLETS, Line, line_of

_SAME_ROW = 0.45  # of the type's height: superscripts and mixed sizes still stand in one row
_WORD_GAP = 0.12  # of the height: from here on a space, so that letters set one by one stay a word
_CELL_GAP = 1.3  # of the height: from here on another cell
_PARAGRAPH_GAP = 1.35  # of the usual distance of two rows
_GUTTER = 8.0  # points of room between columns
_FEWEST_ROWS = 6  # beside one another, that columns may be told from chance


class Piece(NamedTuple):
    x: float
    end: float
    y: float  # of the base line, upwards
    height: float
    text: str
    strong: bool = False


class Row(NamedTuple):
    y: float
    pieces: tuple[Piece, ...]

    @property
    def height(self) -> float:
        return max(piece.height for piece in self.pieces)


def lines_of_page(pieces: Sequence[Piece]) -> list[Line]:
    rows = _rows(pieces)
    lines: list[Line] = []
    for column in _columns(rows):
        lines += _lines(column)
    return lines


def _rows(pieces: Sequence[Piece]) -> list[Row]:
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (-piece.y, piece.x)):
        last = rows[-1][0] if rows else None
        if last and abs(last.y - piece.y) <= _SAME_ROW * max(last.height, piece.height):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [Row(row[0].y, tuple(_with_bullets(sorted(row, key=lambda piece: piece.x)))) for row in rows]


def _with_bullets(pieces: list[Piece]) -> list[Piece]:
    """A bullet and the text it stands before are one piece, however far apart."""
    result: list[Piece] = []
    for piece in pieces:
        if result and result[-1].text.strip() and all(c in BULLETS + "-–*" for c in result[-1].text.strip()):
            bullet = result.pop()
            piece = piece._replace(x=bullet.x, text=f"{bullet.text.strip()} {piece.text}")
        result.append(piece)
    return result


def _columns(rows: list[Row]) -> list[list[Row]]:
    """The rows in blocks to be read one after the other."""
    found = _gutter(rows)
    if found is None:
        return [rows]
    x, first, last = found
    beside = rows[first:last]
    left = [row for part in beside if (row := _part(part, lambda piece: piece.end <= x))]
    right = [row for part in beside if (row := _part(part, lambda piece: piece.end > x))]
    if _is_table(left, right, beside, x):
        return [rows]
    # a margin may itself hold cells, but not columns; what stands right may
    blocks = [rows[:first], left, *_columns(right), rows[last:]]
    return [block for block in blocks if block]


def _part(row: Row, keep) -> Row | None:  # type: ignore[no-untyped-def]
    pieces = tuple(piece for piece in row.pieces if keep(piece))
    return Row(row.y, pieces) if pieces else None


def _gutter(rows: list[Row]) -> tuple[float, int, int] | None:
    """Where the page is parted, as x and the rows from .. to; None where it is not."""
    edges = sorted(piece.x for row in rows for piece in row.pieces)
    if not edges:
        return None
    left, right = edges[0], max(piece.end for row in rows for piece in row.pieces)
    best: tuple[int, float, int, int] | None = None
    for x in _candidates(edges, left, right):
        for first, last in _runs(rows, x):
            beside = rows[first:last]
            on_left = sum(any(piece.end <= x for piece in row.pieces) for row in beside)
            on_right = sum(any(piece.x >= x - 1 for piece in row.pieces) for row in beside)
            count = min(on_left, on_right)
            if count >= _FEWEST_ROWS and (best is None or (on_left + on_right) > best[0]):
                best = (on_left + on_right, x, first, last)
    return best[1:] if best else None


def _candidates(edges: list[float], left: float, right: float) -> list[float]:
    """Left edges that several pieces share, neither at the page's own edge nor far right."""
    shared: list[float] = []
    width = right - left
    start = 0
    for index in range(1, len(edges) + 1):
        if index == len(edges) or edges[index] - edges[index - 1] > 1.5:
            if index - start >= 4 and left + 0.12 * width < edges[start] < left + 0.8 * width:
                shared.append(edges[start])
            start = index
    return shared[:40]


def _runs(rows: list[Row], x: float) -> list[tuple[int, int]]:
    """Stretches of rows that nothing crosses at x."""
    runs, start = [], 0
    for index, row in enumerate(rows):
        if any(piece.x < x - 2 and piece.end > x - _GUTTER / 4 for piece in row.pieces):
            if index - start >= _FEWEST_ROWS:
                runs.append((start, index))
            start = index + 1
    if len(rows) - start >= _FEWEST_ROWS:
        runs.append((start, len(rows)))
    return runs


def _is_table(left: list[Row], right: list[Row], beside: list[Row], x: float) -> bool:
    """Whether the two columns belong together row by row."""
    texts = [_text(row) for row in left]
    others = [_text(row) for row in right]
    plain = [text for text in texts if not heading_kind(text)]
    if plain and sum(_is_date(text) for text in plain) >= 0.3 * len(plain):
        return True
    if others and sum(_is_date(text) for text in others) >= 0.3 * len(others):
        return True
    heads_left = sum(heading_kind(text) is not None for text in texts)
    heads_right = sum(heading_kind(text) is not None for text in others)
    if heads_left and heads_right:
        return False
    both = sum(
        any(piece.end <= x for piece in row.pieces) and any(piece.x >= x - 1 for piece in row.pieces) for row in beside
    )
    # headings or labels in the margin, each beside what it heads
    return both >= 0.8 * len(left) and len(left) <= len(right)


def _is_date(text: str) -> bool:
    period = find_period(text)
    return (period is not None and len(without_period(text, period)) <= 2) or is_duration(text)


def _text(row: Row) -> str:
    return " ".join(piece.text.strip() for piece in row.pieces)


def _lines(rows: Sequence[Row]) -> list[Line]:
    if not rows:
        return []
    steps = [above.y - below.y for above, below in pairwise(rows) if 0 < above.y - below.y < 40]
    usual = median(steps) if steps else 12.0
    left = min(piece.x for row in rows for piece in row.pieces)
    lines = []
    above: Row | None = None
    for row in rows:
        step = above.y - row.y if above else 0.0
        gap = above is None or step < 0 or step > _PARAGRAPH_GAP * max(usual, 1.05 * min(row.height, above.height))
        strong = all(piece.strong for piece in row.pieces)
        line = line_of(_joined(row), gap=gap, size=round(row.height, 1), strong=strong, indent=row.pieces[0].x - left)
        if line:
            lines.append(line)
        above = row
    return lines


def _joined(row: Row) -> str:
    text, end = "", None
    for piece in row.pieces:
        if end is None:
            text = piece.text
        else:
            room = piece.x - end
            if room > _CELL_GAP * row.height:
                text += "\t" + piece.text.lstrip()
            elif room > _WORD_GAP * row.height and not text.endswith(" ") and not piece.text.startswith(" "):
                text += " " + piece.text
            else:
                text += piece.text
        end = piece.end
    # pypdf writes room within one piece as spaces
    return re.sub(r" {3,}", "\t", text)
