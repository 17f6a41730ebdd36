"""The pages of a person's matches: the ranked list, one match in full.

Belongs here: what a page needs, put together from `matches.py`. Not here: JSON (`api.py`), and markup
(`templates/`).
"""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from serving.accounts.csrf import csrf_token
from serving.accounts.identity import Me, NoProfile, SignedIn
from serving.accounts.limits import limited
from serving.analyses import LetterLanguage, Opened, shown, wants_polish
from serving.chips import chips
from serving.conditional import unless_known
from serving.dependencies import Reader
from serving.evidence import asked, by_standing, heat_map, marked
from serving.feedback import hidden_counts
from serving.hidden import HiddenCounts
from serving.kept_answers import kept_answers
from serving.language import Spoken
from serving.list_rows import list_row
from serving.listing import AskedOfPage, look, read
from serving.matches import Match
from serving.navigation import rooms_of, unread_notices
from serving.nearness import KnownChoices
from serving.notices import records as notices
from serving.rendering import templates
from serving.same_site import same_site
from ty_resources.inference.errors import EngineError

PAGE_SIZE = 25
# A page that stays blank for longer feels broken (Nielsen, Response Times: The 3 Important Limits).
PAGE_WAITS_SECONDS = 1.0
RENEWED_SECONDS = 3

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/matches")
async def ranked_list(
    request: Request,
    reader: Reader,
    t: Spoken,
    account: SignedIn,
    profile_id: Me,
    asked: Annotated[AskedOfPage, Query()],
) -> Response:
    """The list, how many matches it leaves out, and the way to these with their reasons."""
    known: KnownChoices = request.app.state.choices
    choices = await known.of(reader, profile_id)
    looked = await look(reader, profile_id, asked, choices=choices, limit=PAGE_SIZE)
    kept, key = kept_answers(request), None
    if asked.is_plain:
        # Everything that base.html and matches.html say is in it.
        rooms, unread = rooms_of(account), unread_notices(request)
        key = kept.key(
            t.code, t.asked, request.url.query, rooms, unread, csrf_token(request), choices.mark, *looked[:4]
        )
        if (answer := kept.found(request, key)) is not None:
            return answer
    found = await read(reader, looked, profile_id, asked, t.code, limit=PAGE_SIZE)
    why: HiddenCounts | None = None
    if asked.shows_hidden == "only":
        passed = asked.gates == "passed"
        why = await hidden_counts(reader, profile_id, t.code, gates=passed, gate_text=t("hidden.gates"))
    page = {
        "asked": asked,
        "found": found,
        "rows": [list_row(t, match) for match in found.rows],
        "choices": choices,
        "chips": chips(t, asked, found.near, choices),
        "why": why,
    }
    response = templates.TemplateResponse(request, "matches.html", {"t": t, **page})
    return unless_known(request, response) if key is None else kept.keep(profile_id, key, response)


@router.get("/matches/{posting_id}", dependencies=[Depends(limited("analysis"))])
async def one_match(
    request: Request,
    reader: Reader,
    opened: Opened,
    t: Spoken,
    profile_id: Me,
    posting_id: UUID,
    letter: LetterLanguage | None = None,
) -> Response:
    """Opens the match: what the model has not read within a second is shown by the rules, and the page comes again."""
    profile = await reader.profile(profile_id)
    if profile is None:
        raise NoProfile
    opening = await opened.open(profile_id, posting_id, min(PAGE_WAITS_SECONDS, opened.patience))
    match = await reader.match(profile_id, posting_id)
    if match is None:
        raise HTTPException(404)
    await notices.opened(request, reader, posting_id)
    told = shown(opening, opened.remote, letter) if opening.row and opening.row["analysis"] else None
    if told and opening.row and (letter_of := wants_polish(opening.row, letter)) is not None:
        opened.smooth(profile_id, posting_id, *letter_of)
    segments, anchors = marked(match.description, match.requirements)
    page = {
        "profile": profile,
        "match": match,
        "told": told,
        "words": {(point.ordinal, point.facet): point for point in told.analysis.points} if told else {},
        "is_deciding": opened.is_deciding(profile_id, posting_id),
        "remote": opened.remote,
        "heat": heat_map(match),
        "standings": {name: asked(match, points) for name, points in by_standing(match).items()},
        "segments": segments,
        "anchors": anchors,
        "provenance": _provenance(match),
    }
    answer = templates.TemplateResponse(request, "match.html", {"t": t, **page})
    if page["is_deciding"] or (told is not None and told.state == "reading"):
        # The pages have no scripts; a browser loads this one again when its time has come.
        answer.headers["Refresh"] = str(RENEWED_SECONDS)
    return answer


@router.post("/matches/{posting_id}/verdict", dependencies=[Depends(same_site), Depends(limited("analysis"))])
async def ask_the_model(request: Request, opened: Opened, t: Spoken, profile_id: Me, posting_id: UUID) -> Response:
    """The button of the page: asks the reasoning model, and shows the page again."""
    with suppress(EngineError):  # the page says what there is; the next click asks again
        await opened.decide(profile_id, posting_id, PAGE_WAITS_SECONDS)
    return RedirectResponse(f"{t.link(f'/matches/{posting_id}')}#decision", 303)


def _provenance(match: Match) -> list[tuple[str, str, str]]:
    """(part, model, version) of every part that this page shows."""
    parts = [
        ("score", match),
        ("analysis", match.analysis),
        ("summary", match.summary),
        ("requirements", match.requirements[0] if match.requirements else None),
        ("profession", match.profession),
        ("posting_analysis", match.posting_analysis),
    ]
    return [(name, part.model, part.task_version) for name, part in parts if part is not None]
