"""Errors as OpenAI's clients read them: {"error": {"message", "type", "param", "code"}}, for every path under /v1.

Belongs here: that form, and the words for what a request's shape has wrong. Not here: when an error is raised, and the
forms of the rest of the view (serving/errors.py, which hands over to this). Nothing that was sent is repeated.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from serving.accounts.identity import PROGRAMS

_FAULT: Final = "invalid_request_error"
# A client may act on the code; the words are for who reads a log.
_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {401: "invalid_api_key", 403: "insufficient_permissions", 405: "method_not_supported", 413: "request_too_large",
     429: "rate_limit_exceeded"}
)  # fmt: skip
# pydantic's kinds of errors by the codes that OpenAI has for them; what is not here is an invalid value.
_SHAPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "missing_required_parameter",
        "extra_forbidden": "unknown_parameter",
        "string_too_long": "string_above_max_length",
        "string_too_short": "string_below_min_length",
        "too_long": "object_above_max_properties",
        "greater_than_equal": "integer_below_min_value",
        "less_than_equal": "integer_above_max_value",
    }
)
_UNTOLD: Final[Mapping[int, str]] = MappingProxyType(
    {
        404: "There is nothing at this URL. Under /v1 there are files, batches and models.",
        405: "There is something at this URL, but not by this method.",
    }
)
NO_KEY: Final = (
    "Send an API key as Authorization: Bearer <key>; one is made on the account page or by `ty account token`."
)
WRONG_KEY: Final = "This API key is not known, or it has been revoked."


class Told(BaseModel):
    message: str
    type: Literal["invalid_request_error", "requests", "server_error"]
    param: str | None
    code: str | None


class ErrorAnswer(BaseModel):
    """What every answer that is no success has."""

    error: Told


# Of every route under /v1, for the API's description.
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {"4XX": {"model": ErrorAnswer}, "5XX": {"model": ErrorAnswer}}


class ApiError(HTTPException):
    """What a client has asked for and cannot have. param: the field that is at fault."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(status, message)
        self.param, self.code = param, code


def under_v1(path: str) -> bool:
    """Whether errors of this path are read by OpenAI's clients."""
    return path.startswith(PROGRAMS) or path == PROGRAMS.rstrip("/")


def error_body(status: int, message: str, *, param: str | None = None, code: str | None = None) -> JSONResponse:
    """The answer. 422 is 400 there."""
    status = 400 if status == 422 else status
    if status >= 500:
        kind = "server_error"
    else:
        kind = "requests" if status == 429 else _FAULT
    told = {"message": message, "type": kind, "param": param, "code": code or _CODES.get(status)}
    return JSONResponse({"error": told}, status)


def told(error: HTTPException) -> JSONResponse:
    """The answer to an error that a route or the framework has raised."""
    message = str(error.detail)
    if message == HTTPStatus(error.status_code).phrase:  # the framework's own words, of what has no route
        message = _UNTOLD.get(error.status_code, f"{message}.")
    response = error_body(
        error.status_code, message, param=getattr(error, "param", None), code=getattr(error, "code", None)
    )
    response.headers.update(error.headers or {})
    return response


def misshapen(errors: Sequence[Mapping[str, Any]]) -> JSONResponse:
    """The answer to a request that has not the shape of its route; the first fault is told, as OpenAI does."""
    first = errors[0]
    kind, place = str(first["type"]), [str(part) for part in first["loc"][1:]]
    if kind == "json_invalid":
        return error_body(400, "The body is no JSON, or it is not said to be: Content-Type: application/json.")
    param = ".".join(part for part in place if part != "[key]") or None
    code = "invalid_type" if kind.endswith("_type") else _SHAPES.get(kind, "invalid_value")
    if kind == "extra_forbidden":
        message, param = "A parameter is not known here.", None  # its name is whatever was sent
    else:
        message = f"{param or 'The body'}: {first['msg']}."
    return error_body(400, message, param=param, code=code)
