"""The market as JSON: which occupations are near, how the demand goes, and domains by federal state.

Belongs here: the routes and their shapes. Not here: how near and how many (ty_assets/demand makes the rows).
"""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from serving.accounts.identity import signed_in
from serving.demand import Demand
from serving.dependencies import Reader
from serving.language import Spoken
from serving.market_heat import heat_map
from ty_assets.feedback.steps import ask

router = APIRouter(prefix="/api", tags=["market"], dependencies=[Depends(signed_in)])

Kldb = Annotated[str, PathParameter(pattern=r"^\d{5}$", description="KldB code of five digits")]
Group = Annotated[str, PathParameter(pattern=r"^(\d{3}|\d{5})$", description="Three digits of a KldB code, or a code")]

_NOT_KNOWN = "No occupation of the catalogue and no posting has this code."


class RelatedOccupation(BaseModel):
    """similarity: cosine of the term profiles, 0 .. 1. shared_terms: what both are asked for most."""

    kldb: str
    name: str | None
    similarity: float
    shared_terms: list[str]
    active: int  # open postings of this occupation now


class Related(BaseModel):
    kldb: str
    name: str | None
    day: dt.date | None  # null: nothing was compared yet
    items: list[RelatedOccupation]
    next: int | None  # `offset` of the next page


class Term(BaseModel):
    term: str
    postings: int


class DemandPoint(BaseModel):
    """One day, summed over the regions that were asked for. top_terms: of a single region only."""

    day: dt.date
    active: int
    new: int
    closed: int
    top_terms: list[Term]


class Trend(BaseModel):
    """change: of the active postings, the last day against the first, as a share; null where there were none."""

    occupation_group: str
    name: str | None
    region: str | None
    items: list[DemandPoint]  # the oldest first
    change: float | None
    next: dt.date | None  # `until` of the page before this one; null: there is nothing older


class RegionDemand(BaseModel):
    region: str  # '' for unknown
    active: int
    new: int
    closed: int


class Regions(BaseModel):
    occupation_group: str
    day: dt.date | None
    items: list[RegionDemand]
    next: int | None  # `offset` of the next page


class StateCell(BaseModel):
    """quotient: the domain's share in the state against that overall; null where there are too few postings to tell."""

    state: str  # ISO 3166-2:DE without the country; or other, unknown
    active: int
    quotient: float | None


class DomainByState(BaseModel):
    """domains: several where they share an occupation group; "other" and "unmapped" for what has none."""

    domains: list[str]
    name: str
    active: int
    cells: list[StateCell]


class HeatMap(BaseModel):
    day: dt.date | None  # null: nothing was counted yet
    level: int | None
    rows: list[DomainByState]  # the largest first


# A query's text is no number yet, and a Literal takes none but its own.
AnyLevel = Annotated[int | None, Query(ge=1, le=4, description="Qualification level: 1 helper .. 4 expert")]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=100_000)]


@router.get("/occupations/{kldb}/related")
async def related(
    reader: Reader, kldb: Kldb, day: dt.date | None = None, offset: Offset = 0, limit: Limit = 10
) -> Related:
    """The nearest occupations, by what their postings ask for; of the latest day, or of the one named."""
    name = await _name(reader, kldb)
    steps = ask("related_occupations", kldb=kldb, day=day, row_offset=offset, row_limit=limit + 1)
    rows = await reader.carry_out(steps)
    compared = rows[0]["day"] if rows else await _similarity_day(reader, day)
    return Related(
        kldb=kldb,
        name=name,
        day=compared,
        items=[RelatedOccupation(**row) for row in rows[:limit]],
        next=offset + limit if len(rows) > limit else None,
    )


@router.get("/occupations/{group}/demand")
async def demand(
    reader: Reader,
    group: Group,
    region: Annotated[str | None, Query(max_length=200, description="As postings name it; '' for unknown")] = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    limit: Annotated[int, Query(ge=1, le=366)] = 90,
) -> Trend:
    """How many postings are active, new and closed day by day; in one region, or in all together."""
    if since is not None and until is not None and since > until:
        raise HTTPException(422, "expected since on or before until")
    name = await _name(reader, group)
    steps = ask("demand_trend", group=group[:3], region=region, since=since, until=until, row_limit=limit + 1)
    rows = await reader.carry_out(steps)
    points = [DemandPoint(**row) for row in reversed(rows[:limit])]
    first = points[0].active if points else 0
    return Trend(
        occupation_group=group[:3],
        name=name,
        region=region,
        items=points,
        change=round(points[-1].active / first - 1, 4) if first else None,
        next=rows[limit]["day"] if len(rows) > limit else None,
    )


@router.get("/occupations/{group}/regions")
async def regions(
    reader: Reader, group: Group, day: dt.date | None = None, offset: Offset = 0, limit: Limit = 25
) -> Regions:
    """The regions of one day, the latest or the one named, by their number of active postings."""
    await _name(reader, group)
    rows = await reader.carry_out(
        ask("demand_by_region", group=group[:3], day=day, row_offset=offset, row_limit=limit + 1)
    )
    return Regions(
        occupation_group=group[:3],
        day=rows[0]["day"] if rows else day,
        items=[RegionDemand(**row) for row in rows[:limit]],
        next=offset + limit if len(rows) > limit else None,
    )


@router.get("/market/heatmap")
async def heatmap(reader: Reader, t: Spoken, level: AnyLevel = None) -> HeatMap:
    """Open postings by domain and federal state, of all qualification levels or of one (KldB's fifth digit)."""
    demand = Demand(reader)
    day = await demand.latest(level)
    heat = heat_map(await demand.heat(day, level), "count", t) if day else None
    rows = [
        DomainByState(
            domains=row.key.split("+"),
            name=row.name,
            active=row.total,
            cells=[
                StateCell(state=c.place, active=c.active, quotient=None if c.quotient is None else round(c.quotient, 4))
                for c in row.cells
            ],
        )
        for row in (heat.rows if heat else ())
    ]
    return HeatMap(day=day, level=level, rows=rows)


async def _name(reader: Reader, code: str) -> str | None:
    """What a code is called. Raises 404 for one that neither the catalogue nor any posting has."""
    (row,) = await reader.carry_out(ask("occupation_name", code=code))
    if not row["known"]:
        raise HTTPException(404, _NOT_KNOWN)
    name: str | None = row["name"]
    return name


async def _similarity_day(reader: Reader, day: dt.date | None) -> dt.date | None:
    (row,) = await reader.carry_out(ask("similarity_day", day=day))
    found: dt.date | None = row["day"]
    return found
