"""`ty models limits`: the longest prompt that a server really reads, of each model that answers questions.

Belongs here: which model is measured how far, and what is printed. Not here: the prompts and what they prove
(`ty_resources.inference.context_limit`).
"""

from contextlib import closing
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from ty_jobs.terminal import Json, err, out, print_json
from ty_resources.inference.context_limit import Limit, Probe, find_limit
from ty_resources.inference.errors import EngineError
from ty_resources.inference.relay import Relay, open_relay
from ty_resources.settings import Settings, settings

# Of a server whose limit was set where it started; asking doubles from some hundred, so a high bound costs nothing.
_MOST_TOKENS = 131_072
# Ollama's limit is what it is told; somewhat more shows what it does with a prompt that is too long.
_BEYOND = 1.25

_COLOURS = {"read": "green", "refused": "yellow", "cut": "red", "failed": "red", "unproven": "red"}


def limits(
    model: Annotated[str | None, typer.Argument(help="Default: the configured ones that answer questions.")] = None,
    up_to: Annotated[
        int | None,
        typer.Option(min=1024, max=1_048_576, help="Tokens to go up to; Ollama loads the model with this context."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the longest prompt that the server reads whole, and what it does with longer ones.

    Prompts of growing length are asked, each with a code word at its beginning; exit code 1 where none is read.
    """
    config = settings()
    if config.engine == "embedded":
        err.print("[bold red]ty:[/] the embedded engine has no model server: set TY_ENGINE to ollama or openai")
        raise typer.Exit(2)
    most = up_to or (config.context_tokens if config.engine == "ollama" else _MOST_TOKENS)
    if config.engine == "ollama":
        config = config.model_copy(update={"context_tokens": most})
        most = round(most * _BEYOND)
    relay = open_relay(config)
    assert relay is not None
    found: list[dict[str, Any]] = []
    failed = False
    with closing(relay):
        for name in [model] if model else dict.fromkeys((config.extraction_model, config.reasoning_model)):
            try:
                limit = _measured(relay, name, most, quiet=as_json)
            except EngineError as error:
                failed = True
                err.print(f"[bold red]{escape(name)}:[/] {escape(str(error))}", soft_wrap=True)
                continue
            told = advice(limit, settings())
            failed = failed or limit.tokens is None
            found.append({**asdict(limit), "silent": limit.silent, "advice": told})
            if not as_json:
                _print(limit, told)
    if as_json:
        print_json({"engine": config.engine, "context_tokens": settings().context_tokens, "limits": found})
    raise typer.Exit(1 if failed else 0)


def advice(limit: Limit, config: Settings) -> list[str]:
    """What a person should know or change; nothing where all is well."""
    told = []
    if limit.tokens is None:
        told.append(f"{limit.model} has read no prompt at all: {limit.reason}")
        return told
    if limit.silent:
        told.append(
            "This server cuts prompts that are too long and answers all the same. Batches refuse such answers where "
            "they see it (prompt_truncated); keep requests shorter than the limit, or raise it."
        )
    if limit.ended is not None and limit.tokens < config.context_tokens * (1 - 1 / 64):
        told.append(
            f"TY_CONTEXT_TOKENS is {config.context_tokens}, more than this server reads: set it to {limit.tokens} or "
            "give the server a larger context."
        )
    if not limit.recalls:
        told.append(
            f"{limit.model} does not recall how even a short prompt begins: what it has read is known from the "
            "server's count alone."
        )
    return told


def _measured(relay: Relay, model: str, most: int, quiet: bool) -> Limit:
    if quiet:
        return find_limit(relay, model, most=most)
    with err.status(f"{escape(model)}: a short prompt") as status:

        def tell(probe: Probe) -> None:
            status.update(f"{escape(model)}: {probe.tokens} tokens: {probe.outcome}, {probe.seconds:.1f} s")

        return find_limit(relay, model, most=most, tell=tell)


def _print(limit: Limit, told: list[str]) -> None:
    out.print(_table(limit))
    if limit.tokens is not None:
        after = ""
        if limit.too_long is not None:
            after = f"; one of about {limit.too_long} is {limit.ended}: {limit.reason}"
        out.print(f"[bold]{escape(limit.model)}[/] reads prompts of up to {limit.tokens} tokens{escape(after)}")
    for line in told:
        err.print(f"[yellow]{escape(line)}[/]", soft_wrap=True)
    out.print()


def _table(limit: Limit) -> Table:
    table = Table("prompt", "counted", "beginning", "outcome", "seconds", "VRAM", box=None)
    for probe in sorted(limit.probes, key=lambda probe: probe.tokens):
        table.add_row(
            str(probe.tokens),
            "" if probe.counted is None else str(probe.counted),
            "" if probe.recalled is None else "recalled" if probe.recalled else "forgotten",
            f"[{_COLOURS[probe.outcome]}]{probe.outcome}[/]",
            f"{probe.seconds:.1f}",
            "" if probe.vram is None else decimal(probe.vram),
        )
    return table
