"""What a number of postings and people ask of a number of hosts, what ends first, and what lifts that.

Belongs here: what comes in a day, what serves it, and how full each thing gets. Not here: the costs (`costs.toml`), the
mathematics of queues (`queueing.py`), and the command. Every figure is the costs' or an assumption that `Size` and
`Host` name; nothing else is known of a machine that nobody has measured.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ty_jobs.simulation.costs import Costs
from ty_jobs.simulation.queueing import flow, hours_until_empty, wait_quantile

_DAY, _HOUR = 86_400.0, 3600.0
_GIB = 2.0**30


@dataclass(frozen=True)
class Size:
    """What is asked.

    new_share: of the postings, those that are new on the heaviest day; 16,000 of 260,000 once were. visitors: share of
    the people who come in a day. lists: pages each then opens. peak_share: of a day's visits in its busiest hour.
    kept: matches that are kept for a person of one day's postings (TY_MATCHES_PER_DAY), and read by a model
    (TY_REFINED_MATCHES). new_people: share of the people who are new in a day.
    """

    postings: int
    people: int
    new_share: float = 0.06
    visitors: float = 0.05
    lists: float = 20.0
    peak_share: float = 0.12
    kept: int = 200
    refined: int = 500
    new_people: float = 0.01

    @property
    def new_postings(self) -> float:
        return self.postings * self.new_share

    @property
    def read_by_model(self) -> float:
        """Of a day's new postings, those among anybody's best; spread evenly, which is the most there can be."""
        return self.new_postings * (1 - math.exp(-self.people * self.refined / max(1, self.postings)))

    @property
    def days_open(self) -> float:
        """How long a posting stays, where as many go as come."""
        return 1 / self.new_share

    @property
    def matches(self) -> float:
        """All that are kept: of each day that a posting stays, for each person, and never more than there are pairs."""
        return self.people * min(self.postings, self.kept * self.days_open)


@dataclass(frozen=True)
class Host:
    """Each of the hosts. night: hours in which models read and matches are made. model_speed: requests that a GPU
    serves at the same time for what one takes; 1 is one after the other."""

    cores: int = 16
    memory_gib: float = 64.0
    disk_gib: float = 2000.0
    gpus: int = 1
    night: float = 8.0
    model_speed: float = 1.0
    connections: int = 24  # that its processes keep to Postgres


@dataclass(frozen=True)
class Load:
    """One thing that is used up. use: asked / able, above 1 where it does not suffice. unit: of both."""

    name: str
    asked: float
    able: float
    unit: str
    lift: str

    @property
    def use(self) -> float:
        return self.asked / self.able if self.able else math.inf


@dataclass(frozen=True)
class Queue:
    """Work that waits. hours: from midnight until a day's is done; infinite where it never is. left: server-hours that
    wait after a day. wait95: seconds that nineteen of twenty who click wait; None where nobody does."""

    name: str
    hours: float
    left: float
    wait95: float | None = None


@dataclass(frozen=True)
class Outcome:
    loads: list[Load]
    queues: list[Queue]

    @property
    def first(self) -> Load:
        """What ends first, or would."""
        return max(self.loads, key=lambda load: load.use)

    @property
    def suffices(self) -> bool:
        return all(load.use <= 1 for load in self.loads)


def simulate(size: Size, host: Host, hosts: int, costs: Costs) -> Outcome:
    """hosts: all with the same roles; Postgres on one of them."""
    cores = hosts * host.cores
    reading = size.new_postings * costs["rules"]
    matching = size.new_postings * size.people * costs["match"]
    newcomers = size.people * size.new_people * size.postings * costs["match"]
    model = size.read_by_model * costs["model"] / host.model_speed
    peak = size.people * size.visitors * size.lists * size.peak_share / _HOUR
    stored = (
        size.postings * costs["stored_posting"]
        + size.matches * costs["stored_match"]
        + size.people * costs["stored_person"]
    ) / _GIB
    written = size.new_postings + size.people * size.kept
    loads = [
        Load(
            "rules", reading / _HOUR, cores * 24.0, "core-hours a day",
            "more run workers, each with days of its own",
        ),
        Load(
            "matching", (matching + newcomers) / _HOUR, cores * host.night, "core-hours a night",
            "shard the screening by posting: each worker holds a part of the matrix, the best of each part are merged",
        ),
        Load(
            "model", model / _HOUR, hosts * host.gpus * host.night, "GPU-hours a night",
            "servers that batch (vLLM, or Ray Serve before several): TY_OPENAI_BASE_URL takes many, --model-speed says "
            "how much; or fewer TY_REFINED_MATCHES, TY_REFINEMENT_HOURS longer",
        ),
        Load(
            "lists", peak * costs["list"], cores, "cores in the busiest hour",
            "more processes of the match view behind a proxy, reading from a replica (TY_POSTGRES_READ_URL)",
        ),
        Load(
            "memory", size.postings * costs["memory"] / _GIB, host.memory_gib / 2, "GiB a screening process",
            "shard the screening: the matrix by posting over hosts, each a part; or an approximate index (HNSW)",
        ),
        Load(
            "disk", stored, host.disk_gib, "GiB of one Postgres",
            "fewer TY_MATCHES_PER_DAY; profile_posting_matches by hash of profile_id, over several servers (Citus)",
        ),
        Load(
            "writes", written / costs["rows"] / _HOUR, host.night, "hours of the night that one Postgres writes",
            "profile_posting_matches by hash of profile_id over several servers (Citus), or fewer TY_MATCHES_PER_DAY",
        ),
        Load(
            "connections", float(hosts * host.connections), 400.0, "connections of one Postgres",
            "PgBouncer in transaction mode between (docs/postgres.md)",
        ),
    ]  # fmt: skip
    return Outcome(loads, list(_queues(size, host, hosts, costs, reading, matching + newcomers, model, peak)))


def _queues(
    size: Size, host: Host, hosts: int, costs: Costs, reading: float, matching: float, model: float, peak: float
) -> Iterator[Queue]:
    """Postings come between six and eighteen o'clock; what is done at night is there when it begins."""
    cores = hosts * host.cores
    arriving = [reading / 12 if 6 <= hour < 18 else 0.0 for hour in range(24)]
    all_day = [cores * _HOUR] * 24
    yield Queue("rules", hours_until_empty(arriving, all_day), flow(arriving, all_day).left / _HOUR)
    at_once = [1.0] + [0.0] * 23
    nightly = [max(0.0, min(1.0, host.night - hour)) for hour in range(24)]
    for name, work, servers in (("matching", matching, cores), ("model", model, hosts * host.gpus)):
        coming, able = [work * one for one in at_once], [servers * one * _HOUR for one in nightly]
        yield Queue(name, hours_until_empty(coming, able), flow(coming, able).left / _HOUR)
    yield Queue("lists", 0.0, 0.0, wait_quantile(peak, costs["list"], cores, 0.95))
