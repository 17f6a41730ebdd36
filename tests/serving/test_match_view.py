"""The pages, over HTTP and a real Postgres."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from serving_rows import REQUIREMENTS, SKILLS, World

from serving.app import create_app


def linked_postings(html: str) -> list[UUID]:
    return [UUID(found) for found in re.findall(r'href="/matches/([0-9a-f-]{36})["?]', html)]


def next_link(html: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]+)"', html)
    return unescape(found[1]) if found else None


@pytest.fixture
def detail(client: httpx.Client, world: World) -> str:
    return client.get(f"/matches/{world.analysed}").text


def test_a_withdrawn_posting_counts_only_while_a_duplicate_of_it_is_active(client: httpx.Client) -> None:
    html = client.get("/matches").text
    assert "19 strong matches" in html
    assert "58 matches" in html


def test_who_has_no_contact_is_still_called_something(other_client: httpx.Client, world: World) -> None:
    html = other_client.get(f"/matches/{world.untitled}").text
    assert f"Profile {str(world.nameless)[:8]}" in html


def test_a_ranked_list_pages_through_every_match_once_and_in_order(client: httpx.Client, world: World) -> None:
    seen: list[UUID] = []
    path: str | None = "/matches"
    sizes = []
    while path:
        html = client.get(path).text
        assert len(seen) < 100, "the pages go round in a circle"
        sizes.append(len(linked_postings(html)))
        seen += linked_postings(html)
        path = next_link(html)
    assert seen == world.ranking
    assert sizes == [25, 25, 8]


def test_filters_hold_on_every_page(client: httpx.Client, world: World) -> None:
    html = client.get("/matches?gates=passed&min_score=50").text
    follow = next_link(html)
    assert follow is not None
    assert "gates=passed" in follow
    assert "min_score=50" in follow
    rest = client.get(follow).text
    expected = [p for p in world.ranking if p in {*linked_postings(html), *linked_postings(rest)}]
    assert linked_postings(html) + linked_postings(rest) == expected
    for page in (html, rest):
        assert "Kiel is 700 km away" not in page
        assert all(int(score) >= 50 for score in re.findall(r"<strong>(\d+)%</strong>", page))


def test_a_failed_gate_is_shown_with_its_reason(client: httpx.Client, world: World) -> None:
    html = client.get("/matches?gates=failed").text
    assert "Place: Kiel is 700 km away" in html
    assert 'class="passed"' not in html


def test_the_filter_form_may_be_emptied(client: httpx.Client, world: World) -> None:
    assert client.get("/matches?gates=all&min_score=").status_code == 200


def test_a_filter_that_nothing_passes_offers_the_way_back(client: httpx.Client, world: World) -> None:
    html = client.get("/matches?min_score=100").text
    assert "No match fits this filter." in html
    assert '<a href="/matches">Show all matches</a>' in html


def test_a_match_shows_reasons_with_the_quotes_of_both_sides(detail: str) -> None:
    assert "Python seit sechs Jahren" in detail
    assert re.search(r"Posting</span> sehr gute Kenntnisse in Python und SQL", detail)
    assert re.search(r"Profile</span> Data engineer, Python, 2020 bis heute", detail)
    assert "Kein Führerschein genannt" in detail
    assert "Ein Grundkurs genügt für den Anfang." in detail, "the gap's text"
    assert "seit sechs Jahren baue ich Datenstrecken." in detail, "the letter"
    assert "3 of 5 demands met" in detail
    assert "rules, version 1" in detail


def test_the_matrix_has_a_row_a_requirement_and_a_column_a_skill(detail: str) -> None:
    table = re.search(r'<table class="heat".*?</table>', detail, re.DOTALL)
    assert table is not None
    rows = re.findall(r"<tr>.*?</tr>", table[0], re.DOTALL)
    assert len(rows) == 1 + len(REQUIREMENTS)
    assert rows[0].count('<th scope="col"') == 1 + len(SKILLS)
    for row, (text, must, _) in zip(rows[1:], REQUIREMENTS, strict=True):
        assert text in row
        assert (">must<" in row) == must
        assert row.count("<td") == len(SKILLS), "a short row is filled up"
    assert re.search(r'class="h10 best">100<span class="visually-hidden"> %, best of this row', rows[1])
    assert "not compared" in rows[3]


def test_quotes_are_marked_in_the_posting_and_linked_from_the_matrix(detail: str) -> None:
    assert '<mark id="quote-1" class="must">Erfahrung mit einem Orchestrierer wie Dagster</mark>' in detail
    assert 'href="#quote-1"' in detail
    assert '<mark id="quote-2" class="nice">gern Französisch</mark>' in detail


def test_markup_in_a_posting_is_text(client: httpx.Client, world: World, detail: str) -> None:
    for html in (detail, client.get("/matches").text):
        assert "<script" not in html
        assert "<img" not in html
    assert "&lt;script&gt;alert(&#34;posting&#34;)&lt;/script&gt;" in detail
    assert "&lt;img src=x onerror=alert(1)&gt;" in detail


def test_the_original_is_linked_only_over_http(other_client: httpx.Client, world: World, detail: str) -> None:
    link = re.search(r'<a href="https://jobs\.example\.org/1\?a=1&amp;b=2" rel="([^"]+)"', detail)
    assert link is not None
    assert {"noopener", "noreferrer"} <= set(link[1].split())
    other = other_client.get(f"/matches/{world.untitled}").text
    assert "javascript:" not in other
    assert "Scored by title and occupation" in other


def test_an_analysis_without_any_comparable_skill_is_not_called_missing(
    other_client: httpx.Client, world: World
) -> None:
    html = other_client.get(f"/matches/{world.untitled}").text
    assert "there is nothing to compare" in html
    assert "Why rather not" in html


def test_a_match_without_an_analysis_says_so(client: httpx.Client, world: World) -> None:
    answer = client.get(f"/matches/{world.plain}")
    assert answer.status_code == 200
    assert "has not been analysed in depth yet" in answer.text
    assert 'class="heat"' not in answer.text


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("fr,en;q=0.4,de;q=0.3", "", "en"),
        ("fr", "", "en"),
        ("de", "?lang=en", "en"),
        ("en", "?lang=de", "de"),
        ("de", "?lang=xx", "de"),
    ],
)
def test_the_reader_is_addressed_in_german_or_english(
    client: httpx.Client, world: World, header: str, query: str, expected: str
) -> None:
    html = client.get(f"/matches{query}", headers={"Accept-Language": header}).text
    assert f'<html lang="{expected}">' in html
    assert ("Ihre Treffer" in html) == (expected == "de")


def test_a_language_that_was_asked_for_stays_in_the_links(client: httpx.Client, world: World) -> None:
    html = client.get("/matches?lang=de").text
    assert f"/matches/{world.analysed}?lang=de" in html
    assert '<input type="hidden" name="lang" value="de">' in html
    follow = next_link(html)
    assert follow is not None
    assert follow.endswith("lang=de")


def test_terms_are_shown_in_the_readers_language(client: httpx.Client, world: World, detail: str) -> None:
    german = client.get(f"/matches/{world.analysed}?lang=de").text
    assert "<li>French</li>" in detail
    assert "<li>Französisch</li>" in german


def test_what_is_not_there_is_a_friendly_404(client: httpx.Client, world: World) -> None:
    for path in (
        "/nowhere",
        "/matches/not-a-uuid",
        f"/matches/{uuid4()}",
        f"/matches/{world.untitled}",  # another person's
        f"/profiles/{world.person}",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "This page is not here" in answer.text
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("query", ["gates=maybe", "min_score=101", "min_score=x", "after=abc", "after=%00"])
def test_a_query_that_cannot_be_read_is_a_friendly_422(client: httpx.Client, world: World, query: str) -> None:
    answer = client.get(f"/matches?{query}")
    assert answer.status_code == 422
    assert "This address does not work" in answer.text


def test_a_database_that_is_away_is_said_on_the_page(
    served: Callable[[FastAPI], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.matches.POOL_TIMEOUT_SECONDS", 0.1)
    with (
        served(create_app("postgresql://nobody@127.0.0.1:1/none")) as url,
        httpx.Client(base_url=url, cookies={"ty_session": "of no matter"}) as client,
    ):
        page, api, health = client.get("/matches"), client.get("/api/matches"), client.get("/health")
    assert page.status_code == api.status_code == health.status_code == 503
    assert "The database is away" in page.text
    for answer in (api, health):
        assert answer.headers["content-type"] == "application/problem+json"
        assert "ty migrate" in answer.json()["detail"]
