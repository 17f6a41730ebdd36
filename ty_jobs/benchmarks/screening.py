"""One new person against all postings that are kept in memory, beside everything it could be done with instead.

Generated postings (`generated_matrix.py`), at 512 and 1,024 dimensions. A whole new person is 30 skills to the ranked
best fifty, gates included. Each figure is the best of several runs that take turns with its baseline's.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ty_assets.matching.index import Snapshot
from ty_assets.matching.person import Person
from ty_assets.matching.postings import Postings
from ty_assets.matching.rank import rank
from ty_assets.matching.title_words import TitleWords
from ty_jobs.benchmarks.generated_matrix import CALIBRATION, MODEL, World, generate, person
from ty_jobs.benchmarks.row import Row, figure, versus
from ty_jobs.benchmarks.stored_matrix import store_postings, store_vectors, store_vectors_of_person
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.postgres import Database
from ty_resources.settings import settings

Tell = Callable[[str], None]

DIMENSIONS = (512, 1024)
_BEST = 50
_RUNS = 7
_PEOPLE = 16
_NEW = 1000
# Measured on this many postings and multiplied: each costs the same.
_LOOPED = 20_000
# Of the terms, by their hash, and multiplied: each is compared with each skill.
_SHARE_IN_SQL = 0.1
_SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
_TARGETS = {"first answer": 15.0, "refresh": 0.5, "new person": 0.5}


def bench_screening(postings: int, tell: Tell, texts: int | None = None) -> list[Row]:
    """Rows for each dimension, and how the cost grows with the number of postings. texts: unique terms."""
    count = texts or round(postings * 282 / 260)
    rows: list[Row] = []
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None})
    try:
        with connect(config) as db:
            for dimension in DIMENSIONS:
                world = generate(postings + _NEW * len(DIMENSIONS), count, dimension)
                model = f"{MODEL}-{dimension}"
                started = time.perf_counter()
                if dimension == DIMENSIONS[0]:  # the postings are the same, whatever their vectors
                    store_postings(db, world, 0, postings)
                store_vectors(db, model, world.texts)
                store_vectors(db, model, world.titles)
                db.execute("gather_statistics")  # as autovacuum would have, a minute later
                tell(f"{dimension}-d stored in {time.perf_counter() - started:.0f} s")
                seconds, of_memory = _in_memory(world, tell)
                rows += of_memory
                rows.append(_in_sql(db, model, world, seconds))
                first = postings + DIMENSIONS.index(dimension) * _NEW
                rows += _of_a_process(db, model, world, first, _NEW, tell)
                del world
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    sizes = [size for size in _SIZES if size <= max(4 * postings, _SIZES[0])]
    return rows + _growth(sizes, count / postings, tell)


def _in_memory(world: World, tell: Tell) -> tuple[float, list[Row]]:
    snapshot = _snapshot(world)
    dimension = snapshot.dimension
    one = person(world)
    skills, vectors = one.vectors, snapshot.texts.vectors
    alone, product = _taking_turns(
        lambda: _rank(snapshot, [one]), lambda: vectors @ skills.T, lambda: skills @ vectors.T
    )
    people = [person(world, seed=seed) for seed in range(1, _PEOPLE + 1)]
    together, again = _taking_turns(lambda: _rank(snapshot, people), lambda: _rank(snapshot, [one]), runs=3)
    looped = min(_LOOPED, len(snapshot.postings))
    with threadpool_limits(1):  # small products on two threads wait for each other longer than they take
        loop = _seconds(lambda: _one_product_each(snapshot, one, looped)) * len(snapshot.postings) / looped
    size = f"{dimension}-d"
    tell(f"{size}: a new person {alone:.3f} s, the bare product {product:.3f} s, {_PEOPLE} people {together:.3f} s")
    return alone, [
        figure("new_person_seconds", alone, "s", f"{size}: asked for", _TARGETS["new person"]),
        versus(
            "new_person_vs_product", alone, f"{size}: seconds of the bare NumPy product of terms and skills", product
        ),
        versus(
            "per_posting_loop_vs_new_person", loop, f"{size}: seconds of a new person; one product a posting", alone
        ),
        versus("sixteen_people_vs_one", together, f"{size}: seconds of one person alone", again),
    ]


def _in_sql(db: Database, model: str, world: World, alone: float) -> Row:
    """Without gates, kinds and alternatives, which would cost more."""
    one = person(world, seed=len(model))
    key = store_vectors_of_person(
        db, model, replace(one, profile=replace(one.profile, profile_id=uuid.uuid5(uuid.NAMESPACE_OID, model)))
    )
    below = bytes([int(256 * _SHARE_IN_SQL)]) + b"\0" * 15
    share = float((world.texts.hashes < below).mean())
    asked = {"model": model, "profile_id": key, "below": below, "limit": _BEST}
    seconds = min(_seconds(lambda: db.rows("screened_in_sql", **asked)) for _ in range(2)) / share
    size = f"{world.texts.vectors.shape[1]}-d"
    baseline = f"{size}: seconds of a new person; pgvector on {share:.0%} of the terms, multiplied"
    return versus("sql_vs_new_person", seconds, baseline, alone)


def _of_a_process(db: Database, model: str, world: World, first: int, fresh: int, tell: Tell) -> list[Row]:
    dimension = world.texts.vectors.shape[1]
    command = [sys.executable, "-m", "ty_jobs.benchmarks.screening_process", db.url, model, str(dimension)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        store_postings(db, world, first, fresh)
        process.stdin.write("\n")
        process.stdin.flush()
        refreshed = json.loads(process.stdout.readline())
        process.stdin.close()
    if process.returncode:
        raise RuntimeError(f"the process that keeps the postings ended with {process.returncode}")
    if refreshed["put_in"] != fresh or refreshed["difference"] > 1e-5:
        raise RuntimeError(f"expected {fresh} new postings and the same scores as a full reload, got {refreshed}")
    size = f"{dimension}-d"
    tell(
        f"{size}: loaded in {told['load_seconds']:.1f} s; refreshed by {fresh} in {refreshed['refresh_seconds']:.3f} s"
    )
    own = told["peak_bytes"] - told["process_bytes"]
    return [
        versus(
            "peak_memory_vs_matrix",
            own,
            f"{size}: bytes of the vectors; peak of loading and screening",
            told["matrix_bytes"],
        ),
        figure(
            "first_answer_seconds", told["first_answer_seconds"], "s", f"{size}: asked for", _TARGETS["first answer"]
        ),
        figure("refresh_seconds", refreshed["refresh_seconds"], "s", f"{size}: asked for", _TARGETS["refresh"]),
    ]


def _growth(sizes: Sequence[int], texts_per_posting: float, tell: Tell) -> list[Row]:
    """One person, at 512 dimensions, from ten thousand postings up to four times as many as asked for."""
    rows: list[Row] = []
    each = 0.0
    for size in sizes:
        world = generate(size, round(size * texts_per_posting), DIMENSIONS[0])
        snapshot, one = _snapshot(world), person(world)
        seconds = min(_seconds(partial(_rank, snapshot, [one])) for _ in range(5))
        each = each or seconds / size
        tell(f"{size:>9,} postings, {len(world.texts.hashes):>9,} terms: {seconds:.3f} s")
        rows.append(figure(f"new_person_seconds_of_{size}", seconds, "s", f"as each of {sizes[0]:,}", each * size))
        del world, snapshot
    return rows


def _snapshot(world: World) -> Snapshot:
    titles = replace(world.titles, words=TitleWords.of(world.titles.terms))
    postings = Postings.build(world.heads, world.facets, world.texts, titles)
    _ = postings.layout, postings.place_of_name
    return Snapshot(MODEL, postings, world.texts, titles, np.zeros(len(postings), dtype=np.int32), "")


def _rank(snapshot: Snapshot, people: Sequence[Person]) -> list[list[int]]:
    return [ranked.best(_BEST).tolist() for ranked in rank(snapshot, people, CALIBRATION)]


def _one_product_each(snapshot: Snapshot, one: Person, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The terms of each posting against the skills, posting by posting; credit and mean, no gates."""
    postings, vectors = snapshot.postings, snapshot.texts.vectors
    right = np.ascontiguousarray(one.vectors.T)
    rows, bounds = postings.text, postings.unit_start[postings.posting_start]
    found = np.full(min(count, len(postings)), np.nan, dtype=np.float32)
    for index in range(len(found)):
        asked = rows[bounds[index] : bounds[index + 1]]
        if len(asked):
            found[index] = CALIBRATION.credit((vectors[asked] @ right).max(axis=1)).mean()
    return found


def _taking_turns(
    work: Callable[[], object], *baselines: Callable[[], object], runs: int = _RUNS
) -> tuple[float, float]:
    """Seconds of the work and of the fastest baseline, the best of several runs each."""
    work()
    times = [[_seconds(one) for one in (work, *baselines)] for _ in range(runs)]
    ours, *others = (min(of_one) for of_one in zip(*times, strict=True))
    return ours, min(others)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
