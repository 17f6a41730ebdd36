"""The life of a posting: active, stale when its source no longer lists it, invalidated at last, active when it is back.

Belongs here: who is judged by what, and the writing. Not here: listing a source (fetch.py). A source that failed to
answer has no complete listing, and so makes nothing stale.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
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


def sweep(db: Database, *, today: dt.date, missed: int, invalid_after: int) -> Swept:
    """Bring every posting's status up to date.

    missed: listings in a row without the posting that make it stale, one a day counting. invalid_after: days that a
    posting is stale before it is invalidated.
    """
    changes = db.rows("statuses_to_change", today=today, missed=missed, invalid_after=invalid_after)
    swept = Swept(
        stale=sum(row["status"] == "stale" for row in changes),
        invalidated=sum(row["status"] == "invalidated" for row in changes),
        reopened=sum(row["status"] == "active" for row in changes),
    )
    if changes:
        change_statuses(
            db,
            [(row["posting_id"], row["status"], row["reason"]) for row in changes],
            today=today,
            decided_by="sweep",
        )
    swept.days = renew_availability(db)
    return swept


def change_statuses(
    db: Database, changes: Sequence[tuple[uuid.UUID, Status, str]], *, today: dt.date, decided_by: DecidedBy
) -> None:
    """Write (posting_id, status, reason) with its history, in one transaction."""
    db.execute(
        "change_statuses",
        posting_ids=[change[0] for change in changes],
        statuses=[change[1] for change in changes],
        reasons=[change[2] for change in changes],
        today=today,
        decided_by=decided_by,
    )


def renew_availability(db: Database) -> list[dt.date]:
    """Of copies of one job the canonical posting is open while any of them is; the days where that has changed."""
    return sorted({row["day"] for row in db.rows("renew_availability")})
