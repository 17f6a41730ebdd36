"""The onboarding in a real Chromium: with scripts a little livelier, without them complete, on a phone as well."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi import FastAPI
from onboarding_world import write_market
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from signing_in import CHEAP_KIB, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_resources.postgres import Database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SAMPLE = Path(str(files("ty_jobs").joinpath("samples", "profiles", "nurse.json")))
# Chromium and the encoder may share two cores with other tests.
expect.set_options(timeout=30_000)

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
def market(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        write_market(db)
        yield db


@pytest.fixture(scope="module")
def url(market: Database, served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[str]:
    with served(create_app(market.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture
def opened(browser: Browser, market: Database, url: str) -> Iterator[Callable[..., Page]]:
    """The review of somebody new's draft; at the end no script and no policy has complained."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(**options: object) -> Page:
        member = signed_in(market.conninfo)
        with member.client(url) as client:
            assert client.put("/api/profile/draft", json=json.loads(SAMPLE.read_bytes())).status_code == 200
        context = member.context(browser, url, locale="en-GB", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "422" not in message.text else None)
        page.goto("/profile/review")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def test_rows_come_and_go_in_place_and_the_focus_follows(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Occupation or aim").fill("Typed before")
    page.get_by_role("button", name="Add a language").click()
    expect(page.locator("#languages-3-name")).to_be_focused()
    page.keyboard.type("Turkish")
    page.wait_for_load_state("networkidle")  # what matching sees of it is asked for meanwhile
    page.get_by_role("button", name="up: Turkish").or_(page.locator("#languages-3 [name=up]")).first.click()
    expect(page.locator("#languages-2-name")).to_have_value("Turkish")
    expect(page.get_by_label("Occupation or aim")).to_have_value("Typed before")
    page.locator("#languages-2 [name=remove]").click()
    expect(page.locator("fieldset[id^=languages]")).to_have_count(3)


def test_what_matching_sees_follows_what_is_typed(opened: Callable[..., Page]) -> None:
    page = opened()
    seen = page.get_by_role("complementary", name="What matching sees")
    page.get_by_label("About you").fill("Call Katharina Brodowin, who likes night shifts.")
    expect(seen.get_by_text("who likes night shifts")).to_be_visible()
    assert "Brodowin" not in seen.inner_text()


def test_faults_are_told_first_and_lead_to_their_fields(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("#work-0-started").fill("someday")
    page.get_by_role("button", name="Save and find jobs").click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("One entry cannot be saved like this")
    told.get_by_role("link", name="Experience 1, From").click()
    expect(page.locator("#work-0-started")).to_be_focused()
    expect(page.locator("#work-0-started")).to_have_accessible_description(
        "Year or month: 2019, 03/2019 This is no date that can be read. Expected: 2019, 03/2019 or 2019-03-15."
    )


def test_the_processing_leads_on_by_itself(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("#city").fill("")
    page.get_by_role("button", name="Save and find jobs").click()
    page.wait_for_url("**/matches", timeout=60_000)
    page.goto("/profile")
    expect(page.get_by_role("region", name="As matching sees it")).to_contain_text("Wundversorgung")


def test_without_scripts_all_of_it_works(opened: Callable[..., Page]) -> None:
    page = opened(java_script_enabled=False)
    page.goto("/profile/start")
    page.get_by_label("CV as a file").set_input_files(SAMPLE)
    page.get_by_role("button", name="Read the CV").click()
    page.wait_for_url("**/review")
    page.get_by_role("button", name="Add a language").click()
    page.locator("#languages-3-name").fill("Turkish")
    page.locator("#city").fill("")
    page.get_by_label("About you").press("Tab")
    page.locator("#headline").press("Enter")  # keeps what was typed, and neither adds nor removes
    assert page.locator("#languages-3-name").input_value() == "Turkish"
    page.get_by_role("button", name="Save and find jobs").click()
    page.wait_for_url("**/matches", timeout=60_000)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(opened: Callable[..., Page], tmp_path: Path) -> None:
    page = opened()
    page.goto("/profile/start")
    (tmp_path / "cv.pdf").write_bytes(bytes(10_500_000))
    page.get_by_label("CV as a file").set_input_files(tmp_path / "cv.pdf")
    page.get_by_role("button", name="Read the CV").click()
    expect(page.get_by_role("status")).to_contain_text("The file is too large. At most 10 MB are read; 10.5 MB")
    assert page.url.endswith("/profile/start")


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_of_the_onboarding_scrolls_sideways(opened: Callable[..., Page], width: int) -> None:
    page = opened(viewport={"width": width, "height": 800})
    paths = [f"/profile/guided/{step}" for step in ("occupation", "history", "skills", "languages", "wishes")]
    for path in ("/profile/start", "/profile/review?checked=true", *paths):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
