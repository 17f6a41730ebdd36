"""The whole way of a batch with OpenAI's own client, unmodified, from upload to download, on a simulated server.

Here the work is done by a thread of the test; that a Dagster run does the same is tests/jobs' business.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from batch_world import CHAT, Recruiter, jsonl, recruiter, request_line
from fastapi import FastAPI
from handle import SimulatedServer
from openai import OpenAI
from openai.types import Batch
from prometheus_client.parser import text_string_to_metric_families
from signing_in import CHEAP_KIB

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_assets.candidate_evaluations.working import WorkResult, work
from ty_resources.inference.relay_openai import OpenAIRelay
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

MODEL = "qwen2.5:7b"
ENDED = ("completed", "failed", "expired", "cancelled")


@pytest.fixture
def sarah(db: Database) -> Recruiter:
    return recruiter(db.conninfo)


@pytest.fixture
def client(
    db: Database, sarah: Recruiter, served: Callable[[FastAPI], AbstractContextManager[str]]
) -> Iterator[OpenAI]:
    with served(create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))) as url, sarah.client(url) as client:
        yield client


def line(custom_id: str, **body: Any) -> dict[str, Any]:
    asked = request_line(custom_id, f"The candidate {custom_id} has worked with Python for years.")
    return {**asked, "body": {**asked["body"], "model": MODEL, **body}}


def submitted(client: OpenAI, content: bytes) -> Batch:
    made = client.files.create(file=("candidates.jsonl", content), purpose="batch")
    return client.batches.create(input_file_id=made.id, endpoint=CHAT, completion_window="24h")


@contextmanager
def worked_on(db: Database, batch: Batch, server: SimulatedServer) -> Iterator[list[WorkResult]]:
    """What a run does with it, as long as the block lasts."""
    relay = OpenAIRelay([f"{server.url}/v1"], api_key=None, request_timeout=60, workers=None)
    stop, came = threading.Event(), list[WorkResult]()

    def run() -> None:
        came.append(work(db, batch.id, relay, Settings.load(), holder=f"a test {uuid4()}", stop=stop))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield came
    finally:
        stop.set()
        thread.join(30)
        relay.close()
        assert not thread.is_alive()


def polled(client: OpenAI, batch: Batch, until: Callable[[Batch], bool], seconds: float = 60) -> Batch:
    end = time.monotonic() + seconds
    while not until(found := client.batches.retrieve(batch.id)):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def ended(batch: Batch) -> bool:
    return batch.status in ENDED


def answers(client: OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    return [] if file_id is None else [json.loads(told) for told in client.files.content(file_id).text.splitlines()]


def test_a_batch_goes_from_the_upload_to_the_download(
    client: OpenAI, db: Database, simulated_server: Callable[..., SimulatedServer]
) -> None:
    server = simulated_server(llama_cpp=True, num_parallel=4)
    names = [f"candidate-{n}" for n in range(200)]
    batch = submitted(client, jsonl(list(map(line, names))))
    with worked_on(db, batch, server) as came:
        seen = {client.batches.retrieve(batch.id).status}
        done = polled(client, batch, lambda b: bool(seen.add(b.status)) or ended(b))
        polled(client, batch, lambda _: bool(came))
    assert done.status == "completed", done
    assert seen <= {"validating", "in_progress", "finalizing", "completed"}
    assert done.model == MODEL
    assert done.request_counts is not None
    assert done.request_counts.to_dict() == {"total": 200, "completed": 200, "failed": 0}
    assert (done.error_file_id, done.errors) == (None, None)
    assert done.completed_at is not None
    assert done.in_progress_at is not None
    assert done.expires_at is not None
    assert batch.created_at <= done.in_progress_at <= done.completed_at <= done.expires_at
    found = answers(client, done.output_file_id)
    assert Counter(answer["custom_id"] for answer in found) == Counter(names), "each exactly once"
    assert all(answer["response"]["status_code"] == 200 and answer["error"] is None for answer in found)
    told = [answer["response"]["body"]["usage"] for answer in found]
    assert done.usage is not None
    assert done.usage.input_tokens == sum(usage["prompt_tokens"] for usage in told) > 0
    assert done.usage.output_tokens == sum(usage["completion_tokens"] for usage in told) > 0
    cached = sum(usage["prompt_tokens_details"]["cached_tokens"] for usage in told)
    assert done.usage.input_tokens_details.cached_tokens == cached > 0, "as the server reports them"
    assert done.output_file_id is not None
    output = client.files.retrieve(done.output_file_id)
    assert (output.purpose, output.status) == ("batch_output", "processed")
    assert output.bytes == len(client.files.content(output.id).content)
    assert [one.id for one in client.batches.list()] == [batch.id]
    assert done.model_extra is not None
    assert (done.model_extra["progress"]["percent"], done.model_extra["progress"]["in_flight"]) == (100.0, 0)
    client.files.delete(done.output_file_id)
    client.files.delete(batch.input_file_id)
    assert client.files.list().data == []


def test_what_a_model_refuses_is_in_the_error_file_and_the_batch_completes(
    client: OpenAI, db: Database, simulated_server: Callable[..., SimulatedServer]
) -> None:
    too_long = line("too-long", messages=[{"role": "user", "content": "x " * 9_000}])
    batch = submitted(client, jsonl([line("right"), too_long]))
    with worked_on(db, batch, simulated_server(llama_cpp=True, context_length=2_048)):
        done = polled(client, batch, ended)
    assert done.status == "completed", done
    assert done.request_counts is not None
    assert done.request_counts.to_dict() == {"total": 2, "completed": 1, "failed": 1}
    (wrong,) = answers(client, done.error_file_id)
    assert wrong["custom_id"] == "too-long"
    assert wrong["response"]["status_code"] == 400
    (right,) = answers(client, done.output_file_id)
    assert right["custom_id"] == "right"


def test_a_cancelled_batch_keeps_what_it_has_and_asks_no_more(
    client: OpenAI, db: Database, simulated_server: Callable[..., SimulatedServer]
) -> None:
    server = simulated_server(llama_cpp=True, num_parallel=2, chat_seconds=0.2)
    batch = submitted(client, jsonl([line(f"candidate-{n}") for n in range(400)]))
    with worked_on(db, batch, server):
        running = polled(client, batch, lambda b: b.request_counts is not None and b.request_counts.completed >= 5)
        partial = answers(client, running.output_file_id)
        assert len(partial) >= 5, "readable while it runs"
        assert client.batches.cancel(batch.id).status == "cancelling"
        time.sleep(2)
        asked = server.stats()["chats"]
        done = polled(client, batch, ended)
        assert server.stats()["chats"] == asked, "two seconds later no model is asked any more"
    assert done.status == "cancelled"
    assert done.cancelled_at is not None
    assert done.request_counts is not None
    kept, rest = answers(client, done.output_file_id), answers(client, done.error_file_id)
    assert len(kept) == done.request_counts.completed >= len(partial)
    assert {answer["error"]["code"] for answer in rest} == {"batch_cancelled"}
    names = Counter(answer["custom_id"] for answer in (*kept, *rest))
    assert names == Counter(f"candidate-{n}" for n in range(400))


def test_a_file_with_faults_fails_with_the_numbers_of_its_lines(
    client: OpenAI, db: Database, simulated_server: Callable[..., SimulatedServer]
) -> None:
    lines = jsonl([line("a")]) + b"{broken\n" + jsonl([line("a"), {**line("b"), "url": "/v1/embeddings"}])
    batch = submitted(client, b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n"))
    empty = submitted(client, b"")
    server = simulated_server()
    with worked_on(db, batch, server), worked_on(db, empty, server):
        failed, nothing = polled(client, batch, ended), polled(client, empty, ended)
    assert (failed.status, nothing.status) == ("failed", "failed")
    assert failed.errors is not None
    assert failed.errors.data is not None
    found = {fault.line: fault.code for fault in failed.errors.data}
    assert found == {2: "invalid_json_line", 3: "duplicate_custom_id", 4: "url_mismatch"}
    assert nothing.errors is not None
    assert nothing.errors.data is not None
    assert nothing.errors.data[0].code == "empty_file"
    assert server.stats()["chats"] == {}, "no model is asked for a part of it"


def test_a_file_that_may_be_uploaded_and_is_too_long_for_a_batch_fails(
    client: OpenAI, db: Database, simulated_server: Callable[..., SimulatedServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As 300 MB would with OpenAI's limits of 512 and 200 MB; here by limits in the same proportion."""
    monkeypatch.setenv("TY_BATCH_MAX_BYTES", "2000000")
    monkeypatch.setenv("TY_BATCH_FILE_BYTES", "5120000")
    settings.cache_clear()
    batch = submitted(client, jsonl([line(f"c-{n}") for n in range(12_000)]))
    with worked_on(db, batch, simulated_server()):
        failed = polled(client, batch, ended)
    assert failed.status == "failed"
    assert failed.errors is not None
    assert failed.errors.data, "and says why"


def test_prometheus_reads_how_batches_do(
    client: OpenAI, db: Database, simulated_server: Callable[..., SimulatedServer], sarah: Recruiter
) -> None:
    batch = submitted(client, jsonl([line("one"), line("two")]))
    with worked_on(db, batch, simulated_server(llama_cpp=True)):
        done = polled(client, batch, ended)
    submitted(client, jsonl([line("three")]))
    text = httpx.get(str(client.base_url).replace("/v1/", "/metrics")).text
    told = {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert told["ty_batches", ("completed",)] == 1
    assert told["ty_batches", ("validating",)] == 1
    assert told["ty_batch_requests_total", ("completed",)] == 2
    assert told["ty_batch_requests_total", ("failed",)] == 0
    assert told["ty_batch_requests_open", ()] == 0
    assert told["ty_batch_requests_in_flight", ()] == 0
    assert told["ty_batches_paused", ()] == 0
    assert done.usage is not None
    assert told["ty_batch_tokens_total", ("prompt",)] == done.usage.input_tokens
    assert batch.id not in text
    assert str(sarah.account_id) not in text
