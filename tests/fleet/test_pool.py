"""A real pool on this machine: Redis, a code server, the daemon and workers, of which each is killed once."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ty_jobs.benchmarks.hosts import bench_hosts
from ty_jobs.benchmarks.pool import Pool
from ty_resources import embedded_postgres

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
pytestmark = [needs_redis, pytest.mark.slow, pytest.mark.xdist_group("services")]


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ty-pool-"))
    yield folder
    embedded_postgres.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(1200)
def test_a_backfill_survives_kill_9_of_a_worker_redis_and_the_code_server(home: Path) -> None:
    with Pool(home, workers=2, days=8, postings=2, chat=1.0) as pool:
        backfill = pool.request_backfill()
        for made, kill in ((1, pool.kill_worker), (3, pool.kill_redis), (5, pool.kill_code_server)):
            pool.wait_for_days(made)
            kill()
        pool.wait_for(backfill)
        assert pool.days_made_twice() == 0
        assert pool.slots_left() == 0
        # Answers are kept as they come: a killed worker costs the one that it was waiting for.
        assert len(pool.days) * 2 <= pool.answers() <= len(pool.days) * 2 + 1


if os.environ.get("TY_SOAK"):  # half an hour on two cores: `make soak`

    @pytest.mark.timeout(7200)
    def test_three_workers_drain_thirty_days_at_least_2_4_times_as_fast_as_one() -> None:
        figures = {row.name: row.value for row in bench_hosts(30, print)}
        assert figures["backfill_speedup"] >= 2.4
        assert figures["days_made_twice"] == 0
        assert figures["slots_left"] == 0

    @pytest.mark.timeout(1200)
    def test_a_worker_that_is_asked_to_stop_finishes_what_it_commits_and_another_does_the_rest(home: Path) -> None:
        with Pool(home, workers=2, days=2, postings=6, chat=1.5) as pool:
            backfill = pool.request_backfill()
            pool.wait_for_answers(3)
            assert pool.stop_worker() == 0
            pool.wait_for(backfill)
            assert pool.days_made_twice() == 0
            assert pool.slots_left() == 0
            # Nothing that was answered was thrown away.
            assert pool.answers() == 12
