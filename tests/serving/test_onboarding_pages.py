"""From sign-up to the first matches, over real HTTP and a real Postgres: guided, and with a CV."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fpdf import FPDF
from onboarding_world import NURSE, Form, faults_of, write_market
from signing_in import CHEAP_KIB, Member, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_assets.berufenet.store import occupation_index
from ty_assets.profiles.facets import Readers, store_facets
from ty_assets.profiles.store import store_profiles
from ty_resources.connect import embedded_engine
from ty_resources.postgres import Database
from ty_resources.settings import settings

# Without a city: distances need a gazetteer of 70,000 towns, which other tests read.
CV = {
    "basics": {
        "name": "Mira Beispiel",
        "label": "Pflegefachkraft",
        "email": "mira.beispiel@example.org",
        "phone": "+49 171 5550123",
        "birthDate": "1985-03-12",
        "summary": "Ich bin Mira Beispiel und pflege gern. Anruf: 0171 5550123.",
    },
    "work": [
        {"name": "Klinik Nord", "position": "Pflegefachkraft", "startDate": "2019-01-01", "summary": "Wundversorgung"},
        {"name": "Klinik Süd", "position": "Pflegehelferin", "startDate": "2015", "endDate": "2018"},
    ],
    "skills": [{"name": "Wundversorgung"}, {"name": "Medikamentengabe"}],
    "languages": [{"language": "Deutsch", "fluency": "Muttersprache"}],
}
LINES = (
    "Lebenslauf", "Mira Beispiel", "mira.beispiel@example.org", "Berufserfahrung",
    "01/2019 - heute Pflegefachkraft, Klinik Nord GmbH", "Wundversorgung und Medikamentengabe",
    "Kenntnisse", "Wundversorgung, Python", "Sprachen", "Deutsch: Muttersprache",
)  # fmt: skip


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
def member(market: Database) -> Member:
    """Somebody new."""
    return signed_in(market.conninfo)


@pytest.fixture
def view(url: str, member: Member) -> Iterator[httpx.Client]:
    with member.client(url) as client:
        client.timeout = httpx.Timeout(60)  # the encoder may be loaded meanwhile
        yield client


def select(db: Database, statement: str, *values: object) -> list[dict[str, Any]]:
    with db.transaction() as connection:
        return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]


def form_of(view: httpx.Client, path: str) -> Form:
    answer = view.get(path)
    assert answer.status_code == 200, path
    return Form(answer.text)


def uploaded(view: httpx.Client, data: bytes, name: str = "cv.json", **fields: str) -> httpx.Response:
    return view.post("/profile/import", files={"document": (name, data)}, data=fields)


def processed(view: httpx.Client) -> dict[str, Any]:
    """The status when all is done."""
    for _ in range(600):
        told: dict[str, Any] = view.get("/api/profile/status").json()
        if told["state"] != "running":
            return told
        time.sleep(0.05)
    raise AssertionError("it is still being processed")


def imported(view: httpx.Client) -> None:
    uploaded(view, json.dumps(CV).encode())
    answer = form_of(view, "/profile/review").sent(view, {}, do="save")
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile/processing")
    assert processed(view)["state"] == "done"


def test_a_guided_profile_leads_to_ranked_matches(view: httpx.Client, market: Database, member: Member) -> None:
    asked = form_of(view, view.get("/profile/guided").headers["location"])
    found = view.get(asked.sent(view, {"headline": "Krankenschwester"}, do="search").headers["location"]).text
    assert f'value="{NURSE}" checked' in found
    answer = Form(found).sent(view, {}, do="next")
    assert answer.headers["location"] == "/profile/guided/history"
    history = Form(view.get("/profile/guided/history").text).sent(view, {}, add="work")
    assert history.headers["location"].endswith("#work-0")
    filled = {"work-0-position": "Pflegefachkraft", "work-0-started": "2019", "work-0-description": "Wundversorgung"}
    answer = form_of(view, "/profile/guided/history").sent(view, filled, do="next")
    assert answer.headers["location"] == "/profile/guided/skills"
    skills = form_of(view, "/profile/guided/skills")
    assert "skill:Wound care" in skills.fields["offered"], "what postings of the occupation ask for is suggested"
    skills.sent(view, {"suggested": ["skill:Wound care"], "skills": "Python"}, do="next")
    form_of(view, "/profile/guided/languages").sent(view, {}, add="languages")
    german = {"languages-0-name": "German", "languages-0-level": "C2"}
    form_of(view, "/profile/guided/languages").sent(view, german, do="next")
    answer = form_of(view, "/profile/guided/wishes").sent(view, {"minimum_pay": "36.000"}, do="next")
    assert answer.headers["location"] == "/profile/review"
    review = form_of(view, "/profile/review")
    assert review.fields["skills"] == ["Python\nWound care"]
    assert review.fields["contact-email"] == [member.email]
    assert review.sent(view, {}, do="save").headers["location"] == "/profile/processing"
    assert processed(view)["facts"]["matches"] == 3
    assert view.get("/profile/processing").headers["location"] == "/matches"
    rows = select(
        market,
        "SELECT posting_id FROM profile_posting_matches WHERE profile_id = %s ORDER BY passed_gates DESC, score DESC",
        member.profile_id,
    )
    assert rows[0]["posting_id"] in (uuid.UUID(int=1), uuid.UUID(int=2))
    assert "Pflegefachkraft" in view.get("/matches").text


def test_a_guided_profile_is_gone_on_with_where_it_was_left(url: str, member: Member) -> None:
    with member.client(url) as first:
        form_of(first, "/profile/guided/occupation").sent(first, {"headline": "Koch"}, do="next")
        form_of(first, "/profile/guided/history").sent(first, {}, add="work")
        typed = {"work-0-position": "Beikoch", "work-0-started": "irgendwann"}
        answer = form_of(first, "/profile/guided/history").sent(first, typed, do="next")
        assert answer.status_code == 422
        assert "work-0-started" in faults_of(answer.text)
    with member.client(url) as later:
        assert later.get("/profile/guided").headers["location"] == "/profile/guided/history"
        form = form_of(later, "/profile/guided/history")
        assert (form.fields["work-0-position"], form.fields["work-0-started"]) == (["Beikoch"], ["irgendwann"])
        assert form.sent(later, {}, do="back").headers["location"] == "/profile/guided/occupation"
        assert form_of(later, "/profile/guided/occupation").fields["headline"] == ["Koch"]
        assert "/profile/guided" in later.get("/profile/start").text


def test_an_imported_cv_becomes_facets_vectors_and_matches_that_the_next_run_leaves_as_they_are(
    view: httpx.Client, market: Database, member: Member
) -> None:
    answer = uploaded(view, json.dumps(CV).encode())
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile/review")
    form = form_of(view, "/profile/review")
    assert form.fields["work-0-position"] == ["Pflegefachkraft"]
    assert form.fields["contact-name"] == ["Mira Beispiel"]
    form.sent(view, {"headline": "Pflegefachkraft mit Herz"}, do="save")
    told = processed(view)
    assert (told["state"], [step["done"] for step in told["steps"]]) == ("done", [True] * 4)
    assert told["facts"]["postings"] == 3
    (document,) = select(
        market, "SELECT document::text AS d FROM profile_documents WHERE profile_id = %s", member.profile_id
    )
    assert "1985" not in document["d"]
    terms = select(market, "SELECT term, source FROM profile_facets WHERE profile_id = %s", member.profile_id)
    assert ("Wound care", "stated") in {(row["term"], row["source"]) for row in terms}
    vectors = select(market, "SELECT DISTINCT model FROM profile_embeddings WHERE profile_id = %s", member.profile_id)
    assert [row["model"] for row in vectors] == [embedded_engine().embedding_model]
    assert len(matches_of(market, member)) == 3
    (bucket,) = select(market, "SELECT bucket FROM profile_documents WHERE profile_id = %s", member.profile_id)
    engine, config = embedded_engine(), settings()
    buckets = [bucket["bucket"]]
    assert store_profiles(market, buckets, 1).derived == 0
    index = occupation_index(market, engine)
    readers = Readers(engine, engine)
    assert store_facets(market, readers, index, buckets, today=config.today(), max_attempts=1).derived == 0


def matches_of(db: Database, member: Member) -> list[dict[str, Any]]:
    return select(
        db, "SELECT * FROM profile_posting_matches WHERE profile_id = %s ORDER BY posting_id", member.profile_id
    )


def test_a_change_of_the_profile_replaces_the_matches_and_none_leaves_them(
    view: httpx.Client, market: Database, member: Member
) -> None:
    imported(view)
    first = matches_of(market, member)
    best = max(first, key=lambda row: row["score"])["posting_id"]
    assert best in (uuid.UUID(int=1), uuid.UUID(int=2))
    edited = form_of(view, "/profile").sent(view, {}, at="wishes")
    assert edited.headers["location"] == "/profile/review#wishes"
    form_of(view, "/profile/review").sent(view, {}, do="save")
    processed(view)
    assert matches_of(market, member) == first
    form_of(view, "/profile").sent(view, {})
    coder = {
        "headline": "Softwareentwickler",
        "summary": "",
        "skills": "Python, SQL",
        "section": ["about", "work", "skills"],
    }
    form = form_of(view, "/profile/review")
    for name in [name for name in form.fields if name.startswith("work-")]:
        del form.fields[name]
    form.sent(view, coder, do="save")
    assert processed(view)["state"] == "done"
    second = matches_of(market, member)
    assert max(second, key=lambda row: row["score"])["posting_id"] == uuid.UUID(int=3)
    assert {row["input_hash"] for row in second}.isdisjoint(row["input_hash"] for row in first)


def pdf(lines: tuple[str, ...]) -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("Helvetica", size=11)
    for line in lines:
        document.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())


def test_a_pdf_is_read_into_the_form(view: httpx.Client) -> None:
    assert uploaded(view, pdf(LINES), "Lebenslauf.pdf").status_code == 303
    form = form_of(view, "/profile/review")
    assert "Pflegefachkraft" in form.fields["work-0-position"][0]
    assert form.fields["contact-email"] == ["mira.beispiel@example.org"]


def test_what_was_pasted_is_read_and_stays_where_it_cannot_be(view: httpx.Client) -> None:
    refused = uploaded(view, b"\x89PNG\r\n\x1a\n" + bytes(200), "cv.png", text="Mein <Lebenslauf>")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert "Mein &lt;Lebenslauf&gt;" in refused.text
    german = view.post("/profile/import?lang=de", data={"text": "  "})
    assert german.status_code == 422
    assert "nichts gesendet" in german.text
    assert view.get("/profile/review").headers["location"] == "/profile/start", "nothing was begun"
    assert view.post("/profile/import", data={"text": "\n".join(LINES)}).status_code == 303
    assert "Pflegefachkraft" in form_of(view, "/profile/review").fields["work-0-position"][0]


def test_a_cv_that_is_too_large_is_told_so_before_it_is_read(view: httpx.Client) -> None:
    answer = uploaded(view, bytes(11_500_000), "cv.pdf")
    assert answer.status_code == 413
    assert "10 MB" in answer.text
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    chunked = view.post(
        "/profile/review", content=(b"summary=" + b"x" * 99_000 + b"&" for _ in range(30)), headers=headers
    )
    assert chunked.status_code == 413, "of a length that is told only by its end"


def test_an_import_that_fails_leaves_the_draft_that_was_open(view: httpx.Client) -> None:
    uploaded(view, json.dumps(CV).encode())
    refused = uploaded(view, b'{"work": "no list"}', "cv.json")
    assert refused.status_code == 422
    assert form_of(view, "/profile/review").fields["headline"] == ["Pflegefachkraft"]


def test_faults_are_told_at_their_fields_and_nothing_that_was_typed_is_lost(
    view: httpx.Client, market: Database, member: Member
) -> None:
    uploaded(view, json.dumps(CV).encode())
    typed = {"work-0-started": "Sommer 19", "minimum_pay": "viel", "contact-email": "mira", "summary": "Neu <b>&"}
    answer = form_of(view, "/profile/review").sent(view, typed, do="save")
    assert answer.status_code == 422
    assert set(faults_of(answer.text)) == {"work-0-started", "minimum_pay", "contact-email"}
    assert '<a href="#work-0-started">Experience 1, From</a>' in answer.text
    assert 'aria-describedby="work-0-started-hint work-0-started-fault" aria-invalid="true"' in answer.text
    for page in (answer.text, view.get("/profile/review").text):
        shown = Form(page).fields
        assert {name: shown[name] for name in typed} == {name: [value] for name, value in typed.items()}
    assert select(market, "SELECT 1 FROM profile_documents WHERE profile_id = %s", member.profile_id) == []


def test_a_form_whose_draft_is_gone_is_not_lost(view: httpx.Client, market: Database, member: Member) -> None:
    uploaded(view, json.dumps(CV).encode())
    form = form_of(view, "/profile/review")
    with market.transaction() as connection:
        connection.execute(
            "UPDATE profile_drafts SET expires_at = now() - interval '1 hour' WHERE account_id = %s",
            [member.account_id],
        )
    assert view.get("/profile/review").headers["location"] == "/profile/start"
    assert form.sent(view, {"headline": "Noch da"}, do="update").status_code == 303
    assert form_of(view, "/profile/review").fields["headline"] == ["Noch da"]
    form_of(view, "/profile/review").sent(view, {}, do="discard")
    assert view.get("/profile/review").headers["location"] == "/profile/start"


def test_what_matching_sees_holds_no_name_and_no_contact(view: httpx.Client, market: Database, member: Member) -> None:
    uploaded(view, json.dumps(CV).encode())
    form_of(view, "/profile/review").sent(view, {"summary": "Mira Beispiel, mira.beispiel@example.org"}, do="update")
    seen = view.get("/profile/review").text.partition('<div class="anonymous">')[2].partition("</aside>")[0]
    assert "Wundversorgung" in seen
    assert "[…]" in seen
    form_of(view, "/profile/review").sent(view, {}, do="save")
    processed(view)
    profile = view.get("/profile").text.partition('aria-labelledby="theirs"')[2]
    assert "Wound care" in profile
    tables = ("profiles", "profile_work_history", "profile_facets", "inference_cache", "profile_posting_matches")
    kept = [
        str(row)
        for table in tables
        for row in select(market, f"SELECT * FROM {table} t WHERE t::text LIKE %s", "%Beispiel%")
    ]
    for private in ("Beispiel", "mira.beispiel", "5550123", "1985"):
        assert private not in seen
        assert private not in profile
    assert kept == []
    (contact,) = select(market, "SELECT * FROM profile_contacts WHERE profile_id = %s", member.profile_id)
    assert (contact["name"], contact["email"]) == ("Mira Beispiel", "mira.beispiel@example.org")


def test_a_draft_is_its_owners_alone(view: httpx.Client, url: str, market: Database) -> None:
    uploaded(view, json.dumps(CV).encode())
    with signed_in(market.conninfo).client(url) as other, httpx.Client(base_url=url) as stranger:
        assert other.get("/profile/review").headers["location"] == "/profile/start"
        assert other.get("/api/profile/draft").status_code == 404
        assert other.get("/profile").headers["location"] == "/profile/start"
        assert stranger.get("/profile/review").headers["location"].startswith("/sign-in")
        assert stranger.get("/api/profile/draft").status_code == 401


def test_too_many_imports_are_told_where_they_were_sent_with_what_was_pasted(
    view: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [view.post("/profile/import", data={"text": " "}) for _ in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {422}
    last = view.post("/profile/import", data={"text": "Mein Lebenslauf"})
    assert last.status_code == 429
    assert "Mein Lebenslauf" in last.text


def test_a_processing_that_fails_is_told_and_can_be_tried_again(
    view: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise psycopg.OperationalError("about Mira Beispiel")

    uploaded(view, json.dumps(CV).encode())
    with monkeypatch.context() as patched:
        patched.setattr("serving.onboarding.processing.store_profile", broken)
        form_of(view, "/profile/review").sent(view, {}, do="save")
        assert processed(view)["state"] == "failed"
    page = view.get("/profile/processing").text
    assert "Mira" not in caplog.text + page
    assert Form(page).sent(view, {}).headers["location"] == "/profile/processing"
    assert processed(view)["state"] == "done"
