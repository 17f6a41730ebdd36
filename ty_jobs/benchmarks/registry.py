"""The benchmarks by name."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ty_jobs.benchmarks.analyses import bench_analyses
from ty_jobs.benchmarks.batch import bench_batch
from ty_jobs.benchmarks.duplicates import bench_duplicates
from ty_jobs.benchmarks.hosts import bench_hosts
from ty_jobs.benchmarks.legacy import bench_legacy
from ty_jobs.benchmarks.models import bench_models
from ty_jobs.benchmarks.night import bench_night
from ty_jobs.benchmarks.pipeline import bench_pipeline
from ty_jobs.benchmarks.relevance import bench_relevance
from ty_jobs.benchmarks.row import Row
from ty_jobs.benchmarks.screening import bench_screening
from ty_jobs.benchmarks.serving import bench_serving
from ty_jobs.benchmarks.sources import bench_sources
from ty_jobs.benchmarks.storage import bench_storage
from ty_jobs.benchmarks.stream import bench_stream
from ty_jobs.run import DaysError

Tell = Callable[[str], None]

BENCHMARKS: dict[str, Callable[[int, Tell], list[Row]]] = {
    "pipeline": bench_pipeline,
    "models": bench_models,
    "night": bench_night,
    "duplicates": bench_duplicates,
    "relevance": bench_relevance,
    "stream": bench_stream,
    "sources": bench_sources,
    "legacy": bench_legacy,
    "screening": bench_screening,
    "analyses": bench_analyses,
    "serving": bench_serving,
    "batch": bench_batch,
    "hosts": bench_hosts,
    "storage": bench_storage,
}


def run(
    name: str, *, postings: int, tell: Tell, texts: int | None = None, people: int | None = None
) -> list[dict[str, Any]]:
    """Run one benchmark, or all. texts: unique terms of the screening benchmark. people: of the serving benchmark.

    Raises: DaysError for a name that is not there.
    """
    if name != "all" and name not in BENCHMARKS:
        raise DaysError(f"ty bench: expected all or one of {', '.join(BENCHMARKS)}, got {name!r}")
    sized = {"screening": partial(bench_screening, texts=texts), "serving": partial(bench_serving, people=people)}
    benchmarks = BENCHMARKS | sized
    chosen = benchmarks if name == "all" else {name: benchmarks[name]}
    return [row.as_dict() for bench in chosen.values() for row in bench(postings, tell)]
