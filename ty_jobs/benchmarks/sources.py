"""A full day of two services: many hits, faults, and a kill -9; and what fetching costs over asking alone.

On simulated services, without the pace that real ones are asked at: what is measured is our own part. Fails where a
posting is missing or twice, a request goes beyond the services' limits, or a detail is asked for more than twice.
"""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from ty_assets.postings.details import COMMIT
from ty_assets.postings.fetch import fetch
from ty_jobs.benchmarks.row import Row, figure, versus
from ty_jobs.benchmarks.simulated_server import simulated_services
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings
from ty_resources.sources.polite import Polite
from ty_resources.sources.registry import named_sources

HITS_OF_A_POSTING = 25  # `--postings 1000`, the default, is the day of 25,000 hits
_SOURCES = ("arbeitsagentur", "deutsche_bank")
_GONE_EVERY = 100
_TURNS = 3
_FAULTS = [
    {"at": "search", "kind": "429", "after": 40, "seconds": 0.05, "times": 3},
    {"at": "search", "kind": "500", "after": 120, "times": 2},
    {"at": "detail", "kind": "429", "after": 1500, "seconds": 0.05, "times": 3},
    {"at": "detail", "kind": "500", "after": 4000, "times": 3},
    {"at": "detail", "kind": "drop", "after": 7000, "times": 3},
    {"at": "detail", "kind": "403", "after": 9000, "times": 2},
]
_KEYS = {"ba": {"X-API-Key": "jobboerse-jobsuche"}, "db": {}}


def bench_sources(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows source_hits, source_requests, source_hits_per_second and source_fetch_vs_bare_loop."""
    hits = HITS_OF_A_POSTING * postings
    seconds, stats = _disturbed_day(hits, tell)
    asked = sum(stats["requests"].values())
    twice = len(stats["asked_again"])
    tell(f"{hits:,} hits in {seconds:.1f} s, {asked:,} requests, {twice} details twice; {stats['statuses']}")
    # In turns, and the best of each: what else the machine does meanwhile is nobody's cost.
    turns = [_undisturbed(max(500, hits // 12), tell) for _ in range(_TURNS)]
    ours, bare, requests = min(t[0] for t in turns), min(t[1] for t in turns), turns[0][2]
    needed = hits + sum(stats["requests"][name] for name in stats["requests"] if name.endswith("search"))
    return [
        figure("source_hits", hits, "hits", "hits that the services have", hits),
        figure("source_requests", asked, "requests", "pages, and each detail once", needed),
        figure("source_hits_per_second", hits / seconds, "hits/s", "bare httpx loop, requests/s", requests / bare),
        versus("source_fetch_vs_bare_loop", ours, "seconds of a bare httpx loop over the same addresses", bare),
    ]


def _disturbed_day(hits: int, tell: Callable[[str], None]) -> tuple[float, dict[str, Any]]:
    """Seconds for both services, kill and restart included, and what the services were asked."""
    with _services(hits, _FAULTS) as server, _database() as (db, home):
        environment = {**os.environ, **server.environment(), "TY_HOME": str(home)}
        environment.pop("TY_POSTGRES_URL", None)
        began = time.perf_counter()
        victim = _start(environment, "arbeitsagentur")
        while _raw(db) < hits // 3 and victim.poll() is None:
            time.sleep(0.02)
        if victim.poll() is not None:
            raise RuntimeError(f"the fetch ended with {victim.returncode} before it could be killed")
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
        tell(f"killed after {_raw(db):,} postings")
        for name in _SOURCES:
            if code := _start(environment, name).wait():
                raise RuntimeError(f"ty source fetch {name} ended with {code}")
        seconds = time.perf_counter() - began
        stats = server.stats()
        _verify(db, hits, stats)
    return seconds, stats


def _verify(db: Database, hits: int, stats: dict[str, Any]) -> None:
    rounds = db.rows("sources_overview")
    listed, gone = sum(row["listed"] for row in rounds), sum(row["gone"] for row in rounds)
    twice = len(stats["asked_again"])
    wrong = [
        f"{hits - listed} of {hits} hits are not listed" if listed != hits else "",
        f"{_raw(db)} postings, expected {hits - gone}" if _raw(db) != hits - gone else "",
        "a round is not complete" if not all(row["complete"] for row in rounds) else "",
        f"{stats['over_limit']} requests beyond the limits" if stats["over_limit"] else "",
        "a detail was asked for three times" if set(stats["details_asked"]) - {"1", "2"} else "",
        f"{twice} details were asked for twice" if twice > 2 * COMMIT else "",
    ]
    if any(wrong):
        raise RuntimeError("; ".join(filter(None, wrong)))


def _undisturbed(hits: int, tell: Callable[[str], None]) -> tuple[float, float, int]:
    """Seconds of a fetch and of a bare loop over the same addresses, and how many they are."""
    with _services(hits, []) as server, _database() as (db, home):
        config = settings().model_copy(update={**_told(server), "home": home})
        keys: list[str] = []
        with Polite.of(config) as client:
            client.tap = lambda exchange: keys.append(exchange.key)
            began = time.perf_counter()
            for source in named_sources(config, _SOURCES, client).values():
                fetch(
                    db, source, "full", today=config.today(), now=dt.datetime.now(dt.UTC),
                    max_chars=config.max_posting_chars, max_attempts=config.max_attempts,
                )  # fmt: skip
            ours = time.perf_counter() - began
        bare = _bare_loop(server.url, keys, config.source_connections)
    tell(f"{len(keys):,} requests: {ours:.1f} s fetched, {bare:.1f} s in a bare loop")
    return ours, bare, len(keys)


def _bare_loop(url: str, keys: Sequence[str], connections: int) -> float:
    """Seconds to ask for the same, in as many threads, with the answers thrown away."""
    began = time.perf_counter()
    limits = httpx.Limits(max_connections=connections)
    with httpx.Client(trust_env=False, verify=False, limits=limits, timeout=30) as client:

        def ask(key: str) -> object:
            answer = client.get(url + key, headers=_KEYS[key.split("/")[1]])
            return answer.json() if answer.status_code == 200 else None

        with ThreadPoolExecutor(connections) as pool:
            for _ in pool.map(ask, keys):
                pass
    return time.perf_counter() - began


def _services(hits: int, faults: list[dict[str, Any]]) -> Any:
    bank, graduates = hits * 7 // 100, hits // 100
    return simulated_services(
        arbeitsagentur={"hits": hits - bank - graduates, "gone_every": _GONE_EVERY},
        deutsche_bank={"hits": bank, "graduate_hits": graduates, "gone_every": _GONE_EVERY},
        faults=faults,
    )


@contextmanager
def _database() -> Iterator[tuple[Database, Path]]:
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    try:
        with connect(settings().model_copy(update={"home": home, "postgres_url": None})) as db:
            yield db, home
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)


def _start(environment: dict[str, str], name: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", "from ty_jobs.cli import main; main()", "source", "fetch", name, "--full"]
    return subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _told(server: Any) -> dict[str, Any]:
    """The services' settings, as values."""
    given = {name.removeprefix("TY_").lower(): value for name, value in server.environment().items()}
    checked = Settings.model_validate({**settings().model_dump(), **given})
    return {name: getattr(checked, name) for name in given}


def _raw(db: Database) -> int:
    return sum(row["rows"] for row in db.rows("raw_counts", days=[settings().today()]))
