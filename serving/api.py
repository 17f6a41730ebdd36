"""The same as JSON, for programs on this machine: /api/profiles and below.

Lists are paged by an opaque cursor: `next` of one answer is `after` of the next request. Errors are
problem+json (`errors.py`).
"""

from typing import Annotated, Generic
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from serving.dependencies import PASSED_GATES, GateFilter, Reader
from serving.hidden import ListedMatch, lessons_by_name, reasons
from serving.language import Spoken
from serving.matches import Hidden, Match, Profile, RankedMatch
from serving.paging import Page, Read
from ty_assets.feedback.steps import ask

router = APIRouter(prefix="/api", tags=["matches"])

Limit = Annotated[int, Query(ge=1, le=100)]


class Listed(BaseModel, Generic[Read]):
    items: list[Read]
    next: str | None  # `after` of the next page; null on the last one

    @classmethod
    def of(cls, page: Page[Read]) -> "Listed[Read]":
        return cls(items=page.rows, next=page.next)


@router.get("/profiles")
async def profiles(reader: Reader, after: str | None = None, limit: Limit = 50) -> Listed[Profile]:
    """People, newest first."""
    return Listed[Profile].of(await reader.profiles(after, limit))


@router.get("/profiles/{profile_id}/matches")
async def matches(
    reader: Reader,
    t: Spoken,
    profile_id: UUID,
    gates: GateFilter = "all",
    min_score: Annotated[float, Query(ge=0, le=1, allow_inf_nan=False)] = 0.0,
    hidden: Hidden = "without",
    after: str | None = None,
    limit: Limit = 25,
) -> Listed[ListedMatch]:
    """A person's matches: those through every gate first, then by score, which feedback may adjust a little.

    hidden: what feedback has hidden, left out, alone or included, each with its reasons; with gates=passed, `only` has
    those that fail a gate too.
    """
    if await reader.profile(profile_id) is None:
        raise HTTPException(404, "There is no such profile.")
    page = await reader.ranked(
        profile_id, passed_gates=PASSED_GATES[gates], min_score=min_score, hidden=hidden, after=after, limit=limit
    )
    return Listed[ListedMatch].of(await with_reasons(reader, page, profile_id, t.code, gates))


async def with_reasons(
    reader: Reader, page: Page[RankedMatch], profile_id: UUID, language: str, gates: GateFilter
) -> Page[ListedMatch]:
    """Each match with what hides it from the list of the same gates."""
    is_hidden = any(row.hidden_by for row in page.rows)
    rows = await reader.carry_out(ask("learned_of_person", profile_id=profile_id)) if is_hidden else []
    lessons = lessons_by_name(rows)
    listed = [
        ListedMatch(
            **row.model_dump(),
            reasons=reasons(row.score, row.hidden_by, row.gate_reasons, lessons, language, gates=gates == "passed"),
        )
        for row in page.rows
    ]
    return Page(listed, page.next)


@router.get("/profiles/{profile_id}/matches/{posting_id}")
async def match(reader: Reader, profile_id: UUID, posting_id: UUID) -> Match:
    """One match in full, with the requirement-by-skill matrix where it is analysed."""
    found = await reader.match(profile_id, posting_id)
    if found is None:
        raise HTTPException(404, "This profile has no match with this posting.")
    return found
