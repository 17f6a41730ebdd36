"""An evaluation in a real Chromium, from the table to the ranked list, each page looked over by axe."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from evaluation_site import CANDIDATES, recruiter, started, worked
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from signing_in import CHEAP_KIB, Member

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_resources.postgres import Database
from ty_resources.settings import settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
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
def db(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        yield db


@pytest.fixture(scope="module")
def url(db: Database, served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[str]:
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture
def member(db: Database) -> Member:
    return recruiter(db.conninfo)


def is_complaint(message: ConsoleMessage) -> bool:
    """Whether the browser finds fault; an answer of 422 is meant."""
    return message.type in ("error", "warning") and "status of 422" not in message.text


@pytest.fixture
def opened(browser: Browser, member: Member, url: str) -> Iterator[Callable[..., Page]]:
    """A page of the recruiter's browser; at the end no script and no policy has complained."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(path: str = "/evaluations", **options: object) -> Page:
        context = member.context(browser, url, **{"locale": "en-GB", "accept_downloads": True, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda told: complaints.append(told.text) if is_complaint(told) else None)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical on the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:100]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def working(db: Database, batch_id: str) -> threading.Thread:
    """A worker beside the test, as a Dagster run would be."""
    thread = threading.Thread(target=worked, args=(db, batch_id, settings()), kwargs={"probed": True})
    thread.start()
    return thread


def test_from_a_table_to_the_best_candidates(opened: Callable[..., Page], db: Database, tmp_path: Path) -> None:
    page = opened()
    assert serious(page) == []
    page.get_by_role("link", name="New evaluation").click()
    assert serious(page) == []
    (tmp_path / "autumn.csv").write_text(CANDIDATES, "utf-8")
    page.get_by_label("Table as CSV").set_input_files(tmp_path / "autumn.csv")
    page.get_by_role("button", name="Read the table").click()
    page.wait_for_url("**/evaluations/new/file-*")
    assert serious(page) == []

    # what a choice comes to follows it, without the page being loaded
    page.get_by_label("Rubric", exact=True).select_option(label="Sample: Pflegefachkraft")
    expect(page.locator(".criteria-told h3")).to_have_text("Pflegefachkraft")
    page.get_by_label("Lebenslauf").select_option("none")
    expect(page.get_by_role("alert")).to_contain_text("No column is judged.")
    page.get_by_label("Lebenslauf").select_option("text")
    expect(page.get_by_role("region", name="K-1")).to_contain_text("Pflegehelferin seit 2021")
    page.get_by_label("Name of the evaluation").fill("Nurses in autumn")
    page.get_by_role("button", name="Start the evaluation").click()

    page.wait_for_url("**/evaluations/batch_*")
    assert serious(page) == []
    batch_id = page.url.rpartition("/")[2]
    worker = working(db, batch_id)
    expect(page.locator(".chip.state-completed").first).to_be_visible(timeout=60_000)
    worker.join()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nurses in autumn")
    expect(page.locator("ol.ranked h3").first).to_have_text("K-3")
    page.get_by_text("Reasons and quotes").first.click()
    expect(page.locator("ol.ranked blockquote").first).to_be_visible()
    assert serious(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Ranked table (CSV)").click()
    assert download.value.suggested_filename == "Nurses in autumn.csv"
    assert "K-3" in download.value.path().read_text("utf-8-sig").splitlines()[1]


def test_a_waiting_evaluation_is_paused_and_stopped_by_keyboard(
    opened: Callable[..., Page], member: Member, url: str
) -> None:
    with member.client(url) as client:
        page = opened(f"/evaluations/{started(client)}")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.locator(".chip.state-paused").first).to_be_visible()
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_text("Stop this evaluation").press("Enter")
    page.get_by_role("button", name="Stop for good").press("Enter")
    expect(page.locator(".chip.state-cancelling").first).to_be_visible()
    assert serious(page) == []


def test_criteria_come_and_go_in_place_and_the_focus_follows(opened: Callable[..., Page]) -> None:
    page = opened("/evaluations/rubrics/new")
    page.get_by_label("Name", exact=True).fill("Typed before")
    page.get_by_role("button", name="Add a criterion").click()
    expect(page.locator("#criteria-1-name")).to_be_focused()
    page.keyboard.type("Team")
    page.locator("#criteria-1 [name=up]").click()
    expect(page.locator("#criteria-0-name")).to_have_value("Team")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed before")
    page.get_by_role("button", name="Save").last.click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Say what the job is.")
    told.get_by_role("link", name="The job").click()
    expect(page.locator("#role")).to_be_focused()
    assert serious(page) == []


def test_a_table_that_is_too_large_is_told_before_it_is_sent(
    opened: Callable[..., Page], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TY_BATCH_FILE_BYTES", "2000000")
    settings.cache_clear()
    page = opened("/evaluations/new")
    (tmp_path / "large.csv").write_bytes(b"id,cv\n" * 500_000)
    page.get_by_label("Table as CSV").set_input_files(tmp_path / "large.csv")
    page.get_by_role("button", name="Read the table").click()
    expect(page.get_by_role("status")).to_contain_text("at most 2 MB are taken")
    assert page.url.endswith("/evaluations/new")


def test_without_scripts_all_of_it_works(opened: Callable[..., Page], db: Database, tmp_path: Path) -> None:
    page = opened("/evaluations/new", java_script_enabled=False)
    (tmp_path / "t.csv").write_text(CANDIDATES, "utf-8")
    page.get_by_label("Table as CSV").set_input_files(tmp_path / "t.csv")
    page.get_by_role("button", name="Read the table").click()
    page.get_by_label("Leave names and contacts in the texts").check()
    page.get_by_role("button", name="Show what this comes to").click()
    expect(page.get_by_text("with names and contacts.")).to_be_visible()
    page.get_by_role("button", name="Start the evaluation").click()
    page.wait_for_url("**/evaluations/batch_*")
    worked(db, page.url.rpartition("/")[2], settings())
    page.reload()
    expect(page.locator("ol.ranked h3").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_german_and_on_a_phone_nothing_serious_is_found_and_no_page_scrolls_sideways(
    opened: Callable[..., Page], db: Database, member: Member, url: str, scheme: str
) -> None:
    with member.client(url) as client:
        batch_id = started(client, rubric="sample:pflegefachkraft.de")
        worked(db, batch_id, settings(), probed=True)
        waiting = started(client)
    phone = {"width": 320, "height": 640}
    page = opened(locale="de-DE", color_scheme=scheme, viewport=phone)
    paths = ["", "/new", "/rubrics", "/rubrics/new?sample=pflegefachkraft.de", f"/{batch_id}", f"/{waiting}"]
    for path in paths:
        page.goto(f"/evaluations{path}")
        assert serious(page) == [], path
        assert page.locator("html").get_attribute("lang") == "de"
        assert page.evaluate("document.documentElement.scrollWidth") <= phone["width"], path
