"""Work handed to threads as they become free, results as they come.

Belongs here: threads and the bound on what is drawn ahead. Not here: what the work is, and how much of it may be in
flight (`model_queue`).
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def fan_out(
    jobs: Iterator[Job],
    work: Callable[[Job], Result],
    room: Callable[[], int],
    stop: Callable[[], None],
) -> Generator[Result, None, None]:
    """Results of `work` for each job, in the order in which they are ready.

    jobs: drawn in the thread that reads the results, and never more than `room()` ahead of them, so neither a long
    sequence nor a slow reader fills the memory. stop: called at the end, however it comes; tells running work that
    nobody waits. Raises what `jobs` or `work` raise; work in other threads is left to end by itself then.
    """
    crew = _Crew(work)
    outstanding = 0
    more = True
    try:
        while more or outstanding:
            while more and outstanding < room():
                try:
                    job = next(jobs)
                except StopIteration:
                    more = False
                else:
                    outstanding += 1
                    crew.give(job, outstanding)
            if outstanding:
                result = crew.result()
                outstanding -= 1
                yield result
    finally:
        stop()
        crew.dismiss()


class _Crew(Generic[Job, Result]):
    """Threads that work, made when there is more to do than hands. Daemons: a request in flight cannot be called back,
    and nobody should have to wait for it when the process ends."""

    def __init__(self, work: Callable[[Job], Result]) -> None:
        self._work = work
        self._jobs: queue.SimpleQueue[tuple[Job] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Result] | BaseException] = queue.SimpleQueue()
        self._threads = 0
        self._broken = False

    def give(self, job: Job, outstanding: int) -> None:
        self._jobs.put((job,))
        if self._threads < outstanding:
            self._threads += 1
            threading.Thread(target=self._run, name=f"inference-{self._threads}", daemon=True).start()

    def result(self) -> Result:
        found = self._results.get()
        if isinstance(found, BaseException):
            raise found
        return found[0]

    def dismiss(self) -> None:
        for _ in range(self._threads):
            self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._broken:
            try:
                self._results.put((self._work(*job),))
            except BaseException as error:
                self._broken = True  # whoever reads the results stops here
                self._results.put(error)
