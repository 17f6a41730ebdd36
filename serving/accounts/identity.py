"""Who is asking: what every route of the match view depends on.

Belongs here: the dependencies. Not here: how a session or a token is made and ended (`sessions.py`), and the check that
a change comes from our own pages (`csrf.py`).
"""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from serving.accounts.cookies import session_cookie
from serving.accounts.csrf import csrf_field, csrf_token
from serving.accounts.records import Records
from ty_assets.accounts.tokens import token_hash

__all__ = ["Account", "Admin", "Me", "NoProfile", "NotSignedIn", "Recruiter", "SignedIn", "csrf_field", "csrf_token"]

# Who comes back within a week need not sign in again.
IDLE: Final = "7 days"
_BEARER: Final = "bearer "
# Of a header that is looked up; ours are shorter.
_LONGEST_TOKEN: Final = 200
# Where programs alone ask: no page of ours leads there, so a cookie that came along is nobody's wish.
PROGRAMS: Final = "/v1/"
_EVALUATIONS: Final = "/evaluations"
NOT_RECRUITER: Final = "This account may not evaluate candidates. `ty account recruiter EMAIL` lets it."


class Account(BaseModel):
    """Who has signed in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    account_id: UUID
    profile_id: UUID  # given at sign-up; the profile itself may not be there yet
    email: str
    is_admin: bool
    is_recruiter: bool  # may have batches of candidates evaluated
    language: str | None  # chosen by hand; None: the browser's
    has_profile: bool
    session_id: UUID | None = None  # None: a program with a token


class NotSignedIn(Exception):
    """The page leads to the sign-in, the API answers 401."""


class NoProfile(Exception):
    """Signed in, and there is no profile yet: the page leads to its beginning, the API answers 409."""


async def recognised(request: Request) -> None:
    """Find out who asks, once for each request; request.state.account is None for a stranger.

    A request with a token is judged by it alone, whatever cookie came along: a page of another site could make a
    browser send the cookie, and not the token. Under /v1 a token is all that counts.
    """
    request.state.account = None
    bearer = request.headers.get("authorization")
    if bearer is not None:
        if bearer[: len(_BEARER)].lower() == _BEARER:
            request.state.account = await _of(request, bearer[len(_BEARER) :].strip(), "account_of_token", "token_used")
        return
    token = None if request.url.path.startswith(PROGRAMS) else session_cookie(request)
    if token is not None:
        request.state.account = await _of(request, token, "account_of_session", "session_seen", idle=IDLE)


async def _of(request: Request, token: str, query: str, note: str, **more: Any) -> Account | None:
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    records: Records = request.app.state.records
    digest = token_hash(token)
    row = await records.one(query, token_hash=digest, **more)
    if row is None:
        return None
    if row["stale"]:
        await records.run(note, token_hash=digest)
    request.state.unread_notices = row.get("unread_notices", 0)  # for the navigation of every page
    return Account.model_validate(row)


def account_of(request: Request) -> Account | None:
    """Who asks, where that has been found out."""
    account: Account | None = getattr(request.state, "account", None)
    return account


# Coroutines, though nothing in them waits: FastAPI would send a plain function to a thread and wait for that.


async def signed_in(request: Request) -> Account:
    account = account_of(request)
    if account is None:
        raise NotSignedIn
    return account


SignedIn = Annotated[Account, Depends(signed_in)]


async def my_profile(account: SignedIn) -> UUID:
    if not account.has_profile:
        raise NoProfile
    return account.profile_id


async def admin(account: SignedIn) -> Account:
    """To others the page is not there."""
    if not account.is_admin:
        raise HTTPException(404)
    return account


async def recruiter(request: Request, account: SignedIn) -> Account:
    """To others the pages are not there; a program is told why its key does not do."""
    if not account.is_recruiter:
        raise HTTPException(403, NOT_RECRUITER) if request.url.path.startswith(PROGRAMS) else HTTPException(404)
    return account


async def recruiters_only(request: Request) -> None:
    """Before anything that was sent to their pages is read: a table of candidates may be half a gigabyte."""
    path = request.url.path
    if path == _EVALUATIONS or path.startswith(f"{_EVALUATIONS}/"):
        await recruiter(request, await signed_in(request))


Me = Annotated[UUID, Depends(my_profile)]
Admin = Annotated[Account, Depends(admin)]
Recruiter = Annotated[Account, Depends(recruiter)]
