"""`ty models`: which models are configured, reachable, loaded and missing, and fetching those that are missing."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from ty_jobs.limits_command import limits
from ty_jobs.model_listing import ModelLine, configured_models, hints, missing_models, model_lines
from ty_jobs.terminal import Json, err, out, print_json
from ty_resources.connect import model_client
from ty_resources.inference.client import ModelClient, ServerStatus
from ty_resources.inference.errors import EngineError
from ty_resources.settings import Settings, settings

models_app = typer.Typer(invoke_without_command=True, help="Models: what is there, and fetching what is missing.")
models_app.command()(limits)

_COLOURS = {"loaded": "green", "there": "green", "packaged": "green", "missing": "red", "unknown": "yellow"}
_NO_PULL = {
    "embedded": "its rules and its encoder come with the package",
    "openai": "such a server is started with its models. Set TY_EXTRACTION_MODEL, TY_REASONING_MODEL and "
    "TY_EMBEDDING_MODEL to what it has",
}


@models_app.callback()
def models(context: typer.Context, as_json: Json = False) -> None:
    """List the configured models and where they are; exit code 1 unless all of them are there."""
    if context.invoked_subcommand is not None:
        return
    config = settings()
    client = model_client(config)
    servers: Sequence[ServerStatus] = ()
    if client is not None:
        with closing(client):
            servers = client.status()
    lines = _lines(config, servers)
    told = hints(config.engine, lines, servers)
    complete = all(line.ready for line in lines)
    if as_json:
        print_json(_as_json(config.engine, servers, lines, told, complete))
    else:
        _name_engine(config)
        if servers:
            out.print(servers_table(servers))
            out.print()
        out.print(models_table(lines))
        for hint in told:
            err.print(f"[yellow]{escape(hint)}[/]", soft_wrap=True)
    raise typer.Exit(0 if complete else 1)


@models_app.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[MODEL]...", help="Default: all configured ones that are missing.")
    ] = None,
) -> None:
    """Fetch models to the Ollama servers; a model that is named and there already is brought up to date."""
    config = settings()
    client = model_client(config)
    if config.engine != "ollama" or client is None:
        err.print(
            f"[bold red]ty:[/] engine {config.engine} fetches no models: {_NO_PULL[config.engine]}", soft_wrap=True
        )
        raise typer.Exit(2)
    _name_engine(config)
    failed = False
    with closing(client):
        for name in names or _missing(config, client):
            try:
                _pull_with_progress(client, name)
                out.print(f"{escape(name)}: [green]there[/]")
            except EngineError as error:
                failed = True
                err.print(f"[bold red]{escape(name)}:[/] {escape(str(error))}", soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


def _missing(config: Settings, client: ModelClient) -> list[str]:
    """Configured models that no server has; ends the command where that cannot be said."""
    servers = client.status()
    if all(server.error is not None for server in servers):
        out.print(servers_table(servers))
        raise typer.Exit(1)
    missing = missing_models(_lines(config, servers))
    if not missing:
        out.print("nothing is missing")
    return missing


def _name_engine(config: Settings) -> None:
    err.print(f"[dim]engine: {config.engine}[/]")


def _lines(config: Settings, servers: Sequence[ServerStatus]) -> list[ModelLine]:
    if config.engine == "ollama":
        from ty_resources.inference.ollama_models import full_name

        return model_lines(configured_models(config), servers, full_name)
    return model_lines(configured_models(config), servers)


def _pull_with_progress(client: ModelClient, name: str) -> None:
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        line = bar.add_task(escape(name), total=None)
        last = ""

        def progress(step: str, done: int, total: int) -> None:
            nonlocal last
            if step != last:  # each layer is a file of its own, with a size and a speed of its own
                bar.reset(line, total=total or None, description=f"{escape(name)}: {escape(step)}")
                last = step
            bar.update(line, total=total or None, completed=done)

        client.pull(name, progress)


def _as_json(
    engine: str, servers: Sequence[ServerStatus], lines: Sequence[ModelLine], told: Sequence[str], complete: bool
) -> dict[str, Any]:
    return {
        "engine": engine,
        "complete": complete,
        "servers": [
            {
                "url": server.url,
                "version": server.version,
                "error": server.error,
                "models": [model.name for model in server.models],
            }
            for server in servers
        ],
        "models": [asdict(line) for line in lines],
        "hints": list(told),
    }


def servers_table(servers: Sequence[ServerStatus]) -> Table:
    table = Table("server", "state", "models", box=None)
    for server in servers:
        state = (
            f"[red]{escape(server.error)}[/]" if server.error else f"[green]{escape(server.version or 'answers')}[/]"
        )
        table.add_row(escape(server.url), state, "" if server.error else str(len(server.models)))
    return table


def models_table(lines: Sequence[ModelLine]) -> Table:
    table = Table("role", "model", "state", "size", "VRAM", "context", "server", box=None)
    for line in lines:
        table.add_row(
            line.role,
            escape(line.model),
            f"[{_COLOURS[line.state]}]{line.state}[/]",
            "" if line.size is None else decimal(line.size),
            "" if line.vram is None else decimal(line.vram),
            "" if line.context_tokens is None else str(line.context_tokens),
            escape(", ".join(line.servers)),
        )
    return table
