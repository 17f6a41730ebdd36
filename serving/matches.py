"""What the match view knows: people, their ranked matches, and one match in full, read from the tables.

Belongs here: the typed rows and the reads. Not here: SQL (`sql/queries/serving.sql`), how a page looks
(`pages.py`), and anything that computes a match: the view shows what a run has materialised.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from psycopg.rows import class_row, dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, ConfigDict

from serving.paging import Page, Read, as_real, decode, encode, flag, page, sort_score
from ty_assets.feedback.steps import Ask, Result, Steps
from ty_assets.feedback.store import bring_up_to_date
from ty_resources.postgres import Queries, Row

# What was learned of a person hides matches: without them, only them, or all together.
Hidden = Literal["without", "only", "include"]

# A person waits: after this the page says that the database is away, rather than nothing.
POOL_TIMEOUT_SECONDS = 5.0


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


class Said(_Row):
    """A person's own feedback on a match."""

    rating: int | None
    scale: Literal["points", "thumbs"] | None
    decision: str | None
    comment: str | None
    applied_at: datetime | None
    hidden_at: datetime | None


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
    # For who has feedback: score + adjustment is what the list is ordered by; the score itself never changes.
    adjustment: float | None = None
    personal_score: float | None = None
    hidden_by: list[str] = []
    said: Said | None = None


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
        moment, profile_id = decode(after, datetime.fromisoformat, UUID) if after else (None, None)
        rows = await self._read(
            Profile,
            "served_profiles",
            profile_id=None,
            after_moment=moment,
            after_id=profile_id,
            row_limit=limit + 1,
        )
        return page(rows, limit, lambda row: encode(row.received_at.isoformat(), row.profile_id))

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
        hidden: Hidden = "without",
        after: str | None = None,
        limit: int = 25,
    ) -> Page[RankedMatch]:
        """A page of a person's matches: those through every gate first, then by score, then by id.

        passed_gates: None for both; min_score: 0 .. 1, inclusive, of the score itself. hidden: what the list leaves
        out; with passed_gates=True those that fail a gate are left out too, so "only" has them. Who has given feedback
        has an order of their own, by personal_score. Raises CursorError.
        """
        passed, score, posting_id = decode(after, flag, sort_score, UUID) if after else (None, None, None)
        asked = {
            "profile_id": profile_id,
            "min_score": as_real(min_score),
            "after_passed": passed,
            "after_score": score,
            "after_id": posting_id,
            "row_limit": limit + 1,
        }
        gates_hide = hidden == "only" and passed_gates is True
        if not await self.has_feedback(profile_id):
            if hidden == "only" and not gates_hide:
                return Page([], None)
            shown = False if gates_hide else passed_gates
            rows = await self._read(RankedMatch, "ranked_matches", passed_gates=shown, **asked)
        elif hidden == "without":
            if after is None:
                await self.carry_out(bring_up_to_date(profile_id))
            rows = await self._read(RankedMatch, "personal_list", passed_gates=passed_gates, **asked)
        else:
            shown = None if gates_hide else passed_gates
            what = {"only_hidden": hidden == "only", "gates_hide": gates_hide}
            rows = await self._read(RankedMatch, "personal_list_with_hidden", passed_gates=shown, **what, **asked)
        return page(rows, limit, _place)

    async def has_feedback(self, profile_id: UUID) -> bool:
        """Whether anything a person said has given them an order of their own."""
        return bool(await self.carry_out(_state_of(profile_id)))

    async def carry_out(self, steps: Steps[Result]) -> Result:
        """Work that is described as steps, in one transaction; what they raise undoes it."""
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            rows: list[Row] | None = None
            while True:
                # In a thread: learning from everything that a person said, and judging all of their matches, takes
                # longer than anybody else's page may wait.
                wanted, result = await asyncio.to_thread(_step, steps, rows)
                if wanted is None:
                    return cast(Result, result)
                await cursor.execute(self._queries[wanted.query], wanted.parameters)
                rows = await cursor.fetchall() if cursor.description is not None else []

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


def _step(steps: Steps[Result], rows: list[Row] | None) -> tuple[Ask | None, Result | None]:
    """The next question; or None, and the result. rows: the answer to the last one, None at the beginning."""
    try:
        return (next(steps) if rows is None else steps.send(rows)), None
    except StopIteration as end:
        return None, end.value


def _state_of(profile_id: UUID) -> Steps[list[Row]]:
    rows = yield Ask("feedback_state", {"profile_id": profile_id})
    return rows


def _place(row: RankedMatch) -> str:
    """Where a page ended: by the score that the list is ordered by."""
    score = row.score if row.personal_score is None else row.personal_score
    return encode(int(row.passed_gates), score, row.posting_id)
