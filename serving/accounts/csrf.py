"""That a change comes from our own pages: a token in the form that no page of another site can know.

Belongs here: how the token is made, shown and checked. Not here: where a request comes from (`serving/same_site.py`),
which is asked as well.

The token is made from the secret in the browser's cookie, by a keyed hash: each session has its own, a new session has
a new one, and nothing has to be stored. A stranger who is about to sign in has a secret too, or a page of another site
could sign them in as somebody else.
"""

import hashlib
import hmac
from typing import Final

from fastapi import Request
from markupsafe import Markup
from starlette.exceptions import HTTPException

from serving.accounts.cookies import new_visitor, session_cookie, visitor_cookie

FIELD: Final = "csrf_token"
HEADER: Final = "x-csrf-token"
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
# Of the longest form that there is, a profile's.
_MOST_FIELDS: Final = 3_000
_MOST_FILES: Final = 2
_NOT_ASKED: Final = object()
_REFUSED: Final = (
    "This form is out of date, or it is none of this site's: load the page again and send it once more. A program "
    "sends the token of GET /api/session in X-CSRF-Token, or uses an API token."
)


def token_of(secret: str) -> str:
    """The token that belongs to the secret in a browser's cookie."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def csrf_token(request: Request) -> str:
    """The token of this browser's forms; a stranger without one gets a secret with this answer."""
    return token_of(session_cookie(request) or visitor_cookie(request) or new_visitor(request))


def csrf_field(request: Request) -> Markup:
    """The hidden field that each form with method=post has."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token(request))


async def check(request: Request) -> None:
    """Raises 403 for a change without the token of the session that it would be made in.

    A stranger has no session to abuse, and no form of theirs is read; the routes that sign somebody in ask for a token
    in any case (`from_our_form`). Nor is there one with an API token, which no browser adds by itself.
    """
    if "authorization" in request.headers or getattr(request.state, "account", _NOT_ASKED) is None:
        return
    if (secret := session_cookie(request)) is not None:
        await _compare(request, secret)


async def from_our_form(request: Request) -> None:
    """For what strangers may change: raises 403 unless the form was made for this browser."""
    secret = session_cookie(request) or visitor_cookie(request)
    if secret is None:
        raise HTTPException(403, _REFUSED)
    await _compare(request, secret)


async def _compare(request: Request, secret: str) -> None:
    given = request.headers.get(HEADER) or await _field(request)
    if given is None or not hmac.compare_digest(given.encode(), token_of(secret).encode()):
        raise HTTPException(403, _REFUSED)


async def _field(request: Request) -> str | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMS:
        return None
    form = await request.form(
        max_files=_MOST_FILES, max_fields=_MOST_FIELDS
    )  # kept by the request, so the route reads it again
    value = form.get(FIELD)
    return value if isinstance(value, str) else None
