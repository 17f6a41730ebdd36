"""The match view under load: lists of matches and cached analyses, signed in, over real HTTP and a filled database.

Capacity is measured first, then how long an answer takes at half of it; the bare route (`bare_route.py`) and the match
view take turns, since the machine may be busy with something else for a while. The load comes from a process of its own
(`http_load.py`), whose cost is told: it, the server and Postgres share the cores.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx

from ty_jobs.benchmarks.row import Row, figure, versus
from ty_jobs.benchmarks.serving_world import Visit, fill, opened_matches, sign_in
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.settings import settings

Tell = Callable[[str], None]

PEOPLE: Final = 1000
_MATCHES: Final = 240
_ROUNDS: Final = 3
_SECONDS: Final = 5.0
_AT_ONCE: Final = 8
_LATE_AT_ONCE: Final = 64  # connections for arrivals that do not wait for the server
_STARTS_WITHIN: Final = 90
_AIMS: Final = {"list": 25.0, "vs one select": 0.3, "analysis": 40.0}


def bench_serving(postings: int, tell: Tell, people: int | None = None) -> list[Row]:
    """Rows match_list_p99_ms, match_list_vs_one_select and cached_analysis_p99_ms."""
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None, "engine": "embedded"})
    try:
        with connect(config) as db:
            started = time.perf_counter()
            few = opened_matches(config, db)
            fill(db, postings, people or PEOPLE, _MATCHES)
            visits = sign_in(db)
            tell(f"filled in {time.perf_counter() - started:.0f} s: {postings:,} postings, {people or PEOPLE:,} people")
            with (
                _served("ty_jobs.benchmarks.bare_route:app", db.conninfo) as bare,
                _served("serving.server:app", db.conninfo) as view,
            ):
                return _measured(bare, view, visits, few, tell)
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)


def _measured(bare: int, view: int, visits: Sequence[Visit], few: Sequence[tuple[Any, Any]], tell: Tell) -> list[Row]:
    cookies = {visit.profile_id: visit.cookie for visit in visits}
    selects = [[f"/bare/{visit.profile_id}", ""] for visit in visits if visit.is_filled]
    lists = [["/matches", visit.cookie] for visit in visits if visit.is_filled]
    analyses = [[f"/api/matches/{posting}/analysis", cookies[person]] for person, posting in few]
    for port, requests in ((bare, selects), (view, lists), (view, analyses)):  # caches of the database and the process
        _load(port, requests, at_once=_AT_ONCE)
    rounds = [(_load(bare, selects, at_once=_AT_ONCE), _load(view, lists, at_once=_AT_ONCE)) for _ in range(_ROUNDS)]
    ratio = statistics.median(mine["rate"] / one["rate"] for one, mine in rounds)
    capacity = statistics.median(mine["rate"] for _, mine in rounds)
    one_select = statistics.median(one["rate"] for one, _ in rounds)
    cores = statistics.median(mine["cores"] for _, mine in rounds)
    tell(f"bare route {one_select:.0f}/s, list {capacity:.0f}/s ({ratio:.2f}); the load itself takes {cores:.2f} cores")
    listed = _at_half(view, lists, capacity)
    of_analyses = statistics.median(_load(view, analyses, at_once=_AT_ONCE)["rate"] for _ in range(_ROUNDS))
    opened = _at_half(view, analyses, of_analyses)
    tell(f"list at {capacity / 2:.0f}/s: p50 {listed['p50_ms']:.1f} ms, p99 {listed['p99_ms']:.1f} ms")
    tell(f"analysis at {of_analyses / 2:.0f}/s: p50 {opened['p50_ms']:.1f} ms, p99 {opened['p99_ms']:.1f} ms")
    return [
        figure("match_list_p99_ms", listed["p99_ms"], "ms", "asked for, at half of its capacity", _AIMS["list"]),
        versus("match_list_vs_one_select", capacity, "lists a second; a bare route with one SELECT", one_select),
        figure(
            "cached_analysis_p99_ms", opened["p99_ms"], "ms", "asked for, at half of its capacity", _AIMS["analysis"]
        ),
    ]


def _at_half(port: int, requests: Sequence[Sequence[str]], capacity: float) -> Mapping[str, float]:
    """The median of some runs, by p99."""
    runs = [_load(port, requests, at_once=_LATE_AT_ONCE, rate=capacity / 2) for _ in range(_ROUNDS)]
    return sorted(runs, key=lambda run: run["p99_ms"])[len(runs) // 2]


def _load(port: int, requests: Sequence[Sequence[str]], **asked: float) -> Mapping[str, float]:
    """Raises RuntimeError where not every answer is 200."""
    command = [sys.executable, "-m", "ty_jobs.benchmarks.http_load"]
    wanted = json.dumps({"port": port, "requests": requests, "seconds": _SECONDS, **asked})
    done = subprocess.run(command, input=wanted, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    if told["failed"]:
        raise RuntimeError(f"{told['failed']:.0f} of {told['answers']:.0f} answers to {requests[0][0]} were not 200")
    return told


@contextmanager
def _served(factory: str, conninfo: str) -> Iterator[int]:
    """An application as `ty up` starts the match view, in a process of its own; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "TY_DATABASE_CONNINFO": conninfo, "TY_ENGINE": "embedded"}
    environment["TY_RATE_LIMIT_FACTOR"] = "1000"  # one person opens more here than anybody may
    process = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
    try:
        for _ in range(_STARTS_WITHIN * 10):
            with suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/health").raise_for_status()
                break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"{factory} did not answer within {_STARTS_WITHIN} s")
        yield port
    finally:
        process.terminate()
        process.wait()
