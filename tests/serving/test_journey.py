"""The whole way of a job seeker in a real Chromium: from the sign-up to the deletion, each page looked over by axe.

axe-core reports what hinders people who see, hear or move otherwise; nothing serious may be left on any page.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from onboarding_world import write_market
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from signing_in import CHEAP_KIB

from serving.accounts.passwords import Passwords
from serving.app import create_app
from tests.profiles.reading import paper
from ty_resources.postgres import Database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EMAIL: Final = "svenja@example.org"
PASSWORD: Final = "three quiet night shifts"
# Chromium and the encoder may share two cores with other tests.
expect.set_options(timeout=30_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs the system program chromium"),
]


@pytest.fixture(scope="module")
def market(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        write_market(db)
        yield db


@pytest.fixture(scope="module")
def url(market: Database, served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[str]:
    with served(create_app(market.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def is_complaint(message: ConsoleMessage) -> bool:
    """Whether the browser finds fault: it also reports what went well (cleared data), and answers that are meant."""
    return message.type in {"error", "warning"} and "status of 4" not in message.text


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(base_url=url, locale="en-GB", accept_downloads=True)
    context.set_default_timeout(30_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    yield page
    context.close()
    assert complaints == [], "no script fails, and the content security policy is kept"


def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical on the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:100]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def test_from_the_sign_up_to_the_deletion(page: Page, market: Database) -> None:
    page.goto("/")
    assert serious(page) == []
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    page.get_by_label("Mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("checkbox").check()
    assert serious(page) == []
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Password").fill(PASSWORD)
    assert serious(page) == []
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url("**/profile/start")
    assert serious(page) == []
    cv = paper.as_pdf(paper.notation("de_nurse_plain"))
    page.get_by_label("CV as a file").set_input_files({"name": "cv.pdf", "mimeType": "application/pdf", "buffer": cv})
    page.get_by_role("button", name="Read the CV").click()
    page.wait_for_url("**/profile/review")
    expect(page.locator("#work-0-position")).to_have_value("Stationsleitung Innere Medizin")
    seen = page.get_by_role("complementary", name="What matching sees")
    assert "Hollerbach" not in seen.inner_text()
    assert serious(page) == []
    page.get_by_label("Occupation or aim").fill("Pflegefachkraft für Wundversorgung")
    page.locator("#city").fill("")
    page.get_by_role("button", name="Save and find jobs").click()
    page.wait_for_url("**/matches", timeout=90_000)

    titles = page.locator("ol.matches h2")
    expect(titles.first).to_contain_text("Pflegefachkraft")
    assert serious(page) == []
    best = titles.first.inner_text()
    titles.first.get_by_role("link").click()
    page.wait_for_url("**/matches/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text(best)
    expect(page.get_by_text("Wound care").first).to_be_visible()
    assert serious(page) == []

    page.get_by_role("link", name="Edit and download").click()
    assert len(page.get_by_label("Your letter").input_value()) > 100
    assert serious(page) == []
    for kind, begins in (("PDF", b"%PDF"), ("Word", b"PK"), ("Text", b"")):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind, exact=True).click()
        content = download.value.path().read_bytes()
        assert content.startswith(begins)
        assert len(content) > 100

    page.goto("/matches")
    before = titles.count()
    page.get_by_role("button", name="Hide").first.click()
    expect(titles).to_have_count(before - 1)
    expect(page.get_by_text("1 match is hidden")).to_be_visible()
    page.goto("/queue")
    assert serious(page) == []
    for path in ("/market", "/market/heatmap", "/profile", "/notices", "/notices/settings", "/feedback", "/account"):
        page.goto(path)
        assert serious(page) == [], path

    with page.expect_download() as export:
        page.get_by_role("link", name="Download").click()
    stored = json.loads(export.value.path().read_text("utf-8"))
    assert "Hollerbach" in json.dumps(stored)
    page.get_by_label("Password", exact=True).last.fill(PASSWORD)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("status")).to_contain_text("has been deleted")
    assert market.rows("people") == []
    page.goto("/sign-in")
    page.get_by_label("Mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize(
    "path", ["/matches", "/queue", "/market", "/profile", "/account", "/notices", "/profile/start"]
)
def test_in_german_in_the_dark_and_on_a_phone_nothing_serious_is_found_either(
    browser: Browser, base_url: str, signed_in_context: Callable[..., BrowserContext], path: str
) -> None:
    phone = {"width": 320, "height": 640}
    context = signed_in_context(browser, locale="de-DE", color_scheme="dark", viewport=phone)
    page = context.new_page()
    page.goto(path)
    assert serious(page) == []
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.evaluate("document.documentElement.scrollWidth") <= phone["width"]
    context.close()
