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
from serving.matches import Match, Page, Profile, RankedMatch, Read

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
    profile_id: UUID,
    gates: GateFilter = "all",
    min_score: Annotated[float, Query(ge=0, le=1, allow_inf_nan=False)] = 0.0,
    after: str | None = None,
    limit: Limit = 25,
) -> Listed[RankedMatch]:
    """A person's matches: those through every gate first, then by score."""
    if await reader.profile(profile_id) is None:
        raise HTTPException(404, "There is no such profile.")
    page = await reader.ranked(
        profile_id, passed_gates=PASSED_GATES[gates], min_score=min_score, after=after, limit=limit
    )
    return Listed[RankedMatch].of(page)


@router.get("/profiles/{profile_id}/matches/{posting_id}")
async def match(reader: Reader, profile_id: UUID, posting_id: UUID) -> Match:
    """One match in full, with the requirement-by-skill matrix where it is analysed."""
    found = await reader.match(profile_id, posting_id)
    if found is None:
        raise HTTPException(404, "This profile has no match with this posting.")
    return found
