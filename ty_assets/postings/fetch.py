"""Rounds: what a remote source lists, and the details of what is new or changed in it, brought to `raw_postings`.

A round is of one source and one day. Its pages are committed as they come, then its details (details.py); a killed or
failed one is resumed by the next call at the page and the hit where it stopped. Not here: the services
(ty_resources/sources), when to ask (polling.py), and what becomes of postings that are not listed any more.
"""

import datetime as dt
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

import psycopg

from ty_assets.postings import polling
from ty_assets.postings.details import Round, fetch_details
from ty_assets.postings.ingest import STAGE, TASK_VERSION, storable
from ty_resources import failures
from ty_resources.postgres import Database, Row
from ty_resources.settings import settings
from ty_resources.sources.result_sets import ENOUGH
from ty_resources.sources.source import Hit, Listed, Page, RemoteSource, SourceError

Kind = Literal["full", "new"]
# An advertisement of yesterday may be put up today; and clocks differ.
OVERLAP: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Fetched:
    """What a round has brought, over all calls that it took; distinct postings.

    finished: False where the time was up; the next call goes on. complete: it has listed all that there was to list.
    error: why it is not complete.
    """

    round_id: int
    source: str
    kind: Kind
    day: dt.date
    finished: bool
    complete: bool
    listed: int
    new: int
    changed: int
    gone: int  # listed, but their detail is not there
    failed: int  # in the ledger `failures`
    error: str | None


def fetch(
    db: Database,
    source: RemoteSource,
    kind: Kind,
    *,
    today: dt.date,
    now: dt.datetime,
    max_chars: int,
    max_attempts: int,
    at_most: dt.timedelta | None = None,
    progress: Callable[[str, int], None] = lambda what, done: None,
) -> Fetched:
    """Begin this day's round of the source, or go on with it, and finish it.

    kind: `full` lists everything, `new` what was published since the last round that was finished (and a day before),
    or yesterday where there was none. at_most: no request is begun after this time; the round then stays open without
    an error, and the source is due at once. progress: is told "listed" and "details" with how many. Raises: SourceDown
    where the source fails; what has come is in, the round stays open, and source_states says when to ask again.
    SourceError when another process is fetching the source.
    """
    with _alone(db, source.name):
        began = time.monotonic()
        until = math.inf if at_most is None else began + at_most.total_seconds()
        round_ = _begin(db, source, kind, today, now, max_chars, max_attempts)
        since = None if kind == "full" else _since(db, source.name, today)
        try:
            finished = _list(db, round_, since, until, progress)
            db.execute("settle_fetched", round_id=round_.round_id, source=source.name)
            workers = settings().source_connections
            finished = finished and fetch_details(db, round_, workers, until, lambda done: progress("details", done))
        except SourceError as error:
            db.execute("round_failed", round_id=round_.round_id, error=str(error)[:2000])
            polling.failed(db, source.name, _after(now, began), error)
            raise
        if not finished:
            polling.goes_on(db, source.name, _after(now, began))
            row = db.row("round_so_far", round_id=round_.round_id)
            assert row is not None
            return Fetched(**row)
        done = _finish(db, round_, _after(now, began))
        polling.succeeded(db, source.name, _after(now, began), something_new=bool(done.new or done.changed))
        return done


def newest(db: Database, source: RemoteSource, *, today: dt.date, now: dt.datetime) -> int:
    """How many of the hits published last are unknown or changed; the interval until the next look follows from it.

    One request for each configured search. Raises: SourceDown; the source is then left alone for a while.
    """
    try:
        hits = source.newest(today)
    except SourceError as error:
        polling.failed(db, source.name, now, error)
        raise
    wanted = int(db.value("wanted_hits", source=source.name, now=now, **_ids_and_marks(hits)))
    if wanted:
        polling.was_reached(db, source.name, now)
    else:
        polling.was_quiet(db, source.name, now)
    return wanted


@contextmanager
def _alone(db: Database, source: str) -> Iterator[None]:
    """One process at a time for each source; a killed one's turn ends with its connection."""
    with db.transaction() as connection:
        row = connection.execute(db.queries["lock_source"], {"source": source}).fetchone()
        connection.commit()
        if not row or not row["locked"]:
            raise SourceError(f"{source} is being fetched by another process; wait for it, or see `ty source list`")
        try:
            yield
        finally:
            with suppress(psycopg.Error):
                connection.execute(db.queries["unlock_source"], {"source": source})


def _begin(
    db: Database,
    source: RemoteSource,
    kind: Kind,
    today: dt.date,
    now: dt.datetime,
    max_chars: int,
    max_attempts: int,
) -> Round:
    db.execute("abandon_rounds", source=source.name, day=today, now=now)
    told = {"source": source.name, "kind": kind, "day": today}
    row = db.row("open_round", **told) or db.row("begin_round", now=now, **told)
    assert row is not None
    return Round(row["round_id"], kind, source, today, now, max_chars, max_attempts)


def _after(now: dt.datetime, began: float) -> dt.datetime:
    """A round may take hours, and the pause until the next one begins at its end."""
    return now + dt.timedelta(seconds=time.monotonic() - began)


def _since(db: Database, source: str, today: dt.date) -> dt.date:
    state = db.row("source_state", source=source)
    last = state["succeeded_at"].astimezone(settings().zone).date() if state and state["succeeded_at"] else today
    return min(last, today) - OVERLAP


def _list(
    db: Database, round_: Round, since: dt.date | None, until: float, progress: Callable[[str, int], None]
) -> bool:
    """Every page that is not in yet; False when the time is up before the last."""
    rows = db.rows("listed_pages", round_id=round_.round_id)
    listed = {row["page"]: Listed(row["external_ids"], row["total"], row["facets"]) for row in rows}
    hits = sum(len(page.external_ids) for page in listed.values())
    for page in round_.source.pages(since, round_.day, listed):
        _keep(db, round_, page)
        hits += len(page.hits)
        progress("listed", hits)
        if time.monotonic() >= until:
            return False
    return True


def _keep(db: Database, round_: Round, page: Page) -> None:
    """One transaction: a page is in with all that follows from it, or it will be asked for again."""
    good, broken = _storable_hits(round_, page.hits)
    told = {"source": round_.source.name, "round_id": round_.round_id, "now": round_.now, "day": round_.day}
    with db.transaction() as connection:
        _execute(
            db, connection, "keep_page", **told, page=page.name, search=page.search, hits=len(page.hits),
            total=page.total, facets=json.dumps(page.facets), external_ids=[hit.external_id for hit, _ in good],
        )  # fmt: skip
        hits = [hit for hit, _ in good]
        _execute(db, connection, "want_hits", **told, **_ids_and_marks(hits), hits=[text for _, text in good])
        _execute(db, connection, "see_listed", **told, external_ids=[hit.external_id for hit in hits])
    if broken:
        failures.record(db, broken, round_.max_attempts)


def _storable_hits(round_: Round, hits: Sequence[Hit]) -> tuple[list[tuple[Hit, str]], list[failures.Failure]]:
    """The hits with their JSON, and a failure for each that Postgres cannot hold."""
    good, broken = [], []
    for hit in hits:
        try:
            storable({"external_id": hit.external_id})
            good.append((hit, storable(hit.hit)))
        except SourceError as error:
            subject = f"{round_.source.name}/{hit.external_id}"
            broken.append(failures.Failure.of(STAGE, subject, TASK_VERSION, error, round_.day))
    return good, broken


def _finish(db: Database, round_: Round, now: dt.datetime) -> Fetched:
    searches = db.rows("reached_hits", round_id=round_.round_id)
    error = _shortfall(searches, round_.kind)
    with db.transaction() as connection:
        row = connection.execute(
            db.queries["finish_round"],
            {
                "round_id": round_.round_id,
                "now": now,
                "complete": error is None,
                "listed": db.value("listed_hits", round_id=round_.round_id),
                "error": error,
            },
        ).fetchone()
        _execute(db, connection, "drop_pages", round_id=round_.round_id)
    assert row is not None
    return Fetched(**row)


def _shortfall(searches: Sequence[Row], kind: str) -> str | None:
    """What the listing has not reached of what the first pages have promised; None where it has all.

    A full listing that does not say how much there is may lack anything; one of what is new ends where that ends.
    """
    if not searches:
        return "nothing was listed"
    told = []
    for row in searches:
        if row["total"] is None:
            told += [f"{row['search']}: lists only a part"] if kind == "full" else []
        elif row["reached"] < ENOUGH * row["total"]:
            missing = row["total"] - row["reached"]
            told.append(f"{row['search']}: {missing:,} of {row['total']:,} hits could not be reached")
    return "; ".join(told) or None


def _ids_and_marks(hits: Sequence[Hit]) -> dict[str, Any]:
    return {"external_ids": [hit.external_id for hit in hits], "marks": [hit.mark for hit in hits]}


def _execute(db: Database, connection: psycopg.Connection[Row], name: str, **params: Any) -> None:
    connection.execute(db.queries[name], params)
