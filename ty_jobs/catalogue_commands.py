"""`ty catalogue review`, `confirm`, `reject`, `undo`: an editor's word on what titles mean.

Not here: what is open (ty_assets/berufenet/review.py), and what a decision is worth (decisions.py, mapping.py).
"""

import getpass
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ty_jobs.terminal import Json, opened, out, print_json
from ty_resources.postgres import Database

if TYPE_CHECKING:
    from ty_assets.berufenet.review import OpenCase

Title = Annotated[str, typer.Argument(help="A title as postings have it; spelling, hours and (m/w/d) do not matter.")]
Code = Annotated[str, typer.Argument(help="Five digits of KldB 2010, of the catalogue in use.")]
By = Annotated[str, typer.Option(help="Who decides; default: the user of this shell.")]

_KEYS = "1-5 it is this one   n none of these   s skip   q quit"


def catalogue_review(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Titles at most.")] = 20,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Decide one after the other.")] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Titles without an accepted occupation, by how many open postings they concern, with their candidates."""
    from ty_assets.berufenet.review import open_cases

    with opened(quiet=as_json) as db:
        cases = open_cases(db, limit)
        if interactive and not as_json:
            decided = review(db, out, cases, _who(by), typer.getchar)
            _told_days(db, decided)
            return
    if as_json:
        print_json([asdict(case) for case in cases])
    elif cases:
        out.print(_table(cases))
    else:
        out.print("Every title has an accepted occupation, or there are no postings yet.")


def catalogue_confirm(title: Title, kldb: Code, by: By = "") -> None:
    """From now on the title means this code, whatever else says otherwise; until it is undone."""
    from ty_assets.berufenet.decisions import confirm

    with opened() as db:
        confirm(db, title, kldb, _who(by))
        out.print(f"{escape(title)}: {kldb}")
        _told_days(db, [title])


def catalogue_reject(title: Title, kldb: Code, by: By = "") -> None:
    """From now on the title never means this code; until it is undone."""
    from ty_assets.berufenet.decisions import reject

    with opened() as db:
        reject(db, title, kldb, _who(by))
        out.print(f"{escape(title)}: not {kldb}")
        _told_days(db, [title])


def catalogue_undo(title: Title, by: By = "") -> None:
    """Take back what is decided of a title; who decided and who took it back is kept."""
    from ty_assets.berufenet.decisions import undo

    with opened() as db:
        count = undo(db, title, _who(by))
        out.print(f"{count} decisions taken back" if count else f"nothing is decided of {escape(title)}")
        if count:
            _told_days(db, [title])
    if not count:
        raise typer.Exit(1)


def review(db: Database, console: Console, cases: Sequence["OpenCase"], who: str, key: Callable[[], str]) -> list[str]:
    """Show each case and do what the key says, until q; the titles decided. Each decision is kept at once."""
    from ty_assets.berufenet.decisions import confirm, reject

    decided: list[str] = []
    for number, case in enumerate(cases, 1):
        _show(console, case, f"{number} of {len(cases)}")
        codes = [candidate["kldb"] for candidate in case.candidates]
        while True:
            pressed = key().lower()
            if pressed in ("q", "\x03", "\x04", ""):
                return decided
            if pressed == "s":
                break
            if pressed == "n" and codes:
                for code in codes:
                    reject(db, case.title, code, who)
                decided.append(case.title)
                console.print(f"not {', '.join(codes)}")
                break
            if pressed.isdecimal() and 1 <= int(pressed) <= len(codes):
                confirm(db, case.title, codes[int(pressed) - 1], who)
                decided.append(case.title)
                console.print(f"{codes[int(pressed) - 1]} confirmed")
                break
            console.print(_KEYS, style="dim")
    return decided


def _show(console: Console, case: "OpenCase", place: str) -> None:
    console.print(f"\n[bold]{escape(case.title)}[/]  [dim]{case.postings} postings, {place}[/]")
    for example in case.examples:
        where = ", ".join(part for part in (example["employer"], example["city"]) if part)
        text = " ".join(example["description"].split())[:240]
        console.print(f"  {escape(example['title'])} [dim]{escape(where)}[/]\n    [dim]{escape(text)}[/]")
    for number, candidate in enumerate(case.candidates, 1):
        console.print(
            f"  [bold]{number}[/]  {candidate['kldb']}  {escape(candidate['name'])}  {candidate['score']:.2f}"
        )
    console.print(_KEYS, style="dim")


def _table(cases: Sequence["OpenCase"]) -> Table:
    table = Table("postings", "title", "candidates", box=None)
    for case in cases:
        best = "; ".join(f"{one['kldb']} {one['name']} ({one['score']:.2f})" for one in case.candidates[:3])
        table.add_row(str(case.postings), escape(case.title), escape(best))
    return table


def _told_days(db: Database, titles: Sequence[str]) -> None:
    """What was decided comes into force with a run; of which days it says itself."""
    from ty_assets.berufenet.review import days_to_renew

    if days := days_to_renew(db, titles):
        out.print(f"Their postings follow with `ty run --days {days[0]}..{days[-1]} --select berufenet_mapping`.")


def _who(by: str) -> str:
    return by or getpass.getuser()
