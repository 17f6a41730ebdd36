"""The replaced system's postings and vectors taken over, against a bare COPY of the same file.

Bare: one client, the file's bytes into a table of plain text columns, without a key or an index, nothing read. On a
scratch server of its own.
"""

import csv
import datetime as dt
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psycopg
from psycopg import sql

from ty_assets.legacy.export import CsvFolder
from ty_assets.legacy.importer import Options, import_legacy
from ty_assets.legacy.tables import EMBEDDINGS, POSTINGS, OldTable
from ty_jobs.benchmarks.generated_postings import generate_postings
from ty_jobs.benchmarks.row import Row, figure, versus
from ty_resources import embedded_postgres
from ty_resources.connect import connect
from ty_resources.postgres import Database
from ty_resources.settings import settings

CHARACTERS = 2000
# The replaced system had as many: 260,000 postings, 280,000 vectors; a tenth shows the rate.
_WANTED_PER_SECOND = 20_000.0
_VECTORS_SHARE = 10
_DISTINCT = 4000  # texts; each posting has one of them, made its own by a line
_DISTINCT_VECTORS = 200
_BLOCK = 1 << 20
_DAYS = 28


def bench_legacy(postings: int, tell: Callable[[str], None]) -> list[Row]:
    """Rows legacy_postings_per_second, legacy_postings_vs_copy, legacy_vectors_per_second, legacy_memory."""
    home = Path(tempfile.mkdtemp(prefix="ty-bench-"))
    config = settings().model_copy(update={"home": home, "postgres_url": None})
    vectors = max(postings // _VECTORS_SHARE, 10)
    try:
        _write(home / "old" / "postings.csv", POSTINGS, _postings(postings, config.today()))
        _write(home / "old" / "embeddings.csv", EMBEDDINGS, _vectors(vectors))
        size = (home / "old" / "postings.csv").stat().st_size
        tell(f"{postings:,} postings, {size / postings:,.0f} bytes each as CSV; {vectors:,} vectors of 1,024 numbers")
        with connect(config) as db:
            before = _bare_copy(db, home / "old" / "postings.csv")
            started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            options = Options(
                today=config.today(),
                now=dt.datetime.now(dt.UTC),
                start_date=config.today() - dt.timedelta(days=_DAYS),
                zone=config.zone,
                max_chars=config.max_posting_chars,
                embedding_model="bge-m3",
            )
            report = import_legacy(db, CsvFolder(home / "old"), options)
            report.require_sums()
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            after = _bare_copy(db, home / "old" / "postings.csv")
    finally:
        embedded_postgres.remove(home)
        shutil.rmtree(home, ignore_errors=True)
    seconds = {table.table: table.seconds for table in report.tables}
    for table in report.tables:
        if table.counts.stored != table.counts.read:
            raise RuntimeError(f"{table.table}: {table.counts.stored} of {table.counts.read} rows were stored")
    bare = (before + after) / 2
    tell(f"import {seconds['postings']:.1f} s; bare COPY {before:.1f} s before and {after:.1f} s after")
    tell(f"peak memory of the process {memory / 1024:,.0f} MB, {started / 1024:,.0f} MB before the import")
    rate = postings / seconds["postings"]
    return [
        figure("legacy_postings_per_second", rate, "postings/s", "what is wanted", _WANTED_PER_SECOND),
        versus("legacy_postings_vs_copy", rate, "bare COPY of the file, postings/s", postings / bare),
        figure(
            "legacy_vectors_per_second",
            vectors / seconds["embeddings"],
            "vectors/s",
            "encoding them again, as measured there",
            32.0,
        ),
        figure("legacy_memory", memory / 1024, "MB", "the process before the import", started / 1024),
    ]


def _bare_copy(db: Database, file: Path) -> float:
    """Seconds."""
    with psycopg.connect(db.conninfo) as connection, file.open("rb") as stream:
        names = next(csv.reader([stream.readline().decode()]))
        columns = sql.SQL(", ").join(
            sql.SQL(db.queries["bench_text_column"]).format(name=sql.Identifier(n)) for n in names
        )
        connection.execute(sql.SQL(db.queries["bench_create_plain"]).format(columns=columns))
        connection.commit()
        started = time.perf_counter()
        with connection.cursor().copy(db.queries["bench_copy_plain"]) as copy:
            while block := stream.read(_BLOCK):
                copy.write(block)
        connection.commit()
        seconds = time.perf_counter() - started
        connection.execute(db.queries["bench_drop_plain"])
    return seconds


def _write(file: Path, table: OldTable, rows: Iterator[dict[str, object]]) -> None:
    file.parent.mkdir(exist_ok=True)
    first = next(rows)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(first), lineterminator="\n")
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)
    table.check(list(first), file.name)


def _postings(count: int, today: dt.date) -> Iterator[dict[str, object]]:
    texts = list(generate_postings(min(count, _DISTINCT), characters=CHARACTERS))
    for number in range(count):
        text = texts[number % len(texts)]
        seen = f"{today - dt.timedelta(days=number % _DAYS)} 03:12:44.123456+01"
        yield {
            "posting_id": number,
            "job_title": text["title"],
            "job_description": f"{text['description']}\nKennziffer {number}",
            "source": "arbeitsagentur",
            "external_id": f"10001-{number:09d}-S",
            "external_job_id": f"10001-{number:09d}-S",
            "posting_name": text["employer"],
            "location_city": text["city"],
            "location_state": text["region"],
            "location_country": "Deutschland",
            "external_url": text["url"],
            "beruf": "Fachkraft",
            "first_seen_at": seen,
            "last_seen_at": seen,
            "posting_status": "active",
            "invalidated": "f",
            "qualification_level": 2,
            "berufenet_id": "3851",
            "berufenet_name": "Fachkraft",
            "berufenet_kldb": "B 29302",
            "domain_gate": '{"primary_domain": "food"}',
            "updated_at": seen,
        }


def _vectors(count: int) -> Iterator[dict[str, object]]:
    vectors = np.random.default_rng(0).standard_normal((min(count, _DISTINCT_VECTORS), 1024))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    written = [json.dumps(vector.tolist()) for vector in vectors]
    for number in range(count):
        yield {
            "text_hash": f"{number:032x}",
            "text": f"kenntnisse der art {number}",
            "embedding": written[number % len(written)],
            "model": "bge-m3:567m",
        }
