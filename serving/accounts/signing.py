"""Signing up, in and out: one way for the pages and the API.

Belongs here: the order in which limits, passwords, sessions and cookies are asked. Not here: what is stored
(ty_assets/accounts/store.py) and what a page says (`pages.py`).
"""

from typing import Final, Literal
from uuid import UUID

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.browsers import browser_of
from serving.accounts.cookies import drop_session, keep_language, keep_session
from serving.accounts.identity import Account
from serving.accounts.limits import address_of, take_turn, turns_back
from serving.accounts.passwords import Passwords, acceptable
from serving.accounts.records import Records
from serving.matches import Matches
from ty_assets.accounts import store

WRONG: Final = "This mail address and this password do not belong together."
WRONG_PASSWORD: Final = "This is not the account's password."


def parts(request: Request) -> tuple[Matches, Records, Passwords]:
    state = request.app.state
    return state.matches, state.records, state.passwords


async def sign_up(request: Request, email: str, password: str, language: str | None) -> None:
    """A new account, where the address has none; where it has one, nothing, and nobody is told which.

    Raises EmailError and PasswordError, which say nothing of any account, and TooMany.
    """
    matches, records, passwords = parts(request)
    who = store.address(email)
    password = acceptable(password, who.key)
    await take_turn(request, "sign_up", address_of(request))
    stored = await passwords.hashed(password)  # in any case, so that both take the same time
    await matches.carry_out(store.sign_up(who, stored, language))
    await records.run("turns_prune")
    await records.run("sessions_prune")


async def sign_in(request: Request, email: str, password: str) -> tuple[str, str | None] | None:
    """The token of a new session, and the account's language; None where it is refused. Raises TooMany.

    An unknown address, a wrong password and an account without one are told and timed alike.
    """
    matches, records, passwords = parts(request)
    try:
        key = store.address(email).key
    except store.EmailError:
        key = email.strip().casefold()[:320]
    await take_turn(request, "sign_in", address_of(request))
    await take_turn(request, "sign_in_account", key)
    row = await records.one("account_of_email", email_key=key.replace("\0", ""))
    right, newer = await passwords.verify(password, row["password_hash"] if row else None)
    if row is None or not right:
        await records.run(
            "audit", action="sign_in_failed", account_id=row["account_id"] if row else None, posting_id=None
        )
        return None
    if newer is not None:
        kept = {"account_id": row["account_id"], "password_hash": newer, "was": row["password_hash"]}
        await records.run("password_rehashed", **kept)
    await turns_back(request, "sign_in_account", key)
    token = await matches.carry_out(store.begin_session(row["account_id"], browser_of(request), "sign_in"))
    return token, row["language"]


def bring_session(request: Request, response: Response, token: str, language: str | None = None) -> None:
    """Have the browser keep a new session; the secret it had before, a stranger's or another session's, is gone."""
    keep_session(request, response, token, int(store.SESSION_LIFETIME.total_seconds()))
    if language is not None:
        keep_language(request, response, language)


async def end_present_session(request: Request, account: Account | None, action: Literal["sign_out"]) -> None:
    """End the session that this request came with, if it came with one."""
    if account is not None and account.session_id is not None:
        matches, _, _ = parts(request)
        await matches.carry_out(store.end_session(account.account_id, account.session_id, action))


def forget_session(request: Request, response: Response) -> None:
    drop_session(request, response)
    # Lists have an ETag, so the browser keeps them: not for whoever sits there next.
    response.headers["Clear-Site-Data"] = '"cache"'


async def confirm_password(request: Request, account: Account, password: str) -> None:
    """Asked again before what cannot be undone. Raises 403 for a wrong one, and TooMany.

    An account that was made from the shell has no password: its mail address is typed instead.
    """
    _, records, passwords = parts(request)
    await take_turn(request, "password", str(account.account_id))
    row = await records.one("account_secrets", account_id=account.account_id)
    if row is None:
        raise HTTPException(403, WRONG_PASSWORD)
    if row["password_hash"] is None:
        if password.strip().casefold() != row["email_key"]:
            raise HTTPException(403, WRONG_PASSWORD)
        return
    right, _ = await passwords.verify(password, row["password_hash"])
    if not right:
        raise HTTPException(403, WRONG_PASSWORD)
    await turns_back(request, "password", str(account.account_id))


async def change_password(request: Request, account: Account, current: str, wanted: str) -> str | None:
    """The new token of the present session; every other session has ended. Raises PasswordError, 403 and TooMany."""
    matches, _, passwords = parts(request)
    password = acceptable(wanted, account.email.casefold())
    await confirm_password(request, account, current)
    stored = await passwords.hashed(password)
    return await matches.carry_out(store.change_password(account.account_id, stored, account.session_id))


async def change_email(request: Request, account: Account, password: str, email: str) -> None:
    """Raises EmailError, Taken, 403 and TooMany."""
    matches, _, _ = parts(request)
    who = store.address(email)
    await confirm_password(request, account, password)
    await matches.carry_out(store.change_email(account.account_id, who))


async def note_view(request: Request, account: Account, posting_id: UUID | None = None) -> None:
    """An administrator has looked at something that concerns others."""
    _, records, _ = parts(request)
    await records.run("audit", action="admin_view", account_id=account.account_id, posting_id=posting_id)
