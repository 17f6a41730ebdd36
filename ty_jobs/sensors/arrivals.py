"""What has come into the drop folder, which days it belongs to, and which run is to take it in: pure, without Dagster.

Files are taken in together: while a run works on a day, what comes for that day waits, and goes into the next run as a
whole. What a failed run was asked for is asked for again.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, Field

# A run's failure may be the machine's fault once and twice; the third time it is the run's, and an alert tells.
TRIES = 3
# Names in one run's configuration.
_FILES_PER_RUN = 1000

Outcome = Literal["running", "succeeded", "failed", "unknown"]
# A run that was asked for is there within seconds; one that is not there later was deleted.
_UNTIL_THERE = dt.timedelta(minutes=10)


class Batch(BaseModel):
    """Files for one day, by name with their fingerprints, as one run was or will be asked to take them in.

    found: the day that they came, to which records without a date belong.
    """

    day: dt.date
    found: dt.date
    files: dict[str, str]
    tries: int = 0
    asked_at: dt.datetime | None = None

    @property
    def key(self) -> str:
        """The same for the same content only, and another one for another try."""
        told = "\n".join(f"{name}:{mark}" for name, mark in sorted(self.files.items()))
        return f"{self.day}:{hashlib.sha256(told.encode()).hexdigest()[:12]}" + (f":{self.tries}" if self.tries else "")


class Arrivals(BaseModel):
    """The state between two looks at the folder."""

    files: dict[str, str] = Field(default_factory=dict)  # fingerprint of what is known
    waiting: list[Batch] = Field(default_factory=list)
    asked: dict[str, Batch] = Field(default_factory=dict)  # by run key, until the run has ended

    def settle(self, outcome: Callable[[str], Outcome], now: dt.datetime) -> list[Batch]:
        """Forget what was taken in; what failed waits again. Returns the batches that are given up."""
        given_up: list[Batch] = []
        for key, batch in list(self.asked.items()):
            ended = outcome(key)
            fresh = batch.asked_at is None or now - batch.asked_at < _UNTIL_THERE
            if ended == "running" or (ended == "unknown" and fresh):
                continue
            del self.asked[key]
            if ended != "succeeded":
                again = batch.model_copy(update={"tries": batch.tries + 1})
                (self.waiting if again.tries < TRIES else given_up).append(again)
        return given_up

    def notice(self, prints: Mapping[str, str], days_in: Callable[[str], Iterable[dt.date]], today: dt.date) -> int:
        """Take note of new and changed files; how many there were. prints: fingerprint by name, of all there are."""
        fresh = {name: mark for name, mark in prints.items() if self.files.get(name) != mark}
        for name, mark in fresh.items():
            for day in days_in(name):
                self._waiting_for(day, today).files[name] = mark
        # What has gone from the folder is forgotten, or the state would grow for ever.
        self.files = dict(prints)
        return len(fresh)

    def _waiting_for(self, day: dt.date, found: dt.date) -> Batch:
        for batch in self.waiting:
            if (batch.day, batch.found, batch.tries) == (day, found, 0) and len(batch.files) < _FILES_PER_RUN:
                return batch
        self.waiting.append(Batch(day=day, found=found, files={}))
        return self.waiting[-1]

    def next_batches(self, at_most: int, now: dt.datetime) -> list[Batch]:
        """What is to be asked for now: one batch a day, none for a day whose last one is not taken in yet."""
        busy = {batch.day for batch in self.asked.values()}
        chosen: list[Batch] = []
        for batch in sorted(self.waiting, key=lambda b: (b.day, b.tries)):
            if batch.day not in busy and len(chosen) < at_most:
                busy.add(batch.day)
                chosen.append(batch)
        for batch in chosen:
            self.waiting.remove(batch)
            self.asked[batch.key] = batch.model_copy(update={"asked_at": now})
        return chosen
