"""Uploads that are no uploads, that break off, and that are long: what is answered, what stays, and what it costs."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import psycopg
import pytest
from batch_world import END, FILE, PURPOSE, Recruiter, blocks, named, recruiter, sent, until
from fastapi import FastAPI
from signing_in import CHEAP_KIB

from serving.accounts.passwords import Passwords
from serving.app import create_app
from serving.batches.stored_files import FileTooLong, StoredFiles
from serving.matches import Matches
from ty_assets.candidate_evaluations.parts import PART_BYTES
from ty_resources.postgres import Database
from ty_resources.settings import settings


@pytest.fixture(scope="module")
def db(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        yield db


@pytest.fixture(scope="module")
def url(served: Callable[[FastAPI], AbstractContextManager[str]], db: Database) -> Iterator[str]:
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url:
        yield url


@pytest.fixture(scope="module")
def sarah(db: Database) -> Recruiter:
    return recruiter(db.conninfo)


@pytest.fixture(autouse=True)
def _turns(db: Database) -> None:
    with psycopg.connect(db.conninfo) as connection:
        connection.execute("DELETE FROM rate_limits")


def stored(db: Database) -> tuple[int, int]:
    """How many files there are, whole or not, and how many parts."""
    with psycopg.connect(db.conninfo) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM api_files), (SELECT count(*) FROM api_file_parts)"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        (b"", None, None),
        (END, "file", "missing_required_parameter"),
        (PURPOSE + END, "file", "missing_required_parameter"),
        (FILE + END, "purpose", "missing_required_parameter"),
        (FILE + named("purpose", "fine-tune") + END, "purpose", "invalid_value"),
        (FILE + named("purpose", "user_data") + END, "purpose", "invalid_value"),
        (named("file", "text") + PURPOSE + END, "file", None),
        (FILE.replace(b"a.jsonl", b"a.csv") + PURPOSE + END, "file", None),
        (FILE.replace(b"a.jsonl", b"") + PURPOSE + END, "file", None),
        (FILE + FILE + PURPOSE + END, "file", None),
        (FILE + PURPOSE, None, None),
        (FILE[:-10], None, None),
        (b"no form at all", None, None),
        (FILE + named("purpose", "x" * 5_000) + END, None, None),
        (FILE + PURPOSE + b"".join(named(f"n{n}", "x") for n in range(30)) + END, None, None),
        (FILE + PURPOSE + named("expires_after[seconds]", "7200") + END, "expires_after.anchor", "invalid_value"),
        (FILE + PURPOSE + named("expires_after[anchor]", "created_at") + END, "expires_after.seconds", "invalid_type"),
        (
            FILE + PURPOSE + named("expires_after[anchor]", "created_at")
            + named("expires_after[seconds]", "9" * 4_000) + END,
            "expires_after.seconds",
            "invalid_type",
        ),
    ],
)  # fmt: skip
def test_what_is_no_upload_is_refused_and_nothing_of_it_stays(
    url: str, db: Database, sarah: Recruiter, body: bytes, param: str | None, code: str | None
) -> None:
    before = stored(db)
    answer = sent(url, sarah, body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert error["message"].endswith(".")
    assert stored(db) == before


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "text/plain", f"multipart/form-data; boundary={'b' * 300}"]
)
def test_a_body_of_another_kind_is_refused(url: str, db: Database, sarah: Recruiter, kind: str) -> None:
    before = stored(db)
    assert sent(url, sarah, FILE + PURPOSE + END, kind).status_code == 400
    assert stored(db) == before


def test_a_name_is_a_name_and_no_path(url: str, sarah: Recruiter) -> None:
    for name, kept in (
        ("../../etc/passwd.jsonl", "passwd.jsonl"),
        ("C:\\\\Users\\\\s\\\\a.jsonl", "a.jsonl"),
        ("a\tb\x01.jsonl", "ab.jsonl"),
        ("x" * 300 + ".jsonl", None),
    ):
        answer = sent(url, sarah, FILE.replace(b"a.jsonl", name.encode()) + PURPOSE + END)
        assert (answer.json()["filename"] if answer.status_code == 200 else None) == kept, answer.text


def test_a_stranger_and_who_is_no_recruiter_are_told_so_before_anything_is_stored(url: str, db: Database) -> None:
    before = stored(db)
    member = recruiter(db.conninfo, allowed=False)
    with member.client(url) as client, pytest.raises(openai.PermissionDeniedError):
        client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    unknown = openai.OpenAI(base_url=f"{url}/v1", api_key="ty_wrong", max_retries=0)
    with unknown, pytest.raises(openai.AuthenticationError) as refused:
        unknown.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    assert refused.value.code == "invalid_api_key"
    assert stored(db) == before


def test_an_upload_that_is_broken_off_leaves_nothing(url: str, db: Database, sarah: Recruiter) -> None:
    before = stored(db)
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            b"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nAuthorization: Bearer "
            + sarah.key.encode()
            + b"\r\n\r\n"
            + FILE[:-2]
        )
        for block in blocks(6_000_000):
            connection.sendall(block)
        until(lambda: stored(db)[1] >= before[1] + 8, "parts of it are stored as they come")
        with sarah.client(url) as client:
            assert all(file.bytes < 1_000_000 for file in client.files.list()), "nobody sees it before it is whole"
    until(lambda: stored(db) == before, "all of it goes when the sender does")


def test_what_a_killed_process_left_of_an_upload_expires_within_the_hour(db: Database, sarah: Recruiter) -> None:
    async def killed() -> str:
        async with Matches(db.conninfo).opened() as matches:
            files = StoredFiles(matches)
            file_id = await files.begin(sarah.account_id, "a.jsonl")
            await files.fill(file_id, _pieces(PART_BYTES * 9), 10**9)
            return file_id

    file_id = asyncio.run(killed())
    with psycopg.connect(db.conninfo) as connection:
        row = connection.execute(
            "SELECT is_complete, bytes, expires_at - now() < interval '61 min' FROM api_files WHERE file_id = %s",
            [file_id],
        ).fetchone()
        connection.execute("DELETE FROM api_files WHERE file_id = %s", [file_id])
    assert row == (False, PART_BYTES * 9, True)


def test_an_account_that_goes_while_it_sends_takes_its_file_along(db: Database) -> None:
    gone = recruiter(db.conninfo)
    before = stored(db)

    async def pieces() -> Any:
        yield bytes(PART_BYTES * 9)
        with psycopg.connect(db.conninfo) as connection:
            connection.execute("DELETE FROM accounts WHERE account_id = %s", [gone.account_id])
        yield bytes(PART_BYTES * 9)

    async def send() -> None:
        async with Matches(db.conninfo).opened() as matches:
            await StoredFiles(matches).new(gone.account_id, "a.jsonl", pieces(), most_bytes=10**9)

    with pytest.raises(ValueError, match="has been deleted"):
        asyncio.run(send())
    assert stored(db) == before


def test_a_file_may_have_so_many_bytes_and_not_one_more(db: Database, sarah: Recruiter) -> None:
    before = stored(db)

    async def send(size: int) -> int:
        async with Matches(db.conninfo).opened() as matches:
            row = await StoredFiles(matches).new(sarah.account_id, "a.jsonl", _pieces(size), most_bytes=3_000_000)
            await StoredFiles(matches).delete(sarah.account_id, row["file_id"])
            return int(row["bytes"])

    assert asyncio.run(send(3_000_000)) == 3_000_000
    with pytest.raises(FileTooLong):
        asyncio.run(send(3_000_001))
    assert stored(db) == before


@pytest.mark.parametrize("size", [2_000_001, 2_900_000, 40_000_000, 90_000_000])
@pytest.mark.parametrize("is_told", [True, False])
def test_who_sends_too_much_is_told_so_and_not_cut_off(
    url: str, db: Database, sarah: Recruiter, monkeypatch: pytest.MonkeyPatch, size: int, is_told: bool
) -> None:
    """is_told: by Content-Length, before any of it has come."""
    monkeypatch.setenv("TY_BATCH_FILE_BYTES", "2000000")
    settings.cache_clear()
    before = stored(db)

    def body() -> Iterator[bytes]:
        yield FILE[:-2]
        yield from blocks(size)
        yield b"\r\n" + PURPOSE + END

    length = len(FILE) - 2 + size + 2 + len(PURPOSE) + len(END)
    headers = {"Authorization": f"Bearer {sarah.key}", "Content-Type": "multipart/form-data; boundary=b"}
    if is_told:
        headers["Content-Length"] = str(length)
    answer = httpx.post(f"{url}/v1/files", content=body(), headers=headers, timeout=60)
    assert answer.status_code == 413, answer.text
    assert answer.json()["error"]["code"] == "request_too_large"
    assert stored(db) == before


def test_the_official_client_reads_that_a_file_is_too_long(
    url: str, sarah: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_BATCH_FILE_BYTES", "2000000")
    settings.cache_clear()
    with sarah.client(url) as client, pytest.raises(openai.APIStatusError) as refused:
        client.files.create(file=("a.jsonl", bytes(30_000_000)), purpose="batch")
    assert refused.value.status_code == 413


def test_too_many_uploads_in_a_time_are_refused_until_there_is_a_turn(
    url: str, sarah: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_RATE_LIMIT_FACTOR", "0.005")
    settings.cache_clear()
    with sarah.client(url) as client:
        client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
        with pytest.raises(openai.RateLimitError) as refused:
            client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    assert refused.value.code == "rate_limit_exceeded"
    assert int(refused.value.response.headers["retry-after"]) > 0


async def _pieces(size: int) -> Any:
    for block in blocks(size):
        yield block
