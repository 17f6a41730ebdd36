"""A web search that answers in JSON as SearXNG does (https://docs.searxng.org/dev/search_api.html).

Belongs here: the question and what its answer means. Not here: pace and second tries (`polite`), what is searched for,
and what becomes of the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ty_resources.sources.polite import Polite
from ty_resources.sources.source import SourceChanged


@dataclass(frozen=True)
class SearchResult:
    """What a search engine shows of a page; texts of strangers, as they came."""

    title: str
    text: str
    url: str


class WebSearch(Protocol):
    """Searches the web. Raises SourceError: SourceDown when it may answer later, SourceChanged when it never will."""

    def search(self, query: str, count: int) -> Sequence[SearchResult]: ...


class Searxng:
    """url: of the instance, or of its `/search`; its `search.formats` must list json."""

    def __init__(self, client: Polite, url: str) -> None:
        self._client = client
        self._url = url.rstrip("/") if url.rstrip("/").endswith("/search") else f"{url.rstrip('/')}/search"

    def search(self, query: str, count: int) -> list[SearchResult]:
        """At most `count` results with a text, the best first."""
        answer = self._client.get(self._url, params={"q": query, "format": "json", "safesearch": "1"})
        results = answer.content.get("results") if isinstance(answer.content, dict) else None
        if answer.status != 200 or not isinstance(results, list):
            raise SourceChanged(
                f"{self._url}: expected an object with results, got {answer.status} {str(answer.content)[:80]}; "
                "does its settings.yml list json in search.formats?"
            )
        found = []
        for one in results:
            if not isinstance(one, dict) or not isinstance(one.get("content"), str) or not one["content"].strip():
                continue
            title, url = one.get("title"), one.get("url")
            found.append(SearchResult(title if isinstance(title, str) else "", one["content"], str(url or "")))
        return found[:count]
