"""What the match view knows: people, their ranked matches, and one match in full, read from the tables.

Belongs here: the typed rows and the reads. Not here: SQL (`sql/queries/serving.sql`), how a page looks
(`pages.py`), and anything that computes a match: the view shows what a run has materialised.
"""

import base64
import binascii
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, ConfigDict

from ty_resources.postgres import Queries

Read = TypeVar("Read", bound=BaseModel)

# A person waits: after this the page says that the database is away, rather than nothing.
POOL_TIMEOUT_SECONDS = 5.0


class CursorError(ValueError):
    """A page cursor that this program did not make."""


class _Row(BaseModel):
    """A row as read. Columns a newer run adds inside JSON do no harm to an older view."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Profile(_Row):
    profile_id: UUID
    name: str | None
    headline: str
    city: str | None
    received_at: datetime
    matches: int
    strong: int  # in the tier `strong` and through every gate


class Gate(_Row):
    gate: str
    passed: bool
    reason: str = ""


class Point(_Row):
    """One facet of a requirement, held against the person's best skill for it."""

    ordinal: int | None = None  # of the requirement
    requirement: str
    facet: str = ""  # the term that was compared
    skill: str | None = None
    credit: float | None = None  # 0 .. 1
    must: bool = False


class Reason(_Row):
    text: str
    posting_quote: str | None = None
    profile_quote: str | None = None


class Similarity(_Row):
    """cells[i][j] is the credit, 0 .. 1, of skills[j] for requirements[i]."""

    requirements: list[str] = []
    skills: list[str] = []
    cells: list[list[float | None]] = []


class Requirement(_Row):
    ordinal: int
    text: str
    quote: str
    must: bool
    kind: str
    model: str
    task_version: str


class Summary(_Row):
    summary: str
    model: str
    task_version: str


class Profession(_Row):
    decision: str
    method: str
    kldb: str | None
    name: str | None
    score: float | None
    model: str
    task_version: str


class PostingInsight(_Row):
    """The part of posting_llm_analysis.analysis that a reader of a match wants."""

    ideal_candidate: str = ""
    gap_templates: dict[str, str] = {}


class PostingAnalysis(_Row):
    analysis: PostingInsight
    model: str
    task_version: str


class Analysis(_Row):
    recommendation: str  # apply or skip
    decided_by: str
    go_reasons: list[Reason]
    nogo_reasons: list[Reason]
    cover_letter: str | None
    nogo_narrative: str | None
    similarity: Similarity
    language: str
    model: str
    task_version: str


class RankedMatch(_Row):
    posting_id: UUID
    day: date
    score: float  # 0 .. 1
    tier: str
    passed_gates: bool
    gate_reasons: list[Gate]
    basis: str
    matched_count: int
    missing_count: int
    title: str
    employer: str | None
    city: str | None
    region: str | None
    country: str | None
    remote: bool | None
    published_on: date | None
    status: str
    recommendation: str | None  # None: not analysed yet


class Match(RankedMatch):
    matched: list[Point]
    missing: list[Point]
    model: str
    task_version: str
    valid_through: date | None
    description: str
    language: str
    url: str | None
    source: str
    analysis: Analysis | None
    summary: Summary | None
    profession: Profession | None
    posting_analysis: PostingAnalysis | None
    requirements: list[Requirement]


class Page(NamedTuple, Generic[Read]):
    rows: list[Read]
    next: str | None  # the cursor of the page after this one


class Matches:
    """Reads for the match view. Opens no connection before the first question."""

    def __init__(self, database_url: str, pool_size: int = 4) -> None:
        self._queries = Queries()
        self._pool = AsyncConnectionPool(
            database_url,
            min_size=1,
            max_size=pool_size,
            timeout=POOL_TIMEOUT_SECONDS,
            # one statement a page: nothing to hold together in a transaction
            kwargs={"autocommit": True},
            check=AsyncConnectionPool.check_connection,
            open=False,
        )

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Matches"]:
        """Open the pool without waiting: the view starts, and says so, while the database is away."""
        await self._pool.open(wait=False)
        try:
            yield self
        finally:
            await self._pool.close()

    async def ready(self) -> None:
        """Raises psycopg.Error where the tables cannot be read."""
        async with self._pool.connection() as connection:
            await connection.execute(self._queries["serving_ready"])

    async def profiles(self, after: str | None = None, limit: int = 50) -> Page[Profile]:
        """A page of people, newest first. Raises CursorError."""
        moment, profile_id = _decode(after, datetime.fromisoformat, UUID) if after else (None, None)
        rows = await self._read(
            Profile,
            "served_profiles",
            profile_id=None,
            after_moment=moment,
            after_id=profile_id,
            row_limit=limit + 1,
        )
        return _page(rows, limit, lambda row: _encode(row.received_at.isoformat(), row.profile_id))

    async def profile(self, profile_id: UUID) -> Profile | None:
        rows = await self._read(
            Profile,
            "served_profiles",
            profile_id=profile_id,
            after_moment=None,
            after_id=None,
            row_limit=1,
        )
        return rows[0] if rows else None

    async def ranked(
        self,
        profile_id: UUID,
        *,
        passed_gates: bool | None = None,
        min_score: float = 0.0,
        after: str | None = None,
        limit: int = 25,
    ) -> Page[RankedMatch]:
        """A page of a person's matches: those through every gate first, then by score, then by id.

        passed_gates: None for both; min_score: 0 .. 1, inclusive. Raises CursorError.
        """
        passed, score, posting_id = _decode(after, _flag, _score, UUID) if after else (None, None, None)
        rows = await self._read(
            RankedMatch,
            "ranked_matches",
            profile_id=profile_id,
            passed_gates=passed_gates,
            min_score=_as_real(min_score),
            after_passed=passed,
            after_score=score,
            after_id=posting_id,
            row_limit=limit + 1,
        )
        return _page(rows, limit, lambda row: _encode(int(row.passed_gates), row.score, row.posting_id))

    async def match(self, profile_id: UUID, posting_id: UUID) -> Match | None:
        rows = await self._read(Match, "served_match", profile_id=profile_id, posting_id=posting_id)
        return rows[0] if rows else None

    async def _read(self, row: type[Read], query: str, **params: Any) -> list[Read]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(row)) as cursor,
        ):
            await cursor.execute(self._queries[query], params)
            return await cursor.fetchall()


def _page(rows: Sequence[Read], limit: int, cursor: Callable[[Read], str]) -> Page[Read]:
    """rows: up to limit + 1 of them; the one too many says that there is a next page."""
    shown = list(rows[:limit])
    return Page(shown, cursor(shown[-1]) if len(rows) > limit else None)


def _encode(*parts: object) -> str:
    """An opaque cursor, so that nobody builds one by hand and the sort key may change."""
    return base64.urlsafe_b64encode(" ".join(map(str, parts)).encode()).decode().rstrip("=")


def _decode(cursor: str, *kinds: Callable[[str], Any]) -> tuple[Any, ...]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(" ")
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, binascii.Error):
        raise CursorError("this page cursor is not one of ours; start again at the first page") from None


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"expected 0 or 1, got {text}")
    return text == "1"


def _score(text: str) -> float:
    score = float(text)
    if not 0 <= score <= 1:
        raise ValueError(f"expected a score from 0 to 1, got {text}")
    return _as_real(score)


def _as_real(value: float) -> float:
    """The nearest single-precision number, as a score is stored; Postgres would refuse to cast 1e-46."""
    return float(struct.unpack("f", struct.pack("f", value))[0])
