"""How far the cities of a person's matches are from where they live, or from a place they name.

Belongs here: what a person's list can be narrowed to, kept for a while, and distances from that. Not here: the map
(`ty_assets/matching/places.py`).
"""

import time
from collections import OrderedDict
from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from serving.matches import Matches
from ty_assets.matching.places import kilometres, town

# A run brings matches in new cities; until somebody's list knows of them their distance is unknown.
_KEPT_SECONDS: Final = 120.0
_KEPT_PEOPLE: Final = 2000
_MOST_OCCUPATIONS: Final = 40
_MARK: Final = 16  # bytes


class Occupation(BaseModel):
    """A group of KldB 2010 among a person's matches; name: of the occupation that most of them are."""

    code: str
    name: str | None
    matches: int


class Choices(NamedTuple):
    """mark: stands for all of it."""

    home: str | None
    cities: list[str]
    occupations: list[Occupation]
    mark: str = ""


class Nearness(NamedTuple):
    """kilometres[i]: how far cities[i] is from `of`; within: how far is near enough, None for any distance.

    is_known: whether the place is on the map; where it is not, a city or region of that very name is near.
    """

    of: str | None
    is_known: bool
    within: float | None
    cities: list[str]
    kilometres: list[float]


NOWHERE: Final = Nearness(None, False, None, [], [])


def nearness(place: str | None, within: int | None, choices: Choices | None) -> Nearness:
    """From a place, or from home where none is named. Where a home is not known, nothing is near or far."""
    if choices is None:
        return NOWHERE
    centre = town(place or choices.home)
    if centre is None:
        return Nearness(place or choices.home, False, within if place else None, [], [])
    towns = [(city, there) for city in choices.cities if (there := town(city)) is not None]
    distances = kilometres(centre, [there for _, there in towns]).tolist()
    return Nearness(place or choices.home, True, within, [city for city, _ in towns], distances)


class KnownChoices:
    """Each person's choices, read once in a while. Used from one event loop."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, tuple[float, Choices]] = OrderedDict()

    async def of(self, reader: Matches, profile_id: UUID) -> Choices:
        now = time.monotonic()
        known = self._known.get(profile_id)
        if known is not None and now - known[0] < _KEPT_SECONDS:
            return known[1]
        rows = await reader.rows("list_choices", profile_id=profile_id, row_limit=_MOST_OCCUPATIONS)
        if not rows:
            return Choices(None, [], [])
        row = rows[0]
        occupations = [Occupation.model_validate(one) for one in row["occupations"]]
        mark = blake2b(repr(row).encode(), digest_size=_MARK).hexdigest()
        choices = Choices(row["home"], row["cities"], occupations, mark)
        if choices.cities:  # a newcomer's matches are on their way
            self._known[profile_id] = (now, choices)
            self._known.move_to_end(profile_id)
            while len(self._known) > _KEPT_PEOPLE:
                self._known.popitem(last=False)
        return choices
