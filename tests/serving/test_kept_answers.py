"""What is kept of an answer is never an old one, never somebody else's, and goes with its person."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Request
from serving_rows import Writer
from signing_in import signed_in
from starlette.responses import Response

from serving.app import create_app
from serving.kept_answers import KeptAnswers
from ty_resources.postgres import with_schema

ADDRESSES = ("/matches", "/api/matches")


@dataclass(frozen=True)
class Two:
    """Two people who have matches with the same postings, one of which is analysed for the first."""

    app: FastAPI
    clients: tuple[httpx.Client, httpx.Client]
    people: tuple[UUID, UUID]
    postings: list[UUID]
    analysed: UUID
    conninfo: str

    def change(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.conninfo) as connection:
            connection.execute(statement, values)

    @property
    def kept(self) -> KeptAnswers:
        kept: KeptAnswers = self.app.state.kept
        return kept


@pytest.fixture
def two(new_database: Callable[[], str], served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[Two]:
    conninfo = with_schema(new_database(), "ty")
    with psycopg.connect(conninfo) as connection:
        writer = Writer(connection)
        people = writer.person("Mira Beispiel", "Köchin"), writer.person("Ole Muster", "Koch")
        postings = [writer.posting(f"kept {n}", title=f"Koch {n}", city="Kiel") for n in range(3)]
        for person in people:
            for n, posting in enumerate(postings):
                writer.match(person, posting, 0.5 + n / 10, True)
        analysed = writer.analysed(people[0])
    app = create_app(conninfo)
    with (
        served(app) as url,
        signed_in(conninfo, people[0]).client(url) as first,
        signed_in(conninfo, people[1]).client(url) as second,
    ):
        yield Two(app, (first, second), people, postings, analysed, conninfo)


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each list that was really put together."""
    import serving.listing as listing

    seen: list[Any] = []
    whole = listing.read

    async def read(*args: Any, **options: Any) -> Any:
        seen.append(args[2])
        return await whole(*args, **options)

    monkeypatch.setattr("serving.pages.read", read)
    monkeypatch.setattr("serving.api.read", read)
    return seen


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_list_is_put_together_once_and_sent_again(two: Two, renderings: list[Any], address: str) -> None:
    first, again = (two.clients[0].get(address) for _ in range(2))
    assert first.content == again.content
    assert len(renderings) == 1
    assert first.headers["etag"] == again.headers["etag"]
    assert first.headers["content-type"] == again.headers["content-type"]
    known = two.clients[0].get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert len(renderings) == 1


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ty.postings SET title = 'Bäcker' WHERE posting_id = %s",
        "UPDATE ty.profile_posting_matches SET score = 0.99 WHERE posting_id = %s",
        "UPDATE ty.postings SET status = 'invalidated' WHERE posting_id = %s",
    ],
)
def test_what_has_changed_is_shown_at_once(two: Two, address: str, change: str) -> None:
    before = two.clients[0].get(address)
    two.change(change, two.postings[1])
    after = two.clients[0].get(address, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.content != before.content
    assert after.headers["etag"] != before.headers["etag"]


def test_what_a_person_says_is_shown_at_once(two: Two) -> None:
    client, posting = two.clients[0], two.postings[2]
    assert str(posting) in client.get("/matches").text
    assert client.put(f"/api/matches/{posting}/rating", json={"hide": True}).status_code == 200
    assert f"/matches/{posting}" not in client.get("/matches").text
    assert str(posting) not in client.get("/api/matches").text


def test_nobody_is_sent_what_is_kept_for_another(two: Two) -> None:
    for address in ADDRESSES:
        mine, theirs = (client.get(address) for client in two.clients)
        stolen = two.clients[1].get(address, headers={"If-None-Match": mine.headers["etag"]})
        # the same rows may be the same answer to a program; a page has its reader's own token
        assert stolen.content == theirs.content or stolen.status_code == 304
    page, other = (client.get("/matches") for client in two.clients)
    assert page.headers["etag"] != other.headers["etag"]


def test_a_list_speaks_the_readers_language_each_time(two: Two) -> None:
    texts = [two.clients[0].get("/matches", headers={"Accept-Language": code}).text for code in ("de", "en", "de")]
    assert texts[0] == texts[2] != texts[1]


def test_an_analysis_is_kept_until_anything_that_it_rests_on_is_written(two: Two) -> None:
    address = f"/api/matches/{two.analysed}/analysis"
    for _ in range(2):  # the first may write it
        assert two.clients[0].get(address).status_code == 200
    first = two.clients[0].get(address)
    again = two.clients[0].get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    two.change("UPDATE ty.profile_posting_matches SET score = 0.123 WHERE posting_id = %s", two.analysed)
    assert two.clients[0].get(address).json()["score"] != first.json()["score"]
    assert two.clients[1].get(address).status_code == 404, "it is not theirs"


def test_a_verdict_is_shown_as_soon_as_it_is_there(two: Two) -> None:
    address = f"/api/matches/{two.analysed}/analysis"
    for _ in range(3):
        before = two.clients[0].get(address)
    assert before.json()["decision"]["model"] is None
    two.change(
        "INSERT INTO ty.match_verdicts (profile_id, posting_id, decision, confidence, reasons, removed, profile_hash, "
        "posting_hash, model, task_version) SELECT p.profile_id, o.posting_id, 'apply', 0.9, "
        """'[{"speaks_for": "apply", "text": "It fits.", "posting_quote": "a", "profile_quote": "b"}]', 0, """
        "p.input_hash, o.content_hash, 'm', '1' "
        "FROM ty.profiles p, ty.postings o WHERE p.profile_id = %s AND o.posting_id = %s",
        two.people[0],
        two.analysed,
    )
    assert two.clients[0].get(address).json()["decision"]["model"]["decision"] == "apply"


def test_of_who_is_gone_nothing_stays_in_memory(two: Two) -> None:
    for client in two.clients:
        assert client.get("/matches").status_code == 200
    two.clients[0].get(f"/api/matches/{two.analysed}/analysis")
    two.kept.forget(two.people[0])
    assert {answer.owner for answer in two.kept._answers.values()} == {two.people[1]}


def _request(etag: str = "") -> Request:
    return Request({"type": "http", "headers": [(b"if-none-match", etag.encode())] if etag else []})


def test_no_more_is_kept_than_there_is_room_for() -> None:
    kept, owner = KeptAnswers(most_bytes=1000), uuid4()
    keys = [kept.key("page", n) for n in range(20)]
    for key in keys:
        kept.keep(owner, key, Response(b"x" * 100, media_type="text/plain"))
    assert [kept.found(_request(), key) is not None for key in keys] == [False] * 10 + [True] * 10
    kept.keep(owner, kept.key("large"), Response(b"x" * 5000, media_type="text/plain"))
    assert kept._bytes <= 1000


def test_an_error_is_not_kept() -> None:
    kept = KeptAnswers()
    key = kept.key("page")
    assert "etag" not in kept.keep(uuid4(), key, Response(status_code=404)).headers
    assert kept.found(_request(), key) is None


def test_parts_do_not_run_into_each_other() -> None:
    kept = KeptAnswers()
    assert kept.key("ab", "c") != kept.key("a", "bc")
    assert kept.key(1) != kept.key(True)
    assert kept.key("a") != KeptAnswers().key("a"), "another process may say it in other words"
