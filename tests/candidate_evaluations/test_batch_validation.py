"""Whether a file is a batch, what is told of one that is none, and that a large one takes no more memory."""

import json
import resource
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from evaluation_world import MODEL, EvaluationWorld, ScriptedRelay, jsonl, request
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.candidate_evaluations.control import cancel
from ty_assets.candidate_evaluations.input_lines import Line
from ty_assets.candidate_evaluations.request_line import Fault, Request, prefix_of, read_request
from ty_assets.candidate_evaluations.validation import MOST_FAULTS, known, validate
from ty_assets.feedback.steps import carry_out
from ty_resources.inference.relay import CHAT, EMBEDDINGS


def read(content: bytes, endpoint: str = CHAT) -> Request | Fault:
    return read_request(Line(7, 100, len(content), content), endpoint)


def fault(content: Mapping[str, Any] | bytes, endpoint: str = CHAT) -> tuple[str, str | None]:
    found = read(content if isinstance(content, bytes) else json.dumps(content).encode(), endpoint)
    assert isinstance(found, Fault), found
    assert found.line == 7
    assert found.message.endswith(".")
    return found.code, found.param


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in request(1).items() if key != name}


def with_body(**changed: Any) -> dict[str, Any]:
    return request(1) | {"body": request(1)["body"] | changed}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", ("invalid_json_line", None)),
        (b"\xff\xfe{\x00", ("invalid_json_line", None)),
        (b'{"custom_id": NaN}', ("invalid_json_line", None)),
        (b"[" * 100_000, ("invalid_json_line", None)),
        (b"[1]", ("invalid_type", None)),
        (without("custom_id"), ("missing_required_parameter", "custom_id")),
        (request(1) | {"custom_id": 1}, ("invalid_type", "custom_id")),
        (request(1) | {"custom_id": True}, ("invalid_type", "custom_id")),
        (request(1) | {"custom_id": ""}, ("invalid_value", "custom_id")),
        (request(1) | {"custom_id": "a\0b"}, ("invalid_value", "custom_id")),
        (request(1) | {"custom_id": "\ud800"}, ("invalid_value", "custom_id")),
        (request(1) | {"custom_id": "x" * 513}, ("string_above_max_length", "custom_id")),
        (without("method"), ("missing_required_parameter", "method")),
        (request(1) | {"method": "GET"}, ("invalid_method", "method")),
        (without("url"), ("missing_required_parameter", "url")),
        (request(1) | {"url": "/v1/responses"}, ("invalid_url", "url")),
        (request(1) | {"url": EMBEDDINGS}, ("url_mismatch", "url")),
        (without("body"), ("missing_required_parameter", "body")),
        (request(1) | {"body": []}, ("invalid_type", "body")),
        (request(1) | {"body": {}}, ("missing_required_parameter", "body.model")),
        (with_body(model=None), ("invalid_type", "body.model")),
        (with_body(stream=True), ("invalid_value", "body.stream")),
    ],
)
def test_a_wrong_line_is_told_as_openai_tells_it(
    content: Mapping[str, Any] | bytes, told: tuple[str, str | None]
) -> None:
    assert fault(content) == told


def test_a_right_line_is_a_request() -> None:
    content = json.dumps(request(1)).encode()
    found = read(content)
    assert isinstance(found, Request)
    assert (found.custom_id, found.model, found.inputs) == ("candidate-1", MODEL, 1)


def test_texts_to_embed_are_counted() -> None:
    def inputs(texts: object) -> int:
        found = read(
            json.dumps(request(1) | {"url": EMBEDDINGS, "body": {"model": "m", "input": texts}}).encode(), EMBEDDINGS
        )
        assert isinstance(found, Request)
        assert found.prefix == b""
        return found.inputs

    assert [inputs(one) for one in ("text", ["a", "b"], [1, 2, 3], [[1], [2]], [])] == [1, 2, 1, 2, 1]


def test_the_prefix_is_what_all_messages_but_the_last_and_the_tools_are() -> None:
    same, other = request(1)["body"], request(2)["body"]
    assert prefix_of(CHAT, same) == prefix_of(CHAT, other) != b""
    assert prefix_of(CHAT, same) != prefix_of(CHAT, same | {"tools": [{"type": "function"}]})
    assert prefix_of(CHAT, same) != prefix_of(CHAT, request(1, system="another")["body"])
    assert prefix_of(CHAT, {"messages": same["messages"][1:]}) == prefix_of(CHAT, {"messages": "?"}) == b""


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(["custom_id", "method", "url", "body", "model", "messages"])


@given(st.dictionaries(fields, json_values | st.sampled_from(["POST", CHAT, {"model": "m"}])), st.binary(max_size=30))
def test_any_line_is_a_request_or_a_fault(content: dict[str, Any], junk: bytes) -> None:
    for line in (json.dumps(content).encode(), junk):
        found = read(line)
        assert isinstance(found, Request | Fault)


# whole files


def errors(world: EvaluationWorld, content: bytes, **told: Any) -> list[tuple[str, int | None]]:
    batch_id = world.batch(content, **told)
    assert world.work(batch_id, ScriptedRelay()).came == "failed"
    row = world.row(batch_id)
    assert row["status"] == "failed"
    assert row["failed_at"]
    assert row["total"] == 0
    assert row["output_file_id"] is None
    assert world.select("SELECT 1 FROM batch_requests") == []
    return [(error["code"], error["line"]) for error in row["errors"]]


def test_all_faults_are_told_with_their_lines_and_nothing_is_asked(world: EvaluationWorld) -> None:
    good = [json.dumps(request(n)).encode() for n in range(4)]
    other_model = json.dumps(request(9, model="another")).encode()
    content = b"\n".join([good[0], b"{", good[1], good[0], other_model, b"", good[2], good[1]]) + b"\n\n \n"
    assert errors(world, content) == [
        ("invalid_json_line", 2),
        ("duplicate_custom_id", 4),
        ("mismatched_model", 5),
        ("invalid_json_line", 6),
        ("duplicate_custom_id", 8),
    ]


def test_a_file_without_a_request_is_empty(world: EvaluationWorld) -> None:
    assert errors(world, b"") == errors(world, b"\xef\xbb\xbf\n\r\n \n") == [("empty_file", None)]


def test_a_file_may_begin_with_a_mark_and_end_its_lines_as_windows_does(world: EvaluationWorld) -> None:
    lines = [json.dumps(request(n, "Müller"), ensure_ascii=False).encode() for n in range(3)]
    batch_id = world.batch(b"\xef\xbb\xbf" + b"\r\n".join(lines) + b"\r\n\r\n")
    assert world.work(batch_id, ScriptedRelay()).came == "completed"
    assert world.row(batch_id)["completed"] == 3


def test_limits_are_told_by_name(world: EvaluationWorld) -> None:
    limits = {"batch_max_requests": 5, "batch_line_bytes": 1024}
    world.config = world.config.model_copy(update=limits)
    small = [request(n, system="s") for n in range(6)]
    assert errors(world, jsonl(small)) == [("too_many_tasks", 6)]
    assert errors(world, jsonl([*small[:2], request(9, "x" * 2000)])) == [("line_too_long", 3)]
    world.config = world.config.model_copy(update={"batch_max_bytes": 1024})
    assert errors(world, jsonl([request(0, "x" * 2000)])) == [("file_too_large", None)]


def test_texts_to_embed_count_as_requests(world: EvaluationWorld) -> None:
    world.config = world.config.model_copy(update={"batch_max_requests": 5})
    body = {"model": "m", "input": ["text"] * 6}
    line = request(1) | {"url": EMBEDDINGS, "body": body}
    assert errors(world, jsonl([line]), endpoint=EMBEDDINGS) == [("too_many_tasks", 1)]


def test_some_hundred_faults_are_told_and_the_rest_is_counted(world: EvaluationWorld) -> None:
    told = errors(world, b"{\n" * 900 + jsonl([request(1)] * 101))
    assert told[:MOST_FAULTS] == [("invalid_json_line", line) for line in range(1, MOST_FAULTS + 1)]
    assert told[MOST_FAULTS:] == [("more_errors", None)]
    (row,) = world.select("SELECT errors FROM batches")
    assert row["errors"][-1]["message"].startswith("800 further errors")


def test_a_model_that_the_server_does_not_have_is_told(world: EvaluationWorld) -> None:
    batch_id = world.batch(3)
    relay = ScriptedRelay()
    relay.models = lambda: {"gemma3:latest", "llama3:8b"}  # type: ignore[method-assign]
    assert world.work(batch_id, relay).came == "failed"
    (error,) = world.row(batch_id)["errors"]
    assert (error["code"], error["param"], error["line"]) == ("model_not_found", "body.model", 1)
    assert known("gemma3", relay.models())
    assert known("llama3:8b", relay.models())
    assert not known("llama3", relay.models())
    assert known("anything", None)


def test_a_file_that_was_deleted_meanwhile_is_told(world: EvaluationWorld) -> None:
    batch_id = world.batch(3)
    world.update("DELETE FROM api_files")
    assert world.work(batch_id, ScriptedRelay()).came == "failed"
    assert [error["code"] for error in world.row(batch_id)["errors"]] == ["file_not_found"]


def test_a_batch_that_is_cancelled_while_its_file_is_read_is_not_begun(world: EvaluationWorld) -> None:
    batch_id = world.batch(5_000)
    row = world.db.row("batch_at_work", batch_id=batch_id)
    assert row is not None

    def cancelled_meanwhile() -> bool:
        carry_out(world.db, cancel(world.account_id, batch_id))
        return False

    assert validate(world.db, row, world.config, go_on=cancelled_meanwhile) == "interrupted"
    assert world.select("SELECT 1 FROM batch_requests LIMIT 1") == []
    late = world.batch(10)
    row = world.db.row("batch_at_work", batch_id=late)
    carry_out(world.db, cancel(world.account_id, late))
    assert row is not None
    assert validate(world.db, row, world.config) == "interrupted"
    assert world.row(late)["status"] == "cancelling"


def test_two_processes_do_not_read_one_file_at_the_same_time(world: EvaluationWorld) -> None:
    batch_id = world.batch(5_000)
    row = world.db.row("batch_at_work", batch_id=batch_id)
    assert row is not None
    seen: list[str] = []

    def meanwhile() -> bool:
        seen.append(validate(world.db, row, world.config))
        return True

    assert validate(world.db, row, world.config, go_on=meanwhile) == "valid"
    assert set(seen) == {"elsewhere"}


def test_a_large_file_is_read_in_flat_memory(world: EvaluationWorld) -> None:
    """300,000 lines; what it has is measured after 30,000 and at the end."""
    line = json.dumps(request(0, system="s")).replace("candidate-0", "candidate-%07d").encode()

    def content() -> Iterator[bytes]:
        for start in range(0, 300_000, 1000):
            yield b"".join(line % n + b"\n" for n in range(start, start + 1000))

    world.config = world.config.model_copy(update={"batch_max_requests": 300_000})
    batch_id = world.batch(content())
    row = world.db.row("batch_at_work", batch_id=batch_id)
    assert row is not None
    peaks: list[int] = []

    def measured() -> bool:
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return True

    assert validate(world.db, row, world.config, go_on=measured) == "valid"
    unit = 1 if sys.platform == "darwin" else 1024
    assert (peaks[-1] - peaks[15]) * unit < 16_000_000
    assert world.row(batch_id)["total"] == 300_000
