"""`ty agreement`: how often decisions and similarity agree, over time, by band, and where to look when they do not."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ty_jobs.terminal import Json, opened, out, print_json
from ty_resources.settings import settings

_EXAMPLES = 10


def agreement(
    days: Annotated[str, typer.Option(help="Days A..B of the postings; all by default.")] = "",
    as_json: Json = False,
) -> None:
    """How often the rule's and the model's decisions are those that the similarity alone would have made."""
    from ty_assets.verdicts.agreement import summed
    from ty_jobs.run import parse_days

    chosen = parse_days(days, settings()) if days else []
    with opened(quiet=as_json) as db:
        span = {"first": chosen[0] if chosen else None, "last": chosen[-1] if chosen else None}
        over_time = db.rows("agreement_over_time", **span)
        by_band = db.rows("agreement_by_band", **span)
        examples = db.rows("agreement_examples", **span, limit=_EXAMPLES)
    told = [{**asdict(one), "share": one.share} for one in summed(by_band)]
    if as_json:
        print_json({"in_all": told, "by_band": by_band, "over_time": over_time, "examples": examples})
        return
    if not told:
        out.print("No decision has been counted yet; `ty run --days ...` makes them.")
        return
    out.print(_table("In all", told))
    out.print(_table("By band of the score", by_band, "band"))
    out.print(_table("Over time", over_time, "day"))
    if examples:
        out.print("Where they differ, some matches:")
        for row in examples:
            whose = f"person {row['profile_id']}  posting {row['posting_id']}"
            out.print(f"  {row['day']}  {escape(row['decided_by'])}  {whose}", soft_wrap=True)


def _table(title: str, rows: list[dict[str, Any]], first: str | None = None) -> Table:
    names = [first] if first else []
    table = Table(*names, "decided by", "decisions", "apply", "agreed", box=None, title=title, title_justify="left")
    for row in rows:
        label = [_band(row[first]) if first == "band" else str(row[first])] if first else []
        share = f"{row['agreed'] / row['decisions']:.0%}" if row["decisions"] else ""
        table.add_row(*label, escape(row["decided_by"]), str(row["decisions"]), str(row["apply"]), share)
    return table


def _band(band: int) -> str:
    return f"{band * 10}-{band * 10 + 10} %"
