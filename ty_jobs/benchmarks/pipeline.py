"""A day of distinct postings through every asset, cold, against encoding their lines alone.

The encoder is the floor: whatever a pipeline does besides, it has to read the texts. A scratch server of its own
keeps the figures apart from the configured database, and the disk is not waited for less than there.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ty_assets.postings.normalise import normalise_text
from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.row import Row, figure, versus
from ty_jobs.demo import samples
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_jobs.shell import import_profiles
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.settings import settings

# What the replaced system needed for one posting, 25 to 35 s of a GPU: two a minute.
_REPLACED_PER_MINUTE = 2.0
CHARACTERS = 2000


def bench_pipeline(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows postings_per_minute and pipeline_vs_encoder."""
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None})
    day = config.today()
    records = list(generate_postings(postings, day=day, characters=CHARACTERS))
    feed = home / "postings.jsonl"
    feed.write_text("".join(json.dumps(r, default=str, ensure_ascii=False) + "\n" for r in records), "utf-8")
    lines = sorted({line for r in records for line in normalise_text(r["description"]).splitlines() if line.strip()})
    characters = sum(len(r["description"]) for r in records) / len(records)
    tell(f"{postings} postings of {characters:,.0f} characters, {len(lines)} distinct lines")
    quiet = Console(quiet=True)
    try:
        with connect(config) as db:
            people = sorted((samples() / "profiles").glob("*.json"))
            import_profiles(config, db, quiet, people, match=False)
            engine = EmbeddedEngine(config.workers)
            engine.embed(["warm up"])
            before = _seconds(lambda: engine.embed(lines))
            started = time.perf_counter()
            with instance(config) as dagster:
                told = run_job(
                    dagster,
                    "postings_job",
                    [day.isoformat()],
                    source=str(feed),
                    overrides={"db": db, "engine": engine, "embedded": engine},
                )
            seconds = time.perf_counter() - started
            after = _seconds(lambda: engine.embed(lines))
        if not told.success or told.rows["postings"] != postings:
            raise RuntimeError(f"the run failed: {told.errors or told.rows}")
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    encoder = (before + after) / 2
    tell(f"pipeline {seconds:.1f} s, encoder alone {before:.1f} s before and {after:.1f} s after")
    tell("rows: " + ", ".join(f"{name} {count}" for name, count in told.rows.items()))
    return [
        figure(
            "postings_per_minute",
            postings / seconds * 60,
            "postings/min",
            "one posting in 30 s",
            _REPLACED_PER_MINUTE,
        ),
        versus("pipeline_vs_encoder", seconds, "encoding the lines alone, s", encoder),
    ]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
