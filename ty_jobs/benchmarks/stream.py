"""Postings that trickle into the drop folder while everything runs: how long until each is ranked for somebody.

From the file's appearance to the committed match, with sensor, queue, start of the run and all stages, on a day that
goes on filling. Measured against the seconds that one run of the day takes: no stream is faster than its runs.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from psycopg import sql
from rich.console import Console

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.row import Row, figure
from ty_jobs.demo import samples
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_jobs.shell import import_profiles
from ty_resources import embedded_postgres
from ty_resources.connect import DAGSTER_SCHEMA, connect, embedded_engine
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

# The feed that the figure is for: 200 postings over two minutes.
_POSTINGS, _SECONDS = 200, 120.0
_PATIENCE = 300.0
CHARACTERS = 2000


def bench_stream(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows median_seconds_to_match, p95_seconds_to_match, runs and runs_for_known_content; for 200 postings at most."""
    arriving = min(postings, _POSTINGS)
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None, "drop_folder": None})
    records = list(generate_postings(arriving + 1, characters=CHARACTERS, day=config.today()))
    try:
        with connect(config) as db:
            people = sorted((samples() / "profiles").glob("*.json"))
            import_profiles(config, db, Console(quiet=True), people, match=False)
            with running(config):
                _drop(config.inbox, "first", records.pop())
                _wait_for(db, 1, {})  # everything is loaded now
                tell(f"{arriving} postings over {_SECONDS * arriving / _POSTINGS:.0f} s")
                dropped, seen = _feed(db, config, records)
            asked = _arrival_runs(db)
            alone = _one_run(config, db)
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    waited = np.array([seen[name] - dropped[name] for name in dropped])
    twice = asked["runs"] - asked["contents"]
    tell(f"{asked['runs']} runs, {twice} of them for content that another had been asked for")
    return [
        figure("median_seconds_to_match", float(np.median(waited)), "s", "one run of the day", alone),
        figure("p95_seconds_to_match", float(np.percentile(waited, 95)), "s", "one run of the day", alone),
        figure("runs", asked["runs"], "runs", "a run for each posting", arriving),
        figure("runs_for_known_content", twice, "runs", "all runs", asked["runs"]),
    ]


@contextmanager
def running(config: Settings) -> Iterator[None]:
    """`ty up` with these settings, on free ports."""
    environment = {
        **os.environ,
        "TY_HOME": str(config.home),
        "TY_DAGSTER_PORT": str(_free_port()),
        "TY_SERVING_PORT": str(_free_port()),
    }
    for name in ("TY_POSTGRES_URL", "TY_DROP_FOLDER"):
        environment.pop(name, None)
    command = [sys.executable, "-c", "from ty_jobs.cli import main; main()", "up"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        if not any("Ctrl-C" in line for line in process.stdout):
            raise RuntimeError(f"ty up did not start; see {config.home / 'logs'}")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _drop(inbox: Path, name: str, record: dict[str, object]) -> None:
    # Its day is the day it comes, like that of a posting without a date.
    told = {**record, "source": "feed", "external_id": name, "first_seen_on": None}
    fresh = inbox / f".{name}"
    fresh.write_text(json.dumps(told, ensure_ascii=False, default=str) + "\n", "utf-8")
    fresh.rename(inbox / f"{name}.jsonl")


def _feed(
    db: Database, config: Settings, records: list[dict[str, object]]
) -> tuple[dict[str, float], dict[str, float]]:
    """When each posting came, and when it was first seen to be ranked."""
    dropped: dict[str, float] = {}
    seen: dict[str, float] = {}
    started = time.monotonic()
    for number, record in enumerate(records):
        while time.monotonic() < started + number * _SECONDS / _POSTINGS:
            _look(db, seen)
            time.sleep(0.2)
        _drop(config.inbox, f"posting-{number}", record)
        dropped[f"posting-{number}"] = time.monotonic()
    _wait_for(db, len(records) + 1, seen)
    return dropped, seen


def _wait_for(db: Database, count: int, seen: dict[str, float]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while _look(db, seen) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(seen)} of {count} postings are ranked after {_PATIENCE:.0f} s")
        time.sleep(0.2)


def _look(db: Database, seen: dict[str, float]) -> int:
    now = time.monotonic()
    for row in db.rows("ranked_of_source", source="feed"):
        seen.setdefault(row["external_id"], now)
    return len(seen)


def _arrival_runs(db: Database) -> dict[str, int]:
    with db.transaction() as connection:
        statement = sql.SQL(db.queries["arrival_runs"]).format(dagster=sql.Identifier(DAGSTER_SCHEMA))
        return connection.execute(statement).fetchone() or {"runs": 0, "contents": 0}


def _one_run(config: Settings, db: Database) -> float:
    """Seconds of a run of the day in a process that has everything loaded."""
    overrides = {"db": db, "engine": embedded_engine(), "embedded": embedded_engine()}
    with instance(config) as dagster:
        for _ in range(2):  # the first one loads
            started = time.perf_counter()
            told = run_job(dagster, "postings_job", [config.today().isoformat()], overrides=overrides)
            seconds = time.perf_counter() - started
    if not told.success:
        raise RuntimeError(f"a run failed: {told.errors}")
    return seconds
