"""What a match rests on, as a page can show it: requirements met and missed, the matrix, the marked quotes.

Pure functions from what was read to what is drawn; no HTML here, that is `templates/`.
"""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from serving.matches import Match, Point, PostingInsight, Requirement
from ty_assets.matching.analysis import Standing, standing

STEPS = 10  # colour classes h0 .. h10 in static/match.css


class Asked(NamedTuple):
    """A requirement with its facets: the reader thinks in requirements, screening in facets."""

    requirement: str
    must: bool  # one facet that is a must makes it one
    facets: list[tuple[Point, str | None]]  # with what the posting's analysis says to who lacks it


def asked(match: Match, points: Sequence[Point]) -> list[Asked]:
    """The points by their requirement, in the order in which the posting states them."""
    insight = match.posting_analysis.analysis if match.posting_analysis else PostingInsight()
    gaps = {name.casefold(): text for name, text in insight.gap_templates.items()}
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(point.requirement, []).append(point)
    return [
        Asked(
            requirement,
            any(point.must for point in group),
            [(point, gaps.get(point.facet.casefold()) or gaps.get(requirement.casefold())) for point in group],
        )
        for requirement, group in groups.items()
    ]


def by_standing(match: Match) -> dict[Standing, list[Point]]:
    """The demands in three classes, by what they earn; each in the order of the posting."""
    groups: dict[Standing, list[Point]] = {"matched": list(match.matched), "partly": [], "missing": []}
    for point in match.missing:
        groups["partly" if standing(point.credit or 0.0) != "missing" else "missing"].append(point)
    return groups


class Cell(NamedTuple):
    value: float | None  # 0 .. 1; None: not compared
    step: int  # the colour class
    best: bool  # the row's highest, where it is above 0


class Row(NamedTuple):
    requirement: str
    must: bool
    ordinal: int | None  # of posting_requirements; None where the text is none of them
    cells: list[Cell]


class HeatMap(NamedTuple):
    skills: list[str]
    rows: list[Row]


def heat_map(match: Match) -> HeatMap | None:
    """The matrix of an analysed match, or None where there is nothing to draw.

    A row that is shorter than the skills is filled with "not compared": a hole is shown as a hole.
    """
    if match.analysis is None:
        return None
    similarity = match.analysis.similarity
    if not similarity.requirements or not similarity.skills:
        return None
    # a row is a requirement or one of its facets
    points = [*match.matched, *match.missing]
    known = {point.facet: (point.ordinal, point.must) for point in points}
    known |= {requirement.text: (requirement.ordinal, requirement.must) for requirement in match.requirements}
    rows = []
    for text, values in zip_longest(similarity.requirements, similarity.cells[: len(similarity.requirements)]):
        ordinal, must = known.get(text, (None, False))
        rows.append(Row(text, must, ordinal, _cells(values or [], len(similarity.skills))))
    return HeatMap(similarity.skills, rows)


def _cells(values: Sequence[float | None], width: int) -> list[Cell]:
    padded = [*values[:width], *[None] * (width - len(values))]
    best = max((value for value in padded if value is not None), default=0.0)
    return [Cell(value, step(value or 0.0), value is not None and value == best > 0) for value in padded]


def step(value: float) -> int:
    """The colour class of a value: 0 .. 10, whatever the value is."""
    return round(min(max(value, 0.0), 1.0) * STEPS)


class Segment(NamedTuple):
    text: str
    anchor: int | None = None  # ordinal of the requirement that is quoted here; None: plain text
    must: bool = False


def marked(description: str, requirements: Sequence[Requirement]) -> tuple[list[Segment], dict[int, int]]:
    """Cut a text at its requirements' quotes.

    Returns the segments, which joined are the text, and for each requirement found the ordinal under which
    its segment is anchored: quotes that overlap share one segment. White space in a quote stands for any
    white space, since a quote is verified after folding it.
    """
    spans = []
    for requirement in requirements:
        words = requirement.quote.split()
        found = re.search(r"\s+".join(map(re.escape, words)), description) if words else None
        if found:
            spans.append((found.start(), found.end(), requirement))
    spans.sort(key=lambda span: (span[0], -span[1]))

    segments: list[Segment] = []
    anchors: dict[int, int] = {}
    anchor = end = 0  # of the latest quote: its ordinal, and how far the text is cut
    for start, stop, requirement in spans:
        if start < end:
            must = segments[-1].must or requirement.must
            segments[-1] = Segment(segments[-1].text + description[end : max(end, stop)], anchor, must)
        else:
            if start > end:
                segments.append(Segment(description[end:start]))
            anchor = requirement.ordinal
            segments.append(Segment(description[start:stop], anchor, requirement.must))
        anchors[requirement.ordinal] = anchor
        end = max(end, stop)
    if end < len(description):
        segments.append(Segment(description[end:]))
    return segments, anchors
