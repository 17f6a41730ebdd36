"""No request reads a large table from end to end, on a million postings and sixty thousand people.

A query of the view that is not planned here fails the first test: see request_queries.py.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from million import LARGE_ROWS, SMALL, fill, sizes
from plans import plans, reads_all_of
from request_queries import ELSEWHERE, named_in_the_view, statement, variants

from ty_resources.postgres import named_queries, with_schema

pytestmark = pytest.mark.xdist_group("million")

REQUESTED = sorted(named_in_the_view(named_queries()) - ELSEWHERE.keys())


@pytest.fixture(scope="module")
def connection(new_database: Callable[[], str]) -> Iterator[psycopg.Connection[Any]]:
    """Filled once; a minute on a busy machine."""
    conninfo = with_schema(new_database(), "ty")
    fill(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def large(connection: psycopg.Connection[Any]) -> set[str]:
    return {table for table, rows in sizes(connection).items() if rows >= LARGE_ROWS}


def test_what_no_request_sends_is_a_query_that_the_code_names() -> None:
    assert ELSEWHERE.keys() - named_in_the_view(named_queries()) == set()


def test_every_table_that_grows_is_large_here(connection: psycopg.Connection[Any], large: set[str]) -> None:
    """A new table is filled in million.sql, or said to stay small."""
    assert sizes(connection).keys() - large == SMALL.keys()
    assert sizes(connection)["postings"] == pytest.approx(1_000_000, rel=0.02)


@pytest.mark.parametrize("name", REQUESTED)
def test_a_request_reads_no_large_table_from_end_to_end(
    name: str, connection: psycopg.Connection[Any], large: set[str]
) -> None:
    text = statement(named_queries(), name)
    for values in variants(name, text):
        for plan in plans(connection, text, values):
            assert reads_all_of(plan, large) == [], values


def test_a_statement_that_reads_everything_is_found(connection: psycopg.Connection[Any], large: set[str]) -> None:
    """The judge itself: by the table, through an index, and behind a sort that no limit ends."""
    for text in (
        "SELECT count(title) FROM postings WHERE title LIKE 'x%%'",
        "SELECT count(*) FROM postings",
        "SELECT posting_id FROM postings ORDER BY title LIMIT 5",
    ):
        assert any(reads_all_of(plan, large) for plan in plans(connection, text, {})), text
    by_key = "SELECT title FROM postings ORDER BY posting_id LIMIT 5"
    assert not any(reads_all_of(plan, large) for plan in plans(connection, by_key, {}))
