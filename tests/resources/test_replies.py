"""What servers really say, and what it is taken for. Texts: Ollama v0.33 server/routes.go and llm/llama_server.go,
llama.cpp's server, vLLM, SGLang, LiteLLM, text-embeddings-inference."""

import datetime as dt
import email.utils
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_resources.inference import errors
from ty_resources.inference.ollama_models import DIALECT
from ty_resources.inference.replies import (
    Reply,
    documents,
    error_of,
    error_text,
    quoted,
    retry_after,
    vectors,
    was_cut,
)


def _error(status: int, words: str, *, embedding: bool = False, **more: object) -> errors.EngineError:
    reply = Reply("http://gpu:11434", "/api/embed" if embedding else "/api/chat", status, b"", **more)
    return error_of(DIALECT, reply, words, model="qwen2.5:7b", embedding=embedding)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (404, "model 'qwen2.5:7b' not found", errors.ModelMissing),
        (404, 'model "qwen2.5:7b" not found, try pulling it first', errors.ModelMissing),
        (404, "The model `qwen2.5:7b` does not exist.", errors.ModelMissing),
        (400, "Invalid model name passed in model=qwen2.5:7b", errors.ModelMissing),
        (400, '"bge-m3" does not support chat', errors.ModelMissing),
        (404, "404 page not found", errors.ServerDown),
        (404, "File Not Found (not_found_error)", errors.ServerDown),
        (404, "Not Found", errors.ServerDown),
        (302, "", errors.ServerDown),
        (503, "server busy, please try again.  maximum pending requests exceeded", errors.ServerBusy),
        (503, "Loading model (unavailable_error)", errors.ServerBusy),
        (429, "Too Many Requests", errors.ServerBusy),
        (504, "upstream timed out", errors.ServerTimeout),
        (401, "Incorrect API key provided.", errors.AccessDenied),
        (403, "forbidden", errors.AccessDenied),
        (400, "request (9031 tokens) exceeds the available context size (4096 tokens)", errors.PromptTooLong),
        (400, "the prompt is longer than the context length currently available to the model", errors.PromptTooLong),
        (400, "This model's maximum context length is 8192 tokens. However, you requested", errors.PromptTooLong),
        (400, "The input (9031 tokens) is longer than the model's context length", errors.PromptTooLong),
        (413, "Request Entity Too Large", errors.PromptTooLong),
        (500, "model requires more system memory (8.4 GiB) than is available (2.0 GiB)", errors.ServerDown),
        (500, "llama-server process has terminated: exit status 1", errors.ServerDown),
        (500, "model runner has unexpectedly stopped, this may be due to resource limitations", errors.ServerFault),
        (500, "an error was encountered while running the model: unexpected EOF", errors.ServerFault),
        (500, "prediction aborted, token repeat limit reached", errors.SchemaViolation),
        (502, "an HTML page", errors.ServerFault),
        (499, "request canceled", errors.ServerFault),
        (400, "invalid format: 3", errors.RequestRefused),
        (422, "body.messages: field required", errors.RequestRefused),
    ],
)
def test_a_chat_error_gets_its_class(status: int, words: str, kind: type[errors.EngineError]) -> None:
    assert type(_error(status, words)) is kind


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "embedding contains NaN or Inf values", errors.InvalidEmbedding),
        (500, "failed to encode response: json: unsupported value: NaN", errors.InvalidEmbedding),
        (500, "failed to encode response: json: unsupported value: +Inf", errors.InvalidEmbedding),
        (500, "Out of range float values are not JSON compliant", errors.InvalidEmbedding),
        (400, "the input length exceeds the context length", errors.PromptTooLong),
        (500, "input (1501 tokens) is too large to process. increase the physical batch size", errors.PromptTooLong),
        (413, "`inputs` must have less than 512 tokens. Given: 700", errors.PromptTooLong),
        (501, "This server does not support embeddings. Start it with `--embeddings`", errors.ModelMissing),
        (400, "Pooling type 'none' is not OAI compatible. Please use a different pooling type", errors.ModelMissing),
        # Ollama answers 400 whatever broke below /api/embed, so the status alone would blame the text.
        (400, 'do embedding request: Post "http://127.0.0.1:40213/v1/embeddings": EOF', errors.ServerFault),
        (400, "unexpected server status: llm server loading model", errors.ServerFault),
        (400, "invalid input type", errors.RequestRefused),
    ],
)
def test_an_embedding_error_gets_its_class(status: int, words: str, kind: type[errors.EngineError]) -> None:
    assert type(_error(status, words, embedding=True)) is kind


def test_a_word_that_holds_nan_is_no_broken_vector() -> None:
    assert type(_error(400, "Finance tenant info", embedding=True)) is errors.RequestRefused


def test_a_missing_model_comes_with_the_command_that_fetches_it() -> None:
    assert "ty models pull qwen2.5:7b" in str(_error(404, "model 'qwen2.5:7b' not found"))


def test_denied_access_shows_nothing_of_the_key_and_blames_no_item() -> None:
    error = _error(401, "Invalid proxy server token passed. Received API Key = sk-...3456")
    assert "3456" not in str(error)
    assert error.whole_server


def test_a_redirect_names_where_to() -> None:
    assert "https://gpu" in str(_error(308, "", location="https://gpu/api/chat?key=secret"))
    assert "secret" not in str(_error(308, "", location="https://gpu/api/chat?key=secret"))


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after(None) is None
    assert retry_after("7") == 7.0
    assert retry_after(" 0.5 ") == 0.5
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
    assert retry_after(email.utils.format_datetime(soon, usegmt=True)) == pytest.approx(30, abs=5)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after("999999999") == 600.0
    assert retry_after("soon") is None
    assert retry_after("nan") is None
    busy = _error(503, "busy", retry_after="7")
    assert isinstance(busy, errors.ServerBusy)
    assert busy.retry_after == 7.0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "model is required"}, "model is required"),
        ({"error": {"message": "too big", "type": "invalid_request_error", "code": 400}}, "too big"),
        ({"object": "error", "message": "no such model", "code": 404}, "no such model"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "seed"], "msg": "not a number", "input": "secret"}]}, "body.seed: not a number"),
        ({"error": json.dumps({"error": {"message": "exceeds the available context size"}})}, "exceeds the available"),
        ({"error": "{broken"}, "{broken"),
        ({"choices": []}, ""),
        ([1], ""),
    ],
)
def test_the_words_of_every_error_body_are_found(body: object, words: str) -> None:
    assert error_text(body).startswith(words)
    assert "secret" not in error_text(body)


def test_a_message_that_repeats_the_text_is_left_out() -> None:
    text = "Wir suchen eine Pflegefachkraft (m/w/d) für unsere Station in Bonn."
    assert "Pflegefachkraft" not in quoted(f"cannot parse: {text}", [text])
    assert quoted("cannot parse the request", [text]) == "cannot parse the request"
    assert len(quoted("x" * 10_000, [text])) <= 300


@given(st.text(min_size=24), st.text(max_size=50), st.text(max_size=50))
def test_no_run_of_the_text_sent_survives_in_a_message(text: str, before: str, after: str) -> None:
    told = quoted(before + text + after, [text])
    sent = " ".join(text.split())
    assert not any(sent[start : start + 24] in told for start in range(len(sent) - 23))


def test_a_body_may_be_one_document_or_a_line_each() -> None:
    assert documents(b'{"a": 1}') == [{"a": 1}]
    assert documents(b'{"a": 1}\n{"b": 2}\n') == [{"a": 1}, {"b": 2}]
    assert documents(b'{"a": "\\ud83d"}') == [{"a": "\ud83d"}]  # half of an emoji
    for broken in (b"", b"<html>", b'{"a": 1', b"\xff\xfe"):
        with pytest.raises(ValueError, match=r"."):
            documents(broken)


def test_vectors_are_one_row_for_each_text_and_null_is_nan() -> None:
    rows = vectors([[1, 2], [None, None]], 2)
    assert rows.dtype == np.float32
    assert rows[0].tolist() == [1.0, 2.0]
    assert np.isnan(rows[1]).all()
    assert np.isinf(vectors([[1e300]], 1)).all()
    for rows, texts in (([[1]], 2), ([[1, 2], [1]], 2), ([[]], 1), (None, 1), ([["a"]], 1), ({}, 1), ([1], 1)):
        with pytest.raises(ValueError, match=r"."):
            vectors(rows, texts)


def test_a_prompt_that_an_old_server_cut_is_noticed_by_its_count() -> None:
    system, user = "s" * 2_000, "u" * 30_000
    assert was_cut(8192, system, user, 8192)  # as much as the context has
    assert was_cut(4098, system, user, 8192)  # half of it, and too little for the bytes
    assert was_cut(2050, system, user)  # no context known: far too little for the bytes
    assert not was_cut(8000, system, user, 8192)


def test_a_whole_prompt_that_has_half_a_context_by_chance_is_not_taken_for_a_cut_one() -> None:
    for count in range(4094, 4104):
        for bytes_per_token in (1.0, 3.3, 5.0):
            assert not was_cut(count, "", "u" * int(count * bytes_per_token), 8192)
