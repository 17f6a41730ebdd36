"""The heat map of domains by federal state: its rows, columns and colours.

Belongs here: from counts to coloured cells, in a reader's language. Not here: domains and quotients
(ty_assets/demand/domains_by_state), the routes (`market`, `market_page`), and markup.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from serving.language import Language
from ty_assets.demand import domains_by_state
from ty_assets.demand.domains_by_state import Cell
from ty_assets.demand.states import PLACES, STATES

Measure = Literal["count", "share"]
Level = Literal[1, 2, 3, 4]
LEVELS: Final[tuple[Level, ...]] = (1, 2, 3, 4)
# The steps h0 .. h10 of match.css.
_STEPS: Final = 10
# A domain that is four times as frequent as elsewhere has the strongest colour, one a quarter as frequent the weakest.
_SPAN: Final = 2.0


@dataclass(frozen=True)
class HeatCell:
    """step: 0 .. 10, or None where nothing is shown: too few for a share."""

    place: str
    active: int
    quotient: float | None
    step: int | None


@dataclass(frozen=True)
class HeatRow:
    key: str
    name: str
    total: int
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class Heat:
    """places: the columns, by code; only those where anything is. rows: the largest domain first."""

    measure: Measure
    places: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    total: int
    most: int  # the largest single count

    @property
    def compared(self) -> bool:
        """Whether any cell has what is shown."""
        return any(cell.step is not None for row in self.rows for cell in row.cells)


def place_name(t: Language, place: str) -> str:
    """A state's name, or what all, other and unknown places are called."""
    state = STATES.get(place)
    if state is None:
        return t(f"place.{place}")
    return state.name_de if t.code == "de" else state.name_en


def domain_name(t: Language, key: str) -> str:
    row = domains_by_state.rows_by_key().get(key)
    if row is None:
        return t(f"domain.{key}")
    return row.name_de if t.code == "de" else row.name_en


def count_step(active: int, most: int) -> int:
    """By the square root, so that one large city does not make everything else pale; 0 only for nothing."""
    if active <= 0 or most <= 0:
        return 0
    return max(1, min(_STEPS, round(_STEPS * math.sqrt(active / most))))


def share_step(quotient: float) -> int:
    """5 is as frequent as everywhere; each doubling is 2.5 steps."""
    if quotient <= 0:
        return 0
    middle = _STEPS / 2
    return max(0, min(_STEPS, round(middle + middle * math.log2(quotient) / _SPAN)))


def heat_map(counts: Sequence[tuple[str, str, int]], measure: Measure, t: Language) -> Heat:
    """counts: (occupation group, place, active). A domain without any posting has no row."""
    table = domains_by_state.quotients(domains_by_state.by_domain(counts))
    places = tuple(place for place in PLACES if any(row[place].active for row in table.values() if place in row))
    most = max((cell.active for row in table.values() for cell in row.values()), default=0)
    rows = [_row(key, cells, places, measure, most, t) for key, cells in table.items()]
    last = (domains_by_state.REST, domains_by_state.UNMAPPED)
    ordered = sorted((row for row in rows if row.total), key=lambda row: (row.key in last, -row.total, row.name))
    return Heat(measure, places, tuple(ordered), sum(row.total for row in ordered), most)


def _row(
    key: str, cells: Mapping[str, Cell], places: Sequence[str], measure: Measure, most: int, t: Language
) -> HeatRow:
    shown = []
    for place in places:
        cell = cells[place]
        if measure == "count":
            step: int | None = count_step(cell.active, most)
        else:
            step = None if cell.quotient is None else share_step(cell.quotient)
        shown.append(HeatCell(place, cell.active, cell.quotient, step))
    return HeatRow(key, domain_name(t, key), sum(cell.active for cell in cells.values()), tuple(shown))
