"""Files whose time is over are deleted, and with them what they held: requests, answers, scores.

Belongs here: what goes, and in which portions, so that nobody waits for a large one. Not here: when (ty_jobs/upkeep.py)
and how long files are kept (TY_BATCH_FILE_DAYS). A batch's own row stays: it counts, and quotes nobody.
"""

from dataclasses import dataclass
from typing import Final

from ty_resources.postgres import Database

_AT_ONCE: Final = 10_000


@dataclass
class Deleted:
    """Files, and rows of what they held."""

    files: int = 0
    requests: int = 0
    results: int = 0
    probes: int = 0


def delete_expired(db: Database) -> Deleted:
    """Delete what is over. Files of a batch that has not ended stay until it has; may be broken off at any time."""
    deleted = Deleted()
    while db.execute("batch_expired_file"):
        deleted.files += 1
    # Also of files that their owner has deleted: what has no file any more is of no use.
    for name in ("requests", "results", "probes"):
        while rows := db.execute(f"batch_{name}_without_file", most=_AT_ONCE):
            setattr(deleted, name, getattr(deleted, name) + rows)
    return deleted
