"""Ending a run between two commits: what is done stays, the rest is left for the run that continues.

Belongs here: that a process was asked to end, and the places where it may. Not here: who asks, and who continues
(`ty_jobs.fleet`); nothing of Dagster, which takes `Drained` for the interrupt that it is.
"""

import signal
from types import FrameType

_asked = False


class Drained(KeyboardInterrupt):
    """Raised between two commits. An interrupt: no handler of errors takes it for one of the posting in hand."""


def drain_on(number: signal.Signals) -> None:
    """From now on this signal asks the process to end at its next checkpoint. For the main thread."""

    def ask(received: int, frame: FrameType | None) -> None:
        global _asked
        _asked = True

    signal.signal(number, ask)


def checkpoint() -> None:
    """To be called when something has just been committed. Raises: Drained, where the process was asked to end."""
    if _asked:
        raise Drained("the worker was asked to stop; what is committed stays, another run does the rest")
