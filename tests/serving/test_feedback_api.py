"""Feedback over HTTP: ratings and their history, what was learned, what is hidden and why, and who may change it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from serving_rows import Writer
from signing_in import signed_in

from serving.app import create_app
from ty_assets.derive import day_subject
from ty_resources.postgres import with_schema


@dataclass
class Rated:
    """A person with ten matches: five in shifts, one of them failing a gate."""

    client: httpx.Client
    person: UUID
    plain: list[UUID]  # best first
    shifts: list[UUID]
    url: str

    def path(self, posting: UUID, what: str = "rating") -> str:
        return f"/api/matches/{posting}/{what}"

    def listed(self, **query: str) -> list[UUID]:
        answer = self.client.get("/api/matches", params=query)
        assert answer.status_code == 200, answer.text
        return [UUID(item["posting_id"]) for item in answer.json()["items"]]


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return with_schema(new_database(), "ty")


@pytest.fixture(scope="module")
def site(served: Callable[[FastAPI], object], database: str) -> Iterator[str]:
    with served(create_app(database)) as url:  # type: ignore[attr-defined]
        yield url


@pytest.fixture
def rated(database: str, site: str) -> Iterator[Rated]:
    """A person of the test's own; the postings are everybody's."""
    name = uuid4().hex
    with psycopg.connect(database) as connection:
        writer = Writer(connection)
        person = writer.person(name, f"Person {name}")
        plain, shifts = [], []
        for number in range(5):
            plain.append(writer.posting(f"{name} plain {number}"))
            writer.match(person, plain[-1], 0.9 - number / 10, True)
            shifts.append(writer.posting(f"{name} shifts {number}", description="Wir arbeiten im Schichtdienst."))
            writer.match(person, shifts[-1], 0.85 - number / 10, number < 4)
    with signed_in(database, person).client(site) as client:
        yield Rated(client, person, plain, shifts, site)


def test_a_rating_is_put_changed_read_and_deleted(rated: Rated) -> None:
    path = rated.path(rated.plain[0])
    put = rated.client.put(path, json={"rating": 8, "comment": "nice", "decision": "apply"})
    assert put.status_code == 200, put.text
    assert (put.json()["rating"], put.json()["scale"], put.json()["comment"]) == (8, "points", "nice")
    changed = rated.client.patch(path, json={"thumb": "down"}).json()
    assert (changed["rating"], changed["scale"], changed["comment"]) == (-1, "thumbs", "nice"), "the comment stays"
    replaced = rated.client.put(path, json={"rating": 3}).json()
    assert (replaced["comment"], replaced["decision"]) == (None, None), "what is not named is taken back"
    ratings = rated.client.get("/api/feedback/ratings").json()
    assert [one["rating"] for one in ratings] == [3]
    assert rated.client.delete(path).status_code == 204
    assert rated.client.delete(path).status_code == 404
    history = rated.client.get("/api/feedback/history", params={"limit": 2}).json()
    assert [one["action"] for one in history["items"]] == ["delete", "rate"]
    older = rated.client.get("/api/feedback/history", params={"before": history["next"]}).json()
    assert [one["action"] for one in older["items"]] == ["rate", "rate"]
    assert older["next"] is None


def test_a_rule_hides_at_once_is_explained_counted_and_undone(rated: Rated) -> None:
    before = rated.listed()
    rated.client.put(rated.path(rated.plain[4]), json={"comment": "no shift work"})
    assert rated.listed() == [posting for posting in before if posting in rated.plain]
    assert rated.listed(hidden="include") == before
    assert rated.listed(hidden="only") == [posting for posting in before if posting in rated.shifts]
    items = rated.client.get("/api/matches", params={"hidden": "only"}).json()["items"]
    assert items[0]["reasons"] == [
        {"kind": "rule", "name": "rule:no_condition:Shift work", "text": "Not with: Shift work."}
    ]
    failed = next(item for item in items if item["posting_id"] == str(rated.shifts[4]))
    assert [reason["kind"] for reason in failed["reasons"]] == ["rule", "gate"]
    counts = rated.client.get("/api/hidden").json()
    assert (counts["total"], [(group["kind"], group["matches"]) for group in counts["groups"]]) == (5, [("rule", 5)])
    learned = rated.client.get("/api/feedback/learned").json()["lessons"]
    assert [(one["text"], one["hides"], one["enabled"]) for one in learned] == [("Not with: Shift work.", 5, True)]
    assert learned[0]["evidence"][0]["comment"] == "no shift work"
    undone = rated.client.post("/api/feedback/undo")
    assert undone.json() == {"posting_id": str(rated.plain[4]), "rating": None}
    assert rated.listed() == before


def test_what_was_learned_is_switched_off_and_on(rated: Rated) -> None:
    before = rated.listed()
    rated.client.put(rated.path(rated.plain[4]), json={"comment": "keine Schichtarbeit"})
    path = "/api/feedback/learned"
    wanted = {"kind": "rule", "key": "no_condition:Shift work", "enabled": False}
    (off,) = rated.client.put(path, json=wanted).json()["lessons"]
    assert (off["enabled"], off["hides"]) == (False, 0)
    assert rated.listed() == before
    (on,) = rated.client.put(path, json=wanted | {"enabled": True}).json()["lessons"]
    assert (on["enabled"], on["hides"]) == (True, 5)
    assert rated.client.put(path, json=wanted | {"key": "no_agency"}).status_code == 404
    german = rated.client.get(path, headers={"Accept-Language": "de"}).json()["lessons"][0]["text"]
    assert german == "Nicht mit: Schichtarbeit."


def test_with_a_gate_filter_the_hidden_are_those_that_the_filter_leaves_out_too(rated: Rated) -> None:
    assert rated.listed(hidden="only") == [], "nothing is said yet"
    assert rated.listed(hidden="only", gates="passed") == [rated.shifts[4]]
    counts = rated.client.get("/api/hidden", params={"gates": "passed"}).json()
    assert (counts["total"], counts["groups"][0]["kind"]) == (1, "gate")
    rated.client.put(rated.path(rated.plain[0]), json={"hide": True})
    assert set(rated.listed(hidden="only", gates="passed")) == {rated.plain[0], rated.shifts[4]}
    assert set(rated.listed(hidden="only")) == {rated.plain[0]}
    assert rated.listed(gates="passed") == [p for p in rated.listed() if p != rated.shifts[4]]


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("hidden", ["without", "include"])
def test_pages_of_a_personal_order_give_every_match_once(rated: Rated, limit: int, hidden: str) -> None:
    rated.client.put(rated.path(rated.plain[1]), json={"hide": True})
    pages: list[UUID] = []
    after: str | None = None
    for _ in range(20):
        query = {"limit": limit, "hidden": hidden} | ({"after": after} if after else {})
        answer = rated.client.get("/api/matches", params=query).json()
        pages += [UUID(item["posting_id"]) for item in answer["items"]]
        after = answer["next"]
        if after is None:
            break
    expected = {*rated.plain, *rated.shifts} - ({rated.plain[1]} if hidden == "without" else set())
    assert len(pages) == len(set(pages))
    assert set(pages) == expected


def test_a_list_without_feedback_is_as_it_was_and_again_when_all_is_taken_back(rated: Rated) -> None:
    before = rated.client.get("/api/matches").json()
    assert all(item["personal_score"] is None and item["reasons"] == [] for item in before["items"])
    rated.client.put(rated.path(rated.plain[0]), json={"rating": 2, "comment": "nur Berlin"})
    assert rated.client.get("/api/matches").json() != before
    rated.client.delete(rated.path(rated.plain[0]))
    assert rated.client.get("/api/matches").json() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"rating": 0}, 422),
        ({"rating": 11}, 422),
        ({"rating": 5, "thumb": "up"}, 422),
        ({"thumb": "sideways"}, 422),
        ({"decision": "marry"}, 422),
        ({"comment": "x" * 4001}, 422),
        ({"comment": " \u0000 "}, 422),
        ({"applied_at": "2999-01-01T00:00:00"}, 422),
        ({"rating": 5, "score": 1}, 422),
        ({"comment": "a \u0000 b %s {x}"}, 200),
        ({"applied_at": "2026-03-01"}, 200),
    ],
)
def test_what_cannot_be_said_is_refused_as_problem_json(rated: Rated, body: dict, status: int) -> None:
    answer = rated.client.put(rated.path(rated.plain[0]), json=body)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "xxxx" not in answer.text, "what was sent is not repeated"
        assert rated.client.get("/api/feedback/ratings").json() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),  # a form of a page without a referrer
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://elsewhere.example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1.example.org"}, 403),
    ],
)
def test_a_page_of_another_site_changes_nothing(rated: Rated, headers: dict[str, str], status: int) -> None:
    answer = rated.client.put(rated.path(rated.plain[0]), json={"rating": 5}, headers=headers)
    assert answer.status_code == status
    form = rated.client.post(f"/matches/{rated.plain[0]}/feedback", data={"said": "up"}, headers=headers)
    assert form.status_code == (303 if status == 200 else 403)
    assert rated.client.get("/api/matches", headers=headers).status_code == 200, "reading is no change"


def test_the_page_s_own_origin_may_change(rated: Rated) -> None:
    answer = rated.client.put(rated.path(rated.plain[0]), json={"rating": 5}, headers={"Origin": rated.url})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/feedback/undo", 404),
        ("POST", "/api/feedback/undo?event_id=999999999", 404),
        ("POST", "/api/feedback/undo?event_id=x", 422),
        ("GET", "/api/matches/{nobody}/why", 404),
        ("GET", "/api/matches?hidden=maybe", 422),
        ("GET", "/api/feedback/history?before=99999999999999999999", 422),
        ("DELETE", "/api/matches/not-a-uuid/rating", 422),
    ],
)
def test_errors_of_feedback_are_problem_json(rated: Rated, method: str, path: str, status: int) -> None:
    answer = rated.client.request(method, path.format(nobody=uuid4()))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_all_of_a_person_s_feedback_can_be_taken_away_and_forgotten(rated: Rated) -> None:
    rated.client.put(rated.path(rated.plain[0]), json={"rating": 2, "comment": "no shift work"})
    told = rated.client.get("/api/feedback").json()
    assert told["ratings"][0]["comment"] == "no shift work"
    assert told["history"][0]["became"]["comment"] == "no shift work"
    assert told["learned"]["lessons"][0]["kind"] == "rule"
    assert rated.client.delete("/api/feedback").status_code == 204
    told = rated.client.get("/api/feedback").json()
    assert (told["ratings"], told["history"], told["learned"]["lessons"]) == ([], [], [])


def test_why_a_posting_is_not_in_the_list(rated: Rated, database: str) -> None:
    name = uuid4().hex
    with psycopg.connect(database) as connection:
        writer = Writer(connection)
        out = writer.posting(f"{name} out", in_scope=False, scope_reasons='{"language fr"}')
        gone = writer.posting(f"{name} gone", status="invalidated", status_reason="no longer listed")
        copy = writer.posting(f"{name} copy", duplicate_of=rated.plain[0])
        late = writer.posting(f"{name} late", valid_through="2026-03-01")
        new = writer.posting(f"{name} new")
    rated.client.put(rated.path(rated.plain[4]), json={"comment": "no shift work"})

    def why(posting: UUID) -> dict:
        return rated.client.get(rated.path(posting, "why")).json()

    expected = {
        out: "out_of_scope", gone: "invalidated", copy: "duplicate", late: "expired", new: "person_not_read",
        rated.plain[0]: "listed", rated.shifts[0]: "hidden",
    }  # fmt: skip
    assert {posting: why(posting)["why"] for posting in expected} == expected
    assert why(copy)["details"] == {"canonical": str(rated.plain[0])}
    assert why(rated.shifts[4])["reasons"][-1] == {"kind": "gate", "name": "place", "text": "Kiel is 700 km away"}
    with psycopg.connect(database) as connection:
        writer = Writer(connection)
        career = {"domains": "{}", "kldb": "{}", "years": 1.0, "degree_level": 0, "model": "rules", "task_version": "1"}
        writer.insert("profile_careers", profile_id=rated.person, input_hash=b"0", **career)
    assert why(new)["why"] == "too_new"
    with psycopg.connect(database) as connection:
        made = {"model": "rules", "task_version": "1", "input_hash": b"0", "row_count": 1}
        writer = Writer(connection)
        writer.insert("derivations", stage="posting_facets", subject=new, made_at="2026-03-02T10:00Z", **made)
        connection.execute("DELETE FROM derivations WHERE stage = 'match_scores'")
        day = connection.execute("SELECT first_seen_on FROM postings WHERE posting_id = %s", [new]).fetchone()
        assert day is not None
        writer.insert(
            "derivations", stage="match_scores", subject=day_subject(day[0]), made_at="2026-03-02T11:00Z", **made
        )
    below = why(new)
    assert below["why"] == "below_the_kept"
    assert below["details"]["kept"] == 10
    assert "10 best matches" in below["text"]


def test_the_list_page_counts_what_is_hidden_and_leads_to_it_with_reasons(rated: Rated) -> None:
    page = rated.client.get("/matches").text
    assert "are hidden" not in page, "nothing is"
    clicked = rated.client.post(
        f"/matches/{rated.plain[4]}/feedback",
        data={"comment": "no shift work <b>", "rating": "7", "decision": "", "applied_on": "2026-03-01"},
    )
    assert (clicked.status_code, clicked.headers["location"]) == (303, "/matches")
    page = rated.client.get("/matches").text
    assert "5 matches are hidden" in page
    assert "hidden=only" in page
    shown = rated.client.get("/matches?hidden=only").text
    assert shown.count("Not with: Shift work.") == 6, "once for all, and once for each"
    assert "Kiel is 700 km away" in shown
    learned = rated.client.get("/feedback").text
    assert "hides 5 matches" in learned
    assert "no shift work &lt;b&gt;" in learned
    assert "<b>" not in learned
    off = rated.client.post("/feedback", data={"do": "off", "kind": "rule", "key": "no_condition:Shift work"})
    assert off.status_code == 303
    assert "are hidden" not in rated.client.get("/matches").text
    form = rated.client.get(f"/matches/{rated.plain[4]}/feedback").text
    assert '<option value="7" selected>7</option>' in form
    assert 'value="2026-03-01"' in form


@pytest.mark.parametrize("said", ["up", "down", "hide", "show"])
def test_a_click_in_the_list_is_noted_and_leads_back_to_where_it_was(rated: Rated, said: str) -> None:
    rated.client.put(rated.path(rated.plain[0]), json={"rating": 5, "hide": True})
    data = {"said": said, "gates": "passed", "min_score": "10", "back": "https://elsewhere.example.org"}
    answer = rated.client.post(f"/matches/{rated.plain[0]}/feedback?lang=de", data=data)
    assert answer.headers["location"] == "/matches?gates=passed&min_score=10&lang=de"
    (now,) = rated.client.get("/api/feedback/ratings").json()
    if said in ("up", "down"):
        assert (now["rating"], now["scale"]) == (1 if said == "up" else -1, "thumbs")
    else:
        assert (now["rating"], now["hidden_at"] is not None) == (5, said == "hide")


@pytest.mark.parametrize(
    "data", [{"said": "sideways"}, {"rating": "eleven"}, {"rating": "11"}, {"applied_on": "2999-01-01"}]
)
def test_a_form_that_cannot_be_read_is_a_friendly_422(rated: Rated, data: dict[str, str]) -> None:
    answer = rated.client.post(f"/matches/{rated.plain[0]}/feedback", data=data)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
