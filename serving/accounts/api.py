"""Signing in and the account as JSON.

Belongs here: the routes and their shapes. Not here: the pages (`pages.py`, `account_page.py`). A program had better use
a token: `Authorization: Bearer ...`. With a cookie each change needs the session's token in X-CSRF-Token.
"""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from serving.accounts import signing
from serving.accounts.cookies import keep_language
from serving.accounts.csrf import csrf_token, from_our_form, token_of
from serving.accounts.export import export_of
from serving.accounts.identity import IDLE, Account, SignedIn, account_of
from serving.accounts.limits import limited
from serving.accounts.passwords import PasswordError
from serving.kept_answers import forget_person
from ty_assets.accounts import store
from ty_assets.accounts.deletion import delete_account

router = APIRouter(prefix="/api", tags=["account"])

Email = Annotated[str, StringConstraints(max_length=320)]
Password = Annotated[SecretStr, Field(max_length=1000)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Credentials(_Asked):
    email: Email
    password: Password


class SignUp(Credentials):
    """consent: that what the person writes and imports is stored and compared with postings."""

    consent: Literal[True]
    language: Literal["de", "en"] | None = None


class NewPassword(_Asked):
    current: Password
    password: Password


class NewToken(_Asked):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=store.LONGEST_TOKEN_NAME)]


class Choices(_Asked):
    language: Literal["de", "en"] | None


class Confirmation(_Asked):
    password: Password


class Who(BaseModel):
    """account: None for a stranger. csrf_token: what X-CSRF-Token has to be while this cookie is sent."""

    account: Account | None
    csrf_token: str


class Done(BaseModel):
    detail: str


class Session(BaseModel):
    """present: the one that this request came with."""

    session_id: UUID
    browser: str
    created_at: dt.datetime
    last_seen_at: dt.datetime
    expires_at: dt.datetime
    present: bool


class Token(BaseModel):
    token_id: UUID
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None


class MadeToken(BaseModel):
    """The token is told this once."""

    token: str


def _by_hand(account: SignedIn) -> Account:
    """Who has signed in with a browser: a token that was lost shall open no more than it does."""
    if account.session_id is None:
        raise HTTPException(403, "This takes a session; an API token does not do. Sign in at /sign-in.")
    return account


ByHand = Annotated[Account, Depends(_by_hand)]


@router.get("/session")
async def session(request: Request) -> Who:
    """Who asks, and the token that changes need beside the cookie."""
    return Who(account=account_of(request), csrf_token=csrf_token(request))


@router.post("/session", dependencies=[Depends(from_our_form)])
async def sign_in(request: Request, given: Credentials) -> Response:
    """Sign in; the cookie comes with the answer, and a new csrf_token. Ask GET /api/session for the first one."""
    opened = await signing.sign_in(request, given.email, given.password.get_secret_value())
    if opened is None:
        raise HTTPException(401, signing.WRONG)
    await signing.end_present_session(request, account_of(request), "sign_out")
    response = JSONResponse({"csrf_token": token_of(opened[0])})
    signing.bring_session(request, response, *opened)
    return response


@router.delete("/session", status_code=204)
async def sign_out(request: Request, account: ByHand) -> Response:
    await signing.end_present_session(request, account, "sign_out")
    response = Response(status_code=204)
    signing.forget_session(request, response)
    return response


@router.post("/account", status_code=202, dependencies=[Depends(from_our_form)])
async def sign_up(request: Request, given: SignUp) -> Done:
    """A new account, where the address has none. The answer does not tell whether it had one: sign in next."""
    try:
        await signing.sign_up(request, given.email, given.password.get_secret_value(), given.language)
    except (store.EmailError, PasswordError) as error:
        raise HTTPException(422, str(error)) from None
    return Done(detail="Sign in with this address and password. If the address had an account, nothing has changed.")


@router.get("/account")
async def account(account: SignedIn) -> Account:
    return account


@router.patch("/account")
async def choose(request: Request, response: Response, account: SignedIn, chosen: Choices) -> Account:
    """The language of pages and mails; null: the browser's."""
    _, records, _ = signing.parts(request)
    await records.run("language_set", account_id=account.account_id, language=chosen.language)
    if chosen.language is not None:
        keep_language(request, response, chosen.language)
    return account.model_copy(update={"language": chosen.language})


@router.put("/account/email")
async def change_email(request: Request, account: SignedIn, given: Credentials) -> Account:
    """email: the new one."""
    try:
        await signing.change_email(request, account, given.password.get_secret_value(), given.email)
    except store.AccountError as error:
        raise HTTPException(422, str(error)) from None
    return account.model_copy(update={"email": store.address(given.email).written})


@router.put("/account/password", status_code=204)
async def change_password(request: Request, account: SignedIn, given: NewPassword) -> Response:
    """Every other session ends; this one gets a new cookie."""
    current, wanted = given.current.get_secret_value(), given.password.get_secret_value()
    try:
        token = await signing.change_password(request, account, current, wanted)
    except PasswordError as error:
        raise HTTPException(422, str(error)) from None
    response = Response(status_code=204)
    if token is not None:
        signing.bring_session(request, response, token)
    return response


@router.get("/account/sessions")
async def sessions(request: Request, account: SignedIn) -> list[Session]:
    """Where the account is signed in, the latest use first."""
    _, records, _ = signing.parts(request)
    rows = await records.all("sessions_of_account", account_id=account.account_id, idle=IDLE)
    return [Session(**row, present=row["session_id"] == account.session_id) for row in rows]


@router.delete("/account/sessions/{session_id}", status_code=204)
async def end_session(request: Request, account: ByHand, session_id: UUID) -> None:
    matches, _, _ = signing.parts(request)
    if not await matches.carry_out(store.end_session(account.account_id, session_id, "session_ended")):
        raise HTTPException(404, "There is no such session.")


@router.get("/account/tokens")
async def tokens(request: Request, account: SignedIn) -> list[Token]:
    """The tokens' names; what they are is nowhere any more."""
    _, records, _ = signing.parts(request)
    return [Token(**row) for row in await records.all("tokens_of_account", account_id=account.account_id)]


@router.post("/account/tokens", status_code=201)
async def make_token(request: Request, account: ByHand, wanted: NewToken) -> MadeToken:
    """A token that opens this API as its owner, until it is revoked."""
    matches, _, _ = signing.parts(request)
    try:
        return MadeToken(token=await matches.carry_out(store.make_token(account.account_id, wanted.name)))
    except store.AccountError as error:
        raise HTTPException(409, str(error)) from None


@router.delete("/account/tokens/{token_id}", status_code=204)
async def revoke_token(request: Request, account: ByHand, token_id: UUID) -> None:
    matches, _, _ = signing.parts(request)
    if not await matches.carry_out(store.revoke_token(account.account_id, token_id)):
        raise HTTPException(404, "There is no such token.")


@router.get("/account/export", dependencies=[Depends(limited("export"))], response_class=JSONResponse)
async def export(request: Request, account: SignedIn) -> Response:
    """Everything that is stored of the person, by table; vectors and hashes of secrets are left out."""
    return await export_of(request, account)


@router.post("/account/delete", status_code=204)
async def delete(request: Request, account: SignedIn, given: Confirmation) -> Response:
    """Delete the account, the profile and all that was derived from it. It cannot be undone."""
    await signing.confirm_password(request, account, given.password.get_secret_value())
    matches, _, _ = signing.parts(request)
    await matches.carry_out(delete_account(account.account_id, account.profile_id))
    forget_person(request, account.profile_id)
    response = Response(status_code=204)
    signing.forget_session(request, response)
    return response
