"""The filters of a list that are in force, each in words and with the address of the list without it.

Belongs here: what each filter is called. Not here: what it does (`listing.py`).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from serving.language import Language
from serving.listing import AskedOfPage
from serving.nearness import Choices, Nearness


class Chip(NamedTuple):
    text: str
    without: str  # the address of the list without this filter


def chips(t: Language, asked: AskedOfPage, near: Nearness, choices: Choices) -> list[Chip]:
    """In the order of the form; a filter that can do nothing, such as a distance from nowhere, says so."""
    found = []
    for name in asked.filters:
        if name == "within" and asked.place is not None:
            continue  # said together with the place
        told = _TOLD[name](t, asked, near, choices)
        gone: dict[str, object] = {name: None}
        if name == "place":
            gone["within"] = None
        found.append(Chip(told, t.link("/matches", **asked.query(**gone))))
    return found


def _place(t: Language, asked: AskedOfPage, near: Nearness, choices: Choices) -> str:
    return t("chip.place" if near.is_known else "chip.place_by_name", place=asked.place, km=round(near.within or 0))


def _within(t: Language, asked: AskedOfPage, near: Nearness, choices: Choices) -> str:
    return t("chip.place", place=near.of, km=asked.within) if near.is_known else t("chip.no_home")


def _occupation(t: Language, asked: AskedOfPage, near: Nearness, choices: Choices) -> str:
    name = next((one.name for one in choices.occupations if one.code == asked.occupation), None)
    return name or t("chip.occupation", code=asked.occupation)


_TOLD: Final[Mapping[str, Callable[[Language, AskedOfPage, Nearness, Choices], str]]] = MappingProxyType(
    {
        "q": lambda t, asked, near, choices: t("chip.q", words=asked.q),
        "place": _place,
        "within": _within,
        "remote": lambda t, asked, near, choices: t(f"filter.remote.{asked.remote}"),
        "occupation": _occupation,
        "days": lambda t, asked, near, choices: t.count("chip.days", asked.days or 0),
        "gates": lambda t, asked, near, choices: t(f"chip.gates.{asked.gates}"),
        "status": lambda t, asked, near, choices: t(f"filter.status.{asked.status}"),
        "hidden": lambda t, asked, near, choices: t(f"chip.hidden.{asked.hidden}"),
        "min_score": lambda t, asked, near, choices: t("chip.min_score", score=t.percent(asked.least_score)),
    }
)
