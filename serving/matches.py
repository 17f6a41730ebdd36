"""What the match view knows: people, their ranked matches, and one match in full, read from the tables.

Belongs here: the typed rows and the reads. Not here: SQL (`sql/queries/serving.sql`), how a page looks
(`pages.py`), and anything that computes a match: the view shows what a run has materialised.
"""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from typing import Any, Literal, cast
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, ConfigDict

from serving.list_counts import ListCounts
from serving.paging import Read
from serving.replica import Replica, ReplicaUnfit, note_written, writes
from ty_assets.feedback.steps import Ask, Result, Steps
from ty_resources.postgres import Row, named_queries, prepare_threshold

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
    pay: float | None = None  # the most it offers, euros gross a year; only in lists
    km: float | None = None  # from the place that the list is about; only in lists that ask for a distance
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

    def __init__(self, database_url: str, pool_size: int = 4, replica_url: str | None = None) -> None:
        """replica_url: a streaming replica of the same database, which reads go to where it has got far enough."""
        self._queries = named_queries()
        self.replica = None if replica_url is None else Replica(replica_url, self._queries, pool_size)
        self._pool = AsyncConnectionPool(
            database_url,
            min_size=1,
            max_size=pool_size,
            timeout=POOL_TIMEOUT_SECONDS,
            # one statement a page: nothing to hold together in a transaction
            kwargs={"autocommit": True, "prepare_threshold": prepare_threshold()},
            check=_still_open,
            open=False,
        )

        self.counts = ListCounts(lambda profile_id: self.one("list_counts", profile_id=profile_id))

    @property
    def pool(self) -> AsyncConnectionPool:
        """The connections, for reads of other rooms."""
        return self._pool

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Matches"]:
        """Open the pool without waiting: the view starts, and says so, while the database is away."""
        await self._pool.open(wait=False)
        if self.replica is not None:
            await self.replica.open()
        try:
            yield self
        finally:
            await self._pool.close()
            if self.replica is not None:
                await self.replica.close()

    async def ready(self) -> None:
        """Raises psycopg.Error where the tables cannot be read."""
        async with self._pool.connection() as connection:
            await connection.execute(self._queries["serving_ready"])

    async def profile(self, profile_id: UUID) -> Profile | None:
        rows = await self._read(Profile, "served_profile", profile_id=profile_id)
        return rows[0] if rows else None

    async def rows(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of one named statement."""
        return await self._asked(dict_row, query, parameters)

    async def one(self, query: str, **parameters: Any) -> Row:
        """The row of a statement that always has one."""
        (row,) = await self.rows(query, **parameters)
        return row

    async def run(self, query: str, **parameters: Any) -> None:
        """A statement without rows."""
        note_written()
        async with self._pool.connection() as connection:
            await connection.execute(self._queries[query], parameters)

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
                if self.replica is not None and writes(self._queries[wanted.query]):
                    note_written()
                await cursor.execute(self._queries[wanted.query], wanted.parameters)
                rows = await cursor.fetchall() if cursor.description is not None else []

    async def match(self, profile_id: UUID, posting_id: UUID) -> Match | None:
        rows = await self._read(Match, "served_match", profile_id=profile_id, posting_id=posting_id)
        return rows[0] if rows else None

    async def _read(self, row: type[Read], query: str, **params: Any) -> list[Read]:
        return cast(list[Read], await self._asked(class_row(row), query, params))

    async def _asked(self, row_factory: Any, query: str, parameters: dict[str, Any]) -> list[Any]:
        """By the replica, where there is one that may answer; else by the primary."""
        if self.replica is not None and not writes(self._queries[query]):
            with suppress(ReplicaUnfit):
                return await self.replica.read(row_factory, query, parameters)
        async with self._pool.connection() as connection, connection.cursor(row_factory=row_factory) as cursor:
            await cursor.execute(self._queries[query], parameters)
            return await cursor.fetchall()


async def _still_open(connection: AsyncConnection) -> None:
    """Raises psycopg.OperationalError for a connection whose server has gone; the pool then lends another.

    Without a question to the server, which would take as long as the page's own: nobody has sent anything to an idle
    connection, so where there is something to read it is that the server has hung up, and then it is asked.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        await AsyncConnectionPool.check_connection(connection)


def _step(steps: Steps[Result], rows: list[Row] | None) -> tuple[Ask | None, Result | None]:
    """The next question; or None, and the result. rows: the answer to the last one, None at the beginning."""
    try:
        return (next(steps) if rows is None else steps.send(rows)), None
    except StopIteration as end:
        return None, end.value
