"""An evaluation as one HTML file that a person can act on: figures, classes, confusions, single mistakes.

Belongs here: the page. Not here: what is in it (evaluation.py), and numbers for programs (--json).
"""

from importlib.resources import files
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from ty_jobs.evaluation.evaluation import Evaluation, Figure

_MOST_CONFUSIONS: Final = 200
_MOST_MISTAKES: Final = 2000


def write_report(evaluation: Evaluation, file: Path) -> None:
    """Write the page, whole or not at all. Raises OSError."""
    page = render(evaluation)
    partial = file.with_name(file.name + ".part")
    partial.write_text(page, "utf-8")
    partial.replace(file)


def render(evaluation: Evaluation) -> str:
    """The page; everything from the data is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["figure"] = shown
    template = environment.from_string(files("ty_jobs.evaluation").joinpath("report.html").read_text("utf-8"))
    return template.render(
        evaluation=evaluation,
        weakest=sorted(evaluation.classes, key=lambda c: (c.f1 if c.f1 is not None else -1.0, -c.count)),
        confusions=evaluation.confusions[:_MOST_CONFUSIONS],
        mistakes=evaluation.mistakes[:_MOST_MISTAKES],
    )


def shown(value: Figure | None) -> str:
    """A figure as it is printed; an em dash where there is none."""
    if value is None:
        return "—"
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
