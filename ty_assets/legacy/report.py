"""What an import did, table by table, and whether it adds up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ty_assets.legacy.tables import LegacyError


@dataclass
class Counts:
    """Rows of one chunk, or of a table. read = stored + already there + refused + left out.

    left_out: by reason, e.g. matches that nobody has rated. notes: what else there is to say, by sentence.
    """

    read: int = 0
    stored: int = 0
    already_there: int = 0
    refused: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Counts") -> None:
        self.read += other.read
        self.stored += other.stored
        self.already_there += other.already_there
        self.refused += other.refused
        self.left_out += other.left_out
        self.notes += other.notes

    def as_dict(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "stored": self.stored,
            "already_there": self.already_there,
            "refused": self.refused,
            "left_out": dict(self.left_out),
            "notes": dict(self.notes),
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Counts":
        """From `as_dict`."""
        return cls(
            told["read"],
            told["stored"],
            told["already_there"],
            told["refused"],
            Counter(told["left_out"]),
            Counter(told["notes"]),
        )


@dataclass
class TableReport:
    """One table. there: rows by the source's own count, None where it does not say; seconds: of this call."""

    table: str
    there: int | None
    counts: Counts
    seconds: float

    def problem(self) -> str | None:
        """Why the counts do not add up, or None."""
        c = self.counts
        known = c.stored + c.already_there + c.refused + sum(c.left_out.values())
        if c.read != known:
            return f"{self.table}: {c.read:,} rows were read, and what became of them adds up to {known:,}"
        if self.there is not None and self.there != c.read:
            return (
                f"{self.table}: the source counts {self.there:,} rows, {c.read:,} were read; "
                "export the table anew, or import again when nothing writes to it"
            )
        return None

    def as_dict(self) -> dict[str, Any]:
        return {"table": self.table, "there": self.there, **self.counts.as_dict(), "seconds": round(self.seconds, 2)}


@dataclass
class ImportReport:
    """One import. days: first and last day, and postings, of each span that wants `ty run`."""

    origin: str
    checked_only: bool
    resumed: bool
    tables: list[TableReport]
    absent: list[str]
    days: list[tuple[str, str, int]] = field(default_factory=list)

    def problems(self) -> list[str]:
        return [problem for table in self.tables if (problem := table.problem())]

    def require_sums(self) -> None:
        """Raises: LegacyError when a table's counts do not add up."""
        if problems := self.problems():
            raise LegacyError("\n".join(problems))

    def as_dict(self) -> dict[str, Any]:
        return {
            "origin": self.origin,
            "checked_only": self.checked_only,
            "resumed": self.resumed,
            "tables": [table.as_dict() for table in self.tables],
            "absent": self.absent,
            "problems": self.problems(),
            "days": [{"first": first, "last": last, "postings": postings} for first, last, postings in self.days],
        }
