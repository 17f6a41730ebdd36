"""Every question once: many processes want the same answers, one asks and the others wait for what it keeps.

Belongs here: asking, and keeping what comes, as one stream of bounded memory. Not here: what is asked next
(`flight_queue`), what an answer is and where it is kept (`cache`, `embedding_flight`), and the lease rows (`leases`).
The pattern is known as single flight (Go, golang.org/x/sync/singleflight); here it holds across processes.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from ty_resources.inference.flight_queue import Settled, Source, Thing, Value, Waiting, Work
from ty_resources.inference.leases import Leases

# Answers that are kept together are kept within this time of the first: what a crash can cost.
_KEEP_WITHIN_SECONDS = 2.0
# NUL and lone surrogates in a text, a value beyond a limit, a person who has gone: the answer's fault, nobody else's.
_CANNOT_BE_HELD = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded, ValueError)


def once_each(
    leases: Leases, work: Work[Thing, Value], things: Iterable[tuple[bytes, Thing]]
) -> Generator[list[Settled], None, None]:
    """Every thing's outcome, as many at a time as are there: what is known first, then what is asked.

    things: (key, thing), drawn as needed; equal keys are asked once. A key that somebody else has leased is put aside
    until its answer is there, or the lease is given back or runs out, and it is asked here. Raises what `work.ask`
    raises; then, and when the generator is closed, all leases are given back.
    """
    waiting = Waiting()
    source = Source(leases, work, things, waiting)
    with leases:
        while True:
            first = source.draw(idle=True)
            if settled := waiting.ready():
                yield settled
            if first is not None:
                with closed(_ask(leases, work, source, waiting, first)) as answers:
                    for _ in answers:
                        if settled := waiting.ready():
                            yield settled
            elif source.empty:
                return
            elif not settled:
                source.wait()


def _ask(
    leases: Leases,
    work: Work[Thing, Value],
    source: Source[Thing, Value],
    waiting: Waiting,
    first: tuple[bytes, Thing],
) -> Iterator[None]:
    """One conversation with the engine, for as long as things can be leased; stops after each answer."""
    made: list[tuple[bytes, Value]] = []
    keep_at = 0.0
    asked: dict[int, bytes] = {}
    try:
        with closed(work.ask(source.stream(first, asked))) as answers:
            for place, outcome in answers:
                key = asked.pop(place)
                if isinstance(outcome, Exception):
                    leases.release([key])
                    waiting.settle(key, outcome)
                else:
                    keep_at = keep_at if made else time.monotonic() + _KEEP_WITHIN_SECONDS
                    made.append((key, outcome))
                    if len(made) >= work.group or time.monotonic() >= keep_at:
                        now, made = made, []
                        _keep(leases, work, waiting, now)
                yield
        if asked:
            raise RuntimeError(f"the engine has left {len(asked)} questions without an answer")
    finally:
        if made:  # also when the server has gone or the reader has: it is paid for
            _keep(leases, work, waiting, made)


def _keep(leases: Leases, work: Work[Thing, Value], waiting: Waiting, made: Sequence[tuple[bytes, Value]]) -> None:
    """Commit, and give the leases back in the same transaction. What Postgres cannot hold fails alone."""
    keys = [key for key, _ in made]
    try:
        with leases.releasing(keys) as connection:
            work.keep(connection, made)
    except _CANNOT_BE_HELD as error:
        if len(made) > 1:
            for one in made:
                _keep(leases, work, waiting, [one])
        else:
            leases.release(keys)
            waiting.settle(keys[0], error)
        return
    for key, value in made:
        waiting.settle(key, value)


@contextmanager
def closed(iterator: Iterator[Value]) -> Iterator[Iterator[Value]]:
    """Closes the iterator at the end, if it can be closed: a generator gives back what it holds now, not some day."""
    try:
        yield iterator
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
