"""What every benchmark answers: rows of a value beside a baseline that was measured in the same run."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One figure. ratio: value / baseline_value; of an `a_vs_b` row the value is that ratio already."""

    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float
    ratio: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def figure(name: str, value: float, unit: str, baseline: str, baseline_value: float) -> Row:
    """A value with its unit, against a baseline of the same unit."""
    return Row(name, value, unit, baseline, baseline_value, value / baseline_value)


def versus(name: str, value: float, baseline: str, baseline_value: float) -> Row:
    """How many times the baseline a value is; both in the unit that `baseline` names."""
    return Row(name, value / baseline_value, "x", baseline, baseline_value, value / baseline_value)
