"""The admin page: the pipeline's health with predicted ends, what waits for a model, accounts counted, and an audit.

Belongs here: its routes and shapes. Not here: health itself (`operations`, ty_assets/health), and the probe and metrics
for programs (`health_page`). Nothing of a person is shown: accounts are counted, the audit log names them by id, and of
a failure the class is told, not the message.
"""

import datetime as dt
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.identity import admin
from serving.dependencies import Reader
from serving.health_page import SLOW, Watch
from serving.language import Spoken
from serving.rendering import templates
from ty_assets.feedback.steps import ask

router = APIRouter(dependencies=[Depends(admin)])

_LINES: Final = 25


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AccountCounts(_Row):
    accounts: int
    admins: int
    with_profile: int
    new_this_week: int
    here_this_week: int  # seen within seven days
    with_mail: int  # notices by mail, confirmed


class Queue(_Row):
    """What people have opened and no model has read."""

    waiting: int
    oldest: dt.datetime | None


class Mails(_Row):
    """state: waiting, claimed, sent, dropped, given_up; unclear: may have arrived, and is not sent again."""

    state: str
    mails: int
    latest: dt.datetime


class Night(_Row):
    night: dt.date
    postings: int
    seconds: float


class AuditLine(_Row):
    entry_id: int
    happened_at: dt.datetime
    action: str
    account_id: UUID | None  # null: nobody known, or gone


class Overview(BaseModel):
    accounts: AccountCounts
    queue: Queue
    nights: list[Night]
    mails: list[Mails]


class Audit(BaseModel):
    items: list[AuditLine]
    next: int | None  # `before` of the next page


async def _overview(reader: Reader) -> Overview:
    (accounts,) = await reader.carry_out(ask("account_counts"))
    (queue,) = await reader.carry_out(ask("reading_queue"))
    return Overview(
        accounts=AccountCounts(**accounts),
        queue=Queue(**queue),
        nights=[Night(**row) for row in await reader.carry_out(ask("latest_nights"))],
        mails=[Mails(**row) for row in await reader.carry_out(ask("mail_states"))],
    )


async def _audit(reader: Reader, before: int | None, limit: int) -> Audit:
    rows = await reader.carry_out(ask("latest_audit", before=before, row_limit=limit + 1))
    lines = [AuditLine(**row) for row in rows[:limit]]
    return Audit(items=lines, next=lines[-1].entry_id if len(rows) > limit else None)


@router.get("/admin", response_class=HTMLResponse, include_in_schema=False)
async def admin_page(
    request: Request,
    reader: Reader,
    watch: Watch,
    t: Spoken,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    report = await watch.health()
    if report is None:
        raise HTTPException(503, SLOW)
    shown: dict[str, Any] = {
        "report": report,
        "config": watch.config,
        "overview": await _overview(reader),
        "audit": await _audit(reader, before, _LINES),
        "before": before,
    }
    return templates.TemplateResponse(request, "admin.html", {"t": t, **shown})


@router.get("/api/admin/overview", tags=["admin"])
async def overview(reader: Reader) -> Overview:
    """Accounts counted, what waits for a model, the last nights of readings, and mail by its state."""
    return await _overview(reader)


@router.get("/api/admin/audit", tags=["admin"])
async def audit(
    reader: Reader,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Audit:
    """What was done, newest first, by accounts' ids."""
    return await _audit(reader, before, limit)
