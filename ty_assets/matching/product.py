"""The one matrix product of matching: rows of unit length against groups of vectors, the best of each group kept.

Belongs here: the kernel and how it is spread over the cores. Not here: what a cosine is worth (`screening.py`).

Measured with 282,000 rows of 512 dimensions and 30 vectors, on two cores that others used as well, milliseconds (best,
median): one call of `rows @ vectors.T` on OpenBLAS's own two threads 258, 337; in blocks on these threads 250 to
1,050, since they wait for each other at every block; blocks of 1,024 or 2,048 rows on threads of our own, each with a
BLAS of one thread, 159 to 178. Of 240 vectors, which is eight people, blocks of 256 rows take 577, of 2,048 take 1,408,
one call of NumPy 1,146. The product is turned round (vectors first), so that the maximum goes over long rows and not
over thirty numbers at a time.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

# Rows worked on at once: their cosines with one person's skills stay in a core's cache.
CHUNK = 1024
# With the vectors of many people at once the block is made smaller, down to this.
LEAST_CHUNK = 256
_CELLS = CHUNK * 64
# OpenBLAS's kernels take 16 rows at a time; a remainder costs as much as a whole one.
_PADDED_TO = 16
# Fewer rows than this are done before a thread has begun.
WORTH_A_THREAD = 8 * CHUNK

T = TypeVar("T")

# Two products at once would each have half of the cores, and each the other's number of BLAS threads.
_one_at_a_time = threading.RLock()


def best_cosines(
    rows: NDArray[np.float32],
    groups: Sequence[NDArray[np.float32]],
    chosen: NDArray[np.integer] | None = None,
    chunk: int | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The best cosine of each row within each group, and all cosines of the chosen rows.

    rows: (U, d), unit length. groups: G of (S_g, d), none empty. chosen: (C,) ascending. chunk: rows at
    once; as measured where it is not given. Returns (G, U) and (sum of
    S_g, C) float32. Exact; to within the rounding of single precision whatever the blocks.
    """
    sizes = [len(group) for group in groups]
    bounds = np.r_[0, np.cumsum(sizes)].astype(int).tolist()
    total = bounds[-1]
    wanted = np.zeros(0, dtype=np.int64) if chosen is None else chosen.astype(np.int64)
    best = np.empty((len(groups), len(rows)), dtype=np.float32)
    every = np.empty((total, len(wanted)), dtype=np.float32)
    if not groups or len(rows) == 0:
        return best, every
    vectors = np.zeros((-(-total // _PADDED_TO) * _PADDED_TO, rows.shape[1]), dtype=np.float32)
    np.concatenate(groups, out=vectors[:total])
    size = chunk or int(min(max(_CELLS // len(vectors), LEAST_CHUNK), CHUNK))

    def work(start: int) -> None:
        block = slice(start, min(start + size, len(rows)))
        cosines = vectors @ rows[block].T
        for group, (first, end) in enumerate(pairwise(bounds)):
            cosines[first:end].max(axis=0, out=best[group, block])
        low, high = np.searchsorted(wanted, (block.start, block.stop))
        if high > low:
            every[:, low:high] = cosines[:total, wanted[low:high] - start]

    over_cores(work, range(0, len(rows), size), alone=len(rows) < WORTH_A_THREAD)
    return best, every


def over_cores(work: Callable[[Any], T], items: Sequence[Any], *, alone: bool = False) -> list[T]:
    """The work's answer for each item, worked out over the cores, with a BLAS of one thread each.

    alone: not worth a thread. The work may not spread itself: it would wait for the thread that it is in.
    """
    if alone or len(items) < 2:
        return [work(item) for item in items]
    answers: list[T | None] = [None] * len(items)
    # Each thread takes the next one itself: handing over hundreds of small blocks costs as much as a person's gates.
    places = iter(range(len(items)))

    def some(_: int) -> None:
        for place in places:
            answers[place] = work(items[place])

    with _one_at_a_time, _blas_of_one_thread():
        list(_pool().map(some, range(cores())))
    return answers  # type: ignore[return-value]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="product")


@cache
def cores() -> int:
    """What this process may use, at most eight: beyond, the product waits for memory."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def _blas_of_one_thread() -> Iterator[None]:
    with _controller().limit(limits=1, user_api="blas"):
        yield
