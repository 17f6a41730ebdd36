"""What counts as wrong, when it is over, and how it is told: pure, over plain values.

Belongs here: incidents' subjects and words. Not here: keeping and telling them (`incidents`), and watching Dagster
(`operations`). Nothing of a person is told: of an error only its class.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["run", "check", "source"]

_PARTITION = "dagster/partition"
_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
# Assets that are materialised from the UI, without a job.
_ASSET_JOB = "__ASSET_JOB"
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_LONGEST = 500  # characters of a message; a phone shows less


@dataclass(frozen=True)
class Observation:
    """One subject looked at: wrong, or right again, and since when. link: path in the Dagster UI."""

    kind: Kind
    subject: str
    wrong: bool
    at: dt.datetime
    message: str = ""
    link: str = ""


@dataclass(frozen=True)
class Work:
    """What a run is about: its job, with the assets if not all of them, and its partitions, "" where it has none."""

    job: str
    first: str = ""
    last: str = ""

    @classmethod
    def of(cls, job: str, tags: Mapping[str, str], assets: Iterable[str] | None = None) -> "Work":
        """assets: the run's selection; None for the whole job."""
        first, last = (tags.get(tag) or tags.get(_PARTITION, "") for tag in _RANGE)
        name = "assets" if job == _ASSET_JOB else job
        return cls(name if assets is None else f"{name}[{','.join(sorted(assets))}]", first, last)

    @classmethod
    def parse(cls, subject: str) -> "Work":
        job, _, partitions = subject.partition(" ")
        first, _, last = partitions.partition("..")
        return cls(job, first, last or first)

    @property
    def subject(self) -> str:
        partitions = self.first if self.first == self.last else f"{self.first}..{self.last}"
        return f"{self.job} {partitions}".rstrip()

    def covers(self, other: "Work") -> bool:
        """Whether all of the other's work is part of this: a whole job's run does that of some of its assets too."""
        same_job = self.job == other.job or other.job.startswith(f"{self.job}[")
        return same_job and self.first <= other.first and other.last <= self.last

    def overlaps(self, other: "Work") -> bool:
        """Whether they share a partition, whatever the job; days and buckets of people are told by their length."""
        same_kind = len(self.first) == len(other.first)
        return same_kind and self.first <= other.last and other.first <= self.last


def over(observations: Sequence[Observation], incidents: Sequence[Mapping[str, Any]]) -> dict[int, dt.datetime]:
    """Ids of the open incidents that these observations end, with the time.

    A run ends the incidents of all partitions that it covers; nothing is ended by what was seen before it began.
    """
    ended: dict[int, dt.datetime] = {}
    for seen in observations:
        for incident in incidents:
            if (
                not seen.wrong
                and seen.kind == incident["kind"]
                and seen.at >= incident["opened_at"]
                and _ends(seen, incident["subject"])
            ):
                ended.setdefault(incident["incident_id"], seen.at)
    return ended


def _ends(seen: Observation, subject: str) -> bool:
    if seen.kind == "run":
        return Work.parse(seen.subject).covers(Work.parse(subject))
    return seen.subject == subject


def latest(observations: Iterable[Observation]) -> list[Observation]:
    """Of each subject the last one, in their order."""
    last: dict[tuple[str, str], Observation] = {}
    for seen in observations:
        last.pop((seen.kind, seen.subject), None)
        last[seen.kind, seen.subject] = seen
    return list(last.values())


def is_wrong(passed: bool, severity: str, alert_on: Literal["error", "warn"]) -> bool:
    """Whether a check's outcome is told. severity: WARN or ERROR."""
    return not passed and (severity == "ERROR" or alert_on == "warn")


def safe(message: str) -> str:
    """The first line, without credentials of a URL, and not longer than a phone shows."""
    line = message.strip().splitlines()[0] if message.strip() else ""
    line = _CREDENTIALS.sub("…@", line)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


_WHAT = {"run": "Run failed", "check": "Check failed", "source": "Source is silent"}


def words(incident: Mapping[str, Any], dagster_url: str, zone: dt.tzinfo) -> tuple[str, str]:
    """(title, text): what, since when, where to look."""
    begun, ended = incident["opened_at"].astimezone(zone), incident["closed_at"]
    what = f"{_WHAT[incident['kind']]}: {incident['subject']}"
    lines = [incident["message"]] if incident["message"] else []
    if ended is None:
        lines.append(f"Since {begun:%Y-%m-%d %H:%M}.")
    else:
        what = f"Over: {what[0].lower()}{what[1:]}"
        lines.append(f"From {begun:%Y-%m-%d %H:%M} to {ended.astimezone(zone):%Y-%m-%d %H:%M}.")
    lines.append(f"See {dagster_url}{incident['link']} and `ty health`.")
    return f"ty: {what}", "\n".join(lines)
