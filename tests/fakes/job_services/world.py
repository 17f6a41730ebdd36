"""What the simulated services have: made-up advertisements and occupations, the same for the same configuration.

Belongs here: numbers into contents. Not here: the wire (`job_server`) and the services' shapes (`arbeitsagentur_api`).
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

BEFRISTUNG = ("1", "2", "3")
FIELDS = ("Pflege", "Informatik", "Reinigung", "Verkauf", "Lager", "Büro", "Küche", "Elektro", "Metall", "Bau")
CITIES = ("Berlin", "Hamburg", "München", "Köln", "Dresden", "Bremen", "Kiel", "Mainz", "Erfurt", "Linz")
REGIONS = (
    "BERLIN", "HAMBURG", "BAYERN", "NORDRHEIN_WESTFALEN", "SACHSEN", "BREMEN", "SCHLESWIG_HOLSTEIN", "RHEINLAND_PFALZ",
    "THUERINGEN", "OBEROESTERREICH",
)  # fmt: skip
OCCUPATIONS = (
    "Altenpfleger/in", "Informatiker/in", "Gebäudereiniger/in", "Verkäufer/in", "Fachkraft - Lagerlogistik",
    "Bürokaufmann/-frau", "Koch/Köchin", "Elektroniker/in - Betriebstechnik", "Industriemechaniker/in", "Maurer/in",
)  # fmt: skip
_TASKS = ("planen", "prüfen", "pflegen", "bauen", "beraten", "reinigen", "verkaufen", "ordnen", "kochen", "messen")


@dataclass
class Job:
    """One advertisement. version: how often it was changed."""

    number: int
    published: dt.date
    version: int = 0

    @property
    def kind(self) -> int:
        return self.number % 10

    @property
    def title(self) -> str:
        return f"{OCCUPATIONS[self.kind]} (m/w/d) Nr. {self.number}"

    @property
    def text(self) -> str:
        """About as long as a short advertisement, different for each."""
        lines = [f"- {_TASKS[(self.number + i) % 10]} in Abteilung {self.number * 7 + i}" for i in range(12)]
        return (
            f"Betrieb {self.number % 97} sucht Verstärkung, Stelle {self.number}, Fassung {self.version}.\n\nAufgaben\n"
            + "\n".join(lines)
            + f"\n\nIhr Profil\n- Abgeschlossene Ausbildung\n- {self.number % 5 + 1} Jahre Berufserfahrung\n- Teamgeist"
        )


@dataclass
class Jobs:
    """The advertisements of one service, the newest last. gone_every: each so manieth has no detail; 0: none."""

    jobs: dict[int, Job] = field(default_factory=dict)
    gone_every: int = 0
    gone: set[int] = field(default_factory=set)
    unreadable: set[int] = field(default_factory=set)
    generation: int = 0  # moves with every change

    def fill(self, count: int, today: dt.date, per_day: int) -> None:
        """So many, published over the last days, so many a day."""
        for number in range(count):
            self.jobs[number] = Job(number, today - dt.timedelta(days=(count - 1 - number) // max(1, per_day)))
        self.generation += 1

    def add(self, count: int, on: dt.date) -> None:
        first = max(self.jobs, default=-1) + 1
        for number in range(first, first + count):
            self.jobs[number] = Job(number, on)
        self.generation += 1

    def change(self, told: dict[str, Any]) -> None:
        """add {count, on}, change [numbers], remove [numbers], gone [numbers], unreadable [numbers], gone_every."""
        if "add" in told:
            self.add(int(told["add"]["count"]), dt.date.fromisoformat(told["add"]["on"]))
        for number in told.get("change", ()):
            self.jobs[number].version += 1
        for number in told.get("remove", ()):
            self.jobs.pop(number, None)
        self.gone = set(told.get("gone", self.gone))
        self.unreadable = set(told.get("unreadable", self.unreadable))
        self.gone_every = int(told.get("gone_every", self.gone_every))
        self.generation += 1

    def newest_first(self) -> list[Job]:
        return sorted(self.jobs.values(), key=lambda job: (job.published, job.number), reverse=True)

    def detail(self, number: int) -> Job | None:
        """The job, where its page is there."""
        absent = number in self.gone or (self.gone_every > 0 and number % self.gone_every == self.gone_every - 1)
        return None if absent else self.jobs.get(number)
