"""Lists as they were sent, kept by everything that they were made of: who comes back to one waits for no rendering.

Belongs here: keeping and finding. Not here: what an answer is made of (`pages.py`, `api.py`). An answer is found by all
of its parts, so it is never an old one: the rows are read each time, and only what is done with them is spared.
"""

import secrets
import time
from collections import OrderedDict
from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from serving.conditional import is_known, tagged

_MOST_BYTES: Final = 64 * 2**20
_KEPT_SECONDS: Final = 600.0
_DIGEST: Final = 16


class _Answer(NamedTuple):
    owner: UUID
    kept_at: float
    body: bytes
    media_type: str


class KeptAnswers:
    """Used from one event loop. What is kept goes with the process, with its owner (`forget`), or when it is old."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._bytes = 0
        # A new version of this program may say the same rows in other words.
        self._salt = secrets.token_bytes(_DIGEST)

    def key(self, *parts: object) -> bytes:
        """Stands for these parts; each has to be told by its repr."""
        return blake2b("\x00".join(map(_told, parts)).encode(), digest_size=_DIGEST, key=self._salt).digest()

    def found(self, request: Request, key: bytes) -> Response | None:
        """The answer; 304 where the client has it, even when it is not kept any more; None where it is to be made."""
        tag = _tag(key)
        if is_known(request, tag):
            return tagged(Response(status_code=304), tag)
        kept = self._answers.get(key)
        if kept is None:
            return None
        self._answers.move_to_end(key)
        return tagged(Response(kept.body, media_type=kept.media_type), tag)

    def keep(self, owner: UUID, key: bytes, response: Response) -> Response:
        """The response itself, kept and with its ETag. What is not as it should be is not kept."""
        if response.status_code != 200:
            return response
        now = time.monotonic()
        media_type = response.headers["content-type"].partition(";")[0]
        self._drop(key)
        self._answers[key] = _Answer(owner, now, bytes(response.body), media_type)
        self._bytes += len(response.body)
        while self._answers and (self._bytes > self._most or self._oldest.kept_at < now - _KEPT_SECONDS):
            self._drop(next(iter(self._answers)))
        return tagged(response, _tag(key))

    def forget(self, owner: UUID) -> None:
        """Let go of all that is about a person."""
        for key in [key for key, answer in self._answers.items() if answer.owner == owner]:
            self._drop(key)

    @property
    def _oldest(self) -> _Answer:
        return next(iter(self._answers.values()))

    def _drop(self, key: bytes) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self._bytes -= len(answer.body)


def kept_answers(request: Request) -> KeptAnswers:
    kept: KeptAnswers = request.app.state.kept
    return kept


def forget_person(request: Request, profile_id: UUID) -> None:
    """Of somebody who is gone nothing stays in this process's memory."""
    kept_answers(request).forget(profile_id)
    request.app.state.opened.forget(profile_id)


def _told(part: object) -> str:
    return part if isinstance(part, str) else repr(part)


def _tag(key: bytes) -> str:
    return f'"{key.hex()}"'
