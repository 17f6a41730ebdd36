"""The pages of signing up, in and out, and the one a stranger sees first.

Belongs here: what these pages need and their forms' changes. Not here: the account page (`account_page.py`), and how
somebody is signed in (`signing.py`).
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from serving.accounts import signing
from serving.accounts.browsers import browser_of
from serving.accounts.cookies import language_cookie
from serving.accounts.csrf import from_our_form
from serving.accounts.identity import account_of
from serving.accounts.limits import limited
from serving.accounts.next_page import HOME, safe_next
from serving.accounts.passwords import LONGEST, SHORTEST, PasswordError
from serving.dependencies import Form
from serving.language import LANGUAGES, Spoken
from serving.rendering import templates
from ty_assets.accounts import store

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_OUR_FORM: Final = [Depends(from_our_form)]
LinkToken = Annotated[str, PathParameter(max_length=100)]


@router.get("/")
async def start(request: Request, t: Spoken, gone: bool = False) -> Response:
    """What this is, for strangers; who has signed in goes on to the matches."""
    account = account_of(request)
    if account is not None:
        return RedirectResponse(t.link(HOME if account.has_profile else "/profile/start"), 303)
    return templates.TemplateResponse(request, "landing.html", {"t": t, "gone": gone})


@router.get("/sign-in")
async def sign_in_form(request: Request, t: Spoken, next: str | None = None) -> Response:
    if account_of(request) is not None:
        return RedirectResponse(t.link(safe_next(next)), 303)
    return _sign_in_page(request, t, wanted=next)


@router.post("/sign-in", dependencies=_OUR_FORM)
async def sign_in(request: Request, t: Spoken, form: Form) -> Response:
    wanted, email = form.get("next"), form.get("email", "")
    opened = await signing.sign_in(request, email, form.get("password", ""))
    if opened is None:
        return _sign_in_page(request, t, wanted=wanted, email=email, error="sign_in.wrong", status=422)
    await signing.end_present_session(request, account_of(request), "sign_out")
    response = RedirectResponse(safe_next(wanted), 303)
    signing.bring_session(request, response, *opened)
    return response


@router.get("/sign-up")
async def sign_up_form(request: Request, t: Spoken) -> Response:
    if account_of(request) is not None:
        return RedirectResponse(t.link(HOME), 303)
    return _sign_up_page(request, t)


@router.post("/sign-up", dependencies=_OUR_FORM)
async def sign_up(request: Request, t: Spoken, form: Form) -> Response:
    """Leads to the sign-in, whether the account is new or was there: nobody learns who has one."""
    email, password = form.get("email", ""), form.get("password", "")
    if form.get("consent") != "on":
        return _sign_up_page(request, t, email=email, error="sign_up.no_consent", status=422)
    try:
        await signing.sign_up(request, email, password, _chosen(request))
    except store.EmailError:
        return _sign_up_page(request, t, email=email, error="account.no_email", status=422)
    except PasswordError as error:
        return _sign_up_page(request, t, email=email, error=f"password.{error.reason}", status=422)
    return _sign_in_page(request, t, email=email, notice="sign_up.done")


@router.post("/sign-out")
async def sign_out(request: Request, t: Spoken) -> Response:
    await signing.end_present_session(request, account_of(request), "sign_out")
    response = RedirectResponse(t.link("/"), 303)
    signing.forget_session(request, response)
    return response


@router.get("/sign-in/link/{token}")
async def link_form(request: Request, t: Spoken, token: LinkToken) -> Response:
    """A button, so that a program which only looks at the link does not use it up."""
    return templates.TemplateResponse(request, "sign_in_link.html", {"t": t, "token": token})


@router.post("/sign-in/link/{token}", dependencies=[*_OUR_FORM, Depends(limited("link"))])
async def use_link(request: Request, t: Spoken, token: LinkToken) -> Response:
    matches, _, _ = signing.parts(request)
    opened = await matches.carry_out(store.use_link(token, browser_of(request)))
    if opened is None:
        return _sign_in_page(request, t, error="sign_in.link_used", status=422)
    await signing.end_present_session(request, account_of(request), "sign_out")
    response = RedirectResponse(t.link(HOME), 303)
    signing.bring_session(request, response, opened[1])
    return response


def _chosen(request: Request) -> str | None:
    """The language that was chosen by hand."""
    code = language_cookie(request)
    return code if code in LANGUAGES else None


def _sign_in_page(
    request: Request,
    t: Spoken,
    *,
    wanted: str | None = None,
    email: str = "",
    error: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    way = safe_next(wanted)
    shown: dict[str, Any] = {"next": way if way != HOME else None, "email": email, "error": error, "notice": notice}
    return templates.TemplateResponse(request, "sign_in.html", {"t": t, **shown}, status)


def _sign_up_page(
    request: Request, t: Spoken, *, email: str = "", error: str | None = None, status: int = 200
) -> Response:
    shown = {"email": email, "error": error, "shortest": SHORTEST, "longest": LONGEST}
    return templates.TemplateResponse(request, "sign_up.html", {"t": t, **shown}, status)
