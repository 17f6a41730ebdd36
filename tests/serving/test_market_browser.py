"""The market and the notices in a real Chromium: readable in light and dark, and no wider than a phone."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from market_rows import days_back, write_demand
from playwright.sync_api import Browser, Page, sync_playwright
from serving_rows import Writer
from signing_in import signed_in
from test_browser import CONTRASTS

from serving.app import create_app
from ty_resources.postgres import with_schema

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs the system program chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(served: Callable[[FastAPI], Any], new_database: Callable[[], str]) -> Iterator[tuple[str, Any, str]]:
    database = with_schema(new_database(), "ty")
    with psycopg.connect(database) as connection:
        writer = Writer(connection)
        person = writer.person("Mira Beispiel", "Developer")
        posting = writer.posting("A new job with a title as long as agencies write them (m/w/d)")
        writer.match(person, posting, 0.9, True)
        write_demand(connection, days_back(40))
    member = signed_in(database, person, admin=True)
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO notices (account_id, posting_id) VALUES (%s, %s)", [member.account_id, posting])
    with served(create_app(database)) as url:
        yield url, member, database


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, site: tuple[str, Any, str]) -> Iterator[Page]:
    url, member, _ = site
    context = member.context(browser, url, color_scheme=request.param, locale="de-DE")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    assert complaints == [], "the content security policy is kept"
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/market", "/market/43414", "/market/heatmap", "/notices", "/notices/settings", "/admin"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_heat_map_is_read_in_every_colour_and_scrolled_by_keyboard(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/market/heatmap")
    table = page.get_by_role("table", name="Berufsfelder nach Bundesland")
    assert table.get_by_role("rowheader", name="Pflege").is_visible()
    cells = page.locator("td[class^=h]")
    shades = cells.evaluate_all("cells => cells.map(c => getComputedStyle(c).backgroundColor)")
    assert len(set(shades)) > 5, "values differ in colour"
    assert min(cells.evaluate_all(CONTRASTS)) >= 4.5
    region = page.get_by_role("region", name="Felder nach Land")
    region.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(100):  # scrolling is animated
        if region.evaluate("region => region.scrollLeft") > 0:
            return
        page.wait_for_timeout(30)
    pytest.fail("the arrow key scrolls nothing")


def test_a_chart_is_an_image_with_a_name_and_a_description(page: Page) -> None:
    page.goto("/market/43414")
    drawing = page.get_by_role("img", name="Offene Anzeigen nach Tag")
    assert drawing.is_visible()
    box = drawing.bounding_box()
    assert box is not None
    assert box["height"] == pytest.approx(box["width"] / 2, abs=1), "its room is known before it is drawn"
    page.get_by_text("Die Zahlen Tag für Tag").click()
    assert page.get_by_role("columnheader", name="Geschlossen").is_visible()


def test_an_occupation_is_found_and_opened_from_its_form(page: Page) -> None:
    page.goto("/market")
    page.get_by_label("Beruf", exact=True).fill("Bankkauf")
    page.get_by_role("button", name="Zeigen").click()
    page.wait_for_url("**/market/72112")
    page.get_by_role("combobox", name="Ort").select_option("BE")
    page.get_by_role("button", name="Zeigen").click()
    assert "Berlin" in page.get_by_role("heading", level=2).first.inner_text()


def test_a_notice_is_marked_as_read_and_the_count_goes(page: Page, site: tuple[str, Any, str]) -> None:
    with psycopg.connect(site[2]) as connection:
        connection.execute("UPDATE notices SET read_at = NULL")
    page.goto("/notices")
    assert page.locator(".unread").inner_text().startswith("1")
    page.get_by_role("button", name="Alle als gelesen markieren").click()
    page.wait_for_selector(".seen")
    assert page.locator(".unread").count() == 0
    assert page.get_by_role("link", name="A new job with a title").is_visible()
