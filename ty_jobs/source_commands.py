"""`ty source`: the services that postings come from; how they are, one round by hand, and recordings of their answers.

Also `ty catalogue fetch`, which asks Berufenet as politely.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources.postgres import Row
from ty_resources.settings import Settings, settings
from ty_resources.sources.source import Hit, SourceError

source_app = typer.Typer(no_args_is_help=True, help="Services that postings are fetched from.")
Name = Annotated[str, typer.Argument(help="arbeitsagentur, deutsche_bank or job_boards:SITE.")]
_BERUFENET = "berufenet"


@source_app.command("list")
def source_list(as_json: Json = False) -> None:
    """Each source: its last round, what is waiting, since when it is silent, when it is asked next."""
    from ty_resources.sources.registry import source_names

    with opened(quiet=as_json) as db:
        rows = db.rows("sources_overview")
    configured = source_names(settings())
    known = {row["source"] for row in rows}
    rows += [{"source": name} for name in configured if name not in known]
    if as_json:
        print_json([{**row, "configured": row["source"] in configured} for row in rows])
    elif rows:
        out.print(sources_table(rows, configured))
        for row in rows:
            if told := row.get("last_error") or row.get("error"):
                out.print(f"{escape(row['source'])}: {escape(told)}", soft_wrap=True)
    else:
        out.print("No source: set TY_SOURCES, e.g. TY_SOURCES=arbeitsagentur,deutsche_bank")


@source_app.command("fetch")
def source_fetch(
    name: Name,
    full: Annotated[bool, typer.Option("--full", help="List everything, not only what was published lately.")] = False,
    as_json: Json = False,
) -> None:
    """One round now: list, fetch what is new or changed. Interrupted, the same command goes on with it."""
    from ty_assets.postings.fetch import fetch
    from ty_resources.sources.polite import Polite
    from ty_resources.sources.registry import named_sources

    config = settings()
    with opened(quiet=as_json) as db, Polite.of(config) as client, _bars() as bars:
        told: dict[str, Any] = {}
        for source in named_sources(config, (name,), client).values():
            progress = _told_to(bars, source.name)
            done = fetch(
                db,
                source,
                "full" if full else "new",
                today=config.today(),
                now=dt.datetime.now(dt.UTC),
                max_chars=config.max_posting_chars,
                max_attempts=config.max_attempts,
                progress=progress,
            )
            told[source.name] = asdict(done)
    if as_json:
        print_json(told)
        return
    for source_name, round_ in told.items():
        out.print(
            f"{escape(source_name)}: {round_['listed']:,} listed, {round_['new']:,} new, "
            f"{round_['changed']:,} changed, {round_['gone']:,} gone, {round_['failed']:,} failed; "
            + ("complete" if round_["complete"] else f"not complete: {escape(str(round_['error']))}")
        )
    out.print("They become postings with `ty run --select postings`, or by themselves while `ty up` runs.")


@source_app.command("record")
def source_record(
    name: Annotated[str, typer.Argument(help="arbeitsagentur, deutsche_bank or berufenet.")],
    file: Annotated[Path, typer.Argument(help="JSON lines; overwritten.")],
    requests: Annotated[int, typer.Option(min=1, max=10_000, help="How many requests to make.")] = 30,
) -> None:
    """Keep a service's real answers: pages of its listing, then details of what they list. Without keys and headers."""
    from ty_resources.sources.polite import Polite
    from ty_resources.sources.recording import recorded

    config = settings()
    url = _url(config, name)
    # Pages first would leave no request for a detail; so a quarter of them.
    pages = max(1, requests // 4)
    with Polite.of(config) as client, recorded(client, file, name, url, requests) as tally:
        if name == _BERUFENET:
            from ty_assets.berufenet.fetch import record_answers

            record_answers(client, url, pages)
        else:
            from ty_resources.sources.registry import named_sources

            (source,) = named_sources(config, (name,), client).values()
            hits: list[Hit] = []
            for number, page in enumerate(source.pages(None, config.today(), {}), 1):
                hits += page.hits
                if number >= pages:
                    break
            for hit in hits:
                try:
                    source.detail(hit, None)
                except SourceError as error:
                    err.print(f"[dim]{escape(str(error))}[/]")
    out.print(f"{tally.made} answers of {escape(url)} in {escape(str(file))}")


@source_app.command("replay")
def source_replay(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8686,
) -> None:
    """Serve a recording on 127.0.0.1 until Ctrl-C; the line printed is the setting that asks it."""
    from ty_resources.sources.recording import read_recording, replay_server, replayed_url

    recording = read_recording(file)
    server = replay_server(recording, port)
    url = replayed_url(recording, server.server_address[1])
    out.print(f"TY_{recording.name.upper()}_URL={url}", soft_wrap=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def catalogue_fetch(as_json: Json = False) -> None:
    """Bring the occupation catalogue up to what Berufenet says; interrupted, the same command goes on."""
    from ty_assets.berufenet.fetch import fetch_catalogue
    from ty_resources.sources.polite import Polite

    config = settings()
    with opened(quiet=as_json) as db, Polite.of(config) as client, _bars() as bars:
        task = bars.add_task("occupations", total=None)
        fetched = fetch_catalogue(
            db,
            client,
            config.berufenet_url,
            dt.datetime.now(dt.UTC),
            lambda done, total: bars.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(asdict(fetched))
        return
    out.print(
        f"{fetched.listed:,} occupations listed, {fetched.asked:,} asked for, {fetched.unchanged:,} as before, "
        f"{fetched.without_code:,} without a KldB code; the catalogue has {fetched.occupations:,} and "
        + ("has changed" if fetched.changed else "is what it was")
    )


def sources_table(rows: list[Row], configured: tuple[str, ...]) -> Table:
    """rows: as of `sources_overview`; a source that was never asked has its name only."""
    table = Table("source", "asked", "last round", "complete", "listed", "new", "changed", "gone", "failed", "waiting",
                  "silent since", "next", box=None)  # fmt: skip
    for row in rows:
        started = row.get("started_at")
        state = "open" if started and row.get("finished_at") is None else _when(row.get("finished_at"))
        counts = [_count(row.get(name)) for name in ("listed", "new", "changed", "gone", "failed", "waiting")]
        table.add_row(
            escape(row["source"]) + ("" if row["source"] in configured else " (off)"),
            _when(row.get("polled_at")),
            f"{row.get('kind') or ''} {state}".strip(),
            {True: "yes", False: "no", None: ""}[row.get("complete")],
            *counts,
            _when(row.get("silent_since")),
            _when(row.get("next_poll_at")) if row["source"] in configured else "",
        )
    return table


def _url(config: Settings, name: str) -> str:
    urls = {
        "arbeitsagentur": config.arbeitsagentur_url,
        "deutsche_bank": config.deutsche_bank_url,
        _BERUFENET: config.berufenet_url,
    }
    if name not in urls:
        raise typer.BadParameter(f"expected one of {', '.join(urls)}; job boards are asked by python-jobspy")
    return urls[name]


def _told_to(bars: Progress, source: str) -> Callable[[str, int], None]:
    """What `fetch` tells of its progress, as two bars."""
    tasks = {what: bars.add_task(f"{source}: {what}", total=None) for what in ("listed", "details")}
    return lambda what, count: bars.update(tasks[what], completed=count)


@contextmanager
def _bars() -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bars:
        yield bars


def _when(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(settings().zone):%Y-%m-%d %H:%M}"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
