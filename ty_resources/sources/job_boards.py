"""Job boards by way of the library python-jobspy, which is an extra: it is imported when a board is asked.

Belongs here: its call, its table, its gaps (NaN). Not here: how it reads the boards, and their pace, which are its own.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from ty_resources.settings import Settings
from ty_resources.sources.marks import mark_of
from ty_resources.sources.source import Detail, Hit, Listed, Page, SourceChanged, SourceDown, SourceError, Validator

PREFIX: Final = "job_boards:"
Scrape = Callable[..., pd.DataFrame]
# Column -> our name.
_NAMES: Final = {
    "title": "title",
    "description": "description",
    "company": "employer",
    "location": "city",
    "is_remote": "remote",
    "date_posted": "published_on",
    "job_function": "occupation_hint",
}
_LATEST: Final = 30  # postings of a light look


class JobBoard:
    """A RemoteSource of one board. Its listing is a search's first results, so it never says that it has all."""

    def __init__(
        self, site: str, *, search: str, location: str, country: str, results: int, scrape: Scrape | None = None
    ):
        self.name = PREFIX + site
        self._site = site
        self._asked = {"search_term": search or None, "location": location or None, "country_indeed": country}
        self._results = results
        self._scrape = scrape

    @classmethod
    def of(cls, config: Settings, site: str) -> "JobBoard":
        return cls(
            site,
            search=config.job_boards_search,
            location=config.job_boards_location,
            country=config.job_boards_country,
            results=config.job_boards_results,
        )

    def pages(self, since: dt.date | None, today: dt.date, listed: Mapping[str, Listed]) -> Iterator[Page]:
        name = f"{self._site}#1"
        if name in listed:
            return
        hours = 24 * max(1, (today - since).days) if since else None
        yield Page(name, name, self._hits(self._results, hours), None)

    def detail(self, hit: Hit, validator: Validator | None) -> Detail:
        """The listing has the text already."""
        told = dict(hit.hit)
        record = {ours: told[name] for name, ours in _NAMES.items() if told.get(name) is not None}
        url = told.get("job_url_direct") or told.get("job_url")
        record |= {"external_id": hit.external_id, "url": url, "jobspy": told}
        return Detail("received", str(told.get("job_url") or self.name), record)

    def newest(self, today: dt.date) -> list[Hit]:
        return self._hits(min(_LATEST, self._results), 24)

    def _hits(self, results: int, hours: int | None) -> list[Hit]:
        scrape = self._scrape or installed_scraper()
        try:
            table = scrape(
                site_name=[self._site],
                results_wanted=results,
                hours_old=hours,
                description_format="markdown",
                fetch_description=True,  # a posting without its text is none
                verbose=0,
                **self._asked,
            )
        except ValueError as error:
            raise SourceChanged(
                f"{self.name}: python-jobspy refused the search ({error}); see TY_JOB_BOARDS_*"
            ) from None
        except Exception as error:
            # Its boards fail in as many ways as they have libraries under them.
            raise SourceDown(f"{self.name}: {type(error).__name__}: {error}") from error
        if wrong := table.attrs.get("errors", {}).get(self._site):
            raise SourceDown(f"{self.name}: {wrong}")
        return [hit for row in rows_of(table) if (hit := self._hit(row)) is not None]

    def _hit(self, row: dict[str, Any]) -> Hit | None:
        site = row.get("site")
        if site is not None and site != self._site:
            return None
        name = row.get("id") or row.get("job_url")
        if not name:
            raise SourceError(
                f"{self.name}: expected rows with id or job_url, got {', '.join(sorted(row)) or 'nothing'}"
            )
        return Hit(str(name).strip(), mark_of(row), row)


def installed_scraper() -> Scrape:
    """jobspy.scrape_jobs. Raises: SourceChanged that says how to install it."""
    try:
        from jobspy import scrape_jobs
    except ImportError:
        raise SourceChanged(
            "job_boards: needs the library python-jobspy, which is not installed; pip install ty-matching[job-boards]"
        ) from None
    return scrape_jobs


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table's rows as plain JSON values; what is NaN, NaT or None is left out."""
    rows = []
    for record in table.to_dict("records"):
        rows.append({str(name): plain for name, value in record.items() if (plain := _plain(value)) is not None})
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, set)):
        return [plain for one in value if (plain := _plain(one)) is not None]
    if isinstance(value, dict):
        return {str(name): plain for name, one in value.items() if (plain := _plain(one)) is not None}
    if value is None or value is pd.NaT or pd.isna(value):
        return None
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if hasattr(value, "item"):  # a numpy scalar
        return value.item()
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def sites(config: Settings) -> Sequence[str]:
    """The boards that the settings name, each once."""
    return tuple(dict.fromkeys(site.strip().lower() for site in config.job_boards_sites if site.strip()))
