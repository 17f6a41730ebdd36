"""A database that restarts is waited for: what is done to it is tried again until it is back.

Belongs here: only that. What is tried again has to bear being done twice (`store`).
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg

Result = TypeVar("Result")

# A server that comes back after a crash reads its log first, which takes minutes at most.
SECONDS: Final = 300.0
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0

_log = logging.getLogger("ty.batches")


def patiently(
    call: Callable[[], Result],
    stop: threading.Event,
    *,
    before_again: Callable[[], None] = lambda: None,
    seconds: float = SECONDS,
) -> Result:
    """What the call returns. before_again: done before it is called anew, once the database answers.

    Raises: psycopg.OperationalError when the patience is over, or this process is to stop.
    """
    pause, until, broken = _FIRST_PAUSE, time.monotonic() + seconds, False
    while True:
        try:
            if broken:
                before_again()
            return call()
        except psycopg.OperationalError as error:
            if not broken:
                _log.warning("The database does not answer (%s); waiting for it.", type(error).__name__)
            broken = True
            if time.monotonic() + pause > until or stop.wait(pause):
                raise
            pause = min(pause * 2, _LONGEST_PAUSE)
