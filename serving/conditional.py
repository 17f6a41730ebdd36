"""Answers that are sent once: an ETag on each, and 304 to who has it already.

Belongs here: comparing what a client has with what it would get. Not here: what is cached where (`security.py`).
"""

from hashlib import blake2b
from typing import Final

from fastapi import Request
from starlette.responses import Response

_BYTES: Final = 16


def unless_known(request: Request, response: Response) -> Response:
    """The answer with an ETag of all of it, or 304 (RFC 9110, 13.1.2) where the client has the very same.

    Of the finished answer, so whatever it shows is in it: rows, filters, language, who is signed in.
    """
    if response.status_code != 200:
        return response
    tag = f'"{blake2b(response.body, digest_size=_BYTES).hexdigest()}"'
    return tagged(Response(status_code=304) if is_known(request, tag) else response, tag)


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has the answer of this ETag."""
    known = request.headers.get("if-none-match")
    if known is None:
        return False
    return tag in (part.strip().removeprefix("W/") for part in known.split(",")) or known.strip() == "*"


def tagged(response: Response, tag: str) -> Response:
    """The answer, told apart from others at its address."""
    response.headers["ETag"] = tag
    response.headers["Vary"] = "Accept-Language, Cookie, Authorization"
    return response
