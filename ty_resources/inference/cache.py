"""The content-addressed cache in front of every engine: what was answered once is never asked again.

Belongs here: keys, and answers as rows. Not here: how two processes come to ask only once (`single_flight`), and
what becomes of the cache in time (`cache_upkeep`).
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

import psycopg
from pydantic import BaseModel

from ty_resources.inference.engine import Answer, InferenceEngine, Lane
from ty_resources.inference.flight_queue import Work
from ty_resources.inference.leases import Leases
from ty_resources.inference.single_flight import closed, once_each
from ty_resources.inference.task import Task
from ty_resources.postgres import Database, Row

Item = TypeVar("Item", bound=BaseModel)
Output = TypeVar("Output", bound=BaseModel)

# Items that a stream hands to an engine in this process at a time.
_BULK = 128


def cache_key(task: Task[Any, Any], engine: InferenceEngine) -> Callable[[str], bytes]:
    """From a text to 32 bytes over all that its answer depends on: task, prompt or rules, schema, model, exact text."""
    asked = json.dumps(
        [task.name, engine.task_version(task), task.schema(), engine.model(task.role)],
        ensure_ascii=False,
        sort_keys=True,
    )
    common = hashlib.sha256(asked.encode())

    def key(text: str) -> bytes:
        digest = common.copy()
        digest.update(b"\x00" + text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    return key


def run_cached_each(
    db: Database,
    engine: InferenceEngine,
    task: Task[Item, Output],
    items: Iterable[Item],
    owner: uuid.UUID | None = None,
    lane: Lane = "background",
    leases: Leases | None = None,
) -> Generator[tuple[int, Answer[Output]], None, None]:
    """Answers with their item's position, as they come: from the cache, from the engine, or from who asks already.

    Items are drawn as they are needed, equal ones are asked once, and each new answer is committed before it is
    handed out. Answers are as the engine gave them, not verified. An item's error is in its answer; raises what
    `engine.run_each` raises, with everything kept that was answered until then. Others wait for what is in flight
    here: read to the end, or close.
    owner: the person whose text the items are; the rows go when the person goes.
    leases: for a shorter expiry; they are closed at the end.
    """
    if engine.remote:
        key = cache_key(task, engine)
        drawn = ((key(task.render(item)), item) for item in items)
        work = _Answers(db, engine, task, owner, lane)
        with closed(once_each(leases or Leases(db), work, drawn)) as settled:
            for position, _, outcome in chain.from_iterable(settled):
                yield position, Answer(None, outcome) if isinstance(outcome, Exception) else Answer(outcome)
    else:
        stream, start = iter(items), 0
        while chunk := list(islice(stream, _BULK)):
            yield from enumerate(_run_in_bulk(db, engine, task, chunk, owner, lane), start)
            start += len(chunk)


def run_cached(
    db: Database,
    engine: InferenceEngine,
    task: Task[Item, Output],
    items: Sequence[Item],
    owner: uuid.UUID | None = None,
    lane: Lane = "background",
) -> list[Answer[Output]]:
    """As `run_cached_each`, in order when all are there."""
    if not engine.remote:
        return _run_in_bulk(db, engine, task, items, owner, lane)
    answers = dict(run_cached_each(db, engine, task, items, owner, lane))
    return [answers[position] for position in range(len(items))]


def _cached(db: Database, task: Task[Any, Output], keys: Sequence[bytes]) -> dict[bytes, Output]:
    """What the cache has; notes, once a day, that it was used."""
    output_type: type[Output] = task.output  # type: ignore[assignment]
    with db.transaction() as connection:
        rows = connection.execute(db.queries["cached_outputs"], {"keys": list(keys)}).fetchall()
        if unused := [row["key"] for row in rows if row["unused_today"]]:
            connection.execute(db.queries["touch_cached_outputs"], {"keys": unused})
    return {bytes(row["key"]): output_type.model_validate(row["output"]) for row in rows}


class _Answers(Work[Item, Output]):
    """One question and one commit for each answer: it took a model seconds."""

    def __init__(
        self,
        db: Database,
        engine: InferenceEngine,
        task: Task[Item, Output],
        owner: uuid.UUID | None,
        lane: Lane,
    ) -> None:
        self._db = db
        self._engine = engine
        self._task = task
        self._lane = lane
        self._row = {
            "task": task.name,
            "task_version": engine.task_version(task),
            "model": engine.model(task.role),
            "owner": owner,
        }

    def known(self, keys: Sequence[bytes]) -> Mapping[bytes, Output]:
        return _cached(self._db, self._task, keys)

    def ask(self, things: Iterator[Item]) -> Iterator[tuple[int, Output | Exception]]:
        with closed(self._engine.run_each(self._task, things, self._lane)) as answers:
            for place, answer in answers:
                if answer.output is not None:
                    yield place, answer.output
                else:
                    yield place, answer.error or RuntimeError("the engine gave neither an answer nor an error")

    def keep(self, connection: psycopg.Connection[Row], made: Sequence[tuple[bytes, Output]]) -> None:
        for key, output in made:
            row = {**self._row, "key": key, "output": output.model_dump_json()}
            connection.execute(self._db.queries["keep_answer"], row)


def _run_in_bulk(
    db: Database,
    engine: InferenceEngine,
    task: Task[Item, Output],
    items: Sequence[Item],
    owner: uuid.UUID | None,
    lane: Lane,
) -> list[Answer[Output]]:
    """For an engine in this process: it answers many at once, and asking twice costs less than agreeing who asks."""
    key_of = cache_key(task, engine)
    keys = [key_of(task.render(item)) for item in items]
    known = {key: Answer(output) for key, output in _cached(db, task, list(set(keys))).items()}
    missing = {key: item for key, item in zip(keys, items, strict=True) if key not in known}
    if missing:
        fresh = dict(zip(missing, engine.run(task, list(missing.values()), lane), strict=True))
        version, model = engine.task_version(task), engine.model(task.role)
        rows = (
            (key, task.name, version, model, answer.output.model_dump_json(), owner)
            for key, answer in fresh.items()
            if answer.output is not None
        )
        db.insert_new("inference_cache", ["key", "task", "task_version", "model", "output", "owner"], rows)
        known.update(fresh)
    return [known[key] for key in keys]
