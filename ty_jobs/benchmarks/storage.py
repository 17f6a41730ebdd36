"""What a posting, a match and a person take on disk, against the posting's own text.

Two days of postings go through every asset; the second day's growth is what counts, so that empty tables and the pages
that every table has do not.
"""

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.pipeline import CHARACTERS
from ty_jobs.benchmarks.row import Row, figure
from ty_jobs.demo import samples
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_jobs.shell import import_profiles
from ty_resources import embedded_postgres
from ty_resources.connect import connect, embedded_engine
from ty_resources.postgres import Database
from ty_resources.settings import settings

_MATCHES = ("profile_posting_matches", "match_analyses", "match_notices")


def bench_storage(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows bytes_per_posting, bytes_per_match, bytes_per_person."""
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None})
    today = config.today()
    quiet = Console(quiet=True)
    try:
        with connect(config) as db, instance(config) as dagster:
            empty = _bytes(db)
            import_profiles(config, db, quiet, sorted((samples() / "profiles").glob("*.json")), match=False)
            with_people = _bytes(db)
            people = db.row("stored_counts") or {}
            told = []
            for ago in (1, 0):
                day = today - dt.timedelta(ago)
                records = list(generate_postings(postings, day=day, characters=CHARACTERS, seed=ago))
                feed = home / f"{ago}.jsonl"
                text = "".join(json.dumps(r, default=str, ensure_ascii=False) + "\n" for r in records)
                feed.write_text(text, "utf-8")
                engine = embedded_engine()
                overrides = {"db": db, "engine": engine, "embedded": engine}
                run = run_job(dagster, "postings_job", [day.isoformat()], source=str(feed), overrides=overrides)
                if not run.success:
                    raise RuntimeError(f"the run failed: {run.errors}")
                told.append((_bytes(db), db.row("stored_counts") or {}, len(text.encode())))
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    (first, before, _), (second, after, raw) = told
    new, matches = after["postings"] - before["postings"], after["matches"] - before["matches"]
    grown = {name: second[name] - first[name] for name in second}
    tell("grown: " + ", ".join(f"{n} {b:,}" for n, b in sorted(grown.items(), key=lambda one: -one[1])[:12]))
    of_matches = sum(grown[name] for name in _MATCHES if name in grown)
    of_people = sum(with_people[n] - empty[n] for n in with_people if n.startswith("profile") and n not in _MATCHES)
    text_bytes = raw / postings
    return [
        figure("bytes_per_posting", (sum(grown.values()) - of_matches) / new, "bytes", "as received", text_bytes),
        figure("bytes_per_match", of_matches / max(1, matches), "bytes", "as received", text_bytes),
        figure("bytes_per_person", of_people / people["people"], "bytes", "as received", text_bytes),
    ]


def _bytes(db: Database) -> dict[str, int]:
    return {row["name"]: row["bytes"] for row in db.rows("stored_bytes")}
