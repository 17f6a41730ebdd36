"""Recruiters with their keys, and what their batches have left in the tables, for tests of the API under /v1."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from openai import OpenAI
from signing_in import signed_in

from ty_assets.accounts import store
from ty_assets.candidate_evaluations import creation
from ty_assets.candidate_evaluations.ids import new_file_id
from ty_assets.feedback.steps import carry_out
from ty_resources.postgres import Database, Row

CHAT = "/v1/chat/completions"
# Parts of an upload as it goes over the wire.
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\n\r\n'
PURPOSE = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
END = b"--b--\r\n"


def named(name: str, value: str) -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def request_line(custom_id: str, text: str = "five years of Python", **more: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": "Judge the candidate."}, {"role": "user", "content": text}]
    return {"custom_id": custom_id, "method": "POST", "url": CHAT, "body": {"model": "m", "messages": messages}, **more}


def jsonl(lines: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def blocks(size: int) -> Iterator[bytes]:
    """So many bytes, of which no two parts are alike."""
    for number in range(-(-size // 65_536)):
        block = number.to_bytes(8, "big") * 8_192
        yield block[: size - number * 65_536]


@dataclass(frozen=True)
class Recruiter:
    """An account and its API key."""

    account_id: UUID
    email: str
    key: str

    def client(self, url: str, **options: Any) -> OpenAI:
        """OpenAI's own client. It asks once where nothing else is said: a refusal that is tried again takes seconds."""
        return OpenAI(base_url=f"{url}/v1", api_key=self.key, **{"max_retries": 0, "timeout": 60, **options})


def recruiter(conninfo: str, *, allowed: bool = True) -> Recruiter:
    """A new account. allowed: whether it may evaluate candidates."""
    member = signed_in(conninfo, uuid4())
    with Database(conninfo) as db:
        key = carry_out(db, store.make_token(member.account_id, "a program"))
        if allowed:
            carry_out(db, store.set_recruiter(member.account_id, is_recruiter=True))
    return Recruiter(member.account_id, member.email, key)


def batch_row(db: Database, of: Recruiter, input_file_id: str, **more: Any) -> Row:
    """A batch as the API makes it."""
    steps = creation.create(of.account_id, endpoint=CHAT, input_file_id=input_file_id, hours=24, **more)
    return carry_out(db, steps)


def results(
    connection: psycopg.Connection[Any],
    of: Recruiter,
    batch_id: str,
    lines: Sequence[str],
    *,
    is_error: bool = False,
    status: str = "completed",
) -> str:
    """A batch's output file with these lines, as its execution leaves it; the file's id."""
    file_id = new_file_id()
    ended = status == "completed"
    size = sum(len(line.encode()) + 1 for line in lines)
    connection.execute(
        "INSERT INTO api_files (file_id, account_id, purpose, filename, bytes, is_complete, of_batch, is_error) "
        "VALUES (%s, %s, 'batch_output', %s, %s, %s, %s, %s)",
        [file_id, of.account_id, f"{batch_id}_output.jsonl", size, ended, batch_id, is_error],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO batch_results (batch_id, line, is_error, content) VALUES (%s, %s, %s, %s)",
            [(batch_id, number, is_error, line) for number, line in enumerate(lines, start=2 if is_error else 1)],
        )
    column = "error_file_id" if is_error else "output_file_id"
    connection.execute(
        f"UPDATE batches SET status = %s, {column} = %s WHERE batch_id = %s",  # type: ignore[arg-type]
        [status, file_id, batch_id],
    )
    return file_id


def sent(url: str, of: Recruiter, body: Any, kind: str = "multipart/form-data; boundary=b") -> httpx.Response:
    headers = {"Authorization": f"Bearer {of.key}", "Content-Type": kind}
    return httpx.post(f"{url}/v1/files", content=body, headers=headers, timeout=60)


def until(holds: Callable[[], bool], told: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, told
        time.sleep(0.05)
