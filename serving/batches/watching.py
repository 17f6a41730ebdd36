"""What the page of an evaluation shows: how far it is, who leads, what has failed, and how even-handed it was.

Belongs here: putting that together from rows. Not here: routes (`pages.py`), the progress itself
(ty_assets/candidate_evaluations/progress.py), and quality's figures (ty_assets/candidate_evaluations).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ty_assets.candidate_evaluations.control import ENDED
from ty_assets.candidate_evaluations.progress import Progress, progress_of

_FAULTS: Final = 20
# Statuses in which it can be paused, and those in which it can be cancelled.
_PAUSES: Final = ("validating", "in_progress")
_CANCELS: Final = ("validating", "in_progress", "finalizing")


@dataclass(frozen=True)
class Shown:
    """One batch as a page shows it. row: of `batches_shown`."""

    row: Mapping[str, Any]
    progress: Progress

    @classmethod
    def of(cls, row: Mapping[str, Any], now: dt.datetime | None = None) -> "Shown":
        return cls(row, progress_of(row, now or dt.datetime.now(dt.UTC)))

    @property
    def batch_id(self) -> str:
        return str(self.row["batch_id"])

    @property
    def metadata(self) -> Mapping[str, str]:
        return self.row["metadata"] or {}

    @property
    def name(self) -> str:
        """ "" for one that a program made without a name."""
        return self.metadata.get("name", "")

    @property
    def part(self) -> str:
        """Such as 1/4, where a table became several."""
        return self.metadata.get("part", "")

    @property
    def state(self) -> str:
        """The status as people are told it: paused is one of its own."""
        status = str(self.row["status"])
        return "paused" if self.progress.paused and status in _PAUSES else status

    @property
    def has_ended(self) -> bool:
        return self.row["status"] in ENDED

    @property
    def can_pause(self) -> bool:
        return self.row["status"] in _PAUSES and not self.progress.paused

    @property
    def can_resume(self) -> bool:
        return self.progress.paused and not self.has_ended

    @property
    def can_cancel(self) -> bool:
        return self.row["status"] in _CANCELS

    @property
    def done(self) -> int:
        return int(self.row["completed"] + self.row["failed"])

    @property
    def waits_behind(self) -> int:
        """How many others go first."""
        return max((self.progress.queue_position or 1) - 1, 0)

    @property
    def ended_at(self) -> dt.datetime | None:
        return next((at for name in ENDED if (at := self.row[f"{name}_at"])), None)

    @property
    def seconds(self) -> float | None:
        """That the work took, pauses included; None before its end."""
        begun = self.row["in_progress_at"]
        return (self.ended_at - begun).total_seconds() if begun and self.ended_at else None

    @property
    def faults(self) -> Sequence[Mapping[str, Any]]:
        """What was wrong with the file, the first ones."""
        return (self.row["errors"] or [])[:_FAULTS]

    @property
    def more_faults(self) -> int:
        return max(len(self.row["errors"] or []) - _FAULTS, 0)
