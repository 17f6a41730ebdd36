"""What the notices' pages and API have in common: their rows, reading and marking, and mail at once.

Belongs here: the typed rows and the work. Not here: what is worth a notice (ty_assets/notices), routes and markup.
"""

import datetime as dt
from uuid import UUID

import structlog
from fastapi import Request
from pydantic import BaseModel, ConfigDict

from serving.accounts.identity import account_of
from serving.matches import Matches
from serving.navigation import unread_notices
from serving.paging import Page, decode, encode, page
from ty_assets.feedback.steps import Steps, ask
from ty_assets.notices import store
from ty_assets.notices.sending import send_waiting
from ty_assets.notices.wording import Links
from ty_resources.mail import MailError, mailer_of
from ty_resources.settings import settings

log = structlog.get_logger(__name__)


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Notice(_Row):
    """A match that was new when it was told. score, tier: as they are now; null: it is no match any more."""

    posting_id: UUID
    made_at: dt.datetime
    read_at: dt.datetime | None
    title: str
    employer: str | None
    city: str | None
    region: str | None
    country: str | None
    remote: bool | None
    published_on: dt.date | None
    available: bool
    score: float | None
    tier: str | None


class MailSettings(_Row):
    """mail_to: the address that consent was given for; null: no mail. confirmed_at: by the link in the first mail."""

    mail_to: str | None
    consented_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    hour: int
    language: str | None
    moved: bool | None  # the account has another address since, which gets nothing before it is asked for again
    email: str

    @property
    def sends(self) -> bool:
        return self.confirmed_at is not None and not self.moved


def can_send() -> bool:
    """Whether this installation sends mail; a wrong setting is told in the log and means that it does not."""
    try:
        return mailer_of(settings()) is not None
    except MailError as error:
        log.error("mail_is_not_set_up", error=str(error))
        return False


async def notices(
    reader: Matches, account_id: UUID, *, only_unread: bool, after: str | None, limit: int
) -> Page[Notice]:
    """Newest first. Raises CursorError."""
    moment, posting_id = decode(after, dt.datetime.fromisoformat, UUID) if after else (None, None)
    rows = await reader.carry_out(
        ask(
            "notices_of_account",
            account_id=account_id,
            only_unread=only_unread,
            after_moment=moment,
            after_id=posting_id,
            row_limit=limit + 1,
        )
    )
    return page([Notice(**row) for row in rows], limit, lambda row: encode(row.made_at.isoformat(), row.posting_id))


async def unread(reader: Matches, account_id: UUID) -> int:
    (row,) = await reader.carry_out(ask("unread_notices", account_id=account_id))
    count: int = row["unread"]
    return count


async def mark_read(reader: Matches, account_id: UUID, posting_id: UUID | None) -> int:
    """posting_id: None for all; how many were unread."""
    return len(await reader.carry_out(ask("read_notices", account_id=account_id, posting_id=posting_id)))


async def opened(request: Request, reader: Matches, posting_id: UUID) -> None:
    """Who opens a match has read its notice. Costs nothing where there is none unread."""
    account = account_of(request)
    if account is not None and unread_notices(request):
        request.state.unread_notices -= await mark_read(reader, account.account_id, posting_id)


async def mail_settings(reader: Matches, account_id: UUID) -> MailSettings:
    (row,) = await reader.carry_out(ask("notice_settings_of", account_id=account_id))
    return MailSettings(**row)


async def want_mail(reader: Matches, account_id: UUID, hour: int, language: str) -> bool:
    """Whether a mail now asks for a confirmation. Raises TooManyMails."""
    return await reader.carry_out(_audited("mail_wanted", account_id, store.want_mail(
        account_id, hour, language, settings().today()
    )))  # fmt: skip


async def no_mail(reader: Matches, account_id: UUID) -> None:
    await reader.carry_out(_audited("mail_unwanted", account_id, store.no_mail(account_id)))


async def confirmed(reader: Matches, token: str) -> bool:
    account_id = await reader.carry_out(store.confirm(token))
    if account_id is not None:
        await reader.carry_out(ask("audit", action="mail_confirmed", account_id=account_id, posting_id=None))
    return account_id is not None


async def unsubscribed(reader: Matches, token: str) -> bool:
    account_id = await reader.carry_out(store.unsubscribe(token))
    if account_id is not None:
        await reader.carry_out(ask("audit", action="mail_unsubscribed", account_id=account_id, posting_id=None))
    return account_id is not None


async def send_now(reader: Matches, account_id: UUID) -> None:
    """What waits for one account; what cannot be sent now comes with the next round."""
    config = settings()
    mailer = mailer_of(config)
    if mailer is None:
        return
    async with mailer:
        await send_waiting(reader.carry_out, mailer, Links(config.view_url), account_id=account_id)


def _audited(action: str, account_id: UUID, steps: Steps[bool] | Steps[None]) -> Steps[bool]:
    done = yield from steps
    yield from ask("audit", action=action, account_id=account_id, posting_id=None)
    return bool(done)
