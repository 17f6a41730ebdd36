"""The life of a posting: active, stale when its source no longer lists it, invalidated at last, active when it is back.

Belongs here: who is judged by what, and the writing. Not here: listing a source (fetch.py). A source that failed to
answer has no complete listing, and so makes nothing stale.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ty_resources.postgres import Database

Status = Literal["active", "stale", "invalidated"]
DecidedBy = Literal["sweep", "import", "person"]


@dataclass
class Swept:
    """What one sweep changed; postings. days: partitions whose matches it touches, in order."""

    stale: int = 0
    invalidated: int = 0
    reopened: int = 0
    days: list[dt.date] = field(default_factory=list)


def sweep(db: Database, *, today: dt.date, missed: int, invalid_after: int, unseen: int = 0) -> Swept:
    """Bring every posting's status up to date.

    missed: listings in a row without the posting that make it stale, one a day counting. invalid_after: days that a
    posting is stale before it is invalidated. unseen: days after which one that no listing ever had (from a file, or
    taken over) is stale; 0: never.
    """
    changes = db.rows("statuses_to_change", today=today, missed=missed, invalid_after=invalid_after, unseen=unseen)
    swept = Swept(
        stale=sum(row["status"] == "stale" for row in changes),
        invalidated=sum(row["status"] == "invalidated" for row in changes),
        reopened=sum(row["status"] == "active" for row in changes),
    )
    swept.days = change_statuses(
        db,
        [(row["posting_id"], row["status"], row["reason"]) for row in changes],
        today=today,
        decided_by="sweep",
    )
    return swept


def change_statuses(
    db: Database, changes: Sequence[tuple[uuid.UUID, Status, str]], *, today: dt.date, decided_by: DecidedBy
) -> list[dt.date]:
    """Write (posting_id, status, reason) with its history, and what it means for jobs with several copies.

    One transaction, so that whoever hears of a change finds it done. Returns the days whose matches it touches.
    """
    told = {
        "posting_ids": [change[0] for change in changes],
        "statuses": [change[1] for change in changes],
        "reasons": [change[2] for change in changes],
        "today": today,
        "decided_by": decided_by,
    }
    with db.transaction() as connection:
        connection.execute(db.queries["change_statuses"], told)
        renewed = connection.execute(db.queries["renew_availability"], {"days": None}).fetchall()
    return sorted({row["day"] for row in renewed})


def renew_availability(db: Database, days: Collection[dt.date] | None = None) -> list[dt.date]:
    """Of copies of one job the canonical posting is open while any of them is; the days where that has changed.

    days: only jobs with a posting first seen on one of them.
    """
    return sorted({row["day"] for row in db.rows("renew_availability", days=None if days is None else list(days))})
