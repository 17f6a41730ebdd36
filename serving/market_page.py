"""The market pages: demand by occupation and place as charts, one occupation in full, and domains by state.

Belongs here: what these pages need, put together. Not here: the reads (`demand`), geometry (`charts`), the heat map's
rows (`market_heat`), JSON (`market`), and markup (`templates/market*.html`). Nothing here is about a person but which
occupation stands first.
"""

import datetime as dt
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from serving import charts
from serving.accounts.identity import SignedIn, signed_in
from serving.demand import SPARK_DAYS, Demand, Named, Series, chosen_state
from serving.dependencies import Reader
from serving.language import Language, Spoken
from serving.market_heat import LEVELS, Level, Measure, heat_map, place_name
from serving.rendering import templates
from ty_assets.demand.states import ALL, PLACES
from ty_assets.demand.trend import month_before

router = APIRouter(
    prefix="/market", default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(signed_in)]
)

PAGE_SIZE: Final = 25
_CHOICES: Final = (ALL, *PLACES)

Code = Annotated[str, PathParameter(pattern=r"^(\d{3}|\d{5})$")]
# An emptied or mangled choice of a form is no error: it means all.
State = Annotated[str, Query(max_length=20)]
Part = Annotated[str, BeforeValidator(lambda text: str(text).strip()), Query(max_length=100)]
ChosenLevel = Annotated[
    Level | None, BeforeValidator(lambda text: int(text) if text in {str(level) for level in LEVELS} else None)
]


def short_day(t: Language, day: dt.date) -> str:
    """A day under an axis."""
    return t("market.short_day", day=day.day, month=day.month, month_name=t(f"month.{day.month}"))


def signed(t: Language, number: int) -> str:
    """With its sign, also a plus; a minus as long as the plus."""
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{t.number(abs(number))}"


def signed_percent(t: Language, share: float) -> str:
    return f"{'+' if share > 0 else '−' if share < 0 else '±'}{t.percent(abs(share))}"


def _shown(request: Request, template: str, t: Language, /, **page: Any) -> Response:
    told = {
        "t": t,
        "places": _CHOICES,
        "place_name": place_name,
        "short_day": short_day,
        "signed": signed,
        "signed_percent": signed_percent,
        "chart": charts,
    }
    return templates.TemplateResponse(request, template, told | page)


@router.get("")
async def overview(
    request: Request,
    reader: Reader,
    account: SignedIn,
    t: Spoken,
    state: State = ALL,
    q: Part = "",
    after: str | None = None,
) -> Response:
    """All occupations, the largest first; where something is searched for, the occupations that it names."""
    demand, state = Demand(reader), chosen_state(state, _CHOICES)
    day = await demand.latest()
    found = await demand.search(q, day) if q else []
    if q and len(found) == 1:
        return RedirectResponse(t.link(f"/market/{found[0].kldb}", state=_kept(state)), 303)
    own = await demand.own(account.profile_id)
    page: dict[str, Any] = {"state": state, "q": q, "found": found, "own": own, "day": day, "after": after or None}
    if day is not None:
        page |= await _all_groups(demand, day, state, after or None, own)
    return _shown(request, "market.html", t, **page)


async def _all_groups(demand: Demand, day: dt.date, state: str, after: str | None, own: Named | None) -> dict[str, Any]:
    days = await demand.days(day)
    groups = await demand.groups(day, state, month_before(day, days), after=after, limit=PAGE_SIZE)
    recent = [one for one in days if (day - one).days < SPARK_DAYS]
    codes = [group.occupation_group for group in groups.rows]
    if own is not None and own.kldb[:3] not in codes:
        codes.append(own.kldb[:3])
    states = await demand.states(day, None)
    return {
        "days": days,
        "groups": groups,
        "before_day": month_before(day, days),
        "series": await demand.series_of(codes, state, recent),
        "total": await demand.total(state, days),
        "states": [one for one in states if one.active],
        "bars": charts.shares([group.active for group in groups.rows]),
    }


@router.get("/heatmap")
async def heatmap(
    request: Request, reader: Reader, t: Spoken, measure: Measure = "count", level: ChosenLevel = None
) -> Response:
    """Domains by federal state: how many, or how much more frequent than elsewhere."""
    demand = Demand(reader)
    day = await demand.latest(level)
    heat = heat_map(await demand.heat(day, level), measure, t) if day else None
    return _shown(request, "market_heat.html", t, day=day, heat=heat, measure=measure, level=level, levels=LEVELS)


@router.get("/{code}")
async def one_occupation(
    request: Request, reader: Reader, account: SignedIn, t: Spoken, code: Code, state: State = ALL
) -> Response:
    """An occupation of five digits, or a group of three. Demand is counted by group."""
    demand, state = Demand(reader), chosen_state(state, _CHOICES)
    known, name = await demand.name(code)
    if not known:
        raise HTTPException(404)
    group, day = code[:3], await demand.latest()
    days = await demand.days(day) if day else []
    series: Series = (await demand.series_of([group], state, days)).get(group) or Series((), (), None)
    own = await demand.own(account.profile_id)
    page = {
        "code": code,
        "group": group,
        "name": name,
        "state": state,
        "day": day,
        "days": days,
        "series": series,
        "line": charts.line(series.points),
        "flows": charts.flow_bars(series.flows),
        "states": [one for one in (await demand.states(day, group) if day else []) if one.active],
        "terms": await demand.terms(day, group, state) if day else [],
        "near": await demand.near(code) if len(code) == 5 else [],
        "within": await demand.within(group),
        "is_own": own is not None and own.kldb == code,
    }
    return _shown(request, "market_one.html", t, **page)


def _kept(state: str) -> str:
    return "" if state == ALL else state
