"""What all commands print with, and how they come to a database. Not here: any command (`cli` and its sub-commands)."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from ty_resources.connect import connect
from ty_resources.postgres import Database
from ty_resources.settings import settings

# A file or a pipe has no width; tables need more than the usual 80 columns.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 140)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@contextmanager
def opened(quiet: bool = False) -> Iterator[Database]:
    """The migrated database; it and the engine are named on standard error."""
    config = settings()
    with connect(config) as db:
        if not quiet:
            err.print(f"[dim]database: {escape(str(db))}; engine: {config.engine}[/]")
        yield db


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
