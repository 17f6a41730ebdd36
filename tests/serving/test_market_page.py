"""The market pages over a real Postgres: what they show, and what they do not while little is known."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from market_rows import DAY, days_back, write_demand
from selectolax.lexbor import LexborHTMLParser
from serving_rows import Writer
from signing_in import signed_in

from serving.app import create_app
from ty_resources.postgres import with_schema


@pytest.fixture(scope="module")
def visit(served: Callable[[FastAPI], Any], new_database: Callable[[], str]) -> Iterator[Callable[..., httpx.Client]]:
    """Somebody signed in, whose occupation is software development, where demand was counted on these days."""
    with ExitStack() as stack:
        clients: dict[tuple[Any, ...], httpx.Client] = {}

        def client(count: int, without: tuple[int, ...] = ()) -> httpx.Client:
            if (count, without) not in clients:
                database = with_schema(new_database(), "ty")
                with psycopg.connect(database) as connection:
                    writer = Writer(connection)
                    person = writer.person("Mira Beispiel", "Developer")
                    connection.execute(
                        "INSERT INTO profile_careers VALUES (%s, '{it_software}', '{43414}', 4, 5, 3, 'm', '1', '0')",
                        [person],
                    )
                    write_demand(connection, days_back(count, without))
                url = stack.enter_context(served(create_app(database)))
                clients[count, without] = stack.enter_context(signed_in(database, person).client(url))
            return clients[count, without]

        yield client


@pytest.fixture(scope="module")
def market(visit: Callable[..., httpx.Client]) -> httpx.Client:
    return visit(95, (40, 41, 42))


def page_of(client: httpx.Client, path: str, **params: str) -> LexborHTMLParser:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text[:300]
    assert "style=" not in answer.text
    return LexborHTMLParser(answer.text)


def text_of(page: LexborHTMLParser, selector: str) -> str:
    found = page.css_first(selector)
    assert found is not None, selector
    return " ".join(found.text().split())


def test_the_own_occupation_stands_before_all_others(market: httpx.Client) -> None:
    page = page_of(market, "/market")
    headings = [heading.text(strip=True) for heading in page.css("h2")]
    assert headings[0].startswith("Your occupation")
    assert "Softwareentwickler/in" in headings[0]
    assert headings.index("By occupation") > 0


def test_occupation_groups_stand_by_size_with_what_changed_since_a_month_ago(market: httpx.Client) -> None:
    page = page_of(market, "/market")
    names = [link.text(strip=True) for link in page.css("section[aria-labelledby=groups] tbody th a")]
    assert names == ["Pflegefachmann/-frau", "Softwareentwickler/in", "Bankkaufmann/-frau", "Tierwirt/in", "531"]
    nursing = page.css_first("section[aria-labelledby=groups] tbody tr")
    assert nursing is not None
    assert "1,400" in nursing.text()
    assert "−90" in nursing.text()
    assert "(−6%)" in nursing.text()
    assert nursing.css_first("svg.spark path") is not None
    security = page.css("section[aria-labelledby=groups] tbody tr")[-1].text()
    assert "±0" in security
    assert "%" not in security, "one of twelve postings is no share"


def test_a_chart_says_what_it_shows_and_has_its_numbers_in_a_table(market: httpx.Client) -> None:
    page = page_of(market, "/market/43414")
    drawings = page.css("svg.chart")
    assert len(drawings) == 2
    for drawing in drawings:
        labels = (drawing.attributes["aria-labelledby"] or "").split()
        told = [page.css_first(f"[id={label}]") for label in labels]
        assert all(one is not None and one.text(strip=True) for one in told)
        assert drawing.attributes["role"] == "img"
    days = page.css("details tbody tr")
    assert len(days) == len(days_back(90, (40, 41, 42)))
    assert days[0].css_first("time").attributes["datetime"] == str(DAY)


def test_a_line_breaks_where_days_were_not_counted(market: httpx.Client) -> None:
    paths = page_of(market, "/market/43414").css("svg.chart path.line")
    assert len(paths) == 2


def test_a_state_has_its_own_figures_and_is_kept_by_links(market: httpx.Client) -> None:
    page = page_of(market, "/market/434", state="BE")
    assert "Berlin" in text_of(page, "h2")
    everywhere, berlin = page_of(market, "/market/434"), text_of(page, ".headline dd")
    assert berlin == "450"
    assert text_of(everywhere, ".headline dd") == "1,170"
    assert page.css_first("nav.trail a").attributes["href"].endswith("state=BE")
    assert page.css_first("option[selected]").attributes["value"] == "BE"


def test_an_unknown_state_means_all(market: httpx.Client) -> None:
    assert text_of(page_of(market, "/market/434", state="Atlantis"), ".headline dd") == "1,170"


def test_an_occupation_is_found_by_a_part_of_its_name_and_by_its_code(market: httpx.Client) -> None:
    page = page_of(market, "/market", q="mann/")
    assert [link.text() for link in page.css(".names a")] == ["Pflegefachmann/-frau", "Bankkaufmann/-frau"]
    alone = market.get("/market", params={"q": "  bankkauf "})
    assert (alone.status_code, alone.headers["location"]) == (303, "/market/72112")
    assert market.get("/market", params={"q": "721"}).headers["location"] == "/market/72112"
    assert "No occupation" in page_of(market, "/market", q="100% _").css_first("section .empty").text()


def test_related_occupations_come_with_what_both_ask_for(market: httpx.Client) -> None:
    near = page_of(market, "/market/43414").css("ul.near li")
    assert [one.css_first("a").text() for one in near] == ["Informatiker/in", "Tierwirt/in"]
    assert "81% alike" in near[0].text()
    assert "Python" in near[0].text()
    terms = [
        row.css_first("th").text()
        for row in page_of(market, "/market/43414").css("section[aria-labelledby=terms] tbody tr")
    ]
    assert terms == ["SQL", "Python", "Projektmanagement", "English"]


@pytest.mark.parametrize(("count", "told"), [(1, "Counted on 1 day so far"), (6, "Counted on 6 days so far")])
def test_a_few_days_make_no_line_and_no_change(visit: Callable[..., httpx.Client], count: int, told: str) -> None:
    client = visit(count)
    for path in ("/market", "/market/434"):
        page = page_of(client, path)
        assert page.css("svg.chart, svg.spark") == []
        assert told in page.text()
        assert "not known yet" in page.text()
        assert len(page.css("details tbody tr")) == count, "the numbers are there all the same"


def test_before_the_first_count_the_pages_say_so(visit: Callable[..., httpx.Client]) -> None:
    client = visit(0)
    assert "Nothing has been counted yet" in page_of(client, "/market").text()
    assert "Nothing has been counted yet" in page_of(client, "/market/43414").text()
    assert "Nothing has been counted yet" in page_of(client, "/market/heatmap").text()


def test_the_heat_map_counts_open_postings_of_each_field_in_each_state(market: httpx.Client) -> None:
    page = page_of(market, "/market/heatmap")
    columns = [head.text(strip=True) for head in page.css("table.heat thead th")]
    assert columns == [
        "Field of work",
        "Bavaria",
        "Berlin",
        "North Rhine-Westphalia",
        "Saarland",
        "Place not told",
        "All places",
    ]
    rows = {
        row.css_first("th").text(): [cell.text() for cell in row.css("td")] for row in page.css("table.heat tbody tr")
    }
    assert rows["nursing"] == ["420", "280", "560", "14", "126", "1,400"]
    assert rows["banking, insurance"][-1] == "300"
    assert list(rows)[-1] == "no occupation found", "what belongs nowhere stands last"
    assert page.css_first("td.h10").text() == "560"


def test_the_heat_map_compares_shares_where_there_is_enough_to_compare(market: httpx.Client) -> None:
    page = page_of(market, "/market/heatmap", measure="share")
    rows = {row.css_first("th").text(): row.css("td") for row in page.css("table.heat tbody tr")}
    berlin = rows["software development"][1]
    assert berlin.text() == "1.4", "(450 / 842) / (1170 / 3132)"
    assert int(re.findall(r"h(\d+)", berlin.attributes["class"] or "")[0]) > 5
    farming = rows["agriculture and gardening"][3]
    assert farming.attributes["class"] == "unknown"
    assert "too few" in farming.text()


def test_the_heat_map_of_a_level_counts_that_level_alone(market: httpx.Client) -> None:
    page = page_of(market, "/market/heatmap", level="2")
    rows = {
        row.css_first("th").text(): [cell.text() for cell in row.css("td")] for row in page.css("table.heat tbody tr")
    }
    assert rows["nursing"][0] == "210"
    assert "no occupation found" not in rows
    assert page.css_first("select[name=level] option[selected]").attributes["value"] == "2"
    assert market.get("/market/heatmap", params={"level": "9"}).status_code == 200, "a mangled choice means all levels"


def test_the_heat_map_is_also_json(market: httpx.Client) -> None:
    told = market.get("/api/market/heatmap", params={"level": 4}).json()
    assert (told["day"], told["level"]) == (str(DAY), 4)
    rows = {row["domains"][0]: row for row in told["rows"]}
    bavaria = sum(row["cells"][0]["active"] for row in told["rows"])
    share, overall = 52 / bavaria, rows["nursing"]["active"] / sum(row["active"] for row in told["rows"])
    quotient = pytest.approx(share / overall, abs=1e-4)
    assert rows["nursing"]["cells"][0] == {"state": "BY", "active": 52, "quotient": quotient}
    assert market.get("/api/market/heatmap", params={"level": 9}).status_code == 422


def test_the_pages_speak_german(market: httpx.Client) -> None:
    page = page_of(market, "/market/heatmap", lang="de")
    assert "Berufsfelder nach Bundesland" in text_of(page, "h1")
    assert "Bayern" in text_of(page, "table.heat thead")
    assert "1.400" in text_of(page, "table.heat")
    assert "Ihr Beruf" in page_of(market, "/market", lang="de").text()


@pytest.mark.parametrize(
    ("path", "status"), [("/market/99999", 404), ("/market/12", 404), ("/market/abcde", 404), ("/market?after=x", 422)]
)
def test_addresses_of_nothing_are_told_in_a_page(market: httpx.Client, path: str, status: int) -> None:
    answer = market.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_strangers_are_asked_to_sign_in(market: httpx.Client) -> None:
    with httpx.Client(base_url=market.base_url) as stranger:
        for path in ("/market", "/market/434", "/market/heatmap"):
            assert stranger.get(path).headers["location"].startswith("/sign-in")
        assert stranger.get("/api/market/heatmap").status_code == 401
