"""kill -9 while postings are fetched: the next fetch goes on, each posting is in once, few details come twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from job_services.services import JobServices
from source_world import Services

from ty_assets.postings.details import COMMIT
from ty_resources.postgres import Database

HITS = 600
SMALL = {"arbeitsagentur_most_hits": 200, "arbeitsagentur_page_size": 20}


def _start(server: JobServices, url: str, home: Path) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        **server.environment(**SMALL),
        "TY_POSTGRES_URL": url,
        "TY_HOME": str(home),
    }
    command = [
        sys.executable,
        "-c",
        "from ty_jobs.cli import main; main()",
        "source",
        "fetch",
        "arbeitsagentur",
        "--full",
    ]
    return subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _kill_when(process: "subprocess.Popen[bytes]", reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not reached() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    assert process.poll() is None, "the fetch ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
def test_a_fetch_killed_while_listing_and_while_fetching_is_finished_by_the_next(
    services: Services, new_database: Callable[[], str], tmp_path: Path
) -> None:
    server = services(
        SMALL,
        arbeitsagentur={"hits": HITS, "most": 200, "page_size": 20, "gone_every": 60},
        faults=[
            {"at": "search", "kind": "429", "after": 5, "seconds": 0.01},
            {"at": "detail", "kind": "500", "after": 40},
            {"at": "detail", "kind": "drop", "after": 60},
            {"at": "detail", "kind": "429", "after": 80, "times": 2},
        ],
    )
    url = new_database()
    with Database(url) as db:

        def count(statement: str) -> int:
            with db.transaction() as connection:
                return int(connection.execute(statement).fetchone()["n"])  # type: ignore[call-overload, index]

        listing = _start(server, url, tmp_path)
        _kill_when(listing, lambda: count("SELECT count(*) AS n FROM source_pages") >= 8)
        assert count("SELECT count(*) AS n FROM raw_postings") == 0
        fetching = _start(server, url, tmp_path)
        _kill_when(fetching, lambda: count("SELECT count(*) AS n FROM raw_postings") >= 150)
        assert 0 < count("SELECT count(*) AS n FROM raw_postings") < 590
        assert _start(server, url, tmp_path).wait(120) == 0
        assert count("SELECT count(*) AS n FROM raw_postings") == 590
        assert count("SELECT count(DISTINCT external_id) AS n FROM raw_postings") == 590
        assert count("SELECT count(*) AS n FROM sightings WHERE mark IS NOT NULL") == 590
        assert count("SELECT count(*) AS n FROM source_rounds") == 1
        assert count("SELECT count(*) AS n FROM source_rounds WHERE complete AND listed = 600 AND gone = 10") == 1
    stats = server.stats()
    assert stats["over_limit"] == 0
    assert len(stats["asked_again"]) <= 2 * COMMIT
    assert max(map(int, stats["details_asked"])) <= 2
    assert sum("veroeffdatum" in line for line in stats["log"]) <= 60
