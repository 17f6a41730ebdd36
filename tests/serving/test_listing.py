"""A person's list over HTTP and a real Postgres: each filter and order against a plain reading of the same rows."""

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from serving_rows import PROVENANCE, Writer
from signing_in import signed_in

from serving.app import create_app
from serving.listing import search
from ty_assets.feedback.learned import VERSION
from ty_assets.matching.places import distance
from ty_resources.postgres import named_queries, with_schema
from ty_resources.settings import settings

CITIES = ("Kiel", "Hamburg", "Lübeck", "München", "Nirgendwo", None)
GROUPS = {"434": ("43414", "Data-Engineer"), "714": ("71402", "Bürokraft"), "813": ("81302", "Pflegefachkraft")}
ROWS = 90


@dataclass(frozen=True)
class Known:
    """A match as it was written."""

    posting_id: UUID
    score: float
    passed: bool
    personal: float | None
    hidden: bool
    published: dt.date
    pay: float | None
    city: str | None
    remote: bool
    group: str | None
    said: str | None  # rated, applied or None
    title: str

    @property
    def fit(self) -> float:
        return 10 * self.passed + (self.score if self.personal is None else self.personal)

    @property
    def km(self) -> float | None:
        return distance("Kiel", self.city)


@dataclass(frozen=True)
class Listed:
    client: httpx.Client
    rows: list[Known]
    person: UUID
    conninfo: str

    def ids(self, query: str = "") -> list[UUID]:
        """All pages of a list, seven at a time."""
        found: list[UUID] = []
        after, pages = "", 0
        while True:
            answer = self.client.get(f"/api/matches?limit=7&{query}" + (f"&after={after}" if after else ""))
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += [UUID(row["posting_id"]) for row in page["items"]]
            assert page["total"] <= ROWS
            after, pages = page["next"], pages + 1
            assert pages < 40, "the pages go round in a circle"
            if not after:
                assert page["total"] == len(found), "the number that is told is that of all pages"
                return found


def _write(conninfo: str, *, feedback: bool, seed: int) -> tuple[UUID, list[Known]]:
    chance, today = random.Random(seed), settings().today()
    known: list[Known] = []
    with psycopg.connect(conninfo) as connection:
        writer = Writer(connection)
        person = writer.person("Mira Beispiel", f"somebody {seed}")
        for number in range(ROWS):
            city, group = chance.choice(CITIES), chance.choice((*GROUPS, None))
            published, pay = today - dt.timedelta(chance.randrange(40)), chance.choice((None, 40_000.0, 55_500.0))
            remote, title = (
                chance.random() < 0.3,
                f"Stelle {number} {chance.choice(('Datenpflege', 'Büro', 'Technik'))}",
            )
            columns = {"city": city, "region": None, "remote": remote, "pay": pay, "published_on": published}
            posting = writer.posting(f"listing {seed} {number}", title=title, **columns)
            score, passed = chance.choice((0.25, 0.5, 0.7, 0.73)), chance.random() < 0.6
            writer.match(person, posting, score, passed)
            if group is not None:
                kldb, name = GROUPS[group]
                decided = {"decision": "accepted", "method": "lookup", "kldb": kldb, "name": name, "score": 0.9}
                writer.insert("posting_professions", posting_id=posting, **decided, **PROVENANCE)
            said = chance.choice(("rated", "applied", None, None)) if feedback else None
            if said is not None:
                what = {"rating": 7, "scale": "points"} if said == "rated" else {"applied_at": dt.datetime.now(dt.UTC)}
                when = {"rated_at": dt.datetime.now(dt.UTC), "source": "test"}
                writer.insert("match_ratings", profile_id=person, posting_id=posting, **what, **when)
            personal, hidden = None, False
            if feedback:
                personal, hidden = chance.choice((0.3, 0.6, 0.9)), chance.random() < 0.2
                own = {"adjustment": 0.0, "personal_score": personal, "hidden_by": ["person"] if hidden else []}
                ids = {"profile_id": person, "posting_id": posting}
                connection.execute(
                    "INSERT INTO personal_matches (profile_id, posting_id, passed_gates, score, adjustment, "
                    "personal_score, hidden_by) VALUES (%(profile_id)s, %(posting_id)s, %(passed)s, %(score)s, "
                    "%(adjustment)s, %(personal_score)s, %(hidden_by)s)",
                    {**ids, **own, "passed": passed, "score": score},
                )
            known.append(
                Known(posting, score, passed, personal, hidden, published, pay, city, remote, group, said, title)
            )
        if feedback:
            writer.insert("feedback_states", profile_id=person, version=VERSION, ratings=1)
    return person, known


@pytest.fixture(scope="module", params=["before any feedback", "in an order of one's own"])
def listed(
    request: pytest.FixtureRequest,
    new_database: Callable[[], str],
    served: Callable[[FastAPI], AbstractContextManager[str]],
) -> Iterator[Listed]:
    conninfo = with_schema(new_database(), "ty")
    person, rows = _write(conninfo, feedback=request.param != "before any feedback", seed=len(request.param))
    member = signed_in(conninfo, person)
    with served(create_app(conninfo)) as url, member.client(url) as client:
        yield Listed(client, rows, person, conninfo)


TODAY = settings().today()
Keep = Callable[[Known], bool]
FILTERS: dict[str, Keep] = {
    "": lambda row: not row.hidden,
    "gates=passed": lambda row: row.passed and not row.hidden,
    "gates=failed": lambda row: not row.passed and not row.hidden,
    "min_score=0.7": lambda row: row.score >= 0.7 and not row.hidden,
    "hidden=only": lambda row: row.hidden,
    "status=hidden": lambda row: row.hidden,
    "hidden=include": lambda row: True,
    "hidden=only&gates=passed": lambda row: row.hidden or not row.passed,
    "status=unrated": lambda row: row.said is None and not row.hidden,
    "status=rated&hidden=include": lambda row: row.said == "rated",
    "status=applied&hidden=include": lambda row: row.said == "applied",
    "remote=only": lambda row: row.remote and not row.hidden,
    "occupation=434": lambda row: row.group == "434" and not row.hidden,
    "days=7": lambda row: row.published >= TODAY - dt.timedelta(7) and not row.hidden,
    "within=100": lambda row: row.km is not None and row.km <= 100 and not row.hidden,
    "within=100&remote=also": lambda row: (row.remote or (row.km is not None and row.km <= 100)) and not row.hidden,
    "place=München": lambda row: row.city == "München" and not row.hidden,
    "place=nirgendwo": lambda row: row.city == "Nirgendwo" and not row.hidden,
    "q=Datenpflege": lambda row: "Datenpflege" in row.title and not row.hidden,
    "q=daten": lambda row: "Datenpflege" in row.title and not row.hidden,
    "q=pflege": lambda row: "Datenpflege" in row.title and not row.hidden,
    "q=stelle+-technik": lambda row: "Technik" not in row.title and not row.hidden,
    "q=b%C3%BCro&occupation=714&days=30": lambda row: (
        "Büro" in row.title and row.group == "714" and row.published >= TODAY - dt.timedelta(30) and not row.hidden
    ),
}  # fmt: skip
ORDERS: dict[str, Callable[[Known], Any]] = {
    "fit": lambda row: 0,
    "newest": lambda row: -row.published.toordinal(),
    "pay": lambda row: -(row.pay or -1),
    "distance": lambda row: row.km if row.km is not None else 1e6,
}


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_keeps_what_a_plain_reading_of_the_rows_keeps(listed: Listed, query: str) -> None:
    expected = sorted((row for row in listed.rows if FILTERS[query](row)), key=lambda r: (-r.fit, r.posting_id))
    assert listed.ids(query) == [row.posting_id for row in expected]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("query", ["", "gates=passed", "within=100&remote=also"])
def test_every_order_pages_through_all_rows_once_the_best_fitting_first_among_equals(
    listed: Listed, order: str, query: str
) -> None:
    kept = [row for row in listed.rows if FILTERS[query](row)]
    expected = sorted(kept, key=lambda row: (ORDERS[order](row), -row.fit, row.posting_id))
    assert listed.ids(f"sort={order}&{query}") == [row.posting_id for row in expected]


def test_what_a_list_leaves_out_is_counted_among_what_was_asked_for(listed: Listed) -> None:
    told = listed.client.get("/api/matches?remote=only").json()
    assert told["left_out"] == sum(row.remote and row.hidden for row in listed.rows)


def test_a_cursor_of_another_order_is_refused(listed: Listed) -> None:
    after = listed.client.get("/api/matches?limit=3&sort=newest").json()["next"]
    answer = listed.client.get(f"/api/matches?limit=3&sort=pay&after={after}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/matches?sort=newest&gates=passed", "/api/matches?limit=5"])
def test_who_has_an_answer_is_not_sent_it_again_until_it_changes(listed: Listed, path: str) -> None:
    first = listed.client.get(path)
    tag = {"If-None-Match": first.headers["etag"]}
    again = listed.client.get(path, headers=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = listed.client.get(path, headers={**tag, "If-None-Match": '"other"'})
    assert other.status_code == 200
    first_row = max((row for row in listed.rows if FILTERS["gates=passed"](row)), key=lambda row: row.published)
    with psycopg.connect(listed.conninfo) as connection:
        rename = "UPDATE postings SET employer = %s WHERE posting_id = ANY(%s)"
        connection.execute(rename, [f"Firma {uuid4()}", [row.posting_id for row in listed.rows]])
    assert first_row is not None
    assert listed.client.get(path, headers=tag).status_code == 200


def test_another_language_is_another_answer(listed: Listed) -> None:
    tags = {listed.client.get("/matches", headers={"Accept-Language": code}).headers["etag"] for code in ("de", "en")}
    assert len(tags) == 2


def test_each_filter_in_force_is_a_link_to_the_list_without_it(listed: Listed) -> None:
    german = {"Accept-Language": "de"}
    html = listed.client.get("/matches?place=Hamburg&within=50&occupation=434&min_score=50", headers=german).text
    assert "bis 50 km um Hamburg" in html
    assert "Data-Engineer <span" in html
    assert 'href="/matches?occupation=434&amp;min_score=50"' in html, "the place goes with its distance"
    assert 'href="/matches?place=Hamburg&amp;within=50&amp;min_score=50"' in html


def test_an_empty_list_says_which_filter_to_take_away(listed: Listed) -> None:
    html = listed.client.get("/matches?q=unfindbar&days=3").text
    assert "No match fits this filter." in html
    assert 'href="/matches?q=unfindbar"' in html
    assert 'href="/matches?days=3"' in html


def test_a_search_follows_a_text_that_changes(listed: Listed) -> None:
    row = listed.rows[0]
    with psycopg.connect(listed.conninfo) as connection:
        words = "UPDATE postings SET description = %s, content_hash = %s WHERE posting_id = %s"
        for text, found in (("Wir züchten Erdmännchen.", [row.posting_id]), ("Wir züchten Biber.", [])):
            connection.execute(words, [text, uuid4().bytes, row.posting_id])
            connection.commit()
            assert listed.ids("q=Erdm%C3%A4nnchen&hidden=include") == found


@pytest.mark.parametrize(
    "words", ["%", "_", "\\", "'", '"', '"a b"', "-", "- -a", "a & | ! :*", "\x00", "ü" * 200, "( )"]
)
def test_no_search_breaks_the_list(listed: Listed, words: str) -> None:
    assert listed.client.get("/api/matches", params={"q": words}).status_code == 200
    assert listed.client.get("/matches", params={"q": words}).status_code == 200


def test_a_search_is_taken_apart_for_compounds() -> None:
    assert search("50% Büro") == ("50% Büro", ["%50\\%%", "%Büro%"], "50:* & Büro:*")
    assert search('"genau das"').beginnings is None


@pytest.mark.parametrize("query", ["match_list", "best_matches"])
def test_a_list_begins_with_the_persons_own_rows_however_many_there_are(listed: Listed, query: str) -> None:
    """No plan reads through a table of everybody's rows, also not the one for any person (a generic plan)."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        names.append(found[1]) if found[1] not in names else None
        return f"${names.index(found[1]) + 1}"

    text = re.sub(r"%\((\w+)\)s", numbered, named_queries()[query])
    with psycopg.connect(listed.conninfo, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")  # of a few rows a table is read through; of many it is not
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE listing AS {text}")  # type: ignore[arg-type]
        values = ", ".join({"profile_id": f"'{listed.person}'", "sort": "'fit'"}.get(name, "NULL") for name in names)
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN EXECUTE listing ({values})"))  # type: ignore[arg-type]
    assert re.search(r"Index (Only )?Scan using profile_posting_matches_(rank|pkey)", plan)
    assert "Seq Scan" not in plan.replace("Seq Scan on feedback_states", ""), plan
    scans = re.findall(r"Scan using (\w+) on \w+.*\n\s*(\w+ \w+)", plan)
    assert {index for index, then in scans if then != "Index Cond"} == set(), plan
