"""A backfill over several run workers against one, each with a model server of its own; and with everything killed.

The services are those of deploy/celery, started by `ty service` on free ports of this machine, with a Redis that keeps
its queue. Model servers are simulated: one posting at a time, each the same time, so what is measured is how well runs
are spread: from the beginning of the first run to the end of the last. (Dagster's daemon looks at a backfill every half
minute, which would be most of the rest.) Belongs here: the figures. Not here: starting the services (`pool`).
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ty_jobs.benchmarks.pool import Pool
from ty_jobs.benchmarks.row import Row, figure, versus
from ty_resources import embedded_postgres

DAYS, WORKERS = 30, 3
POSTINGS_A_DAY = 3
# What a day's model takes is long beside what starting a run takes, as with real models, only shorter.
CHAT_SECONDS = 2.0


def bench_hosts(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows backfill_speedup, killed_backfill_seconds, days_made_twice and slots_left."""
    alone = _backfill(1, tell)
    together = _backfill(WORKERS, tell)
    tell(f"one worker {alone:.0f} s, {WORKERS} workers {together:.0f} s")
    seconds, twice, slots = _killed(tell)
    return [
        versus("backfill_speedup", alone, f"{WORKERS} workers, s", together),
        figure("killed_backfill_seconds", seconds, "s", f"{WORKERS} workers that nobody kills", together),
        figure("days_made_twice", twice, "days", "all days", DAYS),
        figure("slots_left", slots, "slots", "all workers", WORKERS),
    ]


def _backfill(workers: int, tell: Callable[[str], None]) -> float:
    with _home() as home, Pool(home, workers=workers, days=DAYS, postings=POSTINGS_A_DAY, chat=CHAT_SECONDS) as pool:
        backfill = pool.request_backfill()
        pool.wait_for(backfill)
        seconds = pool.seconds_of_runs(backfill)
        tell(f"{workers} workers: {seconds:.0f} s for {DAYS} days, {pool.answers()} answers of models")
        return seconds


def _killed(tell: Callable[[str], None]) -> tuple[float, int, int]:
    """Seconds of the runs; days that were made twice; runs, claims and slots that are left at the end."""
    with _home() as home, Pool(home, workers=WORKERS, days=DAYS, postings=POSTINGS_A_DAY, chat=CHAT_SECONDS) as pool:
        backfill = pool.request_backfill()
        for made, kill in ((4, pool.kill_worker), (10, pool.kill_redis), (16, pool.kill_code_server)):
            pool.wait_for_days(made)
            tell(f"{made} days are made: {kill()}")
        pool.wait_for(backfill)
        return pool.seconds_of_runs(backfill), pool.days_made_twice(), pool.slots_left()


class _home:  # noqa: N801, used as a function
    """A scratch home with its embedded Postgres."""

    def __enter__(self) -> Path:
        self._path = Path(tempfile.mkdtemp(prefix="ty-bench-"))
        return self._path

    def __exit__(self, *_: object) -> None:
        embedded_postgres.remove(self._path)
        shutil.rmtree(self._path, ignore_errors=True)
