"""Notices as JSON.

Belongs here: the routes and their shapes. Not here: rows and work (`records`).
"""

import datetime as dt
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from serving.accounts.identity import SignedIn
from serving.dependencies import Reader
from serving.language import Spoken
from serving.notices import records
from serving.notices.records import Notice
from ty_assets.notices.store import TooManyMails

router = APIRouter(prefix="/api/notices", tags=["notices"])

_TOLD: dict[int | str, dict[str, str]] = {
    429: {"description": "Enough mails asked for a confirmation today."},
    503: {"description": "This installation sends no mail."},
}


class Notices(BaseModel):
    items: list[Notice]
    unread: int
    next: str | None  # `after` of the next page


class Which(BaseModel):
    """posting_id: null for all."""

    model_config = ConfigDict(extra="forbid")
    posting_id: UUID | None = None


class Marked(BaseModel):
    read: int  # were unread before


class Mail(BaseModel):
    """Whether mail comes. confirmed_at: null while the link of the first mail was not followed, and nothing comes."""

    wanted: bool
    mail_to: str | None
    consented_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    hour: int
    possible: bool  # whether this installation sends mail


class WantedMail(BaseModel):
    """wanted=true is consent to mail to the account's address; it begins when the first mail is confirmed."""

    model_config = ConfigDict(extra="forbid")
    wanted: bool
    hour: int = Field(7, ge=0, le=23)


@router.get("")
async def list_of_notices(
    reader: Reader,
    account: SignedIn,
    unread: bool = False,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> Notices:
    """New strong matches as they were told, newest first; unread=true: only those."""
    found = await records.notices(reader, account.account_id, only_unread=unread, after=after, limit=limit)
    return Notices(items=found.rows, unread=await records.unread(reader, account.account_id), next=found.next)


@router.post("/read")
async def read(reader: Reader, account: SignedIn, which: Which) -> Marked:
    """Mark one as read, or all."""
    return Marked(read=await records.mark_read(reader, account.account_id, which.posting_id))


@router.get("/settings")
async def mail(reader: Reader, account: SignedIn) -> Mail:
    """Whether, where and when mail comes."""
    return await _mail(reader, account.account_id)


@router.put("/settings", responses=_TOLD)
async def change_mail(reader: Reader, account: SignedIn, t: Spoken, later: BackgroundTasks, wanted: WantedMail) -> Mail:
    """Consent to mail, another hour, or no mail any more."""
    if not wanted.wanted:
        await records.no_mail(reader, account.account_id)
        return await _mail(reader, account.account_id)
    if not records.can_send():
        raise HTTPException(503, "This installation sends no mail: TY_SMTP_URL is not set.")
    try:
        await records.want_mail(reader, account.account_id, wanted.hour, t.code)
    except TooManyMails as error:
        raise HTTPException(429, str(error), {"Retry-After": "86400"}) from None
    later.add_task(records.send_now, reader, account.account_id)
    return await _mail(reader, account.account_id)


async def _mail(reader: Reader, account_id: UUID) -> Mail:
    told = await records.mail_settings(reader, account_id)
    return Mail(
        wanted=told.mail_to is not None,
        mail_to=told.mail_to,
        consented_at=told.consented_at,
        confirmed_at=told.confirmed_at,
        hour=told.hour,
        possible=records.can_send(),
    )
