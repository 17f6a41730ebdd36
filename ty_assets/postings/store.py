"""From `raw_postings` to `postings`: normalised, scoped, linked to the first of its kind; rebuilt at any time."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

from ty_assets.life.sweep import Status, change_statuses, renew_availability
from ty_assets.postings.linking import link_copies
from ty_assets.postings.normalise import text_hash
from ty_assets.postings.record import Posting, parse_record, to_posting
from ty_resources import failures
from ty_resources.postgres import Database, Row

STAGE = "postings"
# Raise it when normalising, the language, the prefilter or the pay change their answers: every row is then made anew.
TASK_VERSION = "5"
_BATCH = 1000
_COLUMNS = [f.name for f in fields(Posting)]


@dataclass
class StoredPostings:
    """What one run did; postings unless said otherwise.

    other_days: partitions outside the run whose postings changed with it (a known posting with a new text, a
    duplicate whose first was found); they want a run of their own.
    """

    postings: int = 0
    unchanged: int = 0
    written: int = 0
    failed: int = 0
    relinked: int = 0
    compared: int = 0  # pairs of texts laid over each other
    other_days: set[dt.date] = field(default_factory=set)


def store_postings(
    db: Database,
    days: Sequence[dt.date],
    *,
    max_attempts: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> StoredPostings:
    """Bring the postings first seen, or changed, on these days up to date with what was received last."""
    report = StoredPostings()
    report.postings = db.value("received_count", days=list(days))
    stale = db.rows("stale_raw", days=list(days), task_version=TASK_VERSION)
    report.unchanged = report.postings - len(stale)
    for start in range(0, len(stale), _BATCH):
        batch = stale[start : start + _BATCH]
        _store_batch(db, batch, days, report, max_attempts)
        progress(start + len(batch), len(stale))
    db.execute("see_postings_again", days=list(days))
    linked = link_copies(db, days)
    report.relinked, report.compared = len(linked.postings), linked.compared
    report.other_days |= linked.days
    report.other_days.update(renew_availability(db, {*days, *report.other_days}))
    report.other_days -= set(days)
    db.execute("touch_days", days=list(report.other_days))
    return report


def _store_batch(
    db: Database, batch: Sequence[Row], days: Sequence[dt.date], report: StoredPostings, max_attempts: int
) -> None:
    touched = {row["first_seen_on"] for row in batch}.difference(days)
    report.other_days |= touched
    failed, rows, done = [], [], []
    closed: list[tuple[uuid.UUID, Status, str]] = []
    for row in batch:
        subject = f"{row['source']}/{row['external_id']}"
        try:
            posting = _normalised(row)
        except Exception as error:
            failed.append(failures.Failure.of(STAGE, subject, TASK_VERSION, error, row["first_seen_on"]))
            continue
        values = [getattr(posting, name) for name in _COLUMNS]
        title_hash = text_hash(posting.title_normalised)
        rows.append((*values, title_hash, row["content_hash"], row["last_seen_on"], TASK_VERSION))
        done.append(subject)
        legacy = row["payload"].get("legacy")
        status = legacy.get("status") if isinstance(legacy, dict) else None
        if row["known_raw_hash"] is None and status in ("stale", "invalidated"):
            closed.append((posting.posting_id, status, "closed where it was taken over from"))
    with db.transaction() as connection:
        columns = [*_COLUMNS, "title_hash", "raw_hash", "last_seen_on", "task_version"]
        db.upsert("postings", columns, rows, ["posting_id"], connection)
        failures.resolve(db, STAGE, done, connection)
        # With the rows themselves: a run that is killed after this leaves the days to the next.
        connection.execute(db.queries["touch_days"], {"days": list(touched)})
    if closed:
        change_statuses(db, closed, today=max(row["last_seen_on"] for row in batch), decided_by="import")
    failures.record(db, failed, max_attempts)
    report.written += len(rows)
    report.failed += len(failed)


def _normalised(row: Row) -> Posting:
    payload = {**row["payload"], "source": row["source"], "external_id": row["external_id"]}
    # What was accepted once stays accepted: size and dates were checked on the day of the fetch.
    record = parse_record(payload, today=dt.date.max, max_chars=2**31)
    return replace(to_posting(record, row["first_seen_on"]), first_seen_on=row["first_seen_on"])
