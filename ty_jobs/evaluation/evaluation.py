"""What an evaluation tells, whatever it evaluates: figures, figures per class, confusions and single errors.

Belongs here: plain values and the counting that all evaluations share. Not here: what is compared (a module per
subject), how it is printed (evaluate_commands.py) and shown (report.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Figure = float | int | str


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class fares. count: expected cases; precision: None where nothing was called so."""

    name: str
    count: int
    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where either is unknown."""
        if self.precision is None or self.recall is None:
            return None
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often one class was taken for another, with a few of the texts."""

    expected: str
    got: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One case that went wrong. detail: what a person needs to judge it, such as the runner-ups."""

    text: str
    expected: str
    got: str
    detail: str = ""


@dataclass(frozen=True)
class Evaluation:
    """The outcome for one file. figures: in the order to print; shares are 0 .. 1."""

    subject: str
    source: str
    engine: str
    figures: dict[str, Figure]
    classes: Sequence[ClassFigures] = ()
    confusions: Sequence[Confusion] = ()
    mistakes: Sequence[Mistake] = field(default=(), repr=False)
    notes: Sequence[str] = ()


def class_figures(pairs: Iterable[tuple[str, str]], names: dict[str, str] | None = None) -> list[ClassFigures]:
    """Per class from (expected, got), the most frequent first. names: what to show for a class."""
    expected: Counter[str] = Counter()
    called: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for want, got in pairs:
        expected[want] += 1
        called[got] += 1
        right[want] += want == got
    shown = names or {}
    return [
        ClassFigures(
            name=shown.get(name, name),
            count=count,
            precision=right[name] / called[name] if called[name] else None,
            recall=right[name] / count,
        )
        for name, count in sorted(expected.items(), key=lambda item: (-item[1], item[0]))
    ]


def confusions(mistakes: Iterable[Mistake], examples: int = 3) -> list[Confusion]:
    """The mistakes counted by what was expected and what came, the most frequent first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for mistake in mistakes:
        groups.setdefault((mistake.expected, mistake.got), []).append(mistake.text)
    return [
        Confusion(expected, got, len(texts), tuple(dict.fromkeys(texts))[:examples])
        for (expected, got), texts in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
