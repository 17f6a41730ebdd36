"""/v1/files as OpenAI's own client meets it, unmodified, over HTTP."""

import asyncio
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import uuid4

import httpx
import openai
import psycopg
import pytest
from batch_world import Recruiter, batch_row, blocks, jsonl, recruiter, request_line, results
from fastapi import FastAPI
from openai import OpenAI
from psycopg import sql
from signing_in import CHEAP_KIB

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_assets.accounts.deletion import delete_account
from ty_assets.candidate_evaluations.parts import PART_BYTES, read_file, write_file
from ty_assets.feedback.steps import carry_out
from ty_resources.postgres import Database
from ty_resources.settings import settings


@pytest.fixture(scope="module")
def db(new_database: Callable[[], str]) -> Iterator[Database]:
    """All tests' of this module; each has a recruiter of its own."""
    with Database(new_database()) as db:
        yield db


@pytest.fixture(scope="module")
def url(served: Callable[[FastAPI], AbstractContextManager[str]], db: Database) -> Iterator[str]:
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture
def sarah(db: Database) -> Recruiter:
    return recruiter(db.conninfo)


@pytest.fixture
def client(url: str, sarah: Recruiter) -> Iterator[OpenAI]:
    with sarah.client(url) as client:
        yield client


def test_a_file_is_uploaded_looked_at_read_and_deleted(client: OpenAI) -> None:
    content = jsonl([request_line(f"candidate-{n}") for n in range(3)])
    made = client.files.create(file=("candidates.jsonl", content), purpose="batch")
    assert (made.object, made.filename, made.bytes) == ("file", "candidates.jsonl", len(content))
    assert (made.purpose, made.status, made.status_details) == ("batch", "processed", None)
    assert made.id.startswith("file-")
    assert made.expires_at == pytest.approx(made.created_at + settings().batch_file_days * 86_400, abs=1)
    assert client.files.retrieve(made.id) == made
    assert client.files.wait_for_processing(made.id, max_wait_seconds=1) == made
    assert client.files.content(made.id).read() == content
    gone = client.files.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "file", True)
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            ask(made.id)


@pytest.mark.parametrize(
    "size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 8 * PART_BYTES, 8 * PART_BYTES + 1, 21 * PART_BYTES + 7]
)
def test_every_byte_of_a_file_comes_back_whatever_its_length(
    client: OpenAI, db: Database, sarah: Recruiter, size: int
) -> None:
    content = b"".join(blocks(size))
    made = client.files.create(file=("a.jsonl", content), purpose="batch")
    answer = client.files.with_raw_response.content(made.id)
    assert answer.headers["content-length"] == str(size) == str(made.bytes)
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(content).digest()
    assert b"".join(read_file(db, made.id)) == content, "as those who work on the batch read it"
    sizes = [len(part) for part in read_file(db, made.id)]
    assert all(part == PART_BYTES for part in sizes[:-1]), "a place in it is found by division"


def test_a_file_that_plain_code_has_written_is_read_the_same_way(
    client: OpenAI, db: Database, sarah: Recruiter
) -> None:
    content = b"".join(blocks(3 * PART_BYTES + 5))
    file_id = write_file(db, sarah.account_id, "a.jsonl", iter([content]))
    assert client.files.content(file_id).read() == content


def test_an_upload_may_say_how_long_it_is_kept(client: OpenAI) -> None:
    keep: openai.types.file_create_params.ExpiresAfter = {"anchor": "created_at", "seconds": 3600}
    made = client.files.create(file=("a.jsonl", b"{}"), purpose="batch", expires_after=keep)
    assert made.expires_at == made.created_at + 3600
    for wrong in (3599, 2_592_001):
        with pytest.raises(openai.BadRequestError) as refused:
            client.files.create(
                file=("a.jsonl", b"{}"), purpose="batch", expires_after={"anchor": "created_at", "seconds": wrong}
            )
        assert refused.value.param == "expires_after.seconds"


def test_the_purpose_may_come_after_the_file_as_curl_sends_it(url: str, sarah: Recruiter) -> None:
    """curl -F file=@candidates.jsonl -F purpose=batch"""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="k\xc3\xb6ln.jsonl"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n{}\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b--\r\n'
    )
    headers = {"Authorization": f"Bearer {sarah.key}", "Content-Type": "multipart/form-data; boundary=b"}
    answer = httpx.post(f"{url}/v1/files", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["filename"], answer.json()["bytes"]) == ("köln.jsonl", 3)
    read = httpx.get(f"{url}/v1/files/{answer.json()['id']}/content", headers=headers)
    assert read.content == b"{}\n"


def test_a_list_is_paged_in_either_order_and_by_purpose(client: OpenAI, db: Database, sarah: Recruiter) -> None:
    made = [client.files.create(file=(f"{n}.jsonl", b"{}"), purpose="batch").id for n in range(5)]
    with psycopg.connect(db.conninfo) as connection:
        # two of one moment: their order is by id, and none is left out or told twice at the end of a page
        connection.execute("UPDATE api_files SET created_at = '2026-03-01T10:00Z' WHERE file_id = ANY(%s)", [made[:3]])
    batch = batch_row(db, sarah, made[0])
    with psycopg.connect(db.conninfo) as connection:
        output = results(connection, sarah, batch["batch_id"], ["{}"])
    newest = [file.id for file in client.files.list(limit=2)]
    assert sorted(newest) == sorted([*made, output])
    assert newest[0] == output
    assert newest[1:3] == [made[4], made[3]]
    assert [file.id for file in client.files.list(limit=2, order="asc")] == newest[::-1]
    assert [file.id for file in client.files.list(purpose="batch_output")] == [output]
    assert client.files.list(purpose="fine-tune").data == []
    page = client.files.with_raw_response.list(limit=4).http_response.json()
    assert (page["object"], page["first_id"], page["last_id"], page["has_more"]) == (
        "list", newest[0], newest[3], True,
    )  # fmt: skip
    assert client.files.with_raw_response.list(limit=6).http_response.json()["has_more"] is False
    for wrong in ({"limit": 0}, {"limit": 10_001}, {"order": "up"}, {"purpose": "anything"}, {"limit": "many"}):
        with pytest.raises(openai.BadRequestError) as refused:
            client.files.list(**wrong)  # type: ignore[arg-type]
        assert refused.value.param == next(iter(wrong))
    with pytest.raises(openai.NotFoundError):
        client.files.list(after="file-of-nobody")


def test_a_batchs_output_is_the_lines_of_its_results_in_the_order_of_the_file(
    client: OpenAI, db: Database, sarah: Recruiter
) -> None:
    made = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    batch_id = batch_row(db, sarah, made.id)["batch_id"]
    # more than one reading takes, by number and by size
    lines = [json.dumps({"custom_id": f"c-{n}", "text": "ä" * (n % 50 * 40)}, ensure_ascii=False) for n in range(2_500)]
    with psycopg.connect(db.conninfo) as connection:
        output = results(connection, sarah, batch_id, lines)
    answer = client.files.with_raw_response.content(output)
    assert answer.content.decode().splitlines() == lines
    assert int(answer.headers["content-length"]) == len(answer.content) == client.files.retrieve(output).bytes


def test_errors_have_a_file_of_their_own(client: OpenAI, db: Database, sarah: Recruiter) -> None:
    made = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    batch_id = batch_row(db, sarah, made.id)["batch_id"]
    with psycopg.connect(db.conninfo) as connection:
        output = results(connection, sarah, batch_id, ['{"custom_id": "right"}'])
        errors = results(connection, sarah, batch_id, ['{"custom_id": "wrong"}'], is_error=True)
    assert client.files.content(output).text == '{"custom_id": "right"}\n'
    assert client.files.content(errors).text == '{"custom_id": "wrong"}\n'
    client.files.delete(errors)
    assert client.files.content(output).text == '{"custom_id": "right"}\n'
    assert db.rows("batch_lines_read", batch_id=batch_id, is_error=True, after=0, most=9, most_bytes=9) == []


def test_what_is_there_of_a_running_batch_can_be_read(client: OpenAI, db: Database, sarah: Recruiter) -> None:
    made = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    batch_id = batch_row(db, sarah, made.id)["batch_id"]
    with psycopg.connect(db.conninfo, autocommit=True) as connection:
        output = results(connection, sarah, batch_id, ['{"custom_id": "1"}'], status="in_progress")
        assert client.files.retrieve(output).status == "uploaded"
        answer = client.files.with_raw_response.content(output)
        assert answer.content == b'{"custom_id": "1"}\n'
        assert "content-length" not in answer.headers, "it grows"
        for file_id in (output, made.id):
            with pytest.raises(openai.ConflictError) as refused:
                client.files.delete(file_id)
            assert refused.value.code == "file_in_use"
        assert client.files.content(output).text, "nothing of it has gone"
        connection.execute("UPDATE batches SET status = 'cancelled' WHERE batch_id = %s", [batch_id])
        client.files.delete(output)
        client.files.delete(made.id)
        assert connection.execute("SELECT FROM batch_results WHERE batch_id = %s", [batch_id]).fetchall() == []
        assert connection.execute("SELECT FROM api_file_parts WHERE file_id = %s", [made.id]).fetchall() == []


def test_what_has_expired_is_not_there(client: OpenAI, db: Database) -> None:
    made = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    with psycopg.connect(db.conninfo) as connection:
        connection.execute("UPDATE api_files SET expires_at = now() - interval '1 s' WHERE file_id = %s", [made.id])
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            ask(made.id)
    assert client.files.list().data == []


def test_with_the_account_goes_all_that_it_has_sent_and_got(client: OpenAI, db: Database, sarah: Recruiter) -> None:
    made = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    batch_id = batch_row(db, sarah, made.id)["batch_id"]
    with psycopg.connect(db.conninfo) as connection:
        output = results(connection, sarah, batch_id, ["{}"])
    carry_out(db, delete_account(sarah.account_id, uuid4()))
    of = {"ids": [made.id, output, batch_id]}
    with psycopg.connect(db.conninfo) as connection:
        for table, column in (
            ("api_files", "file_id"), ("api_file_parts", "file_id"), ("batches", "batch_id"),
            ("batch_results", "batch_id"), ("batch_requests", "batch_id"),
        ):  # fmt: skip
            query = sql.SQL("SELECT FROM {} WHERE {} = ANY(%(ids)s)")
            rows = connection.execute(query.format(sql.Identifier(table), sql.Identifier(column)), of).fetchall()
            assert rows == [], table
    with pytest.raises(openai.AuthenticationError):
        client.files.list()


def test_another_recruiters_files_are_not_there(client: OpenAI, url: str, db: Database) -> None:
    made = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    with recruiter(db.conninfo).client(url) as other:
        for ask in (other.files.retrieve, other.files.content, other.files.delete):
            with pytest.raises(openai.NotFoundError):
                ask(made.id)
        assert other.files.list().data == []
        with pytest.raises(openai.NotFoundError):
            other.files.list(after=made.id)
    assert client.files.content(made.id).read() == b"{}"


def test_an_asynchronous_client_streams_up_and_down(client: OpenAI, url: str, sarah: Recruiter) -> None:
    async def there_and_back() -> bytes:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=sarah.key, max_retries=0) as asking:
            made = await asking.files.create(file=("a.jsonl", io.BytesIO(b"".join(blocks(400_000)))), purpose="batch")
            async with asking.files.with_streaming_response.content(made.id) as answer:
                return b"".join([block async for block in answer.iter_bytes()])

    assert asyncio.run(there_and_back()) == b"".join(blocks(400_000))
