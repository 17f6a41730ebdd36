"""The queue: one match after another that nothing has been said of, the best first, to rate by keyboard or by buttons.

Belongs here: the page, its one form and its JSON. Not here: the order and the filter (`listing.py`), and what a rating
teaches (ty_assets/feedback).
"""

import datetime as dt
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from serving import feedback
from serving.accounts.identity import Me
from serving.conditional import unless_known
from serving.dependencies import Form, Reader
from serving.evidence import asked, by_standing
from serving.language import Spoken
from serving.listing import AskedOfProgram, find
from serving.matches import Match, Matches
from serving.rendering import templates
from serving.same_site import same_site
from serving.screening import newcomers_first
from ty_assets.feedback import store

router = APIRouter(dependencies=[Depends(same_site), Depends(newcomers_first)])

_SOURCE: Final = "queue"
# Of each class of demands; the match itself has all of them.
SHOWN: Final = 8

After = Annotated[str | None, Query(description="`next` of the one before: who skips a match comes back to it later")]


class Next(NamedTuple):
    """match: None at the end. following: where the one after it is; None where it is the last."""

    match: Match | None
    following: str | None
    remaining: int  # nothing has been said of, this one included
    rated: int


class Queue(BaseModel):
    item: Match | None
    next: str | None  # `after` of the one that follows
    remaining: int
    rated: int


async def _next(reader: Matches, profile_id: UUID, language: str, after: str | None, show: UUID | None = None) -> Next:
    wanted = AskedOfProgram(status="unrated", after=after)
    found = await find(reader, profile_id, wanted, language, limit=1)
    posting_id = show or (found.rows[0].posting_id if found.rows else None)
    match = await reader.match(profile_id, posting_id) if posting_id else None
    counted = await reader.one("said_count", profile_id=profile_id)
    return Next(match, found.next, found.total, counted["said"])


@router.get("/queue", response_class=HTMLResponse, include_in_schema=False)
async def queue_page(
    request: Request, reader: Reader, t: Spoken, profile_id: Me, after: str | None = None, show: UUID | None = None
) -> Response:
    """The next match with all that one needs to decide. show: this one, whatever has been said of it."""
    queue = await _next(reader, profile_id, t.code, after or None, show)
    standings = {n: asked(queue.match, points) for n, points in by_standing(queue.match).items()} if queue.match else {}
    page = {"queue": queue, "standings": standings, "after": after or None, "shown": SHOWN}
    return unless_known(request, templates.TemplateResponse(request, "queue.html", {"t": t, **page}))


@router.post("/queue", include_in_schema=False)
async def rate_in_queue(
    request: Request, reader: Reader, t: Spoken, later: BackgroundTasks, profile_id: Me, form: Form
) -> Response:
    """One button or key: a rating, applied, hide; or undo, which shows what it was about again."""
    if form.get("do") == "undo":
        try:
            posting_id, _ = await feedback.carried_out(reader, store.undo(profile_id, None, source=_SOURCE))
        except HTTPException:  # nothing is left to undo
            return RedirectResponse(t.link("/queue"), 303)
        return RedirectResponse(t.link("/queue", show=posting_id), 303)
    try:
        posting_id = UUID(form.get("posting_id", ""))
        said = feedback.Change.model_validate(_said(form))
    except (ValueError, ValidationError):
        raise HTTPException(422, "expected posting_id with rating=1 to 10, or do=apply, do=hide or do=undo") from None
    await feedback.rated(request, reader, later, profile_id, posting_id, said, whole=False, source=_SOURCE)
    return RedirectResponse(t.link("/queue", after=form.get("after")), 303, background=later)


def _said(form: dict[str, str]) -> dict[str, Any]:
    """Raises ValueError for what is no button of the page."""
    match form.get("do"):
        case "apply":
            return {"decision": "apply", "applied_at": dt.datetime.now(dt.UTC)}
        case "hide":
            return {"hide": True}
    return {"rating": int(form.get("rating", ""))}


@router.get("/api/queue", tags=["matches"])
async def queue(reader: Reader, t: Spoken, profile_id: Me, after: After = None) -> Queue:
    """The best match that nothing has been said of and that is not hidden; how many there are, and how many are done.

    It is rated with PATCH /api/matches/{posting_id}/rating, and then this gives the next one.
    """
    found = await _next(reader, profile_id, t.code, after)
    return Queue(item=found.match, next=found.following, remaining=found.remaining, rated=found.rated)
