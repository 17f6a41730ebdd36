"""`ty demand`: a day's demand as a table that a person reads, occupations down and regions across."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd
from rich.markup import escape
from rich.table import Table

from ty_jobs.run import DaysError, parse_days
from ty_resources.postgres import Database
from ty_resources.settings import Settings

# What fits beside each other in a terminal; --csv has all.
_REGIONS = 6
_ROWS = 25


@dataclass(frozen=True)
class Demand:
    """Active postings; index: occupation group and name, columns: regions and `all`, both by falling number."""

    day: dt.date
    table: pd.DataFrame


def read_demand(db: Database, config: Settings, day: str) -> Demand:
    """The demand of one day.

    Raises: DaysError when the day has no snapshot.
    """
    wanted = parse_days(day, config)[0] if day else db.value("latest_demand_day")
    rows = db.rows("demand_by_group_and_region", day=wanted) if wanted else []
    if not rows:
        raise DaysError(f"there is no demand snapshot of {wanted or 'any day'} yet; make one with `ty run --days ...`")
    frame = pd.DataFrame(rows)
    table = frame.pivot_table(
        index=["occupation_group", "occupation"], columns="region", values="active", aggfunc="sum", fill_value=0
    )
    by_size = table.sum().sort_values(ascending=False, kind="stable").index
    table = table[by_size].assign(all=table.sum(axis=1)).sort_values("all", ascending=False, kind="stable")
    return Demand(wanted, table[["all", *by_size]].astype(int))


def demand_table(demand: Demand) -> Table:
    shown = demand.table.iloc[:_ROWS, : _REGIONS + 1]
    left = len(demand.table) - len(shown)
    title = f"Active postings on {demand.day}" + (f"; {left} more groups with --csv" if left > 0 else "")
    table = Table("group", "e.g.", *map(escape, shown.columns), box=None, title=title, title_justify="left")
    for row in shown.reset_index().itertuples(index=False):
        group, occupation, *values = row
        table.add_row(str(group), escape(str(occupation)), *(str(value) if value else "" for value in values))
    return table
