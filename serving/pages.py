"""The pages of the match view: people, the ranked list of one, one match in full.

Belongs here: what a page needs, put together from `matches.py`. Not here: JSON (`api.py`), and markup
(`templates/`).
"""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from serving.analyses import LetterLanguage, Opened, shown, wants_polish
from serving.api import with_reasons
from serving.dependencies import PASSED_GATES, GateFilter, Reader
from serving.evidence import asked, by_standing, heat_map, marked
from serving.feedback import hidden_counts
from serving.language import Spoken
from serving.matches import Hidden, Match
from serving.rendering import templates
from serving.same_site import same_site
from ty_resources.inference.errors import EngineError

PAGE_SIZE = 25
# A page that stays blank for longer feels broken (Nielsen, Response Times: The 3 Important Limits).
PAGE_WAITS_SECONDS = 1.0
RENEWED_SECONDS = 3

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

# an emptied field of the filter form arrives as "" and means: no limit
Percent = Annotated[int, BeforeValidator(lambda value: value or 0), Query(ge=0, le=100)]


@router.get("/")
async def people(request: Request, reader: Reader, t: Spoken, after: str | None = None) -> Response:
    page = await reader.profiles(after or None)
    return templates.TemplateResponse(request, "profiles.html", {"t": t, "page": page})


@router.get("/profiles/{profile_id}")
async def ranked_list(
    request: Request,
    reader: Reader,
    t: Spoken,
    profile_id: UUID,
    gates: GateFilter = "all",
    min_score: Percent = 0,
    hidden: Hidden = "without",
    after: str | None = None,
) -> Response:
    """The list, how many matches it leaves out, and the way to these with their reasons."""
    profile = await reader.profile(profile_id)
    if profile is None:
        raise HTTPException(404)
    found = await reader.ranked(
        profile_id,
        passed_gates=PASSED_GATES[gates],
        min_score=min_score / 100,
        hidden=hidden,
        after=after or None,
        limit=PAGE_SIZE,
    )
    left_out = await hidden_counts(reader, profile_id, t.code, gates=gates == "passed", gate_text=t("hidden.gates"))
    page = {
        "profile": profile,
        "page": await with_reasons(reader, found, profile_id, t.code, gates),
        "gates": gates,
        "min_score": min_score,
        "hidden": hidden,
        "left_out": left_out,
        "after": after or None,
    }
    return templates.TemplateResponse(request, "matches.html", {"t": t, **page})


@router.get("/profiles/{profile_id}/matches/{posting_id}")
async def one_match(
    request: Request,
    reader: Reader,
    opened: Opened,
    t: Spoken,
    profile_id: UUID,
    posting_id: UUID,
    letter: LetterLanguage | None = None,
) -> Response:
    """Opens the match: what the model has not read within a second is shown by the rules, and the page comes again."""
    profile = await reader.profile(profile_id)
    if profile is None:
        raise HTTPException(404)
    opening = await opened.open(profile_id, posting_id, min(PAGE_WAITS_SECONDS, opened.patience))
    match = await reader.match(profile_id, posting_id)
    if match is None:
        raise HTTPException(404)
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


@router.post("/profiles/{profile_id}/matches/{posting_id}/verdict", dependencies=[Depends(same_site)])
async def ask_the_model(request: Request, opened: Opened, t: Spoken, profile_id: UUID, posting_id: UUID) -> Response:
    """The button of the page: asks the reasoning model, and shows the page again."""
    with suppress(EngineError):  # the page says what there is; the next click asks again
        await opened.decide(profile_id, posting_id, PAGE_WAITS_SECONDS)
    return RedirectResponse(f"{t.link(f'/profiles/{profile_id}/matches/{posting_id}')}#decision", 303)


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
