"""How much a language model is spared by the light relevance model, what that costs, and what it overlooks.

The samples and generated postings against the sample people: the share of all postings that is decided out, the share
of everybody's best fifty matches that is, and the time it takes against encoding the postings' lines.
"""

import datetime as dt
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from ty_assets.matching.calibration_store import load_calibration
from ty_assets.matching.load import load_day, load_people
from ty_assets.matching.occupation import occupation_closeness
from ty_assets.postings.normalise import normalise_text
from ty_assets.relevance.interests import everybody_as_one
from ty_assets.relevance.store import STAGE, store_relevance
from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.row import Row, figure
from ty_jobs.demo import samples
from ty_jobs.instance import instance
from ty_jobs.run import run_job
from ty_jobs.shell import import_profiles
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings

_BEST = 50
_SEED = 4711  # looked at on another
CHARACTERS = 2000


def bench_relevance(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows postings_out, best_matches_out, relevance_seconds and relevance_seconds_unchanged."""
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None})
    day = config.today()
    feed = home / "postings.jsonl"
    records = list(generate_postings(postings, seed=_SEED, day=day, characters=CHARACTERS))
    told = [json.loads(line) for f in sorted((samples() / "postings").glob("*.jsonl")) for line in f.open()]
    given = [{**record, "first_seen_on": day.isoformat()} for record in told]
    everything = [*records, *(record | {"published_on": None, "valid_through": None} for record in given)]
    feed.write_text("".join(json.dumps(r, default=str, ensure_ascii=False) + "\n" for r in everything), "utf-8")
    lines = sorted({line for r in everything for line in _lines(r)})
    engine = EmbeddedEngine(config.workers)
    try:
        with connect(config) as db, instance(config) as dagster:
            people = sorted((samples() / "profiles").glob("*.json"))
            import_profiles(config, db, Console(quiet=True), people, match=False)
            overrides = {"db": db, "engine": engine, "embedded": engine}
            run = run_job(dagster, "postings_job", [day.isoformat()], source=str(feed), overrides=overrides)
            if not run.success:
                raise RuntimeError(f"the run failed: {run.errors}")
            db.execute("forget_derivation", stage=STAGE)
            encoded = engine.encoded
            seconds = _seconds(lambda: store_relevance(db, engine, [day]))
            again = _seconds(lambda: store_relevance(db, engine, [day]))
            if engine.encoded != encoded:
                raise RuntimeError(f"{engine.encoded - encoded} texts were encoded; all vectors are there")
            encoder = _seconds(lambda: engine.embed(lines))
            rows = db.rows("best_places_by_relevance")
            title = _by_title_alone(db, engine, day, rows)
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    out = sum(row["decision"] == "out" for row in rows) / len(rows)
    best = sum(row["people"] for row in rows)
    missed = sum(row["people"] for row in rows if row["decision"] == "out") / best
    share = {d: sum(r["decision"] == d for r in rows) / len(rows) for d in ("first", "later", "out")}
    tell(f"{len(rows)} postings, {best} best matches: " + ", ".join(f"{k} {v:.1%}" for k, v in share.items()))
    return [
        figure("postings_out", out, "share", "what a title alone may leave out at the same loss", max(title[0], 1e-9)),
        figure("best_matches_out", missed, "share", "the same share left out by title alone", max(title[1], 1e-9)),
        figure("relevance_seconds", seconds, "s", "encoding the postings' lines", encoder),
        figure("relevance_seconds_unchanged", again, "s", "a day judged anew", seconds),
    ]


def _lines(record: dict[str, Any]) -> list[str]:
    return [line for line in normalise_text(record.get("description") or "").splitlines() if line.strip()]


def _by_title_alone(
    db: Database, engine: EmbeddedEngine, day: dt.date, rows: Sequence[dict[str, Any]]
) -> tuple[float, float]:
    """By closeness of title and occupation alone.

    The share it may leave out without missing more than 0.5 % of the best matches, and what it misses when it leaves
    out as many as the asset does.
    """
    calibration = load_calibration(db, engine)
    loaded = load_day(db, calibration.model, [day])
    known = [person for person, _ in load_people(db, calibration.model, loaded.dimension)]
    people = everybody_as_one(known, loaded.dimension)
    found = np.max([occupation_closeness(loaded.postings, loaded.titles, p, calibration) for p in people], axis=0)
    by_id = dict(zip(loaded.postings.posting_ids, found.tolist(), strict=True))
    near = np.array([by_id[row["posting_id"]] for row in rows])
    wanted = np.array([row["people"] for row in rows], dtype=np.float64)
    order = np.argsort(near, kind="stable")
    lost = np.cumsum(wanted[order]) / wanted.sum()
    allowed = int(np.searchsorted(lost, 0.005, side="right"))
    as_many = sum(row["decision"] == "out" for row in rows)
    return allowed / len(rows), float(lost[as_many - 1]) if as_many else 0.0


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
