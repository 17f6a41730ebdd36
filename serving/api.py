"""The same as JSON, for programs on this machine: /api/matches and below.

Lists are paged by an opaque cursor: `next` of one answer is `after` of the next request. Errors are
problem+json (`errors.py`).
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.identity import Me
from serving.conditional import unless_known
from serving.dependencies import Reader
from serving.hidden import ListedMatch
from serving.kept_answers import kept_answers
from serving.language import Spoken
from serving.listing import AskedOfProgram, look, read
from serving.matches import Match
from serving.nearness import KnownChoices, Occupation

router = APIRouter(prefix="/api", tags=["matches"])


class ListedMatches(BaseModel):
    items: list[ListedMatch]
    next: str | None  # `after` of the next page; null on the last one
    total: int  # on all pages
    left_out: int  # what feedback hides, and with gates=passed what fails one, among what was asked for


class Choices(BaseModel):
    """What a list can be narrowed to."""

    home: str | None
    occupations: list[Occupation]


@router.get("/matches", response_model=ListedMatches)
async def matches(
    request: Request, reader: Reader, t: Spoken, profile_id: Me, asked: Annotated[AskedOfProgram, Query()]
) -> Response:
    """A person's matches: those through every gate first, then by score, which feedback may adjust a little.

    hidden: what feedback has hidden, left out, alone or included, each with its reasons; with gates=passed, `only` has
    those that fail a gate too. An answer has an ETag: sent back in If-None-Match, the same answer is 304.
    """
    known: KnownChoices = request.app.state.choices
    choices = await known.of(reader, profile_id) if asked.needs_distance else None
    looked = await look(reader, profile_id, asked, choices=choices, limit=asked.limit)
    kept, key = kept_answers(request), None
    if asked.is_plain:
        key = kept.key("api", t.code, asked.limit, *looked[:4])
        if (answer := kept.found(request, key)) is not None:
            return answer
    found = await read(reader, looked, profile_id, asked, t.code, limit=asked.limit)
    page = ListedMatches.model_construct(
        items=list[ListedMatch](found.rows), next=found.next, total=found.total, left_out=found.left_out
    )
    # They are ours already: checked a second time, an answer would take twice as long.
    response = Response(page.model_dump_json(), media_type="application/json")
    return unless_known(request, response) if key is None else kept.keep(profile_id, key, response)


@router.get("/matches/choices")
async def choices(request: Request, reader: Reader, profile_id: Me) -> Choices:
    """The groups of occupations among a person's matches, and the place that distances are from."""
    known: KnownChoices = request.app.state.choices
    found = await known.of(reader, profile_id)
    return Choices(home=found.home, occupations=found.occupations)


@router.get("/matches/{posting_id}")
async def match(reader: Reader, profile_id: Me, posting_id: UUID) -> Match:
    """One match in full, with the requirement-by-skill matrix where it is analysed."""
    found = await reader.match(profile_id, posting_id)
    if found is None:
        raise HTTPException(404, "You have no match with this posting.")
    return found
