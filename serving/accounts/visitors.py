"""Brings a browser what an answer has it keep: a stranger's secret, and the language that was chosen in the address.

Belongs here: that, as middleware, since a template asks for the secret when the answer is being made. Not here: what
the secret is for (`csrf.py`), and which language a page speaks (serving/language.py).
"""

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.accounts.cookies import keep_language, keep_visitor, language_cookie
from serving.language import LANGUAGES


class KeptByBrowser:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def with_cookie(message: Message) -> None:
            # Most answers bring nothing.
            if message["type"] == "http.response.start" and _may_bring(scope):
                brought, request = Response(), Request(scope)
                keep_visitor(request, brought)
                _remember_language(request, brought)
                message["headers"] = [*message["headers"], *(h for h in brought.raw_headers if h[0] == b"set-cookie")]
            await send(message)

        await self.app(scope, receive, with_cookie)


def _may_bring(scope: Scope) -> bool:
    return "new_visitor" in scope["state"] or b"lang=" in scope["query_string"]


def _remember_language(request: Request, response: Response) -> None:
    asked = request.query_params.get("lang")
    if asked in LANGUAGES and asked != language_cookie(request) and not request.url.path.startswith(("/api/", "/v1/")):
        keep_language(request, response, asked)
