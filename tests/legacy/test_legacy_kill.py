"""kill -9 in the middle of an import: the next call goes on, doubles nothing, and ends with the same counts."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import old_system
import psycopg
import pytest

from ty_assets.legacy.export import CsvFolder
from ty_assets.legacy.importer import Options, import_legacy
from ty_resources.postgres import Database

COUNT = 6000

# Chunks of a few rows, so that there are many between which it can be killed; argument: the folder.
RUN = """
import datetime as dt, sys
from pathlib import Path
from zoneinfo import ZoneInfo
import ty_assets.legacy.export as export
export.cut = lambda blocks, line, cut=export.cut: cut(blocks, line, 20_000)
from ty_assets.legacy.importer import Options, import_legacy
from ty_resources.connect import connect
from ty_resources.settings import settings
now = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
options = Options(now.date(), now, dt.date(2026, 1, 1), ZoneInfo("Europe/Berlin"), 10**6)
with connect(settings()) as db:
    import_legacy(db, export.CsvFolder(Path(sys.argv[1])), options)
"""
CHUNKS = "SELECT count(*) FROM legacy_chunks"
ROWS = """SELECT (SELECT count(*) FROM raw_postings), (SELECT count(*) FROM sightings),
                 (SELECT count(*) FROM legacy_ids), (SELECT count(*) FROM failures)"""


def _folder(path: Path) -> Path:
    path.mkdir()
    rows = [old_system.posting(number) for number in range(COUNT)]
    for number in range(0, COUNT, 100):
        rows[number]["job_description"] = ""
    with (path / "postings.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _one(url: str, statement: str) -> tuple[Any, ...]:
    with psycopg.connect(url, options="-c search_path=ty,public") as connection:
        return connection.execute(statement).fetchone() or ()  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_killed_import_goes_on_and_ends_with_the_counts_of_one_that_was_not(
    new_database: Callable[[], str], options: Callable[..., Options], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ty_assets.legacy.export as export

    folder, url = _folder(tmp_path / "old"), new_database()
    environment = {**os.environ, "TY_POSTGRES_URL": url, "TY_HOME": str(tmp_path / "home")}
    # Twice: with its worker processes, and alone, so that they are in the middle of a chunk while it goes on.
    for survived, kill in ((20, os.killpg), (60, os.kill)):
        victim = subprocess.Popen([sys.executable, "-c", RUN, str(folder)], env=environment, start_new_session=True)
        deadline = time.monotonic() + 120
        while _one(url, CHUNKS)[0] < survived and victim.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        assert victim.poll() is None, "the import ended before it could be killed"
        kill(victim.pid, signal.SIGKILL)
        victim.wait()
    before = _one(url, ROWS)
    assert 0 < before[0] < COUNT

    cut = export.cut
    monkeypatch.setattr(export, "cut", lambda blocks, line: cut(blocks, line, 20_000))
    with Database(url) as db, Database(new_database()) as undisturbed:
        resumed = import_legacy(db, CsvFolder(folder), options())
        whole = import_legacy(undisturbed, CsvFolder(folder), options())
        assert resumed.resumed
        assert not whole.resumed
        (told,), (expected,) = resumed.tables, whole.tables
        assert told.counts.as_dict() == expected.counts.as_dict()
        assert (told.counts.read, told.counts.stored, told.counts.refused) == (COUNT, COUNT - 60, 60)
        assert _one(url, ROWS) == _one(undisturbed.url, ROWS)
        assert _one(url, CHUNKS) == (0,), "an import that has ended keeps no chunks"
        again = import_legacy(db, CsvFolder(folder), options())
        assert not again.resumed
        assert again.tables[0].counts.already_there == COUNT - 60
