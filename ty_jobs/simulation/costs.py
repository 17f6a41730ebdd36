"""The measured costs that a simulation computes with: `costs.toml`, typed."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Cost:
    """value: in the unit. command: measures it again; figure: which line of it; note: how the value follows."""

    name: str
    value: float
    unit: str
    command: str
    figure: str
    note: str


@dataclass(frozen=True)
class Costs:
    """version: a date; another one whenever a value changes."""

    version: str
    items: dict[str, Cost]

    def __getitem__(self, name: str) -> float:
        return self.items[name].value


@cache
def measured() -> Costs:
    told = tomllib.loads(files("ty_jobs").joinpath("simulation", "costs.toml").read_text("utf-8"))
    version = told.pop("version")
    return Costs(version, {name: Cost(name, **values) for name, values in told.items()})
