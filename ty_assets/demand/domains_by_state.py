"""Domains by federal state: how many postings, and how much more or less there is of a domain than elsewhere. Pure.

Belongs here: which occupation groups make up a domain, and the location quotient. Not here: colours and names of
states (serving, `states`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ty_assets.facets.vocabulary import Domain, domains

# What belongs to no domain of domains.csv, and what has no occupation.
REST: Final = "other"
UNMAPPED: Final = "unmapped"
_NO_GROUP: Final = "---"
# Postings to be expected below which a quotient tells of chance (Cochran, 1954, of expected counts).
_EXPECTED: Final = 5.0


@dataclass(frozen=True)
class DomainRow:
    """One or several domains; several where they share an occupation group, which the counts cannot part."""

    names: tuple[str, ...]
    name_en: str
    name_de: str


@dataclass(frozen=True)
class Cell:
    """active: open postings. quotient: the domain's share in the state against that overall; None where too few."""

    active: int
    quotient: float | None


def _holds(domain: Domain, group: str) -> bool:
    return any(prefix.startswith(group) or group.startswith(prefix) for prefix in domain.kldb_prefixes)


@cache
def domains_of_groups() -> Mapping[str, DomainRow]:
    """The domains of each occupation group (three KldB digits) that has any."""
    found = {}
    for number in range(1000):
        group = f"{number:03d}"
        held = [domain for domain in domains().values() if _holds(domain, group)]
        if held:
            names = tuple(domain.name for domain in held)
            spoken = [", ".join(dict.fromkeys(getattr(d, name) for d in held)) for name in ("name_en", "name_de")]
            found[group] = DomainRow(names, *spoken)
    return found


def key_of(group: str) -> str:
    """Which row of the table a group belongs to."""
    if group == _NO_GROUP:
        return UNMAPPED
    row = domains_of_groups().get(group)
    return "+".join(row.names) if row else REST


@cache
def rows_by_key() -> Mapping[str, DomainRow]:
    return {"+".join(row.names): row for row in domains_of_groups().values()}


def by_domain(counts: Sequence[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Sums by domain and place. counts: (occupation group, place, active)."""
    table: dict[str, dict[str, int]] = {}
    for group, place, active in counts:
        row = table.setdefault(key_of(group), {})
        row[place] = row.get(place, 0) + active
    return table


def quotients(table: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, Cell]]:
    """Location quotients (Florence, 1939): (n_dr / n_r) / (n_d / n); every row has every place."""
    places = sorted({place for row in table.values() for place in row})
    of_place = {place: sum(row.get(place, 0) for row in table.values()) for place in places}
    overall = sum(of_place.values())
    found: dict[str, dict[str, Cell]] = {}
    for key, row in table.items():
        of_row = sum(row.values())
        cells = {}
        for place in places:
            expected = of_row * of_place[place] / overall if overall else 0.0
            active = row.get(place, 0)
            cells[place] = Cell(active, active / expected if expected >= _EXPECTED else None)
        found[key] = cells
    return found
