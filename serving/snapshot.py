"""A value that costs something to read: read in a thread, kept for some seconds, and never waited for for long."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Snapshot(Generic[T]):
    """Reads again what is older than `seconds`, once for all who ask, and lets nobody wait longer than `patience`."""

    def __init__(self, read: Callable[[], T], *, seconds: float, patience: float) -> None:
        self._read, self._seconds, self._patience = read, seconds, patience
        self._known: tuple[float, T] | None = None
        self._error: Exception | None = None
        self._reading: asyncio.Task[None] | None = None

    async def get(self) -> T | None:
        """The value; where reading takes longer than one waits, the one before, or None where that is too old.

        Raises what reading raises.
        """
        if self._age() > self._seconds:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._refresh())
            done, _ = await asyncio.wait({self._reading}, timeout=self._patience)
            if done and self._error is not None:
                raise self._error
        too_old = 4 * self._seconds + self._patience
        return self._known[1] if self._known is not None and self._age() <= too_old else None

    def _age(self) -> float:
        return math.inf if self._known is None else time.monotonic() - self._known[0]

    async def _refresh(self) -> None:
        # Kept rather than raised: there may be nobody left who waits for it.
        try:
            value = await asyncio.to_thread(self._read)
            self._known, self._error = (time.monotonic(), value), None
        except Exception as error:
            self._error = error
