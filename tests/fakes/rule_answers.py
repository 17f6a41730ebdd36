"""Answers that the project's own rules give: what a good model would say, so that a whole pipeline can run on them.

Belongs here: which task a schema belongs to. Not here: the rules (`extract` of the tasks in ty_assets).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

# By the title of the output's schema.
_TASKS = {
    "Summary": ("ty_assets.summaries.task", "SummaryTask"),
    "Requirements": ("ty_assets.requirements.task", "RequirementsTask"),
    "Facets": ("ty_assets.facets.task", "FacetsTask"),
    "PostingAnalysis": ("ty_assets.posting_analysis.task", "AnalysisTask"),
    "ProfileFacets": ("ty_assets.profiles.task", "ProfileFacetsTask"),
    "PostingReading": ("ty_assets.readings.task", "PostingReadingTask"),
    "OccupationVerdict": ("ty_assets.berufenet.task", "OccupationTask"),
}


def answer_by_rules(schema: Mapping[str, Any], data: Any) -> Any:
    """The rules' output as JSON; None where no task has such a schema, or the data is not its input."""
    task = _task(schema.get("title", ""))
    if task is None or not isinstance(data, dict):
        return None
    try:
        item = _item_type(task).model_validate(data)
    except ValueError:
        return None
    (output,) = task.extract([item], _encode)
    return output.model_dump(mode="json")


@cache
def _task(title: str) -> Any:
    if title not in _TASKS:
        return None
    module, name = _TASKS[title]
    return getattr(import_module(module), name)()


@cache
def _item_type(task: Any) -> Any:
    """The first parameter of its class's base, `Task[Item, Output]`."""
    return type(task).__orig_bases__[0].__args__[0]


def _encode(texts: Sequence[str]) -> Any:
    return _encoder().embed(texts)


@cache
def _encoder() -> Any:
    return import_module("ty_resources.inference.embedded").EmbeddedEngine(workers=1)
