"""Listing a result set that is larger than a service hands out: parted until each part fits.

Belongs here: which facet to part by, in which order to ask, what counts as reached. Pure but for `ask`. Not here: the
service's parameters and answers (`arbeitsagentur`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from ty_resources.sources.source import Listed, Page

Query = Mapping[str, str]
Facets = Mapping[str, Mapping[str, int]]
# A service's result set changes while it is listed: what runs out in between is missing, what comes in is too much. A
# listing has all when no more than this share of what the first page promised is missing.
ENOUGH: Final = 0.995


@dataclass(frozen=True)
class Limits:
    """page_size: hits of a page. most: hits of a result set that can be paged through."""

    page_size: int
    most: int


# (query, page number from 1, name, search) -> the page; None where the service refuses the query as wrong.
Ask = Callable[[Query, int, str, str], Page | None]


def page_name(query: Query, number: int) -> str:
    """The name of a page: the same for the same question."""
    return f"{urlencode(sorted(query.items()))}#{number}"


class ResultSets:
    """The pages of one search. `listed`: pages that are in already; what they were parted by is remembered in them."""

    def __init__(self, ask: Ask, limits: Limits, params: Mapping[str, str], listed: Mapping[str, Listed]) -> None:
        self._ask = ask
        self._limits = limits
        self._params = params  # facet -> parameter, in order of preference where they part equally well
        self._listed = dict(listed)

    def pages(self, query: Query, search: str) -> Iterator[Page]:
        """Every page of the query that is not in yet. search: the name of the first page of all.

        A set that fits is paged through. One that does not is parted by a facet whose counts add up to the whole. Where
        there is none, by those that overlap or leave something out, one after the other until nothing is missing, and
        in the end by as much of the set itself as can be paged.
        """
        first = page_name(query, 1)
        if first not in self._listed:
            page = self._ask(query, 1, first, search)
            if page is None:
                return
            self._listed[first] = page.listed()
            yield page
        told = self._listed[first]
        total = told.total or 0
        if total <= self._limits.most:
            yield from self._paged(query, search, total)
            return
        for facet in parting(told.facets, total, self._limits.most, query, self._params):
            for part in told.facets[facet]:
                yield from self.pages(_part(query, self._params[facet], part), search)
            if self._reached(query) >= ENOUGH * total:
                return
        yield from self._paged(query, search, self._limits.most)

    def _paged(self, query: Query, search: str, total: int) -> Iterator[Page]:
        for number in range(2, -(-total // self._limits.page_size) + 1):
            name = page_name(query, number)
            if name in self._listed:
                continue
            page = self._ask(query, number, name, search)
            if page is None:
                return
            self._listed[name] = page.listed()
            yield page

    def _reached(self, query: Query) -> int:
        """Distinct hits of the query and of everything it was parted into."""
        wanted = set(query.items())
        ids: set[str] = set()
        for name, page in self._listed.items():
            if wanted <= _query_of(name):
                ids.update(page.external_ids)
        return len(ids)


def parting(facets: Facets, total: int, most: int, query: Query, params: Mapping[str, str]) -> list[str]:
    """The facets to part a set by, in this order; the next one only where hits are still missing.

    One that adds up to the whole comes alone: where all its parts fit, that with the fewest of them, otherwise that
    with the smallest largest part. Counts that add up to more overlap, to less leave something out.
    """
    usable = {
        facet: counts
        for facet, counts in facets.items()
        if facet in params and params[facet] not in query and len(counts) > 1 and max(counts.values()) < total
    }
    order = {facet: place for place, facet in enumerate(params)}

    def worth(facet: str) -> tuple[bool, int, int, int]:
        largest = max(usable[facet].values())
        fits = largest <= most
        return (not fits, len(usable[facet]) if fits else largest, len(usable[facet]), order[facet])

    exact = [facet for facet in usable if sum(usable[facet].values()) == total]
    if exact:
        return [min(exact, key=worth)]
    return sorted(usable, key=lambda facet: (sum(usable[facet].values()) < total, *worth(facet)))


def _part(query: Query, param: str, value: str) -> Query:
    # A place is a place, not what lies around it: the parts would overlap.
    return {**query, param: value, **({"umkreis": "0"} if param == "wo" else {})}


def _query_of(name: str) -> set[tuple[str, str]]:
    return set(parse_qsl(name.rpartition("#")[0], keep_blank_values=True))
