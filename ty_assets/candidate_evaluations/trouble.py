"""When something is wrong with the server, no request is to blame: all wait, and one looks whether it is over.

Belongs here: how long is waited, and for what. Pure but for the clock it is given. Not here: what happens to the
requests (`retries`).
"""

import random
from dataclasses import dataclass, field
from typing import Final

from ty_resources.inference.errors import AccessDenied, ServerBusy, ServerDown

_LONGEST: Final = {"server_down": 15.0, "access_denied": 60.0, "server_busy": 30.0, "server_faults": 60.0}
_FIRST: Final = {"server_down": 0.25, "access_denied": 5.0, "server_busy": 0.5, "server_faults": 2.0}
# A server that says when to come again is believed, within reason.
_MOST_BELIEVED: Final = 300.0


@dataclass
class Trouble:
    """faults: different requests that fail in a row until it is taken for the server's fault.

    kind: server_down, access_denied, server_busy or server_faults; None while all is well. since: when it began. until:
    when somebody may look again. Then requests are asked one at a time, until one is answered.
    """

    faults: int
    kind: str | None = None
    since: float = 0.0
    until: float = 0.0
    _delay: float = 0.0
    _failing: set[int] = field(default_factory=set)
    _luck: random.Random = field(default_factory=random.Random)

    def answered(self) -> None:
        """A request has got an answer, or a refusal: the server is well."""
        self.kind = None
        self._failing.clear()

    def failed(self, line: int, error: Exception, now: float) -> None:
        """A request has got none."""
        if isinstance(error, AccessDenied):
            self._wait("access_denied", now)
        elif isinstance(error, ServerDown):
            self._wait("server_down", now)
        elif isinstance(error, ServerBusy):
            self._wait("server_busy", now, error.retry_after)
        else:
            self._failing.add(line)
            # Each of them counts its tries all the same, so that a batch of nothing but such requests ends.
            if len(self._failing) >= self.faults:
                self._wait("server_faults", now)

    def waiting(self, now: float) -> bool:
        return self.kind is not None and now < self.until

    def lasted(self, now: float) -> float:
        """Seconds since it began."""
        return now - self.since if self.kind is not None else 0.0

    def _wait(self, kind: str, now: float, wanted: float | None = None) -> None:
        if self.kind is not None and now < self.until:
            return  # others that were in flight: they say nothing new
        if kind != self.kind:
            self._delay = _FIRST[kind]
            self.since = now if self.kind is None else self.since
            self.kind = kind
        else:
            self._delay = min(self._delay * 2, _LONGEST[kind])
        seconds = self._delay * self._luck.uniform(0.75, 1.0)
        self.until = now + (max(seconds, min(wanted, _MOST_BELIEVED)) if wanted else seconds)
