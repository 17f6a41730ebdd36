"""What the market pages read: demand by occupation group and federal state, day by day.

Belongs here: the typed rows, the reads, and days without rows as the zeros they are. Not here: SQL
(`sql/queries/market.sql`), geometry (`charts`), and the API's own shapes (`market`).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from serving.charts import ENOUGH_DAYS, Flow, Point
from serving.matches import Matches
from serving.paging import Page, decode, encode, page
from ty_assets.demand.states import ALL
from ty_assets.demand.trend import Change, change, month_before
from ty_assets.feedback.steps import ask

# As far back as a trend is shown, and a sparkline.
TREND_DAYS: Final = 90
SPARK_DAYS: Final = 30


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Group(_Row):
    """An occupation group now. new: within seven days. before: active on the day that is compared with."""

    occupation_group: str
    name: str | None
    active: int
    new: int
    before: int | None

    def change(self, since: dt.date | None) -> Change | None:
        """since: the day that was compared with. A group that had no row then had nothing."""
        return change(since, self.before or 0, self.active) if since else None


class Named(_Row):
    """An occupation by its code; active: of its group, or its own."""

    kldb: str
    name: str | None
    active: int = 0


class Term(_Row):
    term: str
    postings: int


class InState(_Row):
    state: str
    active: int


class Near(_Row):
    kldb: str
    name: str | None
    similarity: float
    shared_terms: list[str]
    active: int


@dataclass(frozen=True)
class Series:
    """One count over the days that were counted, the oldest first."""

    points: tuple[Point, ...]
    flows: tuple[Flow, ...]
    change: Change | None  # since a month ago; None while nothing is known of then

    @property
    def now(self) -> int:
        return self.points[-1].value if self.points else 0

    @property
    def new_this_week(self) -> int:
        return sum(flow.new for flow in self.flows if (self.flows[-1].day - flow.day).days < ENOUGH_DAYS)

    @property
    def closed_this_week(self) -> int:
        return sum(flow.closed for flow in self.flows if (self.flows[-1].day - flow.day).days < ENOUGH_DAYS)


def series(days: Sequence[dt.date], rows: Sequence[dict[str, object]]) -> Series:
    """days: all that were counted; one without a row had nothing."""
    by_day = {row["day"]: row for row in rows}

    def count(day: dt.date, name: str) -> int:
        value = by_day[day][name] if day in by_day else 0
        assert isinstance(value, int)
        return value

    points = tuple(Point(day, count(day, "active")) for day in days)
    flows = tuple(Flow(day, count(day, "new"), count(day, "closed")) for day in days)
    since = month_before(days[-1], days) if days else None
    told = change(since, count(since, "active"), points[-1].value) if since else None
    return Series(points, flows, told)


class Demand:
    """Reads for the market pages."""

    def __init__(self, reader: Matches) -> None:
        self._reader = reader

    async def latest(self, level: int | None = None) -> dt.date | None:
        (row,) = await self._reader.carry_out(ask("market_day", level=level))
        day: dt.date | None = row["day"]
        return day

    async def days(self, latest: dt.date, back: int = TREND_DAYS) -> list[dt.date]:
        rows = await self._reader.carry_out(ask("market_days", since=latest - dt.timedelta(days=back)))
        return [row["day"] for row in rows]

    async def groups(
        self, day: dt.date, state: str, before: dt.date | None, *, after: str | None, limit: int
    ) -> Page[Group]:
        """A page of occupation groups, the largest first. Raises CursorError."""
        active, group = decode(after, int, str) if after else (None, None)
        place = {"day": day, "state": state, "before": before}
        steps = ask("market_groups", **place, after_active=active, after_group=group, row_limit=limit + 1)
        rows = await self._reader.carry_out(steps)
        return page([Group(**row) for row in rows], limit, lambda row: encode(row.active, row.occupation_group))

    async def series_of(self, groups: Sequence[str], state: str, days: Sequence[dt.date]) -> dict[str, Series]:
        """By group; days: those that were counted."""
        if not days:
            return {}
        since = days[0] - dt.timedelta(days=1)
        rows = await self._reader.carry_out(ask("market_series", groups=list(groups), state=state, since=since))
        return {group: series(days, [row for row in rows if row["occupation_group"] == group]) for group in groups}

    async def total(self, state: str, days: Sequence[dt.date]) -> Series:
        if not days:
            return series((), ())
        since = days[0] - dt.timedelta(days=1)
        return series(days, await self._reader.carry_out(ask("market_total", state=state, since=since)))

    async def states(self, day: dt.date, group: str | None) -> list[InState]:
        return [InState(**row) for row in await self._reader.carry_out(ask("market_states", day=day, group=group))]

    async def terms(self, day: dt.date, group: str, state: str) -> list[Term]:
        rows = await self._reader.carry_out(ask("market_terms", day=day, group=group, state=state))
        return [Term(**term) for term in rows[0]["top_terms"]] if rows else []

    async def heat(self, day: dt.date, level: int | None) -> list[tuple[str, str, int]]:
        """(occupation group, state, active)."""
        rows = await self._reader.carry_out(ask("market_heat", day=day, level=level))
        return [(row["occupation_group"], row["state"], row["active"]) for row in rows]

    async def search(self, part: str, day: dt.date | None, limit: int = 20) -> list[Named]:
        rows = await self._reader.carry_out(ask("market_search", part=part, day=day, row_limit=limit))
        return [Named(**row) for row in rows]

    async def within(self, group: str, limit: int = 20) -> list[Named]:
        rows = await self._reader.carry_out(ask("occupations_of_group", group=group, row_limit=limit))
        return [Named(**row) for row in rows]

    async def near(self, kldb: str, limit: int = 10) -> list[Near]:
        steps = ask("related_occupations", kldb=kldb, day=None, row_offset=0, row_limit=limit)
        return [Near(**row) for row in await self._reader.carry_out(steps)]

    async def name(self, code: str) -> tuple[bool, str | None]:
        """Whether a code is known, and what it is called."""
        (row,) = await self._reader.carry_out(ask("occupation_name", code=code))
        return row["known"], row["name"]

    async def own(self, profile_id: UUID) -> Named | None:
        rows = await self._reader.carry_out(ask("own_occupation", profile_id=profile_id))
        return Named(**rows[0]) if rows else None


def chosen_state(state: str, known: Sequence[str]) -> str:
    """What a form asks for; anything else means all."""
    return state if state in known else ALL
