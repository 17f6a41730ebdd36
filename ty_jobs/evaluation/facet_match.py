"""When a facet that was found is one that was annotated. Fixed before any rule was tuned on it.

They match when all of these hold:

- Their quotes overlap in the section's text, by at least half of the letters of the shorter one: annotators and
  rules cut quotes differently (SAP-Kenntnisse, SAP), and the same words at another place are another demand.
- Their kinds are of one family. Skill, tool and sector are one: whether ISO 9001 or welding is the one or the other is
  a matter of taste, and they are compared with people alike. All others are strict, since each is compared in a way of
  its own; but an experience without years, on either side, may be knowledge: "Erfahrung im Vertrieb" and
  "Vertriebskenntnisse" demand the same.
- Their values agree: not needed (`negated`) on both sides or on none; the CEFR level and the years are those annotated,
  where there are any; the level of a degree is that annotated.

Each is matched once at most, so that as many as possible are, and of two that could be the one that overlaps more. What
an experience is in is stored a second time as knowledge, of the same term or within the quote of the experience: for a
reader of an annotation that is one demand, and it counts once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from ty_assets.facets.task import Facet

_SHARE: Final = 0.5  # of the letters of the shorter quote
_KNOWLEDGE: Final = ("skill", "tool", "domain")


@dataclass(frozen=True, slots=True)
class Annotated:
    """A facet of the annotation: `text[start:end]` of its section is the quote."""

    quote: str
    start: int
    end: int
    kind: str
    term: str
    cefr: str | None
    years: float | None
    level: int | None
    must: bool
    negated: bool
    alternative_group: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """A facet of an engine, and where its quote stands in the section."""

    facet: Facet
    start: int
    end: int


@dataclass(frozen=True)
class Outcome:
    """One section: what was annotated, what was found, and the matches (positions in both)."""

    wanted: Sequence[Annotated]
    found: Sequence[Found]
    pairs: Sequence[tuple[int, int]]

    def unmatched(self) -> Iterator[tuple[int | None, int | None]]:
        """What has no match, as (annotated, found): both where they are of one stretch and differ in kind or value."""
        taken = {i for i, _ in self.pairs}, {j for _, j in self.pairs}
        missed = [i for i in range(len(self.wanted)) if i not in taken[0]]
        surplus = [j for j in range(len(self.found)) if j not in taken[1]]
        for i in missed:
            other = next((j for j in surplus if _overlap(self.wanted[i], self.found[j]) >= _SHARE), None)
            if other is not None:
                surplus.remove(other)
            yield i, other
        yield from ((None, j) for j in surplus)


def without_repeats(found: Sequence[Found]) -> list[Found]:
    """Without the knowledge that only repeats what an experience of the same requirement is in."""
    spans = [f for f in found if f.facet.kind == "experience"]
    return [f for f in found if f.facet.kind not in _KNOWLEDGE or not any(_repeats(f, span) for span in spans)]


def _repeats(f: Found, experience: Found) -> bool:
    if f.facet.requirement_ordinal != experience.facet.requirement_ordinal:
        return False
    return f.facet.term == experience.facet.term or (experience.start <= f.start and f.end <= experience.end)


def matched(wanted: Sequence[Annotated], found: Sequence[Found]) -> Outcome:
    """The best one-to-one matching: as many matches as possible, and among those the greatest overlap."""
    from scipy.optimize import linear_sum_assignment

    gain = np.zeros((len(wanted), len(found)))
    for i, j in product(range(len(wanted)), range(len(found))):
        overlap = _overlap(wanted[i], found[j])
        if overlap >= _SHARE and _of_one_family(wanted[i], found[j].facet) and _agree(wanted[i], found[j].facet):
            # more than all overlaps together: first the number of matches counts
            gain[i, j] = len(wanted) + _tightness(wanted[i], found[j])
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return Outcome(
        wanted, found, [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if gain[i, j] > 0]
    )


def _overlap(a: Annotated, b: Found) -> float:
    """The share of the shorter quote that both have."""
    shorter = min(a.end - a.start, b.end - b.start)
    return (min(a.end, b.end) - max(a.start, b.start)) / shorter if shorter > 0 else 0.0


def _tightness(a: Annotated, b: Found) -> float:
    """Shared letters among all that either has, 0 .. 1."""
    return (min(a.end, b.end) - max(a.start, b.start)) / (max(a.end, b.end) - min(a.start, b.start))


def _of_one_family(a: Annotated, b: Facet) -> bool:
    if a.kind == b.kind:
        return True
    kinds = [
        "knowledge" if kind in _KNOWLEDGE or (kind == "experience" and years is None) else kind
        for kind, years in ((a.kind, a.years), (b.kind, b.years))
    ]
    return kinds[0] == kinds[1]


def _agree(a: Annotated, b: Facet) -> bool:
    if a.negated != b.negated or (a.cefr is not None and a.cefr != b.cefr):
        return False
    if a.years is not None and (b.years is None or abs(a.years - b.years) > 0.01):
        return False
    return a.kind != "degree" or a.level == b.level
