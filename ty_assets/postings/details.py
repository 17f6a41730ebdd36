"""The details of a round's new and changed hits: a few asked for at a time, committed in small batches.

Belongs here: asking in threads, and what each answer becomes: a raw posting, a sighting, a miss, a failure. Not here:
the listing and the round (fetch.py), the protocol of a service (ty_resources/sources).
"""

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

import psycopg

from ty_assets.postings.ingest import STAGE, TASK_VERSION, RawRow, checked, raw_row, store_rows
from ty_resources import failures
from ty_resources.postgres import Database, Row
from ty_resources.sources.source import Detail, Hit, RemoteSource, SourceDown, SourceError, Validator

# What a kill can cost: the details of this time are asked for again. At the pace that services are asked, two or three;
# without any pace at most twice the number.
_COMMIT_SECONDS: Final = 1.0
COMMIT: Final = 50
_WINDOW: Final = 200  # hits read from the database at a time
_FIRST_RETRY: Final = dt.timedelta(minutes=1)
_LAST_RETRY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Round:
    """What a batch has to know of the round that it belongs to."""

    round_id: int
    kind: str
    source: RemoteSource
    day: dt.date
    now: dt.datetime
    max_chars: int
    max_attempts: int


@dataclass(frozen=True)
class _Asked:
    hit: Hit
    told: Detail | SourceError


def fetch_details(db: Database, round_: Round, workers: int, until: float, progress: Callable[[int], None]) -> bool:
    """Every waiting detail of the round; False when the time is up (`until`, monotonic seconds) before the last.

    Raises: SourceDown, after what has been answered is in.
    """
    done = 0
    with ThreadPoolExecutor(workers) as pool:
        while waiting := db.rows("waiting_hits", round_id=round_.round_id, source=round_.source.name, limit=_WINDOW):
            gate = _Gate(until)
            futures = [pool.submit(_ask, round_.source, row, gate) for row in waiting]
            try:
                for batch in _batches(futures):
                    _store(db, round_, batch)
                    gate.room.release(len(batch))
                    done += len(batch)
                    progress(done)
            finally:
                gate.close()  # whatever ends the round early: what has not been asked yet is not asked
            if time.monotonic() >= until:
                return not db.rows("waiting_hits", round_id=round_.round_id, source=round_.source.name, limit=1)
    return True


def _batches(futures: Sequence[Future[_Asked | None]]) -> Iterator[list[_Asked]]:
    """Answers as they come. Where the source goes down, first what was answered, then the error."""
    batch: list[_Asked] = []
    began = time.monotonic()
    failed: SourceDown | None = None
    for future in as_completed(futures):
        try:
            if (asked := future.result()) is not None:
                batch.append(asked)
        except SourceDown as error:
            failed = failed or error
        if batch and (len(batch) >= COMMIT or time.monotonic() - began >= _COMMIT_SECONDS):
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch
    if failed is not None:
        raise failed


class _Gate:
    """Who may ask: nobody once the source has failed or the time is up, nobody far ahead of what is committed."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.closed = threading.Event()
        self.room = threading.Semaphore(2 * COMMIT)

    def close(self) -> None:
        self.closed.set()
        self.room.release(_WINDOW)


def _ask(source: RemoteSource, row: Row, gate: _Gate) -> _Asked | None:
    """One hit's answer; None when the gate is closed meanwhile."""
    gate.room.acquire()
    if gate.closed.is_set() or time.monotonic() >= gate.until:
        gate.close()
        return None
    hit = Hit(row["external_id"], bytes(row["mark"]), row["hit"])
    validator = Validator(**row["validator"]) if row["validator"] else None
    try:
        return _Asked(hit, source.detail(hit, validator))
    except SourceError as error:
        if isinstance(error, SourceDown):
            gate.close()
            raise
        return _Asked(hit, error)


def _store(db: Database, round_: Round, batch: Sequence[_Asked]) -> None:
    """One transaction: a kill leaves each hit either waiting or wholly in."""
    rows: list[RawRow] = []
    received: dict[str, Detail] = {}
    unchanged: dict[str, Detail] = {}
    gone: list[Hit] = []
    broken: list[tuple[Hit, failures.Failure]] = []
    for asked in batch:
        hit, told = asked.hit, asked.told
        if isinstance(told, Detail) and told.state == "gone":
            gone.append(hit)
        elif isinstance(told, Detail) and told.state == "unchanged":
            unchanged[hit.external_id] = told
        else:
            try:
                rows.append(_row(round_, told))
                received[hit.external_id] = told  # type: ignore[assignment]
            except (ValueError, RecursionError) as error:
                broken.append((hit, _failure(round_, hit, told, error)))
    marks = {asked.hit.external_id: asked.hit.mark for asked in batch}
    with db.transaction() as connection:
        known = _known(db, round_, list(received), connection)
        if rows:
            store_rows(db, rows, connection)
        states = dict.fromkeys([*received, *unchanged], "done")
        states |= {hit.external_id: "gone" for hit in gone} | {hit.external_id: "failed" for hit, _ in broken}
        # Six statements that wait for no answer of each other: in one round trip.
        with connection.pipeline():
            _mark(db, round_, {**received, **unchanged}, marks, connection)
            _miss(db, round_, gone, [hit for hit, _ in broken], connection)
            _execute(
                db, connection, "settle_hits", round_id=round_.round_id, external_ids=list(states),
                states=list(states.values()),
            )  # fmt: skip
            _execute(
                db, connection, "count_in_round", round_id=round_.round_id,
                new=sum(row[1] not in known for row in rows),
                changed=sum(row[1] in known and known[row[1]] != row[2] for row in rows),
                gone=len(gone), failed=len(broken),
            )  # fmt: skip
    if broken:
        failures.record(db, [failure for _, failure in broken], round_.max_attempts)


def _row(round_: Round, told: Detail | SourceError) -> RawRow:
    if isinstance(told, SourceError):
        raise told
    payload = _without_future_date(told.payload or {}, round_.day)
    record, stored = checked(payload, round_.source.name, round_.day, round_.max_chars)
    return raw_row(record, stored, round_.day, round_.now, told.origin)


def _without_future_date(payload: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    """Services announce advertisements; a day to come says nothing about when this one was published."""
    kept = dict(payload)
    with suppress(ValueError):
        if dt.datetime.fromisoformat(str(kept.get("published_on", ""))).date() > day:
            del kept["published_on"]
    return kept


def _known(
    db: Database, round_: Round, external_ids: Sequence[str], connection: psycopg.Connection[Row]
) -> dict[str, bytes]:
    told = connection.execute(
        db.queries["known_contents"], {"source": round_.source.name, "external_ids": list(external_ids)}
    ).fetchall()
    return {row["external_id"]: bytes(row["content_hash"]) for row in told}


def _mark(
    db: Database,
    round_: Round,
    settled: Mapping[str, Detail],
    marks: Mapping[str, bytes],
    connection: psycopg.Connection[Row],
) -> None:
    """The mark goes in with the content, never before: a mark is a promise that the detail need not be asked for."""
    name = round_.source.name
    _execute(
        db, connection, "mark_sightings", source=name, round_id=round_.round_id, day=round_.day,
        external_ids=list(settled), marks=[marks[one] for one in settled],
        validators=[json.dumps(asdict(d.validator)) if d.validator else None for d in settled.values()],
        received=[detail.state == "received" for detail in settled.values()],
    )  # fmt: skip
    _execute(db, connection, "forget_misses", source=name, external_ids=list(settled))
    failures.resolve(db, STAGE, [f"{name}/{one}" for one in settled], connection)


def _miss(
    db: Database, round_: Round, gone: Sequence[Hit], broken: Sequence[Hit], connection: psycopg.Connection[Row]
) -> None:
    name = round_.source.name
    told = {"source": name, "now": round_.now}
    if gone:
        ids = {"external_ids": [hit.external_id for hit in gone]}
        tomorrow = round_.now + dt.timedelta(days=1)
        _execute(db, connection, "miss_gone", **told, **ids, marks=[hit.mark for hit in gone], tomorrow=tomorrow)
        _execute(db, connection, "mark_gone", **told, **ids)
    if broken:
        _execute(
            db, connection, "miss_failed", **told, external_ids=[hit.external_id for hit in broken],
            marks=[hit.mark for hit in broken], max_attempts=round_.max_attempts, first_retry=_FIRST_RETRY,
            last_retry=_LAST_RETRY,
        )  # fmt: skip


def _failure(round_: Round, hit: Hit, told: Detail | SourceError, error: Exception) -> failures.Failure:
    origin = told.origin if isinstance(told, Detail) else round_.source.name
    payload = told.payload if isinstance(told, Detail) else hit.hit
    raw = json.dumps(payload, default=str).encode("utf-8", "backslashreplace")
    message = str(error) if str(error).startswith(origin) else f"{origin}: {error}"
    subject = f"{round_.source.name}/{hit.external_id}"
    return failures.Failure(STAGE, subject, TASK_VERSION, type(error).__name__, message, round_.day, raw)


def _execute(db: Database, connection: psycopg.Connection[Row], name: str, **params: Any) -> None:
    connection.execute(db.queries[name], params)
