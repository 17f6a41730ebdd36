"""`ty posting`: what became of one posting, and a person's word on whether it is open."""

from dataclasses import asdict
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from ty_jobs.terminal import Json, opened, out, print_json
from ty_resources.settings import settings

posting_app = typer.Typer(no_args_is_help=True, help="One posting: its life, texts and people; invalidate, reopen.")

Which = Annotated[str, typer.Argument(help="Posting id or the beginning of one, or the source's own number.")]


@posting_app.command("show")
def posting_show(posting: Which, as_json: Json = False) -> None:
    """Where it stands, each change of its status with the reason, and each change of its text."""
    from ty_jobs.posting_story import find_posting, text_changes

    with opened(quiet=as_json) as db:
        posting_id = find_posting(db, posting)
        story = db.row("posting_life_story", posting_id=posting_id) or {}
        statuses = db.rows("posting_status_history", posting_id=posting_id)
        texts = text_changes(db.rows("posting_versions", posting_id=posting_id))
    if as_json:
        print_json({**story, "statuses": statuses, "texts": texts})
        return
    out.print(f"[bold]{escape(story['title'])}[/]", f"[dim]{story['posting_id']}[/]", sep="\n")
    facts = Table(box=None, show_header=False)
    for name, value in story.items():
        if name not in ("posting_id", "title") and value not in (None, []):
            facts.add_row(name.replace("_", " "), escape(str(value)))
    out.print(facts)
    for row in statuses:
        out.print(f"{row['day']}  {row['was']} -> {row['status']}  ({row['decided_by']}) {escape(row['reason'])}")
    for text in texts:
        out.print(f"{text['fetched_on']}  received from {escape(text['origin'])}")
        for line in text["changes"]:
            out.print(f"  {escape(line)}", style="green" if line[0] == "+" else "red")


@posting_app.command("people")
def posting_people(
    posting: Which,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many people.")] = 20,
    as_json: Json = False,
) -> None:
    """The people ranked for it, with the reasons that their own lists give."""
    from ty_assets.matching.people import people_of_posting
    from ty_jobs.posting_story import find_posting
    from ty_resources.connect import embedded_engine

    with opened(quiet=as_json) as db:
        posting_id = find_posting(db, posting)
        found = people_of_posting(db, embedded_engine().embedding_model, posting_id, limit)
    if as_json:
        print_json([{**asdict(one), "profile_id": str(one.profile_id)} for one in found or []])
        return
    if found is None:
        out.print("Nobody is ranked for it: it is closed, a copy of another one, or not read yet.")
        return
    table = Table("person", "score", "tier", "gates", "has", "lacks", box=None)
    for one in found:
        stops = [reason["gate"] for reason in one.gate_reasons if not reason["passed"]]
        has, lacks = (", ".join(item["facet"] for item in items[:4]) for items in (one.matched, one.missing))
        who = escape(one.name or one.headline or str(one.profile_id))
        table.add_row(who, f"{one.score:.2f}", one.tier, ", ".join(stops) or "all", escape(has), escape(lacks))
    out.print(table)


@posting_app.command("invalidate")
def posting_invalidate(
    posting: Which, reason: Annotated[str, typer.Option(help="Why; it is kept with the posting.")]
) -> None:
    """Take a posting out of everybody's matches, until it is reopened. Nothing is deleted."""
    _decide(posting, "invalidated", reason)


@posting_app.command("reopen")
def posting_reopen(
    posting: Which, reason: Annotated[str, typer.Option(help="Why; it is kept with the posting.")] = "by hand"
) -> None:
    """Put a posting back; from then on its source and its dates decide again."""
    _decide(posting, "active", reason)


def _decide(posting: str, status: Literal["active", "invalidated"], reason: str) -> None:
    from ty_assets.life.sweep import change_statuses
    from ty_jobs.posting_story import find_posting

    with opened() as db:
        posting_id = find_posting(db, posting)
        days = change_statuses(db, [(posting_id, status, reason)], today=settings().today(), decided_by="person")
        story = db.row("posting_life_story", posting_id=posting_id) or {}
    out.print(f"{posting_id}: {status}")
    days = days or [story["first_seen_on"]]
    out.print(f"Its matches follow with `ty up`, or with `ty run --days {days[0]} --select match_scores`.")
