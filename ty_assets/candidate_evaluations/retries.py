"""What follows from a request that got no answer: it is asked again, later or at once, or it has failed. Pure.

Belongs here: the classes of failures and what each means for its request. Not here: what it means for all requests
(`trouble`), and the wire's own errors (ty_resources/inference/errors).

A server that is down or busy is no request's fault: it costs no attempt. A connection that broke may be the server's
end or the request's doing, so it is counted apart: who was there several times is asked alone, and only then blamed.
"""

import random
from dataclasses import dataclass
from typing import Final, Literal

from ty_assets.candidate_evaluations.parts import PartMissing
from ty_resources.inference.errors import (
    AccessDenied,
    ConnectionLost,
    EngineError,
    ServerBusy,
    ServerDown,
    ServerTimeout,
)

_FIRST_DELAY: Final = 1.0
_LONGEST_DELAY: Final = 300.0
# So many broken connections in a row are no accident: one at a time shows whose doing they are.
SUSPECT_AFTER: Final = 2


@dataclass(frozen=True)
class Verdict:
    """kind: "failed": it goes to the error file; "later": not before `delay` seconds; "held": as if never asked.
    attempts, losses: what it has now. code, message: of its error.
    """

    kind: Literal["failed", "later", "held"]
    attempts: int
    losses: int
    delay: float = 0.0
    code: str = ""
    message: str = ""


def verdict(error: Exception, attempts: int, losses: int, most: int, luck: random.Random) -> Verdict:
    """attempts, losses: before this time. most: tries that a request has."""
    if isinstance(error, ServerDown | ServerBusy | AccessDenied):
        return Verdict("held", attempts, losses)
    if isinstance(error, PartMissing):
        return Verdict("failed", attempts, losses, code="input_file_deleted", message=str(error))
    code, message = _told(error)
    if isinstance(error, EngineError) and not error.again:
        return Verdict("failed", attempts, losses, code=code, message=message)
    if isinstance(error, ConnectionLost):
        losses += 1
    else:
        attempts += 1
    if attempts + losses >= most:
        return Verdict("failed", attempts, losses, code=code, message=f"{message} It was tried {most} times.")
    return Verdict("later", attempts, losses, delay=_delay(attempts + losses, luck))


def _delay(tries: int, luck: random.Random) -> float:
    """1, 2, 4 ... seconds, half of it by chance: who failed together does not come again together."""
    return min(_FIRST_DELAY * 2.0 ** (tries - 1), _LONGEST_DELAY) * luck.uniform(0.5, 1.0)


def _told(error: Exception) -> tuple[str, str]:
    """Code and words. An unexpected error's own words may quote a candidate, so its class stands for it."""
    if isinstance(error, ServerTimeout):
        return "request_timeout", "The model server did not answer in time."
    if isinstance(error, ConnectionLost):
        return "connection_lost", "The model server broke the connection before it had answered."
    return "server_error", f"The model server failed on this request ({type(error).__name__})."
