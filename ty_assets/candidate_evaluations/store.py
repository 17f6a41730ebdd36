"""The rows of a batch at work: taking requests, giving them back, keeping results and counters.

Belongs here: one transaction each, all of which may be tried again after a connection broke in the middle of them. Not
here: their order (`working`, `finishing`). Each change asks for the rows that are still this holder's: what was done
twice counts once, and who was taken for dead changes nothing.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from ty_assets.candidate_evaluations.ids import new_file_id
from ty_assets.candidate_evaluations.result_lines import Result
from ty_resources.postgres import Database, Row

# What a killed worker makes the others wait. Renewed every few seconds, so that several renewals may fail.
LEASE: Final = dt.timedelta(seconds=20)


@dataclass(frozen=True)
class Taken:
    """A request that is ours now, and where it stands in the input file."""

    line: int
    custom_id: str
    at_byte: int
    length: int
    prefix: bytes
    attempts: int
    losses: int


@dataclass(frozen=True)
class Again:
    """A request that goes back. delay: seconds until somebody may take it."""

    line: int
    attempts: int
    losses: int
    delay: float = 0.0


class WorkStore:
    """What one holder does with one batch."""

    def __init__(self, db: Database, batch_id: str, holder: str, lease: dt.timedelta = LEASE) -> None:
        self._db = db
        self._batch_id = batch_id
        self._holder = holder
        self.lease = lease

    def batch(self) -> Row | None:
        """Its row, with `expired`, and `has_turn`: no batch that is under way goes before it."""
        return self._db.row("batch_at_work", batch_id=self._batch_id)

    def beat(self, in_flight: int, vram: int | None, trouble: str | None) -> None:
        """This holder is alive. Also frees what holders have that are not."""
        with self._db.transaction() as connection:
            told = {"in_flight": in_flight, "vram": vram, "trouble": trouble, "lease": self.lease}
            connection.execute(self._db.queries["batch_worker_beat"], {**self._ours, **told})
            connection.execute(self._db.queries["batch_reclaim"], {"batch_id": self._batch_id})

    def take(self, most: int, after: tuple[bytes, int] | None, *, even_later: bool = False) -> list[Taken]:
        """The next requests by prefix and line. after: prefix and line of the last one; None begins at the first.

        even_later: those too that are not to be tried again yet.
        """
        prefix, line = after or (b"", -1)
        rows = self._db.rows(
            "batch_take", **self._ours, most=most, prefix=prefix, line=line, even_later=even_later, lease=self.lease
        )
        taken = [
            Taken(
                row["line"],
                row["custom_id"],
                row["at_byte"],
                row["bytes"],
                bytes(row["prefix"]),
                row["attempts"],
                row["losses"],
            )
            for row in rows
        ]
        return sorted(taken, key=lambda one: (one.prefix, one.line))

    def keep(self, results: Sequence[Result]) -> int:
        """Results and counters; how many were still ours."""
        with self._db.transaction() as connection:
            told = connection.execute(
                self._db.queries["batch_keep"],
                {
                    **self._ours,
                    "lines": [result.line for result in results],
                    "are_errors": [result.is_error for result in results],
                    "contents": [result.content for result in results],
                    "prompt_tokens": [result.prompt_tokens for result in results],
                    "cached_tokens": [result.cached_tokens for result in results],
                    "output_tokens": [result.output_tokens for result in results],
                    "seconds": [result.seconds for result in results],
                },
            ).fetchone()
            if told is None:
                return 0  # its account was deleted meanwhile, and the batch with it
            if told["failed"] and told["error_file_id"] is None:
                # The batch's row is ours until the end of this transaction: nobody else adds a second one.
                new = {"batch_id": self._batch_id, "file_id": new_file_id()}
                connection.execute(self._db.queries["batch_file_add"], {**new, "is_error": True})
                connection.execute(self._db.queries["batch_has_errors"], new)
            for is_error, size in ((False, told["output_bytes"]), (True, told["error_bytes"])):
                if size:
                    grown = {"batch_id": self._batch_id, "is_error": is_error, "bytes": size}
                    connection.execute(self._db.queries["batch_file_grown"], grown)
        return int(told["completed"] + told["failed"])

    def again(self, requests: Sequence[Again]) -> None:
        """They wait for somebody to take them."""
        self._db.execute(
            "batch_again",
            **self._ours,
            lines=[request.line for request in requests],
            attempts=[request.attempts for request in requests],
            losses=[request.losses for request in requests],
            delays=[request.delay for request in requests],
        )

    def only(self, lines: Collection[int]) -> None:
        """Free what is noted as ours and is none of these: taken just when the connection broke."""
        self._db.execute("batch_only", **self._ours, lines=list(lines))

    def leave(self) -> None:
        """Free all that is ours, and be gone."""
        with self._db.transaction() as connection:
            connection.execute(self._db.queries["batch_only"], {**self._ours, "lines": []})
            connection.execute(self._db.queries["batch_worker_gone"], self._ours)

    def left(self) -> Row:
        """waiting: whether any is to be asked, now or later; taken: whether anybody has any."""
        row = self._db.row("batch_left", batch_id=self._batch_id)
        assert row is not None
        return row

    def pace(self, *, anew: bool = False) -> None:
        """Renew the rate that is shown. anew: work has just begun; what was not done before says nothing."""
        self._db.execute("batch_pace", batch_id=self._batch_id, anew=anew)

    @property
    def _ours(self) -> dict[str, str]:
        return {"batch_id": self._batch_id, "holder": self._holder}
