"""What goes wrong, told to whom it concerns: problem+json (RFC 9457) to programs, a friendly page to people; under /v1
as OpenAI's clients expect it (`batches/errors.py`).

Not here: when an error is raised. Nothing of a request's or a row's content is repeated in an error.
"""

from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from serving.accounts.identity import NoProfile, NotSignedIn
from serving.accounts.next_page import sign_in_path
from serving.batches.errors import NO_KEY, WRONG_KEY, error_body, misshapen, told, under_v1
from serving.language import negotiate
from serving.paging import CursorError
from serving.rendering import templates
from serving.security import HEADERS

DATABASE_AWAY = "The database cannot be reached or has no tables yet. Is it running? `ty migrate` creates the tables."

log = structlog.get_logger(__name__)


def problem(request: Request, status: int, detail: str, **more: Any) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        **more,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def wants_page(request: Request) -> bool:
    """Whether a person waits for the answer: /health has both, and a program does not ask for HTML."""
    path = request.url.path
    if path == "/health":
        return "text/html" in request.headers.get("accept", "")
    return path != "/metrics" and not path.startswith("/api/") and not under_v1(path)


def answer(request: Request, status: int, detail: str, **more: Any) -> Response:
    """An error in the form its reader expects."""
    if under_v1(request.url.path):
        return error_body(status, detail)
    if not wants_page(request):
        return problem(request, status, detail, **more)
    kind = str(status) if status in (403, 404, 413, 422, 429, 503) else "other"
    return templates.TemplateResponse(request, "error.html", {"t": negotiate(request), "kind": kind}, status)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if under_v1(request.url.path):
        return told(error)
    response = answer(request, error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if under_v1(request.url.path):
        return misshapen(error.errors())
    places = [
        {"in": problem["loc"][0], "name": ".".join(map(str, problem["loc"][1:])), "detail": problem["msg"]}
        for problem in error.errors()
    ]
    is_page = not request.url.path.startswith("/api/")
    # to a person an address with a mangled id is a page that is not there
    status = 404 if is_page and any(place["in"] == "path" for place in places) else 422
    return answer(request, status, "The request is not valid; see errors.", errors=places)


async def _not_signed_in(request: Request, error: Exception) -> Response:
    if wants_page(request):
        return RedirectResponse(sign_in_path(request), 303)
    detail = "Sign in at /sign-in, or send an API token of your account: Authorization: Bearer <token>."
    if under_v1(request.url.path):
        response = error_body(401, WRONG_KEY if "authorization" in request.headers else NO_KEY)
    else:
        response = problem(request, 401, detail)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _no_profile(request: Request, error: Exception) -> Response:
    if wants_page(request):
        return RedirectResponse(negotiate(request).link("/profile/start"), 303)
    return problem(request, 409, "This account has no profile yet; it is written at /profile/start.")


async def _cursor(request: Request, error: Exception) -> Response:
    return answer(request, 422, str(error))


async def _data(request: Request, error: Exception) -> Response:
    # A zero byte in a text, a number or a day that no column holds: what was asked for cannot be there.
    return answer(request, 422, "The request has a value that no text, number or day can have.")


def _route_of(request: Request) -> str:
    """The path as its route has it: an id or a link's token in it is nobody's who reads the log."""
    return str(getattr(request.scope.get("route"), "path", ""))


async def _database(request: Request, error: Exception) -> Response:
    log.error("database_away", path=_route_of(request), error=type(error).__name__)
    return answer(request, 503, DATABASE_AWAY)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected", path=_route_of(request), error=type(error).__name__)
    # made outside of the middleware, so it brings the headers itself
    response = answer(request, 500, "Something went wrong on our side; the log has the details.")
    response.headers.update(HEADERS)
    return response


def install(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(NoProfile, _no_profile)
    app.add_exception_handler(CursorError, _cursor)
    app.add_exception_handler(psycopg.DataError, _data)
    app.add_exception_handler(psycopg.OperationalError, _database)
    app.add_exception_handler(psycopg.errors.UndefinedTable, _database)
    app.add_exception_handler(Exception, _unexpected)
