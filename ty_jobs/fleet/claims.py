"""Which worker executes which run, in Postgres: taken once, kept by signs of life, given back at the end.

Belongs here: these few statements, and how long silence may last. Not here: what follows from silence (`launcher` for
who watches, `worker` for who has been silent itself).
"""

import datetime as dt
from dataclasses import dataclass

from ty_resources.postgres import Database

# So many signs of life fit into the silence that is taken for death: a slow answer of Postgres is none.
_BEATS = 6
# Rows of the dead explain a failed run for a while.
_KEPT = dt.timedelta(days=1)


@dataclass(frozen=True)
class Claims:
    """silence: seconds without a sign of life after which a run counts as abandoned."""

    db: Database
    silence: float

    @property
    def beat_seconds(self) -> float:
        return self.silence / _BEATS

    def take(self, run_id: str, worker: str) -> bool:
        """Whether the run is this worker's now; False where it ever was anybody's."""
        return self.db.row("claim_run", run_id=run_id, worker=worker) is not None

    def beat(self, run_id: str, worker: str) -> bool:
        """A sign of life; whether the run is still this worker's."""
        return self.db.row("beat_run", run_id=run_id, worker=worker) is not None

    def give_back(self, run_id: str, worker: str) -> None:
        self.db.execute("release_run", run_id=run_id, worker=worker)

    def abandoned(self, run_id: str) -> str | None:
        """Why nobody executes the run, in words; None where somebody does."""
        row = self.db.row("run_silence", run_id=run_id)
        if row is None:
            return "no worker has it"
        if row["seconds"] > self.silence:
            return f"the worker {row['worker']} has been silent for {row['seconds']:.0f} s"
        return None

    def forget_the_dead(self) -> None:
        self.db.execute("forget_silent_runs", older=_KEPT)
