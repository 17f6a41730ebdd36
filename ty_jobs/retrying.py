"""Which runs try failed subjects again: pure, from the rows of `failures` that are due.

Belongs here: job, partitions and key of each run. Not here: Dagster (`operations`), and when a failure is due
(ty_resources/failures).
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ty_jobs.alerting import Work

POSTINGS, PEOPLE, REFINEMENT = "postings_job", "people_job", "refinement_job"
_OF_PEOPLE = ("profiles", "profile_facets")
# As many days as a backfill's runs have.
_MOST_PARTITIONS = 7


@dataclass(frozen=True)
class Retry:
    """One run: of a job over partitions without gaps. key: the same for the same attempt at the same failures."""

    work: Work
    key: str
    subjects: int


def job_of(failure: Mapping[str, Any], packaged_models: Collection[str]) -> str:
    """packaged_models: embedding models that need no server; texts that failed with another are the refinement's."""
    stage = failure["stage"]
    if stage in _OF_PEOPLE:
        return PEOPLE
    by_server = stage in ("posting_readings", "occupation_readings") or (
        stage == "embeddings" and failure["task_version"] not in packaged_models
    )
    return REFINEMENT if by_server else POSTINGS


def retries(
    due: Iterable[Mapping[str, Any]],
    busy: Sequence[Work],
    *,
    days: tuple[dt.date, dt.date],
    packaged_models: Collection[str],
    remote: bool,
    now: dt.datetime,
) -> list[Retry]:
    """Runs over exactly the partitions with something due, and none over a partition that a run is at.

    due: rows of `due_failures`. busy: unfinished runs. days: the first and the last partition there is; what lies
    outside has none. remote: a model server is there; without one nothing waits for the refinement.
    """
    found: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in due:
        job = job_of(row, packaged_models)
        if job == REFINEMENT and not remote:
            continue
        if job == PEOPLE:
            place = row["bucket"]
        elif row["day"] is not None and days[0] <= row["day"] <= days[1]:
            place = row["day"].toordinal()
        else:
            continue
        found[job][place].append(f"{row['stage']} {row['subject']} {row['task_version']} {row['attempts']}")
    # What a run did not get to, since it failed as a whole, has the same attempts: it comes again, once an hour.
    hour = f"{now.astimezone(dt.UTC):%Y-%m-%dT%H}"
    wanted = []
    for job, places in sorted(found.items()):
        for run in _without_gaps(sorted(places)):
            names = [_key(job, place) for place in run]
            work = Work(job, names[0], names[-1])
            if any(work.overlaps(other) for other in busy):
                continue
            subjects = sorted(subject for place in run for subject in places[place])
            digest = hashlib.sha256("\n".join(subjects).encode()).hexdigest()[:12]
            wanted.append(Retry(work, f"retry {work.subject} {digest} {hour}", len(subjects)))
    return wanted


def _key(job: str, place: int) -> str:
    return f"{place:03d}" if job == PEOPLE else dt.date.fromordinal(place).isoformat()


def _without_gaps(places: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1 and len(runs[-1]) < _MOST_PARTITIONS:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
