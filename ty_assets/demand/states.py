"""Germany's federal states, and which of them a region is, whatever its source calls it. Pure.

Belongs here: the states' codes (ISO 3166-2:DE, without the country) and names. Not here: cities, which no snapshot has.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from ty_assets.facets.tokens import fold

ALL: Final = "all"  # all regions together, whether known or not
OTHER: Final = "other"  # a region, and none of these states
UNKNOWN: Final = "unknown"


class State(NamedTuple):
    name_de: str
    name_en: str


STATES: Final[Mapping[str, State]] = MappingProxyType(
    {
        "BW": State("Baden-Württemberg", "Baden-Württemberg"),
        "BY": State("Bayern", "Bavaria"),
        "BE": State("Berlin", "Berlin"),
        "BB": State("Brandenburg", "Brandenburg"),
        "HB": State("Bremen", "Bremen"),
        "HH": State("Hamburg", "Hamburg"),
        "HE": State("Hessen", "Hesse"),
        "MV": State("Mecklenburg-Vorpommern", "Mecklenburg-Western Pomerania"),
        "NI": State("Niedersachsen", "Lower Saxony"),
        "NW": State("Nordrhein-Westfalen", "North Rhine-Westphalia"),
        "RP": State("Rheinland-Pfalz", "Rhineland-Palatinate"),
        "SL": State("Saarland", "Saarland"),
        "SN": State("Sachsen", "Saxony"),
        "ST": State("Sachsen-Anhalt", "Saxony-Anhalt"),
        "SH": State("Schleswig-Holstein", "Schleswig-Holstein"),
        "TH": State("Thüringen", "Thuringia"),
    }
)
# The order in which tables have them.
PLACES: Final = (*STATES, OTHER, UNKNOWN)


def _key(name: str) -> str:
    """ "Baden-Württemberg", "BADEN_WUERTTEMBERG" and "DE-BW" in one spelling."""
    words = re.findall(r"[a-z]+", fold(name))
    return " ".join(words[1:] if len(words) > 1 and words[0] == "de" else words)


_ALSO: Final = {"nrw": "NW", "freistaat bayern": "BY", "freistaat sachsen": "SN", "freistaat thueringen": "TH"}
_BY_KEY: Final[Mapping[str, str]] = MappingProxyType(
    {_key(name): code for code, state in STATES.items() for name in (code, *state)} | _ALSO
)


@lru_cache(maxsize=65_536)
def state_of(region: str) -> str:
    """The state's code; UNKNOWN for '', OTHER for what is none of them."""
    key = _key(region)
    return _BY_KEY.get(key, OTHER) if key else UNKNOWN if not region.strip() else OTHER


def states_of(regions: Iterable[str]) -> tuple[list[str], list[str]]:
    """Each region once, and beside it its state: as a statement takes them."""
    names = sorted(set(regions))
    return names, [state_of(name) for name in names]
