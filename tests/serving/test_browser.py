"""The pages in a real Chromium: visible, readable in light and dark, and no wider than a phone."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from serving_rows import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs the system program chromium"),
]

# For each numbered cell: its contrast by WCAG 2.2, (L1 + 0.05) / (L2 + 0.05).
CONTRASTS = """cells => cells.map(cell => {
  const style = getComputedStyle(cell);
  const luminance = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map(c => c / 255)
      .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [luminance(style.color), luminance(style.backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def page(
    request: pytest.FixtureRequest, browser: Browser, signed_in_context: Callable[..., BrowserContext]
) -> Iterator[Page]:
    context = signed_in_context(browser, color_scheme=request.param, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("dialog", lambda dialog: (complaints.append("a dialog opened"), dialog.dismiss()))
    yield page
    assert complaints == [], "the content security policy is kept and no script of a posting ran"
    context.close()


def test_from_the_list_to_a_match_with_a_readable_matrix(page: Page, world: World) -> None:
    page.goto("/matches")
    page.get_by_role("link", name="Data Engineer").click()
    matrix = page.get_by_role("table", name="Requirements by skills")
    assert matrix.is_visible()
    assert matrix.get_by_role("cell").first.inner_text().startswith("100")
    assert matrix.locator("td.h10, td.h0").first.is_visible()
    shades = page.locator("td").evaluate_all("cells => cells.map(c => getComputedStyle(c).backgroundColor)")
    assert len(set(shades)) > 5, "values differ in colour"
    contrasts = page.locator("td[class^=h], .must").evaluate_all(CONTRASTS)
    assert min(contrasts) >= 4.5


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_scrolls_sideways(page: Page, world: World, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in (
        "/",
        "/account",
        "/matches?gates=failed",
        f"/matches/{world.analysed}",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_matrix_is_reached_and_scrolled_by_keyboard(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"/matches/{world.analysed}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    region = page.get_by_role("region", name="Matrix, scrolls sideways")
    region.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(100):  # scrolling is animated; wait_for_function would need eval, which the policy forbids
        if region.evaluate("region => region.scrollLeft") > 0:
            return
        page.wait_for_timeout(30)
    pytest.fail("the arrow key scrolls nothing")


@pytest.mark.parametrize("who", ["member", "other_member"])
def test_a_recommendation_to_skip_is_seen_as_well_as_one_to_apply(
    browser: Browser, base_url: str, world: World, who: str, request: pytest.FixtureRequest
) -> None:
    posting_id = world.analysed if who == "member" else world.untitled
    context = request.getfixturevalue(who).context(browser, base_url)
    page = context.new_page()
    page.goto(f"/matches/{posting_id}")
    for shown in page.locator(".recommendation, .decision .chip").all():
        box = shown.bounding_box()
        assert box is not None
        assert box["x"] >= 0
    context.close()
