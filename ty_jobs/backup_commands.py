"""`ty backup` and `ty restore`.

Belongs here: the commands, and the scratch server that a backup is tried on. Not here: how (ty_resources/backup.py).
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from ty_jobs.terminal import Json, err, opened, out, print_json
from ty_resources import backup
from ty_resources.connect import DAGSTER_SCHEMA, direct_url
from ty_resources.postgres import Database
from ty_resources.settings import settings


class _FolderOrCommand(TyperGroup):
    """`ty backup DIR` takes one: what is no command's name is the folder (`./verify` for one that is called so)."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["take", *args]
        return super().parse_args(ctx, args)


backup_app = typer.Typer(
    cls=_FolderOrCommand, no_args_is_help=True, help="`ty backup DIR`: all tables as of one moment, with checksums."
)

Folder = Annotated[Path, typer.Argument(help="The backup's folder.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Tables at the same time.")]
_JOBS = min(8, os.cpu_count() or 1)


@backup_app.command("take")
def backup_take(folder: Folder, jobs: Jobs = _JOBS, as_json: Json = False) -> None:
    """Write a backup into a folder that is new or empty, while everything goes on."""
    config = settings()
    with opened(quiet=as_json), Database(direct_url(config), config.postgres_schema) as db:
        taken = backup.take(db, folder, [config.postgres_schema, DAGSTER_SCHEMA], jobs=jobs, tell=_tell)
    _told(taken, folder, as_json, "backup of")


@backup_app.command("verify")
def backup_verify(
    folder: Folder,
    jobs: Jobs = _JOBS,
    files_only: Annotated[
        bool, typer.Option("--files", help="Only that no file is missing or changed, without restoring it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Restore a backup into a server of its own, which is removed afterwards, and compare every table's checksum."""
    manifest = backup.read_manifest(folder)
    if files_only:
        backup.check_files(folder, manifest)
    else:
        with _scratch_server() as url:
            backup.restore(url, folder, jobs=jobs, tell=_tell)
    _told(manifest, folder, as_json, "the files are as they were written:" if files_only else "restored and compared:")


def restore(
    folder: Folder,
    replace: Annotated[bool, typer.Option("--replace", help="Drop what the database has in these schemas.")] = False,
    jobs: Jobs = _JOBS,
    as_json: Json = False,
) -> None:
    """Fill an empty database with a backup, and compare every table's checksum; `ty migrate` follows by itself."""
    url = direct_url(settings())
    manifest = backup.restore(url, folder, jobs=jobs, tell=_tell, replace=replace)
    with opened(quiet=as_json):  # a backup of an older version is brought to this one's schema
        _told(manifest, folder, as_json, "restored and compared:")


def _told(manifest: backup.Manifest, folder: Path, as_json: bool, said: str) -> None:
    rows = sum(one.rows for one in manifest.tables.values())
    if as_json:
        told = {"folder": str(folder), "taken_at": manifest.taken_at, "tables": len(manifest.tables), "rows": rows}
        print_json({**told, "migration": manifest.migration, "wal_position": manifest.wal_position})
    else:
        out.print(
            f"{said} {rows:,} rows in {len(manifest.tables)} tables, as of {manifest.taken_at}: {escape(str(folder))}"
        )


def _tell(line: str) -> None:
    err.print(f"[dim]{escape(line)}[/]")


@contextmanager
def _scratch_server() -> Iterator[str]:
    """A server in a temporary folder; the embedded one's programs. Needs as much disk as the database."""
    from ty_resources import embedded_postgres

    with tempfile.TemporaryDirectory(prefix="ty-verify-") as home:
        try:
            yield embedded_postgres.start(Path(home))
        finally:
            embedded_postgres.remove(Path(home))
