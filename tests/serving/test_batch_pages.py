"""The pages of evaluations as somebody uses them who never opens a terminal: table, rubric, waiting, ranked table."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from evaluation_site import CANDIDATES, recruiter, sent_table, started, table_id, worked
from fastapi import FastAPI
from onboarding_world import Form, faults_of
from signing_in import CHEAP_KIB, Member, signed_in

from serving.accounts.passwords import Passwords
from serving.app import create_app
from serving.batches.preparing import Order, Preparing
from serving.batches.stored_tables import StoredTables
from ty_assets.candidate_evaluations import control, creation
from ty_assets.candidate_evaluations.columns import Columns
from ty_assets.candidate_evaluations.parts import read_file, write_file
from ty_assets.candidate_evaluations.rubric import Rubric, samples
from ty_assets.candidate_evaluations.validation import validate
from ty_assets.feedback.steps import carry_out
from ty_resources.postgres import Database
from ty_resources.settings import settings

Served = Callable[[FastAPI], AbstractContextManager[str]]
NURSING = "sample:pflegefachkraft.de"


@pytest.fixture(scope="module")
def db(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        yield db


@pytest.fixture(scope="module")
def url(db: Database, served: Served) -> Iterator[str]:
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture
def member(db: Database) -> Member:
    with db.transaction() as connection:
        connection.execute("DELETE FROM rate_limits")
    return recruiter(db.conninfo)


@pytest.fixture
def client(member: Member, url: str) -> Iterator[httpx.Client]:
    with member.client(url) as client:
        yield client


def files_of(db: Database, account_id: UUID) -> list[str]:
    with db.transaction() as connection:
        rows = connection.execute("SELECT purpose FROM api_files WHERE account_id = %s ORDER BY 1", [account_id])
        return [row["purpose"] for row in rows.fetchall()]


def input_of(db: Database, batch_id: str) -> list[dict[str, Any]]:
    with db.transaction() as connection:
        row = connection.execute("SELECT input_file_id FROM batches WHERE batch_id = %s", [batch_id]).fetchone()
    assert row is not None
    return [json.loads(line) for line in b"".join(read_file(db, row["input_file_id"])).splitlines()]


def table(answer: httpx.Response, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=delimiter))


def test_nothing_is_read_that_somebody_sends_who_is_no_recruiter(
    db: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(*_: object) -> None:
        raise AssertionError("the table was read")

    monkeypatch.setattr("serving.accounts.csrf.check", read)
    table = {"table": ("candidates.csv", b"id,text\n" * 200_000)}
    with signed_in(db.conninfo).client(url) as nobody, httpx.Client(base_url=url) as stranger:
        assert nobody.post("/evaluations/new", files=table).status_code == 404
        answer = stranger.post("/evaluations/new", files=table)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


def test_the_room_is_shown_to_recruiters_only(db: Database, url: str, client: httpx.Client) -> None:
    assert '<a href="/evaluations" aria-current="page">' in client.get("/evaluations").text
    with signed_in(db.conninfo).client(url) as other:
        assert "/evaluations" not in other.get("/account").text
        assert other.get("/evaluations").status_code == 404


def test_an_empty_room_says_how_it_works(client: httpx.Client) -> None:
    page = client.get("/evaluations").text
    assert "How it works" in page
    assert "/evaluations/new" in page


def test_from_a_table_to_the_ranked_table(db: Database, client: httpx.Client) -> None:
    batch_id = started(client, rubric=NURSING, name="Autumn")
    waiting = client.get(f"/evaluations/{batch_id}").text
    assert "It begins within half a minute." in waiting
    assert 'data-follow="/evaluations/' in waiting
    assert worked(db, batch_id, settings(), probed=True) == "completed"
    page = client.get(f"/evaluations/{batch_id}").text
    assert re.findall(r"<h3>(K-\d)</h3>", page)[0] == "K-3", "the best stands first"
    assert re.findall(r"<h3>(K-\d)</h3>", page)[-1] == "K-5"
    assert "As women and as men they got the same points." in page
    assert "data-follow" not in page, "nothing more will come"
    ranked = table(client.get(f"/evaluations/{batch_id}/scores.csv"))
    assert ranked[0]["candidate"] == "K-3"
    assert len(ranked) == 5
    assert "Intensivstation" in ranked[0]["Erfahrung: evidence"]
    listed = client.get("/evaluations").text
    assert f'<a href="/evaluations/{batch_id}">Autumn</a>' in listed
    assert "5 candidates" in listed


def test_german_spreadsheets_get_their_own_signs(db: Database, client: httpx.Client) -> None:
    batch_id = started(client, rubric=NURSING)
    worked(db, batch_id, settings())
    answer = client.get(f"/evaluations/{batch_id}/scores.csv", params={"lang": "de"})
    assert table(answer, ";")[0]["candidate"] == "K-3"
    assert "Pflege.csv" in answer.headers["content-disposition"]


def test_names_and_contacts_are_in_no_request_unless_they_are_wanted(db: Database, client: httpx.Client) -> None:
    content = "id,name,mail,cv\n1,Amira Haddad,amira@example.org,Amira Haddad is a nurse. Write to amira@example.org.\n"
    told = json.dumps(input_of(db, started(client, content)))
    assert "nurse" in told
    assert "Amira" not in told
    assert "amira@example.org" not in told
    told = json.dumps(input_of(db, started(client, content, keep_names="on")))
    assert "Amira Haddad" in told


def test_the_columns_are_guessed_and_what_becomes_of_them_is_shown(client: httpx.Client) -> None:
    file_id = table_id(sent_table(client))
    page = client.get(f"/evaluations/new/{file_id}").text
    uses = re.findall(r'<select id="use-\d".*?<option value="(\w+)" selected', page, re.S)
    assert uses == ["id", "name", "contact", "text"]
    assert "Pflegehelferin seit 2021" in page
    assert ">5</dd>" in page, "as many candidates as rows"
    fields = {"use-0": "none", "use-1": "none", "use-2": "none", "use-3": "none", "do": "look"}
    answer = client.post(f"/evaluations/new/{file_id}", data=fields, follow_redirects=True)
    assert "No column is judged." in answer.text


def test_what_cannot_be_started_is_not(db: Database, member: Member, client: httpx.Client) -> None:
    file_id = table_id(sent_table(client))
    for uses in (["none"] * 4, ["id", "id", "none", "text"]):
        fields = {f"use-{number}": use for number, use in enumerate(uses)} | {"do": "start"}
        answer = client.post(f"/evaluations/new/{file_id}", data=fields)
        assert answer.headers["location"].startswith(f"/evaluations/new/{file_id}?")
    assert files_of(db, member.account_id) == ["user_data"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04 a workbook", "this is a workbook"),
        (b"id,cv\n", "a header and no row"),
        (b'id,cv\n1,"never closed\n', "never closed"),
    ],
)
def test_what_is_no_table_is_told_and_not_kept(
    db: Database, member: Member, client: httpx.Client, content: bytes, told: str
) -> None:
    answer = sent_table(client, content)
    assert answer.status_code == 422
    assert told in answer.text
    assert files_of(db, member.account_id) == []


def test_without_a_file_the_page_asks_for_one(client: httpx.Client) -> None:
    answer = client.post("/evaluations/new", files={"nothing": ("", b"")})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_a_table_that_is_too_large_is_told_and_not_kept(
    db: Database, member: Member, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_BATCH_FILE_BYTES", "2048")
    settings.cache_clear()
    answer = sent_table(client, b"id,cv\n" + b"1,x\n" * 1000)
    assert answer.status_code == 413
    assert "This table is too large" in answer.text
    answer = sent_table(client, b"id,cv\n" + b"1,x\n" * 1_000_000)
    assert answer.status_code == 413
    assert "This table is too large" in answer.text, "also where the body itself was cut off"
    assert files_of(db, member.account_id) == []


def test_rows_that_cannot_be_judged_are_told_with_their_lines_and_leave_nothing(
    db: Database, member: Member, client: httpx.Client
) -> None:
    file_id = table_id(sent_table(client, "id,cv\n1,a nurse\n2,a cook\n1,a clerk\n3,\n"))
    fields = {"use-0": "id", "use-1": "text", "do": "start", "name": "x"}
    answer = client.post(f"/evaluations/new/{file_id}", data=fields, follow_redirects=True)
    assert "The evaluation was not started" in answer.text
    told = re.findall(r"<li>Line (\d): <span lang=\"en\">([^<]*)</span>", answer.text)
    assert [line for line, _ in told] == ["4", "5"]
    assert "ids have to differ" in told[0][1]
    assert files_of(db, member.account_id) == ["user_data"]


def test_rows_without_text_may_be_left_out(db: Database, client: httpx.Client) -> None:
    batch_id = started(client, "id,cv\n1,a nurse\n2,\n3,a cook\n", skip_empty="on")
    assert [line["custom_id"] for line in input_of(db, batch_id)] == ["1", "3"]


def test_a_table_over_the_limits_becomes_parts_that_are_ranked_together(
    db: Database, served: Served, monkeypatch: pytest.MonkeyPatch, member: Member
) -> None:
    monkeypatch.setenv("TY_BATCH_MAX_REQUESTS", "2")
    settings.cache_clear()
    limited = create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))
    with served(limited) as url, member.client(url) as client:
        file_id = table_id(sent_table(client))
        assert "it becomes 3 parts" in client.get(f"/evaluations/new/{file_id}").text
        first = started(client, rubric=NURSING)
        with db.transaction() as connection:
            rows = connection.execute(
                "SELECT batch_id, metadata ->> 'part' AS part, "
                "round(extract(epoch FROM expires_at - created_at) / 3600)::integer AS hours "
                "FROM batches WHERE account_id = %s ORDER BY 2",
                [member.account_id],
            ).fetchall()
        assert [row["part"] for row in rows] == ["1/3", "2/3", "3/3"]
        assert [len(input_of(db, row["batch_id"])) for row in rows] == [2, 2, 1]
        assert [row["hours"] for row in rows] == [24, 48, 72], "each waits for those before it"
        for row in rows:
            assert worked(db, row["batch_id"], settings()) == "completed"
        page = client.get(f"/evaluations/{first}").text
        assert re.findall(r"<h3>(K-\d)</h3>", page)[0] == "K-3", "of all parts, though it is in another one"
        assert "Ranked table of all 3 parts" in page
        last = table(client.get(f"/evaluations/{rows[2]['batch_id']}/scores.csv"))
        assert sorted(row["candidate"] for row in last) == ["K-1", "K-2", "K-3", "K-4", "K-5"]


def test_it_is_paused_resumed_moved_and_stopped(db: Database, member: Member, client: httpx.Client) -> None:
    batch_id = started(client)
    path = f"/evaluations/{batch_id}"

    def pressed(**fields: str) -> str:
        answer = client.post(path, data=fields, follow_redirects=True)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.text)

    assert '<span class="chip state-paused">paused</span>' in pressed(do="pause")
    assert "state-validating" in pressed(do="resume")
    assert '<option value="1" selected>before others' in pressed(priority="1")
    (row,) = db.rows("batch_of_account", account_id=member.account_id, batch_id=batch_id)
    validate(db, row, settings())
    assert "state-in_progress" in client.get(path).text
    assert "being stopped" in pressed(do="cancel")
    assert worked(db, batch_id, settings()) == "cancelled"
    page = pressed(do="cancel")
    assert '<span class="chip state-cancelled">stopped</span>' in page, "once more is no error"
    assert "state-cancelled" in pressed(do="pause"), "nor is what can no longer be done"
    assert client.post(path, data={"do": "explode"}).status_code == 422
    assert "The evaluation was stopped before." in page
    errors = client.get(f"{path}/errors.jsonl").text.splitlines()
    assert {json.loads(line)["error"]["code"] for line in errors} == {"batch_cancelled"}


def test_who_has_others_before_them_is_told_so(db: Database, client: httpx.Client) -> None:
    with db.transaction() as connection:
        connection.execute("UPDATE batches SET status = 'cancelled' WHERE status IN ('validating', 'in_progress')")
    started(client)
    page = client.get(f"/evaluations/{started(client)}").text
    assert "1 other evaluation goes first." in page


def test_a_file_of_a_program_that_is_refused_says_why(db: Database, member: Member, client: httpx.Client) -> None:
    file_id = write_file(db, member.account_id, "bad.jsonl", [b'{"custom_id": 1}\n'])
    steps = creation.create(member.account_id, endpoint="/v1/chat/completions", input_file_id=file_id, hours=1)
    batch_id = carry_out(db, steps)["batch_id"]
    assert worked(db, batch_id, settings()) == "failed"
    page = client.get(f"/evaluations/{batch_id}").text
    assert "could not be begun" in page
    assert "Line 1:" in page


def test_answers_are_downloaded_as_they_are(db: Database, client: httpx.Client) -> None:
    batch_id = started(client, rubric=NURSING)
    assert client.get(f"/evaluations/{batch_id}/results.jsonl").status_code == 404, "there are none yet"
    worked(db, batch_id, settings())
    lines = [json.loads(line) for line in client.get(f"/evaluations/{batch_id}/results.jsonl").text.splitlines()]
    assert sorted(line["custom_id"] for line in lines) == ["K-1", "K-2", "K-3", "K-4", "K-5"]
    assert client.get(f"/evaluations/{batch_id}/errors.jsonl").status_code == 404
    assert client.get(f"/evaluations/{batch_id}/secrets.jsonl").status_code in (404, 422)


def test_a_quote_that_the_text_has_not_is_marked_and_nothing_is_markup(
    db: Database, member: Member, client: httpx.Client
) -> None:
    batch_id = started(client, "id,cv\n<script>alert(1)</script>,a nurse for ten years\n", rubric="sample:general.en")
    worked(db, batch_id, settings())
    with db.transaction() as connection:
        row = connection.execute("SELECT content FROM batch_results WHERE batch_id = %s", [batch_id]).fetchone()
        assert row is not None
        content = json.loads(row["content"])
        message = content["response"]["body"]["choices"][0]["message"]
        answer = json.loads(message["content"])
        for said in answer.values():
            said["evidence"] = ["led <b>a hospital</b>"]
        message["content"] = json.dumps(answer)
        connection.execute("UPDATE batch_results SET content = %s WHERE batch_id = %s", [json.dumps(content), batch_id])
    page = client.get(f"/evaluations/{batch_id}").text
    assert "“led &lt;b&gt;a hospital&lt;/b&gt;” <span" in page
    assert "not in the text" in page
    assert "<script>alert(1)" not in page


def test_the_time_is_told_by_the_last_evaluation_with_the_model(
    db: Database, member: Member, client: httpx.Client
) -> None:
    file_id = table_id(sent_table(client))
    assert "not measured yet" in client.get(f"/evaluations/new/{file_id}").text
    batch_id = started(client)
    worked(db, batch_id, settings())
    with db.transaction() as connection:
        connection.execute(
            "UPDATE batches SET completed = 100, finalizing_at = in_progress_at + interval '50 s' WHERE batch_id = %s",
            [batch_id],
        )
    page = client.get(f"/evaluations/new/{file_id}").text
    assert "At 2.0 candidates a second" in page
    assert "about 2 s" in page


def test_preparing_that_is_broken_off_leaves_nothing(db: Database, member: Member) -> None:
    rows = "".join(f"{number},a nurse for {number} years\n" for number in range(20_000))
    tables = StoredTables(Database(db.url, db.schema))
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    content = io.BytesIO(f"id,cv\n{rows}".encode())
    file_id = tables.store(member.account_id, "t.csv", content, limit=10_000_000, expires_at=until)
    preparing = Preparing(tables, settings().model_copy(update={"batch_max_requests": 100}))
    rubric = Rubric.parse(samples()["general.en"])
    order = Order(member.account_id, file_id, "x", Columns("id", ("cv",)), rubric, "m", False, False, 0, 20_000)
    ticket = preparing.begin(order)
    while (seen := preparing.progress(member.account_id, ticket)) is not None and seen.done < 300:
        preparing.wait(ticket, 0.01)
    assert preparing.progress(member.profile_id, ticket) is None, "it is nobody else's"
    preparing.close()
    seen = preparing.progress(member.account_id, ticket)
    assert seen is not None
    assert (seen.state, seen.faults) == ("failed", ())
    assert files_of(db, member.account_id) == ["user_data"]
    with db.transaction() as connection:
        made = connection.execute("SELECT FROM batches WHERE account_id = %s", [member.account_id]).fetchall()
    assert made == []


def test_a_table_can_be_forgotten(db: Database, member: Member, client: httpx.Client) -> None:
    file_id = table_id(sent_table(client))
    assert client.post(f"/evaluations/new/{file_id}", data={"do": "forget"}).headers["location"] == "/evaluations"
    assert files_of(db, member.account_id) == []
    assert client.get(f"/evaluations/new/{file_id}").status_code == 404


def test_the_list_has_pages(db: Database, member: Member, client: httpx.Client) -> None:
    file_id = write_file(db, member.account_id, "x.jsonl", [b"{}\n"])
    for number in range(26):
        name = {"name": f"Number {number}"}
        steps = creation.create(
            member.account_id, endpoint="/v1/embeddings", input_file_id=file_id, hours=1, metadata=name
        )
        carry_out(db, control.cancel(member.account_id, carry_out(db, steps)["batch_id"]))
    first = client.get("/evaluations").text
    assert "Number 25" in first
    assert "Number 0<" not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "Number 0<" in client.get(older[1]).text


# rubrics


def test_a_rubric_is_made_from_a_sample_kept_and_used(db: Database, client: httpx.Client) -> None:
    file_id = table_id(sent_table(client))
    page = client.get("/evaluations/rubrics/new", params={"sample": "pflegefachkraft.de", "table": file_id})
    form = Form(page.text)
    answer = form.sent(client, {"name": "Unsere Station", "criteria-1-weight": "5"}, do="save")
    found = re.fullmatch(rf"/evaluations/new/{file_id}\?rubric=([0-9a-f-]{{36}})", answer.headers["location"])
    assert found, answer.headers["location"]
    assert "<h3>Unsere Station</h3>" in client.get(answer.headers["location"]).text
    batch_id = started(client, rubric=found[1])
    with db.transaction() as connection:
        row = connection.execute("SELECT rubric FROM batches WHERE batch_id = %s", [batch_id]).fetchone()
    assert row is not None
    assert "name: Unsere Station" in row["rubric"]
    assert "weight: 5" in row["rubric"]
    stored = client.get(f"/evaluations/rubrics/{found[1]}/rubric.yaml").text
    assert stored == row["rubric"]


def test_rows_of_a_rubric_come_and_go_without_losing_what_was_typed(client: httpx.Client) -> None:
    form = Form(client.get("/evaluations/rubrics/new").text)
    answer = form.sent(client, {"name": "Typed", "criteria-0-name": "First"}, add="criteria")
    assert answer.status_code == 200
    assert 'value="Typed"' in answer.text
    assert 'id="criteria-1"' in answer.text
    answer = Form(answer.text).sent(client, {"criteria-1-name": "Second"}, up="criteria-1")
    assert re.findall(r"<legend>(.*?)</legend>", answer.text) == ["1. Second", "2. First"]


def test_faults_of_a_rubric_are_told_at_their_fields_and_in_ones_own_language(client: httpx.Client) -> None:
    form = Form(client.get("/evaluations/rubrics/new", params={"lang": "de"}).text)
    answer = form.sent(client, {"name": "", "role": "Pflege", "criteria-0-name": "A", "criteria-0-weight": "x"})
    assert answer.status_code == 422
    assert faults_of(answer.text) == {
        "name": "Geben Sie ihm einen Namen.",
        "criteria-0-weight": "Eine Zahl über 0, etwa 1 oder 1,5.",
    }


def test_a_name_is_taken_once_and_a_rubric_can_be_deleted(client: httpx.Client) -> None:
    def made() -> httpx.Response:
        form = Form(client.get("/evaluations/rubrics/new", params={"sample": "general.en"}).text)
        return form.sent(client, {"name": "Mine"}, do="save")

    first = made()
    assert first.status_code == 303
    second = made()
    assert second.status_code == 422
    assert "name" in faults_of(second.text)
    page = client.get(first.headers["location"])
    assert "The rubric has been saved." in page.text
    Form(page.text).sent(client, {}, do="delete")
    assert "Mine" not in client.get("/evaluations/rubrics").text


def test_a_rubric_comes_as_a_file_and_its_faults_with_their_lines(client: httpx.Client) -> None:
    def sent(content: bytes) -> httpx.Response:
        return client.post("/evaluations/rubrics/upload", files={"rubric": ("r.yaml", content)}, follow_redirects=True)

    assert "Backend" in sent(samples()["backend_developer.en"].encode()).text
    refused = sent(b"name: x\nrole: y\ncriteria:\n  - name: z\n    wieght: 2\n")
    assert refused.status_code == 422
    assert "line 5" in refused.text
    assert sent(b"\xff\xfe\x00").status_code == 422
    assert sent(b"").status_code == 422


def test_a_rubric_that_another_version_has_kept_is_still_there(
    db: Database, member: Member, client: httpx.Client
) -> None:
    with psycopg.connect(db.conninfo) as connection:
        row = connection.execute(
            "INSERT INTO rubrics (account_id, name, content) VALUES (%s, 'Old', 'shape: old') RETURNING rubric_id",
            [member.account_id],
        ).fetchone()
    assert row is not None
    assert "Cannot be read any more" in client.get("/evaluations/rubrics").text
    assert client.get(f"/evaluations/rubrics/{row[0]}").status_code == 422
    assert client.get(f"/evaluations/rubrics/{row[0]}/rubric.yaml").text == "shape: old"
    assert client.get(f"/evaluations/new/{table_id(sent_table(client))}").status_code == 200
    client.post(f"/evaluations/rubrics/{row[0]}", data={"do": "delete"})
    assert "Old" not in client.get("/evaluations/rubrics").text


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_string_of_the_pages_is_there_in_both_languages(
    db: Database, client: httpx.Client, language: str
) -> None:
    batch_id = started(client, CANDIDATES, rubric=NURSING)
    worked(db, batch_id, settings(), probed=True)
    file_id = table_id(sent_table(client))
    pages = ["", "/new", f"/new/{file_id}", "/rubrics", "/rubrics/new", f"/{batch_id}"]
    for path in pages:
        answer = client.get(f"/evaluations{path}", params={"lang": language})
        assert answer.status_code == 200, path
        assert f'<html lang="{language}">' in answer.text
