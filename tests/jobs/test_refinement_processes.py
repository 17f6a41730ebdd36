"""Refining processes that are killed, or that do the same at the same time: nothing is asked twice, nothing is lost."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from handle import SimulatedServer
from sample_pipeline import Pipeline

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)
PROGRAM = str(Path(__file__).with_name("refining_process.py"))
WORKERS = 4

Refine = Callable[..., subprocess.Popen[str]]
MakeDay = Callable[[int], tuple[str, Pipeline]]
Start = Callable[..., SimulatedServer]


@pytest.fixture
def day_by_rules(new_database: Callable[[], str], engine: EmbeddedEngine, tmp_path: Path) -> Iterator[MakeDay]:
    """Makes a database with so many postings of one day, read by the rules; there are no people, so all are in use."""
    opened: list[Database] = []

    def make(count: int) -> tuple[str, Pipeline]:
        feed = tmp_path / "feed.jsonl"
        records = generate_postings(count, seed=5, day=DAY, characters=1200)
        feed.write_text("".join(json.dumps(r, default=str, ensure_ascii=False) + "\n" for r in records), "utf-8")
        url = new_database()
        opened.append(Database(url))
        pipeline = Pipeline(opened[0], engine)
        assert pipeline.postings([DAY], feed).success
        return url, pipeline

    yield make
    for db in opened:
        db.close()


@pytest.fixture
def refine(tmp_path: Path) -> Iterator[Refine]:
    """Starts processes that refine the day; those that are left at the end are ended."""
    started: list[subprocess.Popen[str]] = []

    def start(url: str, server: SimulatedServer, *select: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "TY_POSTGRES_URL": url,
            "TY_HOME": str(tmp_path / "home"),
            "TY_ENGINE": "ollama",
            "TY_OLLAMA_URLS": server.url,
            "TY_ENGINE_WORKERS": str(WORKERS),
        }
        command = [sys.executable, "-W", "ignore", PROGRAM, DAY.isoformat(), *select]
        started.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors[-2000:]


def answered(pipeline: Pipeline) -> int:
    rows = pipeline.select("SELECT count(*) AS n FROM inference_cache WHERE task = 'posting_reading'")
    return int(rows[0]["n"])


@pytest.mark.slow
def test_a_killed_day_is_finished_with_no_more_calls_than_were_left(
    day_by_rules: Callable[[int], tuple[str, Pipeline]],
    refine: Refine,
    simulated_server: Callable[..., SimulatedServer],
) -> None:
    count = 500
    url, pipeline = day_by_rules(count)
    server = simulated_server(answers="echo", chat_seconds=0.02, spread=0.0)
    victim = refine(url, server, "posting_readings")
    deadline = time.monotonic() + 120
    while answered(pipeline) < count // 2 and victim.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert victim.poll() is None, "the run ended before it could be killed"
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    remaining = count - answered(pipeline)
    assert 0 < remaining < count

    server.reset()
    finish(refine(url, server, "posting_readings"))
    chats = server.stats()["chats"]
    assert sum(chats.values()) <= remaining + WORKERS
    assert pipeline.select("SELECT count(*) AS n FROM posting_readings") == [{"n": count}]
    assert pipeline.select("SELECT count(*) AS n FROM inference_leases") == [{"n": 0}]


@pytest.mark.slow
def test_two_processes_on_the_same_day_ask_nothing_twice_and_leave_the_rows_of_one(
    day_by_rules: Callable[[int], tuple[str, Pipeline]],
    refine: Refine,
    simulated_server: Callable[..., SimulatedServer],
) -> None:
    count = 60
    url, pipeline = day_by_rules(count)
    server = simulated_server(answers="rules", chat_seconds=0.02)
    both = [refine(url, server), refine(url, server)]
    for process in both:
        finish(process)
    stats = server.stats()
    assert set(stats["chats"].values()) == {1}
    left_open = pipeline.select("SELECT count(*) AS n FROM occupation_readings")[0]["n"]
    assert len(stats["chats"]) == count + left_open
    texts = pipeline.select("SELECT count(*) AS n FROM embeddings WHERE starts_with(model, 'bge-m3')")[0]["n"]
    calibration = pipeline.select("SELECT pairs FROM calibrations WHERE starts_with(model, 'bge-m3')")
    assert len(calibration) == 1
    assert texts <= sum(stats["texts_embedded"].values()) <= texts + 2 * 2 * calibration[0]["pairs"]
    for stage in ("posting_summaries", "posting_requirements", "posting_facets", "posting_llm_analysis"):
        models = pipeline.select(f"SELECT DISTINCT split_part(model, '@', 1) AS model FROM {stage}")
        assert models == [{"model": "qwen2.5-coder:7b"}], stage
    assert pipeline.select("SELECT count(*) AS n FROM failures") == [{"n": 0}]
    # The server answers as the rules do: but for who made them, the rows are theirs.
    facets = "SELECT posting_id, ordinal, kind, term, quote FROM posting_facets ORDER BY 1, 2"
    refined = pipeline.select(facets)
    with pipeline.db.transaction() as connection:
        connection.execute("DELETE FROM posting_readings")
    assert pipeline.run("refinement_job", [DAY]).success
    assert pipeline.select(facets) == refined
