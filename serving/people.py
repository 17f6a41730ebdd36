"""The people ranked for a posting, as JSON: /api/admin/postings/{posting_id}/people.

Belongs here: the answer and the thread it is worked out in. Not here: the ranking (`ty_assets/matching/people.py`).
"""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from serving.accounts.identity import Admin
from serving.accounts.signing import note_view
from serving.matches import Gate, Point
from ty_assets.matching.people import Candidate, people_of_posting
from ty_resources.postgres import Database

router = APIRouter(prefix="/api", tags=["matches"])


class RankedPerson(BaseModel):
    """One person for the posting, with the reasons that the person's own list gives."""

    model_config = ConfigDict(from_attributes=True)

    profile_id: UUID
    name: str | None
    headline: str
    score: float  # 0 .. 1
    tier: str
    basis: str
    passed_gates: bool
    gate_reasons: list[Gate]
    matched: list[Point]
    missing: list[Point]
    model: str


class RankedPeople(BaseModel):
    items: list[RankedPerson]


class People:
    """Ranks people in a thread. One at a time: each ranking has all cores."""

    def __init__(self, db: Database, packaged_model: str) -> None:
        self._db, self._packaged_model = db, packaged_model
        self._one = asyncio.Lock()

    async def of_posting(self, posting_id: UUID, limit: int) -> list[Candidate] | None:
        async with self._one:
            return await asyncio.to_thread(people_of_posting, self._db, self._packaged_model, posting_id, limit)

    def close(self) -> None:
        self._db.close()


@router.get("/admin/postings/{posting_id}/people")
async def people(
    request: Request, admin: Admin, posting_id: UUID, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> RankedPeople:
    """The best people for a posting: those through every gate first, then by score."""
    await note_view(request, admin, posting_id)
    ranking: People = request.app.state.people
    found = await ranking.of_posting(posting_id, limit)
    if found is None:
        raise HTTPException(404, "There is no such posting, or it is closed, a copy or not read yet.")
    return RankedPeople(items=[RankedPerson.model_validate(candidate) for candidate in found])
