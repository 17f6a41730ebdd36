"""Deutsche Bank's jobs: a BeeSite search, its second index for graduates, and a page of HTML for each job.

Belongs here: what is asked, what the answers mean. Not here: HTML to text (ty_assets/postings/markup.py), pace and
pauses (`polite`).
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from ty_resources.settings import Settings
from ty_resources.sources.marks import mark_of
from ty_resources.sources.polite import Answer, Polite
from ty_resources.sources.source import Detail, Hit, Listed, Page, SourceChanged, SourceError, Validator

# The graduates' index hardly overlaps with the other, and knows its language only in capitals.
INDEXES: Final = ("search", "graduatesearch")
_LANGUAGE: Final = "EN"  # of labels; the set of jobs is the same in each
PAGE_SIZE: Final = 100
# A field with parts is empty unless its parts are asked for.
_FIELDS: Final = (
    "PositionID", "PositionTitle", "PositionURI", "ApplyURI", "PositionLocation.CityName",
    "PositionLocation.CountrySubDivisionName", "PositionLocation.CountryName", "PositionLocation.CountryCode",
    "CareerLevel.Name", "PositionSchedule.Name", "PositionOfferingType.Name", "OrganizationName", "ProfessionName",
    "PublicationStartDate",
)  # fmt: skip
_EMPLOYER: Final = "Deutsche Bank"
_COUNTRIES: Final = {"deutschland": "DE", "germany": "DE"}


class DeutscheBank:
    """A RemoteSource. countries: BeeSite's numbers; none: all."""

    name = "deutsche_bank"

    def __init__(self, client: Polite, url: str, countries: Sequence[str] = (), page_size: int = PAGE_SIZE) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._countries = list(countries)
        self._page_size = page_size

    @classmethod
    def of(cls, config: Settings, client: Polite) -> "DeutscheBank":
        countries = [number.strip() for number in config.deutsche_bank_countries.split(",") if number.strip()]
        return cls(client, config.deutsche_bank_url, countries)

    def pages(self, since: dt.date | None, today: dt.date, listed: Mapping[str, Listed]) -> Iterator[Page]:
        for index in INDEXES:
            yield from self._pages(index, since, listed)

    def _pages(self, index: str, since: dt.date | None, listed: Mapping[str, Listed]) -> Iterator[Page]:
        number, total = 1, 1
        search = _name(index, 1)
        while (number - 1) * self._page_size < total:
            name = _name(index, number)
            if name in listed:
                total = listed[name].total or 0
            else:
                page = self._ask(index, number, name, search)
                total = page.total or 0
                old = (
                    since is not None
                    and bool(page.hits)
                    and all(_published(hit) < since.isoformat() for hit in page.hits)
                )
                # Of a listing that ends early nobody can say how many there should have been.
                yield Page(name, search, page.hits, None if since else total)
                if old or not page.hits:
                    return
            number += 1

    def detail(self, hit: Hit, validator: Validator | None) -> Detail:
        url = f"{self._url}/jobhtml/{quote(hit.external_id, safe='')}.json"
        answer = self._client.get(url, validator=validator)
        if answer.status == 304:
            return Detail("unchanged", url, validator=answer.validator or validator)
        if answer.status in (404, 410):
            return Detail("gone", url)
        content = answer.content
        if answer.status != 200 or not isinstance(content, dict) or not isinstance(content.get("html"), str):
            raise SourceError(f'{url}: expected {{"html": ..., "apply_uri": ...}}, got {_shown(answer)}')
        return Detail("received", url, self._record(hit, content), answer.validator)

    def newest(self, today: dt.date) -> list[Hit]:
        return [hit for index in INDEXES for hit in self._ask(index, 1, _name(index, 1), "").hits]

    def _ask(self, index: str, number: int, name: str, search: str) -> Page:
        data = {
            "LanguageCode": _LANGUAGE,
            "SearchParameters": {
                "FirstItem": (number - 1) * self._page_size + 1,
                "CountItem": self._page_size,
                "MatchedObjectDescriptor": list(_FIELDS),
                "Sort": [{"Criterion": "PublicationStartDate", "Direction": "DESC"}],
            },
            "SearchCriteria": (
                [{"CriterionName": "PositionLocation.Country", "CriterionValue": self._countries}]
                if self._countries
                else []
            ),
        }
        asked = json.dumps(data, separators=(",", ":"))
        answer = self._client.get(f"{self._url}/{index}/", params={"data": asked})
        result = answer.content.get("SearchResult") if isinstance(answer.content, dict) else None
        items = result.get("SearchResultItems", []) if isinstance(result, dict) else None
        total = (
            result.get("SearchResultCountAll", result.get("SearchResultCount")) if isinstance(result, dict) else None
        )
        if answer.status != 200 or not isinstance(items, list) or not isinstance(total, int):
            raise SourceChanged(
                f"{self._url}/{index}/: expected SearchResult with SearchResultItems and SearchResultCountAll, got "
                f"{_shown(answer)}; see TY_DEUTSCHE_BANK_URL"
            )
        return Page(name, search, [_hit(item, answer.url) for item in items], total)

    def _record(self, hit: Hit, content: Mapping[str, Any]) -> dict[str, Any]:
        told = hit.hit
        place = _first(told.get("PositionLocation"))
        country = _text(place.get("CountryCode")) or _text(place.get("CountryName"))
        apply = _text(content.get("apply_uri")) or _text(_one(told.get("ApplyURI")))
        address = _text(told.get("PositionURI"))
        record = {
            "external_id": hit.external_id,
            "title": _text(told.get("PositionTitle")),
            "description": content["html"],
            "employer": _EMPLOYER,
            "city": _text(place.get("CityName")) or _text(told.get("OrganizationName")),
            "region": _text(place.get("CountrySubDivisionName")),
            "country": _COUNTRIES.get((country or "").lower(), country),
            # The page about the job; the address to apply at leads to a form.
            "url": apply.removesuffix("/apply") if apply else f"{self._url}{address}" if address else None,
            "occupation_hint": _text(told.get("ProfessionName")),
            "published_on": _text(told.get("PublicationStartDate")),
        }
        given = {name: value for name, value in record.items() if value is not None}
        return {**given, "deutsche_bank": {"hit": dict(told), "apply_uri": content.get("apply_uri")}}


def _name(index: str, number: int) -> str:
    return f"{index}#{number}"


def _hit(item: Any, url: str) -> Hit:
    told = item.get("MatchedObjectDescriptor") if isinstance(item, dict) else None
    number = told.get("PositionID") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(number, (str, int)) or not str(number):
        raise SourceChanged(f"{url}: expected items with MatchedObjectDescriptor.PositionID, got {str(item)[:120]}")
    return Hit(str(number).strip(), mark_of(told), told)


def _published(hit: Hit) -> str:
    """The day, as text that sorts; one that is not told counts as new."""
    return str(hit.hit.get("PublicationStartDate") or "9999")


def _first(value: Any) -> Mapping[str, Any]:
    one = _one(value)
    return one if isinstance(one, dict) else {}


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _shown(answer: Answer) -> str:
    return f"{answer.status} {str(answer.content)[:120]}"
