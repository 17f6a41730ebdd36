"""The places of a loaded model, each with the prompt that it has read last: what the next one need not read again.

Belongs here: what llama.cpp's server does (tools/server/server-context.cpp): the free slot that shares most of the
prompt, else the one unused for longest; who finds none waits. Not here: how long reading takes (`latency`).
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LEAST_SIMILARITY = 0.1  # slot_prompt_similarity: below it another slot's contents are not given up for so little


class Slot:
    """read: the text of the last prompt and its answer."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.read = ""
        self.used = 0.0
        self.busy = False


class Slots:
    """All slots of a runner."""

    def __init__(self, number: int) -> None:
        self._slots = [Slot(one) for one in range(number)]
        self._waiting: deque[tuple[int | None, asyncio.Future[Slot]]] = deque()

    @asynccontextmanager
    async def taken(self, prompt: str, wanted: int | None = None) -> AsyncIterator[Slot]:
        """A slot of one's own. wanted: the number of the one slot that will do; any, where there is no such slot."""
        slot = await self._take(prompt, wanted if wanted is not None and 0 <= wanted < len(self._slots) else None)
        try:
            yield slot
        finally:
            slot.used = time.monotonic()
            self._release(slot)

    async def _take(self, prompt: str, wanted: int | None) -> Slot:
        free = [slot for slot in self._slots if not slot.busy and wanted in (None, slot.number)]
        if free:
            slot = _best(free, prompt)
            slot.busy = True
            return slot
        turn: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, turn))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release(turn.result())  # it came in the same moment
            raise

    def _release(self, slot: Slot) -> None:
        slot.busy = False
        for place, (wanted, turn) in enumerate(self._waiting):
            if not turn.done() and wanted in (None, slot.number):
                del self._waiting[place]
                slot.busy = True
                turn.set_result(slot)
                break
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()  # who waited has hung up


def _best(free: list[Slot], prompt: str) -> Slot:
    alike = max(free, key=lambda slot: common(slot.read, prompt))
    if common(alike.read, prompt) > _LEAST_SIMILARITY * len(prompt):
        return alike
    return min(free, key=lambda slot: (slot.used, -slot.number))  # of unused ones it takes the last


def common(one: str, other: str) -> int:
    """Characters that both begin with. By halving: comparing slices is a hundred times as fast as single letters."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
