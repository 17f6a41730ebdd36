"""How many matches each person's plain list has, kept for a moment in which a page may be opened again and again.

Belongs here: keeping. Not here: counting (`list_counts` in sql/queries/serving.sql). Of numbers alone; goes with the
process.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from ty_resources.postgres import Row

_SECONDS: Final = 20.0
_PEOPLE: Final = 5000


class ListCounts:
    """What a person says counts at once; what a run brings, when the moment is over. Used from one event loop."""

    def __init__(self, count: Callable[[UUID], Awaitable[Row]]) -> None:
        self._count = count
        self._known: OrderedDict[UUID, tuple[float, str, Row]] = OrderedDict()

    async def of(self, profile_id: UUID, state: str) -> Row:
        """state: of what the person has said, as `best_matches` has it."""
        now = time.monotonic()
        known = self._known.get(profile_id)
        if known is not None and now - known[0] < _SECONDS and known[1] == state:
            return known[2]
        counted = await self._count(profile_id)
        self._known[profile_id] = (now, state, counted)
        self._known.move_to_end(profile_id)
        while len(self._known) > _PEOPLE:
            self._known.popitem(last=False)
        return counted
