"""A process that dies with the one that started it: what Linux offers, and nothing elsewhere.

Belongs here: that one call. Not here: whole trees of processes (`services.guardian`), whose grandchildren it does not
reach.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have this process killed when its parent ends, by whatever cause; at once, if the parent has ended already."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
