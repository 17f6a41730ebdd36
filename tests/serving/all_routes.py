"""Every route that the application has, and what each asks of who comes.

A route that is not told of here fails the tests: whoever adds one says whom it is for, and brings a body with which it
does its work, so that what refuses a stranger is who they are and not what they sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from fastapi import FastAPI

# anyone: strangers too. visitor: strangers with a form of ours. member: who has signed in. person: who has a profile,
# too. recruiter: who may evaluate candidates; under /v1 with an API key alone. admin: nobody else learns that it is
# there.
For = Literal["anyone", "visitor", "member", "person", "recruiter", "admin"]


class Route(NamedTuple):
    method: str
    path: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith(("/api/", "/v1/"))

    @property
    def is_keyed(self) -> bool:
        """Whether only a key opens it: a cookie is not looked at."""
        return self.path.startswith("/v1/")

    @property
    def changes(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Asks:
    """sent: what httpx takes as a body. others: the status for who asks with ids of another person; None: any."""

    who: For
    others: int | None = None
    sent: Mapping[str, Any] = field(default_factory=dict)


def _form(**data: str) -> dict[str, Any]:
    return {"data": data}


def _file(name: str, content: bytes) -> dict[str, Any]:
    return {"files": {name: (name, content)}}


def _json(**data: Any) -> dict[str, Any]:
    return {"json": data}


def _batch_file() -> dict[str, Any]:
    return {"files": {"file": ("candidates.jsonl", b"{}")}, "data": {"purpose": "batch"}}


def _batch() -> dict[str, Any]:
    """Of another's file."""
    return _json(input_file_id=OWNERS_FILE, endpoint="/v1/chat/completions", completion_window="24h")


# Of the person that the walk of another one's routes is about.
OWNERS_FILE = "file-ofTheOwner0000000000000"
_PASSWORDS = {"password": "x", "current": "x"}

ROUTES: dict[Route, Asks] = {
    Route(*told.split()): asks
    for told, asks in {
        "GET /": Asks("anyone"),
        "GET /sign-in": Asks("anyone"),
        "GET /sign-up": Asks("anyone"),
        "GET /sign-in/link/{token}": Asks("anyone"),
        "POST /sign-in": Asks("visitor", sent=_form(email="a@example.org", password="x")),
        "POST /sign-up": Asks("visitor", sent=_form(email="a@example.org", password="x")),
        "POST /sign-in/link/{token}": Asks("visitor", sent=_form()),
        "POST /sign-out": Asks("anyone", sent=_form()),
        "GET /api/session": Asks("anyone"),
        "POST /api/session": Asks("visitor", 401, sent=_json(email="a@example.org", password="x")),
        "POST /api/account": Asks("visitor", sent=_json(email="a@example.org", password="x", consent=True)),
        "GET /api/openapi.json": Asks("anyone"),
        "GET /health": Asks("anyone"),
        "GET /metrics": Asks("anyone"),
        "GET /api/health": Asks("admin"),
        # the account
        "GET /account": Asks("member"),
        "GET /account/export": Asks("member"),
        "POST /account/password": Asks("member", 422, _form(**_PASSWORDS)),
        "POST /account/email": Asks("member", 422, _form(email="b@example.org", **_PASSWORDS)),
        "POST /account/language": Asks("member", 303, _form(language="de")),
        "POST /account/tokens": Asks("member", 200, _form(name="mine")),
        "POST /account/tokens/{token_id}/revoke": Asks("member", 404, _form()),
        "POST /account/sessions/{session_id}/end": Asks("member", 404, _form()),
        "POST /account/sessions/end-others": Asks("member", 303, _form()),
        "POST /account/delete": Asks("member", 422, _form(sure="on", **_PASSWORDS)),
        "GET /api/account": Asks("member", 200),
        "PATCH /api/account": Asks("member", 200, _json(language="de")),
        "PUT /api/account/email": Asks("member", 403, _json(email="b@example.org", password="x")),
        "PUT /api/account/password": Asks("member", 403, _json(current="x", password="a new password")),
        "GET /api/account/sessions": Asks("member", 200),
        "DELETE /api/account/sessions/{session_id}": Asks("member", 404),
        "GET /api/account/tokens": Asks("member", 200),
        "POST /api/account/tokens": Asks("member", 201, _json(name="mine too")),
        "DELETE /api/account/tokens/{token_id}": Asks("member", 404),
        "GET /api/account/export": Asks("member", 200),
        "POST /api/account/delete": Asks("member", 403, _json(password="x")),
        "DELETE /api/session": Asks("member", 204),
        # matches and what is said of them
        "GET /matches": Asks("person", 200),
        "GET /matches/{posting_id}": Asks("person", 404),
        "POST /matches/{posting_id}/verdict": Asks("person", 303, _form()),
        "GET /api/matches": Asks("person", 200),
        "GET /api/matches/choices": Asks("person", 200),
        "GET /api/matches/{posting_id}": Asks("person", 404),
        "GET /api/matches/{posting_id}/analysis": Asks("person", 404),
        "POST /api/matches/{posting_id}/verdict": Asks("person", 404),
        "GET /api/matches/{posting_id}/why": Asks("person", 200),
        "PUT /api/matches/{posting_id}/rating": Asks("person", sent=_json(rating=3)),
        "PATCH /api/matches/{posting_id}/rating": Asks("person", sent=_json(rating=4)),
        "DELETE /api/matches/{posting_id}/rating": Asks("person"),
        "GET /matches/{posting_id}/feedback": Asks("person", 200),
        "POST /matches/{posting_id}/feedback": Asks("person", sent=_form(said="up")),
        "GET /feedback": Asks("person", 200),
        "POST /feedback": Asks("person", 303, _form(do="forget")),
        "GET /api/feedback": Asks("person", 200),
        "DELETE /api/feedback": Asks("person", 204),
        "GET /api/feedback/ratings": Asks("person", 200),
        "GET /api/feedback/history": Asks("person", 200),
        "POST /api/feedback/undo": Asks("person", None),
        "GET /api/feedback/learned": Asks("person", 200),
        "PUT /api/feedback/learned": Asks("person", 404, _json(kind="rule", key="no_agency", enabled=False)),
        "GET /api/hidden": Asks("person", 200),
        "GET /queue": Asks("person", 200),
        "POST /queue": Asks("person", sent=_form(do="undo")),
        "GET /api/queue": Asks("person", 200),
        "GET /matches/{posting_id}/letter": Asks("person", 404),
        "POST /matches/{posting_id}/letter": Asks("person", 404, _form(language="de", text="x", do="save")),
        "GET /matches/{posting_id}/letter.{kind}": Asks("person", 404),
        "GET /api/matches/{posting_id}/letter.{kind}": Asks("person", 404),
        "GET /api/matches/{posting_id}/letter": Asks("person", 404),
        "PUT /api/matches/{posting_id}/letter": Asks("person", 404, _json(text="x", language="de")),
        "DELETE /api/matches/{posting_id}/letter": Asks("person", 404),
        # the profile
        "GET /profile": Asks("person", 200),
        "GET /profile/start": Asks("member", 200),
        "GET /profile/import": Asks("anyone"),
        "POST /profile/import": Asks("member", sent={"files": {"document": ("cv.txt", b"x")}}),
        "GET /profile/guided": Asks("member"),
        "GET /profile/guided/{step}": Asks("member"),
        "POST /profile/guided/{step}": Asks("member", sent=_form()),
        "GET /profile/occupations": Asks("member", 200),
        "GET /profile/review": Asks("member"),
        "POST /profile/review": Asks("member", sent=_form()),
        "POST /profile/edit": Asks("person", sent=_form()),
        "GET /profile/processing": Asks("person"),
        "POST /profile/processing": Asks("person", sent=_form()),
        "GET /api/profile": Asks("person", 200),
        "GET /api/profile/draft": Asks("member"),
        "PUT /api/profile/draft": Asks("member", sent=_json()),
        "DELETE /api/profile/draft": Asks("member"),
        "POST /api/profile/draft/save": Asks("member"),
        "GET /api/profile/status": Asks("member"),
        "POST /api/profile/import": Asks("member", sent={"content": b"x"}),
        # the market
        "GET /market": Asks("member", 200),
        "GET /market/heatmap": Asks("member", 200),
        "GET /market/{code}": Asks("member"),
        "GET /api/market/heatmap": Asks("anyone"),
        "GET /api/occupations/{group}/demand": Asks("anyone"),
        "GET /api/occupations/{group}/regions": Asks("anyone"),
        "GET /api/occupations/{kldb}/related": Asks("anyone"),
        # notices; what a mail leads to needs no session, only the token in its link
        "GET /notices": Asks("member", 200),
        "POST /notices/read": Asks("member", 303, _form(which="all")),
        "GET /notices/settings": Asks("member", 200),
        "POST /notices/settings": Asks("member", 303, _form(do="off")),
        "GET /notices/confirm/{token}": Asks("anyone"),
        "POST /notices/confirm/{token}": Asks("anyone", sent=_form()),
        "GET /notices/unsubscribe/{token}": Asks("anyone"),
        "POST /notices/unsubscribe/{token}": Asks("anyone", sent=_form()),
        "GET /api/notices": Asks("member", 200),
        "POST /api/notices/read": Asks("member", 200, _json()),
        "GET /api/notices/settings": Asks("member", 200),
        "PUT /api/notices/settings": Asks("member", None, _json()),
        # batches of candidates, for OpenAI's clients
        # candidates, as pages
        "GET /evaluations": Asks("recruiter", 200),
        "GET /evaluations/new": Asks("recruiter", 200),
        "POST /evaluations/new": Asks("recruiter", 303, _file("table", b"id,cv\n1,a nurse\n")),
        "GET /evaluations/new/{file_id}": Asks("recruiter", 404),
        "POST /evaluations/new/{file_id}": Asks("recruiter", 404, _form(do="forget")),
        "GET /evaluations/preparing/{ticket}": Asks("recruiter", 303),
        "GET /evaluations/rubrics": Asks("recruiter", 200),
        "POST /evaluations/rubrics/upload": Asks("recruiter", 422, _file("rubric", b"name: x")),
        "GET /evaluations/rubrics/new": Asks("recruiter", 200),
        "POST /evaluations/rubrics/new": Asks("recruiter", 422, _form(do="save")),
        "GET /evaluations/rubrics/{rubric_id}": Asks("recruiter", 404),
        "POST /evaluations/rubrics/{rubric_id}": Asks("recruiter", 404, _form(do="delete")),
        "GET /evaluations/rubrics/{rubric_id}/rubric.yaml": Asks("recruiter", 404),
        "GET /evaluations/{batch_id}": Asks("recruiter", 404),
        "POST /evaluations/{batch_id}": Asks("recruiter", 404, _form(do="cancel")),
        "GET /evaluations/{batch_id}/scores.csv": Asks("recruiter", 404),
        "GET /evaluations/{batch_id}/{which}.jsonl": Asks("recruiter", 404),
        "POST /v1/files": Asks("recruiter", 200, _batch_file()),
        "GET /v1/files": Asks("recruiter", 200),
        "GET /v1/files/{file_id}": Asks("recruiter", 404),
        "GET /v1/files/{file_id}/content": Asks("recruiter", 404),
        "DELETE /v1/files/{file_id}": Asks("recruiter", 404),
        "POST /v1/batches": Asks("recruiter", 404, _batch()),
        "GET /v1/batches": Asks("recruiter", 200),
        "GET /v1/batches/{batch_id}": Asks("recruiter", 404),
        "POST /v1/batches/{batch_id}/cancel": Asks("recruiter", 404),
        "POST /v1/batches/{batch_id}/pause": Asks("recruiter", 404),
        "POST /v1/batches/{batch_id}/resume": Asks("recruiter", 404),
        "POST /v1/batches/{batch_id}/priority": Asks("recruiter", 404, _json(priority=1)),
        "GET /v1/models": Asks("recruiter", 200),
        "GET /v1/models/{model:path}": Asks("recruiter", 404),
        # administration
        "GET /admin": Asks("admin"),
        "GET /api/admin/overview": Asks("admin"),
        "GET /api/admin/audit": Asks("admin"),
        "GET /api/admin/postings/{posting_id}/people": Asks("admin"),
    }.items()
}  # fmt: skip


def routes_of(app: FastAPI) -> list[Route]:
    """All of them, those of included routers too."""
    return sorted({Route(method, path) for methods, path in _found(app) for method in methods - {"HEAD", "OPTIONS"}})


def _found(app: FastAPI) -> Iterator[tuple[set[str], str]]:
    for route in app.routes:
        if hasattr(route, "effective_route_contexts"):  # FastAPI keeps an included router as one
            for inner in route.effective_route_contexts():
                yield set(inner.methods), inner.path
        elif methods := getattr(route, "methods", None):
            yield set(methods), route.path  # type: ignore[attr-defined]
