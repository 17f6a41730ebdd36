"""Job boards by way of python-jobspy: its call and its table, faked at `scrape_jobs`."""

import datetime as dt
import sys
from typing import Any

import pandas as pd
import pytest
from source_world import NOON, TODAY, Select

from ty_assets.postings.fetch import Kind, fetch, newest
from ty_resources.postgres import Database
from ty_resources.settings import Settings
from ty_resources.sources.job_boards import JobBoard, installed_scraper, rows_of
from ty_resources.sources.registry import named_sources, source_names
from ty_resources.sources.source import SourceDown

TEXT = "We look for somebody who plans, builds and repairs.\n\nYour profile\n- three years of practice\n- good English"


def _table(count: int, **attrs: Any) -> pd.DataFrame:
    """As scrape_jobs gives it: every column, gaps as NaN and None."""
    from jobspy.model import JobPost

    rows = [
        {
            "id": f"in-{number}",
            "site": "indeed",
            "job_url": f"https://example.org/{number}",
            "title": f"Technician {number}",
            "company": "Works Ltd" if number % 2 else None,
            "location": "Berlin, BE, DE",
            "date_posted": dt.date(2026, 11, 20) if number % 3 else None,
            "is_remote": bool(number % 2),
            "min_amount": float("nan"),
            "description": f"{TEXT}\n- number {number}",
        }
        for number in range(count)
    ]
    table = pd.DataFrame(rows, columns=list(JobPost.model_fields))
    table.attrs = {"errors": {}, "warnings": {}, **attrs}
    return table


class Scraper:
    def __init__(self, *tables: Any) -> None:
        self.tables = list(tables)
        self.calls: list[dict[str, Any]] = []

    def __call__(self, **asked: Any) -> pd.DataFrame:
        self.calls.append(asked)
        table = self.tables.pop(0) if len(self.tables) > 1 else self.tables[0]
        if isinstance(table, Exception):
            raise table
        return table  # type: ignore[no-any-return]


def _board(scraper: Any) -> JobBoard:
    return JobBoard("indeed", search="technician", location="Berlin", country="germany", results=50, scrape=scraper)


def _fetch(db: Database, board: JobBoard, kind: Kind = "new") -> Any:
    return fetch(db, board, kind, today=TODAY, now=NOON, max_chars=100_000, max_attempts=5)


def test_a_board_s_postings_come_in_under_its_own_name(db: Database, select: Select) -> None:
    scraper = Scraper(_table(10))
    done = _fetch(db, _board(scraper))
    assert (done.new, done.failed, done.listed) == (10, 0, 10)
    assert select("SELECT DISTINCT source FROM raw_postings") == [{"source": "job_boards:indeed"}]
    (row,) = select("SELECT payload FROM raw_postings WHERE external_id = 'in-0'")
    assert row["payload"]["city"] == "Berlin, BE, DE"
    assert "employer" not in row["payload"]
    assert "min_amount" not in row["payload"]["jobspy"]
    (call,) = scraper.calls
    assert (call["site_name"], call["search_term"], call["location"]) == (["indeed"], "technician", "Berlin")
    assert (call["results_wanted"], call["hours_old"]) == (50, 24)


def test_first_results_are_never_all_there_is(db: Database) -> None:
    done = _fetch(db, _board(Scraper(_table(10))), "full")
    assert not done.complete
    assert "lists only a part" in str(done.error)


def test_a_board_s_error_is_told_and_is_no_empty_result(db: Database, select: Select) -> None:
    board = _board(Scraper(_table(0, errors={"indeed": "blocked: 429"})))
    with pytest.raises(SourceDown, match="blocked: 429"):
        newest(db, board, today=TODAY, now=NOON)
    assert select("SELECT failures FROM source_states") == [{"failures": 1}]


def test_whatever_the_library_raises_is_a_source_that_is_down(db: Database) -> None:
    with pytest.raises(SourceDown, match="RuntimeError: captcha"):
        _fetch(db, _board(Scraper(RuntimeError("captcha"))))


def test_a_posting_that_is_listed_again_unchanged_is_not_new(db: Database) -> None:
    board = _board(Scraper(_table(10), _table(12)))
    assert _fetch(db, board).new == 10
    assert _fetch(db, board).new == 2


def test_without_the_library_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jobspy", None)
    with pytest.raises(SourceDown, match=r"pip install ty-matching\[job-boards\]"):
        installed_scraper()


def test_the_installed_library_takes_what_it_is_called_with() -> None:
    """The call is made by name: a name that a later version drops would fail at night."""
    import inspect

    scraper = Scraper(_table(1))
    list(_board(scraper).pages(None, TODAY, {}))
    assert set(scraper.calls[0]) <= set(inspect.signature(installed_scraper()).parameters)


def test_gaps_of_every_kind_are_left_out() -> None:
    table = pd.DataFrame(
        {"a": [float("nan"), 1.5], "b": [pd.NaT, dt.date(2026, 1, 2)], "c": [None, ["x", None]]}, dtype=object
    )
    assert rows_of(table) == [{}, {"a": 1.5, "b": "2026-01-02", "c": ["x"]}]


def test_each_board_of_the_settings_is_a_source_of_its_own() -> None:
    config = Settings(sources=("job_boards", "arbeitsagentur"), job_boards_sites=("indeed", "linkedin"))
    assert source_names(config) == ("job_boards:indeed", "job_boards:linkedin", "arbeitsagentur")
    assert tuple(named_sources(config, config.sources)) == source_names(config)
