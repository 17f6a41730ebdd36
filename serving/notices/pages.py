"""The pages of notices: the list, whether and when mail comes, and what the links of a mail lead to.

Belongs here: what these pages need, and their forms' changes. Not here: rows and work (`records`), and JSON (`api`).
The links of a mail need no session, only their token; a program that follows links to look at them changes nothing,
since each leads to a page with a button.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.identity import SignedIn
from serving.dependencies import Form, Reader
from serving.language import Language, Spoken
from serving.notices import records
from serving.rendering import templates
from ty_assets.notices.store import TooManyMails
from ty_resources.settings import settings

router = APIRouter(prefix="/notices", default_response_class=HTMLResponse, include_in_schema=False)

PAGE_SIZE: Final = 25
Token = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{20,100}$")]
_DONE: Final = ("asked", "saved", "off", "many")


@router.get("")
async def list_of_notices(
    request: Request, reader: Reader, account: SignedIn, t: Spoken, after: str | None = None
) -> Response:
    found = await records.notices(reader, account.account_id, only_unread=False, after=after or None, limit=PAGE_SIZE)
    shown = {"page": found, "after": after or None, "unread": await records.unread(reader, account.account_id)}
    return templates.TemplateResponse(request, "notices.html", {"t": t, "zone": settings().zone, **shown})


@router.post("/read")
async def read(reader: Reader, account: SignedIn, t: Spoken, form: Form) -> Response:
    """One of them, or all where none is named."""
    try:
        posting_id = UUID(form["posting_id"]) if form.get("posting_id") else None
    except ValueError:
        raise HTTPException(422, "expected posting_id, the id of a posting") from None
    await records.mark_read(reader, account.account_id, posting_id)
    return RedirectResponse(t.link("/notices"), 303)


@router.get("/settings")
async def mail_settings(request: Request, reader: Reader, account: SignedIn, t: Spoken, done: str = "") -> Response:
    shown = {
        "mail": await records.mail_settings(reader, account.account_id),
        "can_send": records.can_send(),
        "done": done if done in _DONE else "",
        "zone": settings().zone,
    }
    return templates.TemplateResponse(request, "notices_settings.html", {"t": t, **shown})


@router.post("/settings")
async def change_mail(reader: Reader, account: SignedIn, t: Spoken, later: BackgroundTasks, form: Form) -> Response:
    """Consent and hour, or no mail any more."""
    if form.get("do") == "off":
        await records.no_mail(reader, account.account_id)
        return _done(t, "off")
    hour = form.get("hour", "")
    if not (hour.isascii() and hour.isdigit() and int(hour) < 24) or form.get("consent") != "on":
        raise HTTPException(422, "expected consent=on and an hour from 0 to 23, or do=off")
    if not records.can_send():
        raise HTTPException(503, "This installation sends no mail: TY_SMTP_URL is not set.")
    try:
        asked = await records.want_mail(reader, account.account_id, int(hour), t.code)
    except TooManyMails:
        return _done(t, "many")
    later.add_task(records.send_now, reader, account.account_id)
    return RedirectResponse(t.link("/notices/settings", done="asked" if asked else "saved"), 303, background=later)


@router.get("/confirm/{token}")
async def ask_to_confirm(request: Request, t: Spoken, token: Token) -> Response:
    return _linked(request, t, "confirm", token)


@router.post("/confirm/{token}")
async def confirm(request: Request, reader: Reader, t: Spoken, token: Token) -> Response:
    done = await records.confirmed(reader, token)
    return _linked(request, t, "confirm_done" if done else "confirm_old", token, 200 if done else 410)


@router.get("/unsubscribe/{token}")
async def ask_to_unsubscribe(request: Request, t: Spoken, token: Token) -> Response:
    return _linked(request, t, "unsubscribe", token)


@router.post("/unsubscribe/{token}")
async def unsubscribe(request: Request, reader: Reader, t: Spoken, token: Token) -> Response:
    """By the page's button, or by a mail program in one click (RFC 8058)."""
    done = await records.unsubscribed(reader, token)
    return _linked(request, t, "unsubscribe_done" if done else "unsubscribe_old", token, 200 if done else 410)


def _linked(request: Request, t: Language, what: str, token: str, status: int = 200) -> Response:
    """A page that a link of a mail leads to."""
    shown = {"t": t, "what": what, "token": token, "asks": what in ("confirm", "unsubscribe")}
    return templates.TemplateResponse(request, "notices_link.html", shown, status)


def _done(t: Language, what: str) -> Response:
    return RedirectResponse(t.link("/notices/settings", done=what), 303)
