"""Whether the server's slots have read what the next requests begin with; if not, they read it before the fan-out.

Belongs here: when that pays, and doing it beside the conductor. Not here: how a slot reads a prefix (the relays). Who
asks many requests with a new prefix side by side has it read as many times, since none finds it in a cache yet.
"""

from collections.abc import Collection
from typing import Final

from ty_assets.candidate_evaluations.asking import Aside, Task
from ty_resources.inference.errors import AccessDenied, ServerBusy, ServerDown
from ty_resources.inference.relay import Relay

_TICK: Final = 0.05


class Warming:
    """What the slots of one relay have read. width: how many there are."""

    def __init__(self, relay: Relay, width: int) -> None:
        self._relay = relay
        self._width = width
        self._prefix = b""
        self._reading: Aside | None = None

    @property
    def under_way(self) -> bool:
        return self._reading is not None

    def wanted(self, task: Task, at_hand: Collection[Task]) -> bool:
        """Whether its prefix is to be read first. at_hand: the requests that come next, itself included.

        It pays where more requests share it than there are slots.
        """
        if task.prefix == self._prefix:
            return False
        sharing = sum(other.prefix == task.prefix for other in at_hand)
        if task.prefix and self._width > 1 and sharing > self._width:
            return True
        self._prefix = task.prefix
        return False

    def begin(self, task: Task) -> None:
        body = task.body
        self._prefix = task.prefix
        self._reading = Aside(lambda: self._relay.warm(body))

    def wait(self) -> Exception | None:
        """Wait for a moment; what has gone wrong with the server, once it is known.

        The prefix is then to be read again; whatever else fails is only slower without it.
        """
        if self._reading is None or not self._reading.wait(_TICK):
            return None
        error, self._reading = self._reading.error, None
        if not isinstance(error, ServerDown | ServerBusy | AccessDenied):
            return None
        self._prefix = b""
        return error
