"""The account page: mail address, password, language, sessions, tokens, export and deletion.

Belongs here: what the page needs and its forms' changes. Not here: the same as JSON (`api.py`).
"""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts import signing
from serving.accounts.cookies import keep_language
from serving.accounts.export import export_of
from serving.accounts.identity import IDLE, Account, SignedIn
from serving.accounts.limits import limited
from serving.accounts.passwords import LONGEST, SHORTEST, PasswordError
from serving.dependencies import Form
from serving.kept_answers import forget_person
from serving.language import LANGUAGES, Language, Spoken
from serving.rendering import templates
from ty_assets.accounts import store
from ty_assets.accounts.deletion import delete_account
from ty_resources.settings import settings

router = APIRouter(prefix="/account", default_response_class=HTMLResponse, include_in_schema=False)

# What a form's answer may say after the way back; anything else in the address says nothing.
_DONE: Final = ("password", "email", "language", "session", "sessions", "token")


async def _page(
    request: Request,
    t: Language,
    account: Account,
    *,
    done: str | None = None,
    errors: dict[str, str] | None = None,
    token: str | None = None,
    status: int = 200,
) -> Response:
    """errors: by form, what is wrong with it; token: one that was made just now, to be shown this once."""
    _, records, _ = signing.parts(request)
    shown = {
        "account": account,
        "facts": await records.one("account_facts", account_id=account.account_id),
        "sessions": await records.all("sessions_of_account", account_id=account.account_id, idle=IDLE),
        "tokens": await records.all("tokens_of_account", account_id=account.account_id),
        "done": done,
        "errors": errors or {},
        "token": token,
        "languages": LANGUAGES,
        "shortest": SHORTEST,
        "longest": LONGEST,
        "longest_name": store.LONGEST_TOKEN_NAME,
        "zone": settings().zone,
    }
    return templates.TemplateResponse(request, "account.html", {"t": t, **shown}, status)


@router.get("")
async def account_page(request: Request, t: Spoken, account: SignedIn, done: str | None = None) -> Response:
    return await _page(request, t, account, done=done if done in _DONE else None)


@router.post("/password")
async def change_password(request: Request, t: Spoken, account: SignedIn, form: Form) -> Response:
    try:
        token = await signing.change_password(request, account, form.get("current", ""), form.get("password", ""))
    except PasswordError as error:
        errors = {"password": t(f"password.{error.reason}", shortest=SHORTEST, longest=LONGEST)}
        return await _page(request, t, account, errors=errors, status=422)
    except HTTPException as error:
        return await _refused(request, t, account, "password", error)
    response = _done(t, "password")
    if token is not None:
        signing.bring_session(request, response, token)
    return response


@router.post("/email")
async def change_email(request: Request, t: Spoken, account: SignedIn, form: Form) -> Response:
    try:
        await signing.change_email(request, account, form.get("password", ""), form.get("email", ""))
    except store.EmailError:
        return await _page(request, t, account, errors={"email": t("account.no_email")}, status=422)
    except store.Taken:
        return await _page(request, t, account, errors={"email": t("account.email_taken")}, status=422)
    except HTTPException as error:
        return await _refused(request, t, account, "email", error)
    return _done(t, "email")


@router.post("/language")
async def choose_language(request: Request, account: SignedIn, form: Form) -> Response:
    code = form.get("language")
    if code not in LANGUAGES:
        raise HTTPException(422, f"expected language={', '.join(LANGUAGES)}")
    _, records, _ = signing.parts(request)
    await records.run("language_set", account_id=account.account_id, language=code)
    response = RedirectResponse("/account?done=language#language", 303)
    keep_language(request, response, code)
    return response


@router.post("/sessions/end-others")
async def end_other_sessions(request: Request, t: Spoken, account: SignedIn) -> Response:
    matches, _, _ = signing.parts(request)
    await matches.carry_out(store.end_other_sessions(account.account_id, account.session_id))
    return _done(t, "sessions")


@router.post("/sessions/{session_id}/end")
async def end_session(request: Request, t: Spoken, account: SignedIn, session_id: UUID) -> Response:
    matches, _, _ = signing.parts(request)
    if not await matches.carry_out(store.end_session(account.account_id, session_id, "session_ended")):
        raise HTTPException(404)
    return _done(t, "session")


@router.post("/tokens")
async def make_token(request: Request, t: Spoken, account: SignedIn, form: Form) -> Response:
    """The token is in this answer and nowhere else."""
    try:
        name = store.token_name(form.get("name", ""))
    except store.TokenNameError:
        errors = {"token": t("token.no_name", longest=store.LONGEST_TOKEN_NAME)}
        return await _page(request, t, account, errors=errors, status=422)
    if account.session_id is None:
        raise HTTPException(403, "A token makes no tokens; sign in.")
    matches, _, _ = signing.parts(request)
    try:
        token = await matches.carry_out(store.make_token(account.account_id, name))
    except store.Taken:
        return await _page(request, t, account, errors={"token": t("token.taken")}, status=422)
    except store.AccountError:
        errors = {"token": t("token.too_many", most=store.MOST_TOKENS)}
        return await _page(request, t, account, errors=errors, status=422)
    return await _page(request, t, account, token=token)


@router.post("/tokens/{token_id}/revoke")
async def revoke_token(request: Request, t: Spoken, account: SignedIn, token_id: UUID) -> Response:
    matches, _, _ = signing.parts(request)
    if not await matches.carry_out(store.revoke_token(account.account_id, token_id)):
        raise HTTPException(404)
    return _done(t, "token")


@router.get("/export", dependencies=[Depends(limited("export"))])
async def export(request: Request, account: SignedIn) -> Response:
    return await export_of(request, account)


@router.post("/delete")
async def delete(request: Request, t: Spoken, account: SignedIn, form: Form) -> Response:
    if form.get("sure") != "on":
        return await _page(request, t, account, errors={"delete": t("delete.not_sure")}, status=422)
    try:
        await signing.confirm_password(request, account, form.get("password", ""))
    except HTTPException as error:
        return await _refused(request, t, account, "delete", error)
    matches, _, _ = signing.parts(request)
    await matches.carry_out(delete_account(account.account_id, account.profile_id))
    forget_person(request, account.profile_id)
    response = RedirectResponse(t.link("/", gone="true"), 303)
    signing.forget_session(request, response)
    return response


def _done(t: Language, what: str) -> Response:
    return RedirectResponse(t.link("/account", done=what), 303)


async def _refused(request: Request, t: Language, account: Account, form: str, error: HTTPException) -> Response:
    """A wrong password is told beside its field; anything else as anywhere."""
    if error.status_code != 403:
        raise error
    return await _page(request, t, account, errors={form: t("password.wrong")}, status=422)
