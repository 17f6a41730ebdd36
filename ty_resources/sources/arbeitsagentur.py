"""The Jobsuche of the Federal Employment Agency: search v6, detail v4 (their versions differ, and that is right).

Belongs here: parameters, limits, answers and how they are refused. Not here: what their fields mean for a posting
(`arbeitsagentur_fields`), parting large result sets (`result_sets`), pace and pauses (`polite`).
"""

import base64
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from ty_resources.settings import Settings, SettingsError
from ty_resources.sources.arbeitsagentur_fields import posting_of, refuse_old_names, stable_part
from ty_resources.sources.marks import mark_of
from ty_resources.sources.polite import Answer, Polite
from ty_resources.sources.result_sets import Limits, Query, ResultSets, page_name
from ty_resources.sources.source import Detail, Hit, Listed, Page, SourceChanged, SourceError, Validator

# A public constant of the agency's own pages, no secret.
_KEY: Final = {"X-API-Key": "jobboerse-jobsuche"}
# size <= 100 and size * page <= 10,000; beyond it the answer is 400.
LIMITS: Final = Limits(page_size=100, most=10_000)
LONGEST_SINCE: Final = 100  # days that `veroeffentlichtseit` reaches back
# Facets of an answer and the parameter that asks for one of their values. `veroeffentlichtseit` is none of them: its
# counts lie within each other.
_PARTING: Final = {
    "befristung": "befristung",
    "zeitarbeit": "zeitarbeit",
    "pav": "pav",
    "behinderung": "behinderung",
    "berufsfeld": "berufsfeld",
    "arbeitszeit": "arbeitszeit",
    "arbeitsort": "wo",
    "arbeitgeber": "arbeitgeber",
}
_PARAMS: Final = frozenset(
    ("was", "wo", "umkreis", "berufsfeld", "arbeitgeber", "angebotsart", "befristung", "arbeitszeit", "zeitarbeit",
     "pav", "behinderung")
)  # fmt: skip
_WORK: Final = "1"  # angebotsart: neither self-employment (2) nor apprenticeship (4) nor internship (34)


class Arbeitsagentur:
    """A RemoteSource. searches: parameters of each; at least one."""

    name = "arbeitsagentur"

    def __init__(self, client: Polite, url: str, searches: Sequence[Query], limits: Limits = LIMITS) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._searches = [{"angebotsart": _WORK, **search} for search in searches]
        self._limits = limits
        self._validators: dict[str, tuple[Validator, list[Hit]]] = {}

    @classmethod
    def of(cls, config: Settings, client: Polite) -> "Arbeitsagentur":
        limits = Limits(config.arbeitsagentur_page_size, config.arbeitsagentur_most_hits)
        return cls(client, config.arbeitsagentur_url, parse_searches(config.arbeitsagentur_searches), limits)

    def pages(self, since: dt.date | None, today: dt.date, listed: Mapping[str, Listed]) -> Iterator[Page]:
        for search in self._searches:
            query = _published_since(search, since, today)
            sets = ResultSets(self._ask, self._limits, _PARTING, listed)
            yield from sets.pages(query, page_name(query, 1))

    def detail(self, hit: Hit, validator: Validator | None) -> Detail:
        reference = base64.b64encode(hit.external_id.encode()).decode()
        url = f"{self._url}/pc/v4/jobdetails/{quote(reference, safe='')}"
        answer = self._client.get(url, headers=_KEY, validator=validator)
        if answer.status == 304:
            return Detail("unchanged", url, validator=answer.validator or validator)
        # 404 is usual: the advertisement has run out, or a partner's has no page here.
        if answer.status in (404, 410):
            return Detail("gone", url)
        if answer.status != 200 or not isinstance(answer.content, dict):
            raise SourceError(f"{url}: expected an advertisement as a JSON object, got {_shown(answer)}")
        refuse_old_names(answer.content, url)
        return Detail("received", url, posting_of(answer.content, hit), answer.validator)

    def newest(self, today: dt.date) -> list[Hit]:
        found: dict[str, Hit] = {}
        for search in self._searches:
            query = {**search, "veroeffentlichtseit": "1"}
            known = self._validators.get(page_name(query, 1))
            answer = self._search(query, 1, known[0] if known else None)
            if answer.status == 304 and known:
                hits = known[1]
            else:
                hits = list(self._page(answer, page_name(query, 1), "").hits) if answer.status == 200 else []
                if answer.validator:
                    self._validators[page_name(query, 1)] = (answer.validator, hits)
            found.update((hit.external_id, hit) for hit in hits)
        return list(found.values())

    def _ask(self, query: Query, number: int, name: str, search: str) -> Page | None:
        answer = self._search(query, number, None)
        if answer.status == 400:
            # Some parts cannot be asked for alone. What is missing then shows in the count of the whole.
            if page_name(query, 1) == search:
                raise SourceChanged(
                    f"{answer.url}: expected hits, got {_shown(answer)}; see TY_ARBEITSAGENTUR_SEARCHES"
                )
            return None
        return self._page(answer, name, search)

    def _search(self, query: Query, number: int, validator: Validator | None) -> Answer:
        # The newest first: what is added while we page then moves hits to a later page, where they are seen again,
        # and not to an earlier one, where they would be missed.
        params = {**query, "page": str(number), "size": str(self._limits.page_size), "sort": "veroeffdatum"}
        url = f"{self._url}/pc/v6/jobs"
        answer = self._client.get(url, params=params, headers=_KEY, validator=validator)
        if answer.status in (404, 410):
            raise SourceChanged(f"{answer.url}: the search has moved (404); see TY_ARBEITSAGENTUR_URL")
        return answer

    def _page(self, answer: Answer, name: str, search: str) -> Page:
        content = answer.content
        if not isinstance(content, dict):
            raise SourceChanged(f"{answer.url}: expected a JSON object with hits, got {_shown(answer)}")
        refuse_old_names(content, answer.url)
        total = content.get("maxErgebnisse")
        # The list is absent when there is no hit, and so are the facets.
        listed = content.get("ergebnisliste")
        if listed is None and isinstance(total, int) and (total == 0 or not name.endswith("#1")):
            listed = []
        if not isinstance(total, int) or not isinstance(listed, list):
            raise SourceChanged(
                f"{answer.url}: expected maxErgebnisse and ergebnisliste, got {', '.join(sorted(content)) or 'nothing'}"
            )
        return Page(name, search, [_hit(one, answer.url) for one in listed], total, _facets(content.get("facetten")))


def parse_searches(text: str) -> list[Query]:
    """`was=Pflege,wo=Berlin,umkreis=50;berufsfeld=Informatik` -> the parameters of each search.

    An empty text is one search, of everything. Raises: SettingsError for a name that the search does not have.
    """
    searches: list[Query] = []
    for part in filter(None, map(str.strip, text.split(";"))):
        query: dict[str, str] = {}
        for pair in filter(None, map(str.strip, part.split(","))):
            name, equals, value = (piece.strip() for piece in pair.partition("="))
            if name not in _PARAMS or not equals or not value:
                raise SettingsError(
                    f"TY_ARBEITSAGENTUR_SEARCHES={text!r}: expected name=value, one of {', '.join(sorted(_PARAMS))}, "
                    f"got {pair!r}; searches are parted by ; and their parameters by ,"
                )
            query[name] = value
        searches.append(query)
    return searches or [{}]


def _published_since(search: Query, since: dt.date | None, today: dt.date) -> Query:
    if since is None or (days := (today - since).days) > LONGEST_SINCE:
        return search
    return {**search, "veroeffentlichtseit": str(max(1, days))}


def _hit(one: Any, url: str) -> Hit:
    if not isinstance(one, dict):
        raise SourceChanged(f"{url}: expected hits as JSON objects, got {type(one).__name__}")
    refuse_old_names(one, url)
    reference = one.get("referenznummer")
    if not isinstance(reference, str) or not reference:
        raise SourceChanged(f"{url}: expected a hit with referenznummer, got {', '.join(sorted(one)) or 'nothing'}")
    return Hit(reference.strip(), mark_of(stable_part(one)), one)


def _facets(told: Any) -> dict[str, dict[str, int]]:
    """facet -> value -> hits, of the facets that a result set can be parted by."""
    facets: dict[str, dict[str, int]] = {}
    for name, facet in (told if isinstance(told, dict) else {}).items():
        counts = facet.get("counts") if isinstance(facet, dict) else None
        if name in _PARTING and isinstance(counts, dict):
            facets[name] = {str(value): int(n) for value, n in counts.items() if isinstance(n, int) and n > 0}
    return facets


def _shown(answer: Answer) -> str:
    return f"{answer.status} {str(answer.content)[:120]}"
