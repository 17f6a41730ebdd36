"""`ty import legacy`: takes over the replaced system, and says what came, what did not, and what to run next."""

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from ty_assets.legacy.report import ImportReport
from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources.settings import Settings, settings

import_app = typer.Typer(no_args_is_help=True, help="What other systems have gathered.")


@import_app.callback()
def _group() -> None:
    """A callback keeps `legacy` a command of its own while it is the only one."""


@import_app.command()
def legacy(
    folder: Annotated[Path | None, typer.Argument(help="Folder of TABLE.csv files, as \\copy writes them.")] = None,
    database: Annotated[str, typer.Option(help="Instead of a folder: postgresql://... of the old system.")] = "",
    embedding_model: Annotated[
        str, typer.Option(help="The name under which the old vectors are kept; default: as the engine names bge-m3.")
    ] = "",
    replace_catalogue: Annotated[
        bool, typer.Option("--replace-catalogue", help="Take the old occupations even where there are more now.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Read, count and validate; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Postings, vectors, occupations, people and ratings of the replaced system. A killed import is continued."""
    from ty_assets.legacy.export import CsvFolder, OldDatabase
    from ty_assets.legacy.importer import Options, import_legacy

    if (folder is None) == (not database):
        raise typer.BadParameter("expected either a folder or --database")
    config = settings()
    with ExitStack() as stack:
        export = stack.enter_context(OldDatabase(database)) if folder is None else CsvFolder(folder)
        db = stack.enter_context(opened(quiet=as_json))
        options = Options(
            today=config.today(),
            now=dt.datetime.now(dt.UTC),
            start_date=config.start_date,
            zone=config.zone,
            max_chars=config.max_posting_chars,
            embedding_model=embedding_model or _name_of_bge_m3(config),
            replace_catalogue=replace_catalogue,
            check=check,
        )
        bars = stack.enter_context(_bars())
        lines: dict[str, TaskID] = {}

        def progress(table: str, rows: int, done: int, total: int) -> None:
            if table not in lines:
                lines[table] = bars.add_task(table, total=total or None, rows="")
            bars.update(lines[table], completed=done, rows=f"{rows:,}")

        report = import_legacy(db, export, options, progress)
    if as_json:
        print_json(report.as_dict())
    else:
        _tell(report)
    report.require_sums()


def _name_of_bge_m3(config: Settings) -> str | None:
    """As the configured engine names it, with its digest; None where no engine knows it now."""
    from ty_assets.legacy.vectors import MODEL, base_name
    from ty_resources.connect import default_engine
    from ty_resources.inference.errors import EngineError

    if config.engine == "embedded" or base_name(config.embedding_model) != MODEL:
        return None
    try:
        return default_engine().embedding_model
    except EngineError as error:
        err.print(f"[yellow]{escape(str(error))}[/]")
        return None


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]} rows"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def _tell(report: ImportReport) -> None:
    verb = "usable" if report.checked_only else "stored"
    if report.resumed:
        out.print("continued an import that had not ended; its rows are counted with these")
    table = Table("table", "in the source", "read", verb, "there already", "refused", "left out", "rows/s", box=None)
    for one in report.tables:
        c = one.counts
        rate = f"{c.read / one.seconds:,.0f}" if one.seconds > 0.05 else ""
        left = sum(c.left_out.values())
        numbers = (c.read, c.stored, c.already_there, c.refused, left)
        there = "" if one.there is None else f"{one.there:,}"
        table.add_row(one.table, there, *(f"{number:,}" for number in numbers), rate)
    out.print(table)
    for one in report.tables:
        for reason, rows in one.counts.left_out.items():
            out.print(f"  {one.table}: {rows:,} left out: {escape(reason)}")
        for note, rows in one.counts.notes.items():
            out.print(f"  {one.table}: {rows:,} {escape(note)}")
    if report.absent:
        out.print(f"  [dim]not there: {', '.join(report.absent)}[/]")
    if any(one.counts.refused for one in report.tables) and not report.checked_only:
        out.print("  bad rows are named in `failures`: ty health --failures")
    for first, last, postings in report.days:
        span = first if first == last else f"{first}..{last}"
        out.print(f"  {postings:,} postings are received and not derived: [bold]ty run --days {span}[/]")
