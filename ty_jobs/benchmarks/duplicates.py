"""How well copies of a job are told from its siblings, and what a day's postings cost against all that are there.

Quality: labelled pairs (altered_copies.py) of a seed that nothing was tuned on, against an exact hash and against
MinHash alone. Speed: new postings against a hundred thousand stored signatures, against comparing with every one.
"""

import datetime as dt
import json
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ty_assets.postings import signatures
from ty_assets.postings.ingest import ingest
from ty_assets.postings.job_facts import Head
from ty_assets.postings.linking import VERSION, link_copies
from ty_assets.postings.near_duplicates import THRESHOLD, Advertisement, compare
from ty_assets.postings.record import Posting, parse_record, to_posting
from ty_assets.postings.store import store_postings
from ty_jobs.benchmarks.altered_copies import LabelledPair, labelled_pairs
from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.row import Row, figure
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.postgres import Database
from ty_resources.settings import settings
from ty_resources.sources.files import FileSource

_HELD_OUT = 90210
_STORED = 100_000
_NEW = 1000
_DAY = dt.date(2026, 3, 2)
_COLUMNS = [
    "posting_id", "source", "external_id", "content_hash", "raw_hash", "task_version", "first_seen_on", "last_seen_on",
    "title", "title_normalised", "title_hash", "description", "language", "city", "in_scope",
]  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One pair. found: what the project says; jaccard: of rows of three words, as MinHash estimates it."""

    kind: str
    same_job: bool
    found: bool
    equal: bool
    jaccard: float


@dataclass(frozen=True)
class Quality:
    pairs: int
    precision: float
    recall: float


def judge(pair: LabelledPair, *, estimate: bool = False) -> Judged:
    """Judge a pair as the pipeline does: equal texts, or candidates by their bands that compare as the same job.

    estimate: also MinHash's own similarity, for the baseline.
    """
    first, second = (to_posting(parse_record(r, dt.date.max, 10**6), _DAY) for r in (pair.first, pair.second))
    one, two = (Advertisement(Head(p.title, p.employer, p.city, p.region), p.description) for p in (first, second))
    equal = first.content_hash == second.content_hash
    candidates = bool(set(signatures.bands(one.words)) & set(signatures.bands(two.words)))
    found = equal or (candidates and compare(one, two).same_job)
    return Judged(pair.kind, pair.same_job, found, equal, _jaccard(first, second) if estimate else float(equal))


def _jaccard(one: Posting, two: Posting) -> float:
    """By the library, over title and text: what one gets without looking at the differences."""
    from datasketch import MinHash

    made = []
    for posting in (one, two):
        words = f"{posting.title} {posting.description}".casefold().split()
        rows = [" ".join(words[i : i + 3]).encode("utf-8", "replace") for i in range(max(1, len(words) - 2))]
        made.append(MinHash(num_perm=128))
        made[-1].update_batch(rows)
    return float(made[0].jaccard(made[1]))


def measure(judged: Sequence[Judged], said: Callable[[Judged], bool] = lambda pair: pair.found) -> Quality:
    """Precision and recall of what somebody says of the pairs; precision is 1 where nothing is found."""
    found = [pair for pair in judged if said(pair)]
    right = sum(pair.same_job for pair in found)
    wanted = sum(pair.same_job for pair in judged)
    return Quality(len(judged), right / len(found) if found else 1.0, right / wanted if wanted else 1.0)


def bench_duplicates(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows of precision and recall against both baselines, and link_seconds_per_1000."""
    judged = [judge(pair, estimate=True) for pair in labelled_pairs(postings, seed=_HELD_OUT)]
    ours = measure(judged)
    exact = measure(judged, lambda pair: pair.equal)
    alone = measure(judged, lambda pair: pair.jaccard >= THRESHOLD)
    best, at = _best_of_minhash(judged)
    wrong = sorted({pair.kind for pair in judged if pair.found and not pair.same_job})
    tell(f"{ours.pairs} pairs; wrongly linked: {', '.join(wrong) or 'none'}")
    hash_, usual, favoured = "exact hash", f"MinHash alone at {THRESHOLD}", f"MinHash alone at its best, {at:.2f}"
    return [
        figure("duplicates_precision", ours.precision, "share", hash_, exact.precision),
        figure("duplicates_precision", ours.precision, "share", usual, alone.precision),
        figure("duplicates_precision", ours.precision, "share", favoured, best.precision),
        figure("duplicates_recall", ours.recall, "share", hash_, max(exact.recall, 1e-9)),
        figure("duplicates_recall", ours.recall, "share", usual, max(alone.recall, 1e-9)),
        figure("duplicates_recall", ours.recall, "share", favoured, best.recall),
        *_speed(tell),
    ]


def _best_of_minhash(judged: Sequence[Judged]) -> tuple[Quality, float]:
    """At the threshold with the best F1, chosen on these very pairs: more than it could get in use."""

    def f1(at: float) -> float:
        quality = measure(judged, lambda pair: pair.jaccard >= at)
        return 2 * quality.precision * quality.recall / max(quality.precision + quality.recall, 1e-9)

    at = max(np.arange(0.05, 1.0, 0.05).tolist(), key=f1)
    return measure(judged, lambda pair: pair.jaccard >= at), at


def _speed(tell: Callable[[str], None]) -> list[Row]:
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None})
    try:
        with connect(config) as db:
            alone = _seconds_to_link(db, home, _DAY, seed=1)
            made = time.perf_counter()
            _store_synthetic(db, _STORED)
            tell(f"{_STORED:,} signatures stored in {time.perf_counter() - made:.1f} s")
            beside = _seconds_to_link(db, home, _DAY + dt.timedelta(days=1), seed=2)
            every = _seconds_to_compare_with_all(db, _DAY + dt.timedelta(days=1))
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    return [
        figure("link_seconds_per_1000", beside, "s", "the same 1,000 into an empty database", alone),
        figure("link_seconds_per_1000", beside, "s", f"comparing bands with all {_STORED:,}", every),
    ]


def _seconds_to_link(db: Database, home: Path, day: dt.date, seed: int) -> float:
    feed = home / f"{seed}.jsonl"
    records = generate_postings(_NEW, seed=seed, day=day)
    feed.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    now = dt.datetime.now(dt.UTC)
    ingest(
        db,
        FileSource(feed, 0.0),
        [day],
        undated=day,
        today=day,
        now=now,
        max_chars=10**6,
        max_attempts=1,
    )
    store_postings(db, [day], max_attempts=1)
    # Once more, alone: without what was compared already.
    db.execute("forget_signatures", posting_ids=[row["posting_id"] for row in db.rows("posting_texts", days=[day])])
    started = time.perf_counter()
    linked = link_copies(db, [day])
    seconds = time.perf_counter() - started
    if not 0.9 * _NEW <= linked.new <= _NEW:
        raise RuntimeError(f"expected about {_NEW} postings to be compared, got {linked}")
    return seconds * _NEW / linked.new


def _store_synthetic(db: Database, count: int) -> None:
    """Postings of earlier days with signatures as of real ones: bands of generated texts, half of them exchanged."""
    rng = np.random.default_rng(3)
    texts = [r["description"] for r in generate_postings(1000, seed=4)]
    found = np.array([signatures.bands(Advertisement(Head(""), text).words) for text in texts], dtype=np.int32)
    bands = found[rng.integers(0, len(found), count)]
    other = rng.integers(-(2**31), 2**31, bands.shape, dtype=np.int32)
    bands = np.where(rng.random(bands.shape) < 0.5, other, bands)
    ids = [uuid.UUID(bytes=rng.bytes(16)) for _ in range(count)]
    db.insert_new("postings", _COLUMNS, _postings(ids))
    rows = (
        (posting_id, b"", VERSION, f"ort{number % 500}", bands[number].tolist())
        for number, posting_id in enumerate(ids)
    )
    db.insert_new("posting_signatures", ["posting_id", "made_of", "task_version", "place", "bands"], rows)


def _postings(ids: Iterable[uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    for number, posting_id in enumerate(ids):
        key = posting_id.bytes
        day = dt.date(2026, 1, 1) + dt.timedelta(days=number % 60)
        name, title = f"synthetic-{number}", f"Fachkraft {number % 1000}"
        yield (posting_id, "synthetic", name, key, key, "0", day, day, title, title, key, "", "de", None, True)


def _seconds_to_compare_with_all(db: Database, day: dt.date) -> float:
    """Without an index: every signature read, and each new posting's bands compared with all of them."""
    started = time.perf_counter()
    with db.transaction() as connection:
        rows = connection.execute(db.queries["bands_by_day"], {"day": day}).fetchall()
    stored = np.array([row["bands"] for row in rows if not row["new"]], dtype=np.int32)
    fresh = np.array([row["bands"] for row in rows if row["new"]], dtype=np.int32)
    for bands in fresh:
        (stored == bands).any(axis=1).nonzero()
    return time.perf_counter() - started
