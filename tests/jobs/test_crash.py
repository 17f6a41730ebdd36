"""kill -9 in the middle of a day: the next run finishes, and nothing is lost or doubled."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psycopg
import pytest
from sample_pipeline import Pipeline

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)
COUNT = 150

TIMED = ("raw_postings", "derivations", "inference_cache")
NUMERIC = ("embeddings", "posting_professions")
VECTORS = "SELECT text, embedding FROM embeddings ORDER BY model, text_hash"
OCCUPATIONS = "SELECT posting_id, decision, method, kldb FROM posting_professions ORDER BY posting_id"

# A process of its own, which commits every eight postings; argument: the file.
RUN = """
import sys, dagster as dg
from ty_jobs.run import run_job
from ty_resources.connect import connect
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.settings import settings
with connect(settings()) as db, dg.DagsterInstance.ephemeral() as instance:
    engine = EmbeddedEngine()
    run_job(instance, "postings_job", ["2026-03-02"], source=sys.argv[1],
            overrides={"db": db, "engine": engine, "embedded": engine})
"""


def rows_of(url: str, statement: str) -> int:
    with psycopg.connect(url, options="-c search_path=ty,public") as connection:
        return connection.execute(statement).fetchone()[0]  # type: ignore[index, arg-type, no-any-return]


@pytest.mark.slow
def test_a_killed_run_is_finished_by_the_next_and_nothing_is_lost_or_doubled(
    new_database: Callable[[], str], engine: EmbeddedEngine, tmp_path: Path
) -> None:
    feed = tmp_path / "feed.jsonl"
    records = generate_postings(COUNT, seed=3, day=DAY)
    feed.write_text("".join(json.dumps(r, default=str, ensure_ascii=False) + "\n" for r in records), "utf-8")
    url = new_database()
    environment = {
        **os.environ,
        "TY_POSTGRES_URL": url,
        "TY_CHUNK_SIZE": "8",
        "TY_HOME": str(tmp_path / "home"),
    }
    victim = subprocess.Popen([sys.executable, "-c", RUN, str(feed)], env=environment, start_new_session=True)
    deadline = time.monotonic() + 120
    half = "SELECT count(*) FROM derivations WHERE stage = 'posting_requirements'"
    while rows_of(url, half) < COUNT // 3 and victim.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert victim.poll() is None, "the run ended before it could be killed"
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    survived = rows_of(url, half)
    assert 0 < survived < COUNT

    calls = engine.calls
    with Database(url) as db:
        resumed = Pipeline(db, engine)
        assert resumed.postings([DAY], feed).success
        after_crash, survivors, mapped = resumed.checksums(), resumed.select(VECTORS), resumed.select(OCCUPATIONS)
        resumed_calls = engine.calls - calls
    with Database(new_database()) as db:
        undisturbed = Pipeline(db, engine)
        calls = engine.calls
        assert undisturbed.postings([DAY], feed).success
        all_calls = engine.calls - calls
        (counts,) = undisturbed.select("SELECT count(*) AS n FROM posting_summaries")
        assert counts["n"] == COUNT
        # Times of arrival differ, and the last bits of a vector with what else was in its batch.
        expected = {k: v for k, v in undisturbed.checksums().items() if k not in TIMED + NUMERIC}
        vectors, occupations = undisturbed.select(VECTORS), undisturbed.select(OCCUPATIONS)
    assert {k: v for k, v in after_crash.items() if k in expected} == expected
    assert [row["text"] for row in survivors] == [row["text"] for row in vectors]
    for one, other in zip(survivors, vectors, strict=True):
        assert np.abs(one["embedding"].to_numpy() - other["embedding"].to_numpy()).max() < 1e-3
    assert mapped == occupations
    assert resumed_calls < all_calls
