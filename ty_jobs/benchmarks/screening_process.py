"""What a fresh process costs that keeps the postings in memory: time to its first answer, its peak, a refresh.

Run by `ty bench screening` as a process of its own, since a process's peak is never taken back. It writes a line of
JSON when it has answered, and another after each line that it reads.
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import psutil

from ty_assets.matching.calibration import Calibration
from ty_assets.matching.index import ScreeningIndex, Snapshot, load_snapshot
from ty_assets.matching.rank import rank
from ty_jobs.benchmarks.generated_matrix import CALIBRATION, somebody
from ty_resources.postgres import Database


def main(url: str, model: str, dimension: int) -> None:
    before = psutil.Process().memory_info().rss
    calibration = Calibration(model, CALIBRATION.cosines, CALIBRATION.credits, pairs=4, version="1")
    with Database(url) as db:
        started = time.perf_counter()
        index = ScreeningIndex(db, model)
        loaded = index.snapshot()
        read = time.perf_counter()
        best = next(rank(loaded, [somebody(dimension)], calibration)).best(50)
        answered = time.perf_counter()
        _tell(
            first_answer_seconds=answered - started,
            load_seconds=read - started,
            postings=len(loaded.postings),
            answers=len(best),
            matrix_bytes=loaded.matrix_bytes,
            process_bytes=before,
            peak_bytes=_peak(),
        )
        for _ in sys.stdin:
            started = time.perf_counter()
            told = index.refresh()
            seconds = time.perf_counter() - started
            followed, whole = index.snapshot(), load_snapshot(db, model)
            _tell(
                refresh_seconds=seconds,
                put_in=told.put_in,
                taken_out=told.taken_out,
                difference=_difference(followed, whole, calibration, dimension),
            )


def _difference(followed: Snapshot, whole: Snapshot, calibration: Calibration, dimension: int) -> float:
    """The largest difference of a score between following the changes and reading everything."""
    if followed.postings.posting_ids != whole.postings.posting_ids:
        raise RuntimeError("the refresh has other postings than reading everything gives")
    one, other = (next(rank(s, [somebody(dimension)], calibration)).scores.score for s in (followed, whole))
    return float(np.abs(one - other).max())


def _peak() -> int:
    """The most memory that this process has had. Not ru_maxrss, which begins with that of the process before exec."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _tell(**told: float) -> None:
    line: Mapping[str, float] = told
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
