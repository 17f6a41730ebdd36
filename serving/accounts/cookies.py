"""Where a browser keeps its secret: the cookie of who has signed in, and the one of a stranger who is about to.

Belongs here: names and attributes. Not here: what the secrets are for (`identity.py`, `csrf.py`).
"""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from ty_assets.accounts.tokens import new_token

SESSION: Final = "ty_session"
VISITOR: Final = "ty_visitor"
LANGUAGE: Final = "ty_language"
# Over https no other host of the same domain, and no page over http, can set a cookie of such a name.
_HOST: Final = "__Host-"
_YEAR_SECONDS: Final = 365 * 24 * 3600


def _name(request: Request, name: str) -> str:
    return _HOST + name if is_secure(request) else name


def is_secure(request: Request) -> bool:
    """Whether browsers reach this site over https: by TY_PUBLIC_URL, not by what a request claims."""
    return bool(getattr(request.app.state, "is_secure", False))


def session_cookie(request: Request) -> str | None:
    return request.cookies.get(_name(request, SESSION)) or None


def visitor_cookie(request: Request) -> str | None:
    return request.cookies.get(_name(request, VISITOR)) or None


def language_cookie(request: Request) -> str:
    return request.cookies.get(_name(request, LANGUAGE), "")


def keep_session(request: Request, response: Response, token: str, seconds: int) -> None:
    _keep(request, response, SESSION, token, seconds)
    _drop(request, response, VISITOR)


def drop_session(request: Request, response: Response) -> None:
    _drop(request, response, SESSION)


def keep_language(request: Request, response: Response, code: str) -> None:
    _keep(request, response, LANGUAGE, code, _YEAR_SECONDS)


def new_visitor(request: Request) -> str:
    """A stranger's secret, which the answer to this request will bring to the browser."""
    token: str | None = getattr(request.state, "new_visitor", None)
    if token is None:
        token = request.state.new_visitor = new_token()
    return token


def keep_visitor(request: Request, response: Response) -> None:
    """Bring the browser the secret that a form of this answer rests on."""
    token: str | None = getattr(request.state, "new_visitor", None)
    if token is not None:
        _keep(request, response, VISITOR, token, None)


def _keep(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(
        _name(request, name), value, max_age=seconds, path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def _drop(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(_name(request, name), path="/", secure=is_secure(request), httponly=True, samesite="lax")
