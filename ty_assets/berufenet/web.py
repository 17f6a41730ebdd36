"""What the web says of a title that the posting's own text does not explain: searched once, then kept.

Belongs here: what is searched for (a title, nothing else of a posting), and the cache. Not here: the search engine
(ty_resources/sources/searxng.py), and what results are worth (task.py).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ty_assets.berufenet.titles import clean_title
from ty_assets.postings.normalise import lookup_key, normalise_text
from ty_assets.requirements.instructions import title_without_orders, without_orders
from ty_resources.postgres import Database
from ty_resources.sources.searxng import WebSearch
from ty_resources.sources.source import SourceError

_RESULTS: Final = 5
_LONGEST: Final = 400  # characters of a result
_SUBJECT: Final = "Beruf Stellenbeschreibung"


@dataclass
class WebReport:
    """Titles. error: why the search ended early; the next run goes on."""

    searched: int = 0
    left: int = 0
    error: str | None = None


def query_of(title: str) -> str:
    """Without employer, place and pay, which `clean_title` takes off, and without orders to whoever reads it."""
    return f"{lookup_key(clean_title(title_without_orders(title)))} {_SUBJECT}"


def search_titles(db: Database, search: WebSearch, titles: Sequence[str], most: int) -> WebReport:
    """Search for those that nobody has searched for, in their order; each answer is kept as it comes."""
    queries = list(dict.fromkeys(map(query_of, titles)))
    known = {row["query"] for row in db.rows("web_searches", queries=queries)}
    wanted = [query for query in queries if query not in known]
    report = WebReport(left=len(wanted))
    for query in wanted[:most]:
        try:
            results = search.search(query, _RESULTS)
        except SourceError as error:
            report.error = str(error)
            break
        told = [{"title": _plain(r.title), "text": _plain(r.text), "url": r.url.replace("\x00", "")} for r in results]
        row = (query, json.dumps(told, ensure_ascii=False))
        db.insert_new("web_searches", ["query", "snippets"], [row])
        report.searched += 1
        report.left -= 1
    return report


def snippets_of(db: Database, titles: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Title -> what was found for it, for titles that somebody has searched for."""
    queries = {title: query_of(title) for title in dict.fromkeys(titles)}
    found = {row["query"]: row["snippets"] for row in db.rows("web_searches", queries=list(set(queries.values())))}
    return {
        title: tuple(text for one in found[query] if (text := f"{one['title']}\n{one['text']}".strip()))
        for title, query in queries.items()
        if query in found
    }


def _plain(text: str) -> str:
    return without_orders(normalise_text(text)[:_LONGEST])
