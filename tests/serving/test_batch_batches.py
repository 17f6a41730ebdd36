"""/v1/batches and /v1/models as OpenAI's own client meets them, unmodified, over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import openai
import psycopg
import pytest
from batch_world import CHAT, Recruiter, batch_row, jsonl, recruiter, request_line, results
from fastapi import FastAPI
from openai import OpenAI
from openai.types import Batch
from psycopg.types.json import Jsonb
from signing_in import CHEAP_KIB

from serving.accounts.passwords import Passwords
from serving.app import create_app
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


@pytest.fixture
def file_id(client: OpenAI) -> str:
    return client.files.create(file=("candidates.jsonl", jsonl([request_line("c-1")])), purpose="batch").id


def created(client: OpenAI, file_id: str, **more: Any) -> Batch:
    return client.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h", **more)


def change(db: Database, batch_id: str, assignments: str, *values: Any) -> None:
    with psycopg.connect(db.conninfo) as connection:
        connection.execute(f"UPDATE batches SET {assignments} WHERE batch_id = %s", [*values, batch_id])  # type: ignore[arg-type]


def test_a_new_batch_waits_for_its_file_to_be_looked_at(client: OpenAI, file_id: str) -> None:
    batch = created(client, file_id, metadata={"job": "Data engineer", "": ""})
    assert batch.id.startswith("batch_")
    assert (batch.object, batch.status, batch.endpoint, batch.completion_window) == (
        "batch", "validating", CHAT, "24h",
    )  # fmt: skip
    assert (batch.input_file_id, batch.output_file_id, batch.error_file_id, batch.model) == (file_id, None, None, None)
    assert batch.metadata == {"job": "Data engineer", "": ""}
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}
    assert batch.usage is not None
    assert batch.usage.total_tokens == 0
    assert batch.errors is None
    assert batch.expires_at == pytest.approx(batch.created_at + settings().batch_hours * 3_600, abs=1)
    times = ("in_progress_at", "finalizing_at", "completed_at", "failed_at", "expired_at", "cancelled_at")
    assert [getattr(batch, name) for name in times] == [None] * 6
    assert client.batches.retrieve(batch.id).to_dict() == batch.to_dict()


def test_what_goes_beyond_the_standard_stands_in_fields_of_its_own(client: OpenAI, file_id: str, db: Database) -> None:
    batch = created(client, file_id, extra_body={"priority": 1})
    assert batch.model_extra is not None
    assert batch.model_extra.keys() == {"priority", "paused_at", "progress"}
    assert batch.model_extra["priority"] == 1
    progress = batch.model_extra["progress"]
    assert (progress["percent"], progress["rate_per_second"], progress["eta_seconds"]) == (0.0, None, None)
    assert (progress["cached_tokens"], progress["saved_share"]) == (None, None), "nobody has told, so nothing is said"
    change(
        db, batch.id,
        "status = 'in_progress', model = 'm', in_progress_at = now(), total = 3, completed = 1, failed = 1, "
        "prompt_tokens = 1000, cached_tokens = 800, cached_known = true, output_tokens = 50",
    )  # fmt: skip
    batch = client.batches.retrieve(batch.id)
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 3, "completed": 1, "failed": 1}
    assert batch.usage is not None
    assert batch.usage.to_dict() == {
        "input_tokens": 1000, "input_tokens_details": {"cached_tokens": 800}, "output_tokens": 50,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 1050,
    }  # fmt: skip
    assert batch.model_extra is not None
    assert batch.model_extra["progress"]["percent"] == 66.6
    assert batch.model_extra["progress"]["saved_share"] == 0.8


def test_what_is_wrong_with_the_file_is_told_with_its_lines(client: OpenAI, file_id: str, db: Database) -> None:
    batch = created(client, file_id)
    faults = [
        {"code": "invalid_json_line", "message": "This line is no JSON.", "param": None, "line": 3},
        {"code": "duplicate_custom_id", "message": "Twice.", "param": "custom_id", "line": 7},
    ]
    change(db, batch.id, "status = 'failed', failed_at = now(), errors = %s", Jsonb(faults))
    batch = client.batches.retrieve(batch.id)
    assert batch.errors is not None
    assert batch.errors.object == "list"
    assert [fault.to_dict() for fault in batch.errors.data or []] == faults
    assert batch.status == "failed"


@pytest.mark.parametrize(
    ("wrong", "param", "code"),
    [
        ({"endpoint": "/v1/moderations"}, "endpoint", "invalid_value"),
        ({"endpoint": 5}, "endpoint", "invalid_value"),
        ({"completion_window": "1h"}, "completion_window", "invalid_value"),
        ({"input_file_id": 5}, "input_file_id", "invalid_type"),
        ({"input_file_id": ""}, "input_file_id", "string_below_min_length"),
        ({"input_file_id": "x" * 200}, "input_file_id", "string_above_max_length"),
        ({"input_file_id": "file-\0"}, "input_file_id", "invalid_value"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
        ({"metadata": {"k" * 65: ""}}, "metadata." + "k" * 65, "string_above_max_length"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length"),
        ({"metadata": {"k": "\0"}}, "metadata.k", "invalid_value"),
        ({"metadata": {"k": 5}}, "metadata.k", "invalid_type"),
        ({"metadata": "job"}, "metadata", "invalid_type"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 1}}, "output_expires_after.seconds",
         "integer_below_min_value"),
        ({"output_expires_after": {"anchor": "now", "seconds": 3600}}, "output_expires_after.anchor", "invalid_value"),
        ({"priority": 2}, "priority", "integer_above_max_value"),
        ({"priority": "1"}, "priority", "invalid_type"),
        ({"rubric": "criteria: []"}, "rubric", "invalid_value"),
        ({"rubric": "a: [\n"}, "rubric", "invalid_value"),
        ({"rubric": "x" * 100_001}, "rubric", "string_above_max_length"),
        ({"surprise": 1}, None, "unknown_parameter"),
    ],
)  # fmt: skip
def test_what_no_batch_can_be_made_of_is_refused_by_its_name(
    client: OpenAI, file_id: str, wrong: dict[str, Any], param: str | None, code: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        created(client, file_id, extra_body=wrong)
    assert (refused.value.param, refused.value.code, refused.value.type) == (param, code, "invalid_request_error")
    assert client.batches.list().data == []


def test_what_is_missing_is_named(client: OpenAI) -> None:
    for sent, param in (({}, "input_file_id"), ({"input_file_id": "f", "endpoint": CHAT}, "completion_window")):
        with pytest.raises(openai.BadRequestError) as refused:
            client.post("/batches", body=sent, cast_to=object)
        assert (refused.value.param, refused.value.code) == (param, "missing_required_parameter")


def test_a_batch_needs_a_file_that_is_there_and_meant_for_it(
    client: OpenAI, url: str, file_id: str, db: Database, sarah: Recruiter
) -> None:
    batch_id = batch_row(db, sarah, file_id)["batch_id"]
    with psycopg.connect(db.conninfo) as connection:
        output = results(connection, sarah, batch_id, ["{}"])
    with pytest.raises(openai.BadRequestError) as refused:
        created(client, output)
    assert refused.value.param == "input_file_id"
    for missing in ("file-of-nobody", file_id):
        with recruiter(db.conninfo).client(url) as other, pytest.raises(openai.NotFoundError) as unknown:
            created(other, missing)
        assert unknown.value.param == "input_file_id"
    with psycopg.connect(db.conninfo) as connection:
        connection.execute("UPDATE api_files SET is_complete = false WHERE file_id = %s", [file_id])
    with pytest.raises(openai.NotFoundError):
        created(client, file_id)


def test_a_list_has_the_newest_first_and_ends(client: OpenAI, url: str, file_id: str, db: Database) -> None:
    made = [created(client, file_id).id for _ in range(5)]
    with psycopg.connect(db.conninfo) as connection:
        connection.execute("UPDATE batches SET created_at = '2026-03-01T10:00Z' WHERE batch_id = ANY(%s)", [made[:3]])
    found = [batch.id for batch in client.batches.list(limit=2)]
    assert found[:2] == [made[4], made[3]]
    assert sorted(found) == sorted(made), "none is left out where two are of one moment"
    page = client.batches.with_raw_response.list(limit=5).http_response.json()
    assert (page["object"], page["first_id"], page["last_id"], page["has_more"]) == (
        "list", found[0], found[4], False,
    )  # fmt: skip
    assert client.batches.with_raw_response.list(after=found[3]).http_response.json()["data"][0]["id"] == found[4]
    for wrong in (0, 101):
        with pytest.raises(openai.BadRequestError):
            client.batches.list(limit=wrong)
    with pytest.raises(openai.NotFoundError):
        client.batches.list(after="batch_of_nobody")
    with recruiter(db.conninfo).client(url) as other:
        assert other.batches.list().data == []
        with pytest.raises(openai.NotFoundError):
            other.batches.list(after=made[0])


def test_a_batch_is_cancelled_once_and_not_after_its_end(client: OpenAI, file_id: str, db: Database) -> None:
    batch = created(client, file_id)
    cancelled = client.batches.cancel(batch.id)
    assert cancelled.status == "cancelling"
    assert cancelled.cancelling_at is not None
    assert client.batches.cancel(batch.id).cancelling_at == cancelled.cancelling_at, "twice is no error"
    for ended in ("completed", "expired", "failed"):
        change(db, batch.id, "status = %s", ended)
        with pytest.raises(openai.ConflictError) as refused:
            client.batches.cancel(batch.id)
        assert ended in refused.value.message
    with pytest.raises(openai.NotFoundError) as unknown:
        client.batches.cancel("batch_of_nobody")
    assert unknown.value.code == "batch_not_found"


def test_a_batch_waits_goes_on_and_goes_before_others(client: OpenAI, file_id: str, db: Database) -> None:
    batch = created(client, file_id)

    def asked(what: str, **body: Any) -> dict[str, Any]:
        answer: Any = client.post(f"/batches/{batch.id}/{what}", body=body or None, cast_to=object)
        assert answer["id"] == batch.id
        return dict(answer)

    paused = asked("pause")
    assert paused["status"] == "validating", "the status stays"
    assert paused["paused_at"] is not None
    assert paused["progress"]["paused"] is True
    assert asked("pause")["paused_at"] == paused["paused_at"]
    change(db, batch.id, "paused_at = now() - interval '1 hour'")
    resumed = asked("resume")
    assert (resumed["paused_at"], resumed["progress"]["paused"]) == (None, False)
    assert resumed["expires_at"] == pytest.approx(batch.expires_at + 3_600, abs=2), "what it waited it has left"
    assert asked("priority", priority=-1)["priority"] == -1
    with pytest.raises(openai.BadRequestError):
        asked("priority", priority=7)
    with pytest.raises(openai.BadRequestError):
        asked("priority")
    change(db, batch.id, "status = 'completed'")
    for what, body in (("pause", {}), ("resume", {}), ("priority", {"priority": 1})):
        with pytest.raises(openai.ConflictError):
            asked(what, **body)


def test_nobody_does_anything_to_another_recruiters_batch(client: OpenAI, url: str, file_id: str, db: Database) -> None:
    batch = created(client, file_id)
    with recruiter(db.conninfo).client(url) as other:
        for ask in (other.batches.retrieve, other.batches.cancel):
            with pytest.raises(openai.NotFoundError):
                ask(batch.id)
        for what in ("pause", "resume", "priority"):
            with pytest.raises(openai.NotFoundError):
                other.post(f"/batches/{batch.id}/{what}", body={"priority": 1}, cast_to=object)
    assert client.batches.retrieve(batch.id).to_dict() == batch.to_dict()


def test_a_batchs_rubric_is_kept_with_it(client: OpenAI, file_id: str, db: Database) -> None:
    from ty_assets.candidate_evaluations.rubric import samples

    text = next(iter(samples().values()))
    batch = created(client, file_id, extra_body={"rubric": text})
    with psycopg.connect(db.conninfo) as connection:
        row = connection.execute("SELECT rubric FROM batches WHERE batch_id = %s", [batch.id]).fetchone()
    assert row == (text,)


def test_too_many_batches_in_a_time_are_refused(client: OpenAI, file_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_RATE_LIMIT_FACTOR", "0.005")
    settings.cache_clear()
    created(client, file_id)
    with pytest.raises(openai.RateLimitError):
        created(client, file_id)


def test_the_rules_are_the_only_model_of_the_embedded_engine(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert "rules" in names
    assert client.models.retrieve("rules").owned_by == "local"
    with pytest.raises(openai.NotFoundError) as unknown:
        client.models.retrieve("gpt/6")
    assert unknown.value.code == "model_not_found"
