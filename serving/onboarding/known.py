"""What is known of somebody: the document as it came, and what matching has made of it.

Belongs here: the reads and their shapes. Not here: pages and JSON of them.
"""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict

from serving.dependencies import Reader
from serving.matches import Matches
from serving.replica import note_written
from ty_assets.feedback.steps import ask


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Document(_Row):
    """As it was imported or written. The contact is what is kept apart."""

    document: dict[str, Any]
    origin: str
    received_at: dt.datetime
    name: str | None
    email: str | None
    phone: str | None
    address: str | None


class NamedOccupation(_Row):
    kldb: str
    name: str


class SeenProfile(_Row):
    """What matching compares beside the facets; without name and contact."""

    headline: str
    summary: str
    language: str
    city: str | None
    region: str | None
    country: str | None
    remote_only: bool
    wished_places: list[str]
    minimum_pay: float | None
    domains: list[str] | None  # None and so on: not processed yet
    kldb_level: int | None
    years: float | None
    degree_level: int | None
    model: str | None  # who has read it
    occupations: list[NamedOccupation]


class SeenFacet(_Row):
    """One thing that the person has shown. source: stated, extracted (from a text of theirs) or implied by a rule."""

    kind: str
    term: str
    cefr: str | None
    years: float | None
    level: int | None
    source: str
    reason: str
    quote: str
    weight: float


class Progressed(_Row):
    """How far somebody is, as the tables say it."""

    read: bool
    entries: int
    facets: int
    vectors: int
    matches: int
    strong: int


class Known:
    def __init__(self, reader: Matches) -> None:
        self._reader = reader

    async def document(self, profile_id: UUID) -> Document | None:
        rows = await self._reader.carry_out(ask("known_document", profile_id=profile_id))
        return Document.model_validate(rows[0]) if rows else None

    async def seen(self, profile_id: UUID) -> SeenProfile | None:
        rows = await self._reader.carry_out(ask("seen_profile", profile_id=profile_id))
        return SeenProfile.model_validate(rows[0]) if rows else None

    async def facets(self, profile_id: UUID) -> list[SeenFacet]:
        rows = await self._reader.carry_out(ask("seen_facets", profile_id=profile_id))
        return [SeenFacet.model_validate(row) for row in rows]

    async def progressed(self, profile_id: UUID) -> Progressed | None:
        note_written()  # by the thread that is asked about
        rows = await self._reader.carry_out(ask("processing_progress", profile_id=profile_id))
        return Progressed.model_validate(rows[0]) if rows else None


def _known(reader: Reader) -> Known:
    return Known(reader)


KnownProfiles = Annotated[Known, Depends(_known)]
