"""The queue over HTTP and in a real Chromium: the best unrated match, rated by buttons and by keys, and undone."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from playwright.sync_api import sync_playwright
from serving_rows import Writer
from signing_in import Member, signed_in

from serving.app import create_app
from ty_resources.postgres import with_schema

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MATCHES = 8


@dataclass(frozen=True)
class Waiting:
    client: httpx.Client
    member: Member
    url: str
    conninfo: str
    best: list[UUID]  # in the order of the list

    def shown(self, path: str = "/queue") -> UUID | None:
        found = re.search(r'name="posting_id" value="([0-9a-f-]+)"', self.client.get(path).text)
        return UUID(found[1]) if found else None

    def say(self, posting: UUID, **said: str) -> httpx.Response:
        return self.client.post("/queue", data={"posting_id": str(posting), **said})

    def stored(self, posting: UUID) -> tuple[object, ...] | None:
        asked = "SELECT rating, applied_at IS NOT NULL, hidden_at IS NOT NULL FROM match_ratings WHERE posting_id = %s"
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(asked, [posting]).fetchone()


@pytest.fixture
def waiting(
    new_database: Callable[[], str], served: Callable[[FastAPI], AbstractContextManager[str]]
) -> Iterator[Waiting]:
    conninfo = with_schema(new_database(), "ty")
    with psycopg.connect(conninfo) as connection:
        writer = Writer(connection)
        person = writer.person("Mira Beispiel", "in the queue")
        best = [writer.posting(f"queue {number}") for number in range(MATCHES)]
        for number, posting in enumerate(best):
            writer.match(person, posting, 0.9 - number / 20, True)
    member = signed_in(conninfo, person)
    with served(create_app(conninfo)) as url, member.client(url) as client:
        yield Waiting(client, member, url, conninfo, best)


def test_what_is_said_is_stored_and_the_next_best_follows_to_the_end(waiting: Waiting) -> None:
    best = waiting.best
    assert waiting.shown() == best[0]
    assert waiting.say(best[0], rating="9").status_code == 303
    assert waiting.stored(best[0]) == (9, False, False)
    assert waiting.say(best[1], do="apply").status_code == 303
    assert waiting.stored(best[1]) == (None, True, False)
    assert waiting.say(best[2], do="hide").status_code == 303
    assert waiting.stored(best[2]) == (None, False, True)
    told = waiting.client.get("/api/queue").json()
    assert (told["item"]["posting_id"], told["remaining"], told["rated"]) == (str(waiting.shown()), MATCHES - 3, 3)
    seen = set()
    while (posting := waiting.shown()) is not None:
        assert posting not in seen
        seen.add(posting)
        waiting.say(posting, rating="5")
    assert seen == set(best[3:])
    end = waiting.client.get("/queue").text
    assert "Everything is rated." in end
    assert 'href="/matches"' in end


def test_what_is_left_for_later_comes_again_from_the_start(waiting: Waiting) -> None:
    first = waiting.client.get("/api/queue").json()
    assert waiting.shown(f"/queue?after={first['next']}") == waiting.best[1]
    answer = waiting.say(waiting.best[1], rating="2", after=first["next"])
    assert waiting.shown(answer.headers["location"]) == waiting.best[2], "and not back at what was skipped"
    assert waiting.shown() == waiting.best[0]


def test_the_last_thing_said_is_undone_and_shown_again(waiting: Waiting) -> None:
    waiting.say(waiting.best[0], rating="10")
    undone = waiting.client.post("/queue", data={"do": "undo"})
    assert waiting.shown(undone.headers["location"]) == waiting.best[0]
    assert waiting.stored(waiting.best[0]) is None
    assert waiting.client.post("/queue", data={"do": "undo"}).headers["location"] == "/queue", "nothing is left to undo"


@pytest.mark.parametrize("said", [{"rating": "11"}, {"rating": "0"}, {"rating": "x"}, {"do": "burn"}, {}])
def test_what_is_no_button_of_the_page_is_refused(waiting: Waiting, said: dict[str, str]) -> None:
    assert waiting.say(waiting.best[0], **said).status_code == 422
    assert waiting.stored(waiting.best[0]) is None


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.skipif(CHROMIUM is None, reason="needs the system program chromium")
def test_everything_is_done_by_keyboard(waiting: Waiting) -> None:
    best = [str(posting) for posting in waiting.best]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = waiting.member.context(browser, waiting.url, locale="en-GB").new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto("/queue")

        def then(key: str, posting: str) -> None:
            page.keyboard.press(key)
            page.wait_for_selector(f'input[name="posting_id"][value="{posting}"]', state="attached")
            page.wait_for_load_state()  # a key that is pressed before the script listens is nobody's

        then("0", best[1])
        assert waiting.stored(waiting.best[0]) == (10, False, False)
        then("u", best[0])
        assert waiting.stored(waiting.best[0]) is None
        then("a", best[1])
        then("h", best[2])
        then("j", best[3])
        then("ArrowRight", best[4])
        then("k", best[3])
        then("7", best[4])
        assert waiting.stored(waiting.best[3]) == (7, False, False)
        help_page = page.locator("#keys")
        page.keyboard.press("?")
        assert help_page.get_attribute("open") is not None
        page.keyboard.press("?")
        assert help_page.get_attribute("open") is None
        page.keyboard.press("Control+5")
        page.wait_for_timeout(50)
        assert waiting.stored(waiting.best[4]) is None, "a key of the browser's own rates nothing"
        assert complaints == []
        browser.close()
