"""`ty alerts`: what is wrong and was told, and a message to try the addresses with."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources.postgres import Row
from ty_resources.settings import settings

alerts_app = typer.Typer(no_args_is_help=True, help="What is wrong: incidents, and whom they are told.")


@alerts_app.command("list")
def list_incidents(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many; open ones come first.")] = 50,
    as_json: Json = False,
) -> None:
    """Incidents: what, from when until when, and whether it was told."""
    with opened(quiet=as_json) as db:
        rows = db.rows("latest_incidents", limit=limit)
    if as_json:
        print_json(rows)
    elif rows:
        out.print(incidents_table(rows))
    else:
        out.print("Nothing is wrong, and nothing has been.")


@alerts_app.command()
def test() -> None:
    """Send a test message to every address of TY_ALERT_URLS."""
    from ty_resources.alerts import receivers

    found = receivers(settings().alert_urls)
    if not found:
        err.print("TY_ALERT_URLS is not set: alerts are only in the log and on the health page.")
        raise typer.Exit(1)
    missed = 0
    for receiver in found:
        sent = receiver.send("ty: a test", "Alerts of `ty` arrive here.")
        missed += not sent
        out.print(f"{escape(receiver.name)}: {'sent' if sent else '[red]not taken[/]'}")
    if missed:
        raise typer.Exit(1)


def incidents_table(rows: Sequence[Row]) -> Table:
    """rows: as of `latest_incidents`."""
    zone = settings().zone
    table = Table("kind", "subject", "since", "until", "told", "message", box=None)
    for row in rows:
        ended = row["closed_at"]
        told = row["told_closed"] if ended else row["told_opened"]
        table.add_row(
            row["kind"],
            escape(row["subject"]),
            f"{row['opened_at'].astimezone(zone):%Y-%m-%d %H:%M}",
            f"{ended.astimezone(zone):%Y-%m-%d %H:%M}" if ended else "[red]now[/]",
            "yes" if told else "not yet",
            escape(row["message"]),
        )
    return table
