"""The pages of the match view: people, the ranked list of one, one match in full.

Belongs here: what a page needs, put together from `matches.py`. Not here: JSON (`api.py`), and markup
(`templates/`).
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.dependencies import PASSED_GATES, GateFilter, Reader
from serving.evidence import asked, heat_map, marked
from serving.language import Spoken
from serving.matches import Match
from serving.rendering import templates

PAGE_SIZE = 25

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
    after: str | None = None,
) -> Response:
    profile = await reader.profile(profile_id)
    if profile is None:
        raise HTTPException(404)
    page = await reader.ranked(
        profile_id,
        passed_gates=PASSED_GATES[gates],
        min_score=min_score / 100,
        after=after or None,
        limit=PAGE_SIZE,
    )
    shown = {"profile": profile, "page": page, "gates": gates, "min_score": min_score, "after": after or None}
    return templates.TemplateResponse(request, "matches.html", {"t": t, **shown})


@router.get("/profiles/{profile_id}/matches/{posting_id}")
async def one_match(request: Request, reader: Reader, t: Spoken, profile_id: UUID, posting_id: UUID) -> Response:
    profile = await reader.profile(profile_id)
    match = await reader.match(profile_id, posting_id)
    if profile is None or match is None:
        raise HTTPException(404)
    segments, anchors = marked(match.description, match.requirements)
    shown = {
        "profile": profile,
        "match": match,
        "heat": heat_map(match),
        "matched": asked(match, match.matched),
        "missing": asked(match, match.missing),
        "segments": segments,
        "anchors": anchors,
        "provenance": _provenance(match),
    }
    # After the page is sent: whoever opens a posting waits for no model.
    opened = request.app.state.opened
    later = BackgroundTask(opened.opened, posting_id) if opened is not None else None
    return templates.TemplateResponse(request, "match.html", {"t": t, **shown}, background=later)


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
