"""The pages of a person's feedback: what was learned, what changed when, and the form for one match.

Belongs here: what these pages need, and their forms' changes. Not here: JSON (`feedback.py`), which the changes go
through as well, and the ranked list (`pages.py`). There is no script: a change is a form that is sent, and the answer
leads back.
"""

import datetime as dt
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving import feedback
from serving.accounts.identity import Me, NoProfile
from serving.dependencies import Form, Reader
from serving.language import Spoken
from serving.listing import AskedOfPage
from serving.matches import Profile
from serving.rendering import templates
from serving.same_site import same_site
from ty_assets.feedback import store
from ty_assets.feedback.steps import ask
from ty_resources.settings import settings

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(same_site)])

_SOURCE: Final = "view"
_CLICKS: Final[dict[str, dict[str, Any]]] = {
    "up": {"thumb": "up"},
    "down": {"thumb": "down"},
    "hide": {"hide": True},
    "show": {"hide": False},
    "applied": {"decision": "apply"},
}
_HISTORY: Final = 50


async def _person(reader: Reader, profile_id: UUID) -> Profile:
    profile = await reader.profile(profile_id)
    if profile is None:
        raise NoProfile
    return profile


@router.get("/feedback")
async def learned(request: Request, reader: Reader, t: Spoken, profile_id: Me) -> Response:
    profile = await _person(reader, profile_id)
    history = ask("rating_history", profile_id=profile_id, posting_id=None, before=None, row_limit=_HISTORY)
    shown = {
        "profile": profile,
        "learned": await feedback.what_was_learned(reader, profile_id, t.code),
        "ratings": await feedback.ratings(reader, profile_id),
        "history": [feedback.PastChange(**row) for row in await reader.carry_out(history)],
    }
    return templates.TemplateResponse(request, "feedback.html", {"t": t, **shown})


@router.post("/feedback")
async def change_learned(reader: Reader, t: Spoken, profile_id: Me, form: Form) -> Response:
    """Switch something that was learned on or off, undo the latest change, or forget everything."""
    await _person(reader, profile_id)
    match form.get("do"):
        case "on" | "off" as way:
            steps = store.switch(profile_id, form.get("kind", ""), form.get("key", ""), on=way == "on")
            await feedback.carried_out(reader, steps)
        case "undo":
            await feedback.carried_out(reader, store.undo(profile_id, None, source=_SOURCE))
        case "forget":
            await reader.carry_out(store.forget(profile_id))
        case _:
            raise HTTPException(422, "expected do=on, off, undo or forget")
    return RedirectResponse(t.link("/feedback"), 303)


@router.get("/matches/{posting_id}/feedback")
async def rating_form(request: Request, reader: Reader, t: Spoken, profile_id: Me, posting_id: UUID) -> Response:
    profile = await _person(reader, profile_id)
    why = await feedback.why(reader, profile_id, posting_id, t.code)
    rows = await reader.carry_out(ask("rating_of", profile_id=profile_id, posting_id=posting_id))
    said = feedback.Rating(posting_id=posting_id, **rows[0]) if rows else None
    shown = {"profile": profile, "why": why, "said": said, "zone": settings().zone}
    return templates.TemplateResponse(request, "rate.html", {"t": t, **shown})


@router.post("/matches/{posting_id}/feedback")
async def rate(
    request: Request,
    reader: Reader,
    t: Spoken,
    later: BackgroundTasks,
    profile_id: Me,
    posting_id: UUID,
    form: Form,
) -> Response:
    """One click of the list (`said`), or the whole form of the match."""
    click = form.get("said")
    if click == "nothing":
        await feedback.carried_out(reader, store.take_back(profile_id, posting_id, source=_SOURCE))
        return RedirectResponse(_back(t, posting_id, form), 303)
    if click is not None and click not in _CLICKS:
        raise HTTPException(422, f"expected said={', '.join(_CLICKS)} or nothing")
    try:
        when = {"applied_at": dt.datetime.now(dt.UTC)} if click == "applied" else {}
        said = feedback.Change.model_validate({**_CLICKS[click], **when} if click else _whole(form))
    except ValidationError:
        raise HTTPException(422, "expected a rating from 1 to 10, and a day that has been") from None
    # Not the whole: the form has no thumb, so one that was given stays where no points are.
    await feedback.rated(request, reader, later, profile_id, posting_id, said, whole=False, source=_SOURCE)
    return RedirectResponse(_back(t, posting_id, form), 303, background=later)


def _whole(form: dict[str, str]) -> dict[str, Any]:
    """What the match's form says; an emptied field takes back."""
    fields: dict[str, Any] = {
        "decision": form.get("decision") or None,
        "comment": form.get("comment") or None,
        "hide": form.get("hide") == "on",
    }
    rating = form.get("rating", "")
    if rating != "thumb":
        fields["rating"] = int(rating) if len(rating) <= 2 and rating.isascii() and rating.isdigit() else rating or None
    day = form.get("applied_on", "")
    try:
        fields["applied_at"] = dt.datetime.fromisoformat(day).replace(tzinfo=settings().zone) if day else None
    except ValueError:
        fields["applied_at"] = day
    return fields


def _back(t: Spoken, posting_id: UUID, form: dict[str, str]) -> str:
    """The match, or the list as it was; only its own filters are taken from the form, so no form leads elsewhere."""
    if form.get("back") == "match":
        return t.link(f"/matches/{posting_id}")
    query = {name: form[name] for name in AskedOfPage.model_fields if form.get(name)}
    return t.link("/matches", **query)
