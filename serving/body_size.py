"""How much anybody may send: a body is counted as it comes, and cut off where it is longer than its route reads.

Belongs here: that count, as middleware, since a form is read before its route is asked. Not here: what a document may
hold (ty_assets/profiles/reading/limits.py).
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ty_assets.profiles.reading.limits import MAX_UPLOAD_BYTES
from ty_resources.settings import settings

# A form with a hundred jobs, and a comment in its longest spelling.
LONGEST_FORM: Final = 2_000_000
# Beside the document: the form's borders, names and token, and text that was pasted.
_AROUND: Final = 1_100_000
_UPLOADS: Final = frozenset({"/profile/import", "/api/profile/import"})
# Stored while they come, or first on disk, so that nobody holds them.
_STREAMED: Final = frozenset({"/v1/files", "/evaluations/new"})
_BORDERS: Final = 65_536  # of their forms, with the fields
# So much more is read and thrown away: a browser that is cut off while it sends shows no answer.
_DRAINED: Final = 60_000_000


class BodyTooLong(HTTPException):
    """More was sent than is read."""

    def __init__(self, limit: int, sent: int) -> None:
        super().__init__(413, f"Expected at most {limit:,} bytes; more were sent. Send less.")
        self.sent = sent  # at least


def limit_of(path: str) -> int:
    """Bytes of a body at most."""
    if path in _STREAMED:
        return settings().batch_file_bytes + _BORDERS
    return MAX_UPLOAD_BYTES + _AROUND if path in _UPLOADS else LONGEST_FORM


class BodySize:
    """ASGI middleware; a body that is too long raises BodyTooLong in whoever reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = limit_of(scope["path"])
        said = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        is_too_long = said.isdigit() and int(said) > limit  # then none of it is stored first
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read <= limit and not (is_too_long and message["type"] == "http.request"):
                return message
            while message.get("more_body") and read <= limit + _DRAINED:
                message = await receive()
                read += len(message.get("body", b""))
            raise BodyTooLong(limit, max(read, int(said)) if is_too_long else read)

        await self.app(scope, counted, send)
