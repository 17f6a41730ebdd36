"""How many requests llama.cpp's servers take side by side, as they say it themselves.

Belongs here: asking them, and remembering. Not here: servers that do not tell (`relay_load`).
"""

import threading
import time
from collections.abc import Callable, Mapping

from ty_resources.inference.errors import ConnectionLost, EngineError, ServerDown, ServerTimeout
from ty_resources.inference.openai_compatible import PROBE_SECONDS
from ty_resources.inference.wire import Wire

# A server that was started anew may have other slots.
_AGAIN_SECONDS = 30.0
# Of servers that are there and know no slots: each question is an error in their log.
_SELDOM_SECONDS = 600.0


class ToldSlots:
    """Thread-safe. roots: by base URL, where the server tells of itself: beside /v1."""

    def __init__(self, wire: Wire, roots: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._wire = wire
        self._roots = roots
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[str, int | None] = dict.fromkeys(roots)  # 0: it knows none; None: it has not been reached
        self._asked_at: float | None = None
        self._asking = False

    def together(self) -> int | None:
        """Of all servers; None unless each has told.

        Waits for them only at first: later their last word counts, and a new one is asked for aside.
        """
        with self._lock:
            first = self._asked_at is None
            due = first or self._clock() - (self._asked_at or 0.0) > self._pause
            alone, self._asking = due and not self._asking, self._asking or due
        if first:
            self._ask_all()
        elif alone:
            threading.Thread(target=self._ask_all, name="slots", daemon=True).start()
        with self._lock:
            told = [number or 0 for number in self._told.values()]
        return sum(told) if all(told) else None

    def of(self, url: str) -> int | None:
        """As the server says now; 0 where it knows none, None where nobody answers."""
        reply = None
        try:
            reply = self._wire.reply(self._roots[url], "/props", timeout=PROBE_SECONDS)
            if reply.status >= 500 or reply.status == 429:
                return None
            told = self._wire.read(reply)[0].get("total_slots")
        except (ConnectionLost, ServerDown, ServerTimeout):
            # A server that lacks this path says 404, which is read as a wrong address.
            return 0 if reply is not None and reply.status == 404 else None
        except EngineError:
            return 0
        return told if isinstance(told, int) and told > 0 else 0

    @property
    def _pause(self) -> float:
        return _SELDOM_SECONDS if all(number == 0 for number in self._told.values()) else _AGAIN_SECONDS

    def _ask_all(self) -> None:
        try:
            told = {url: self.of(url) for url in self._roots}
            with self._lock:
                # A server that does not answer now has as many slots as before when it comes back.
                self._told.update({url: number for url, number in told.items() if number is not None})
        except RuntimeError:
            pass  # the connections were closed meanwhile: nobody asks any more
        finally:
            with self._lock:
                self._asked_at = self._clock()
                self._asking = False
