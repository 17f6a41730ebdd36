"""A batch ends: its status, its files and who is to hear of it, in one transaction.

Belongs here: only that. Not here: what has to be done before (`finishing`), and telling it (`events`).
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final, Literal

from ty_assets.candidate_evaluations.events import add_events
from ty_assets.candidate_evaluations.request_line import Fault
from ty_resources.postgres import Database
from ty_resources.settings import Settings

Ended = Literal["failed", "completed", "expired", "cancelled"]

# What a batch may have been before.
_FROM: Final = {
    "failed": ["validating"],
    "completed": ["finalizing"],
    "expired": ["validating", "in_progress"],
    "cancelled": ["cancelling"],
}


def end(db: Database, batch_id: str, status: Ended, config: Settings, *, errors: Sequence[Fault] = ()) -> bool:
    """Whether it has ended by this call; False where it had before, or was something else meanwhile."""
    told = {"batch_id": batch_id, "status": status}
    faults = json.dumps([asdict(fault) for fault in errors]) if errors else None
    with db.transaction() as connection:
        ended = connection.execute(db.queries["batch_end"], {**told, "before": _FROM[status], "errors": faults})
        if not ended.rowcount:
            return False
        # A file without a line would be downloaded for nothing; OpenAI has none then.
        connection.execute(db.queries["batch_files_dropped"], {"batch_id": batch_id})
        kept = dt.timedelta(days=config.batch_file_days)
        connection.execute(db.queries["batch_files_complete"], {"batch_id": batch_id, "kept": kept})
        add_events(db, connection, batch_id, f"batch.{status}", config)
    return True
