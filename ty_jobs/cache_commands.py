"""`ty cache`: what models and rules have answered until now, and the removal of what is not wanted any more."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from ty_jobs.terminal import Json, opened, out, print_json
from ty_resources.postgres import Row

cache_app = typer.Typer(no_args_is_help=True, help="Kept answers of models and rules: what is there, what may go.")


@cache_app.command()
def stats(as_json: Json = False) -> None:
    """For each task and model: answers, how many of them from people's texts, size, age, last use."""
    from ty_resources.inference.cache_upkeep import cache_stats

    with opened(quiet=as_json) as db:
        rows = cache_stats(db)
    if as_json:
        print_json(rows)
    else:
        out.print(stats_table(rows))


@cache_app.command()
def prune(
    unused_for: Annotated[
        int | None, typer.Option(min=1, metavar="DAYS", help="Answers that no run has used for so many days.")
    ] = None,
    model: Annotated[str, typer.Option(help="Answers of this model, as `ty cache stats` names it.")] = "",
    task: Annotated[str, typer.Option(help="Answers to this task, as `ty cache stats` names it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Remove the answers that all the given options name. Results that were made from them stay."""
    from ty_resources.inference.cache_upkeep import prune_cache

    if unused_for is None and not model and not task:
        raise typer.BadParameter("expected at least one of --unused-for, --model and --task")
    with opened(quiet=as_json) as db:
        told = prune_cache(db, unused_for_days=unused_for, model=model, task=task, dry_run=dry_run)
    if as_json:
        print_json({**told, "dry_run": dry_run})
    else:
        verb = "would be removed" if dry_run else "were removed"
        out.print(f"answers that {verb}: {told['answers']}, {decimal(told['bytes'])}")


def stats_table(rows: Sequence[Row]) -> Table:
    """rows: as of `cache_stats`."""
    table = Table("task", "model", "answers", "from people", "size", "oldest", "last used", box=None)
    for row in rows:
        table.add_row(
            escape(row["task"]),
            escape(row["model"]),
            str(row["answers"]),
            str(row["of_people"]),
            decimal(row["bytes"]),
            f"{row['oldest']:%Y-%m-%d}",
            str(row["last_used_on"]),
        )
    return table
