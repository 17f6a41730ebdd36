from importlib.resources import files
from io import BytesIO

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.requirements.fake_encoder import encode
from ty_assets.requirements.cues import INDEX, read_rows
from ty_assets.requirements.prototypes import line_model, packed, read_lines
from ty_assets.requirements.wording import features
from ty_resources.inference.embedded import EmbeddedEngine


def test_each_prototype_stands_once_and_has_a_known_label() -> None:
    rows = read_rows("prototypes.csv")
    assert len({row["text"] for row in rows}) == len(rows) >= 1000
    assert {row["label"] for row in rows} == set(INDEX)


def test_the_model_tells_most_of_its_prototypes_apart_by_their_words() -> None:
    rows = read_rows("prototypes.csv")
    scores = line_model(None).by_words(read_lines([row["text"] for row in rows]))
    expected = [INDEX[row["label"]] for row in rows]  # type: ignore[index]
    assert np.mean(scores.argmax(axis=1) == expected) > 0.9


def test_wording_carries_over_to_compounds_and_endings_never_seen() -> None:
    lines = ["Solide Kranführerkenntnisse", "Überstundenzuschläge und Sonderurlaub", "Bewerbungen an Frau Holz"]
    best = line_model(None).by_words(read_lines(lines)).argmax(axis=1)
    assert [int(label) for label in best] == [INDEX["requirements"], INDEX["benefits"], INDEX["contact"]]


def test_vectors_have_weights_only_where_there_is_an_encoder() -> None:
    assert line_model(None).vectors.shape == (0, 5)
    assert line_model(encode).by_vectors(encode(["Geduld", "Urlaub"])).shape == (2, 5)


def test_the_packaged_weights_are_those_that_the_packaged_encoder_leads_to_now() -> None:
    # Where this fails, prototypes, wording or cues have changed: write what `packed` gives to prototypes.npz.
    engine = EmbeddedEngine()
    model = line_model(engine.embed)
    assert engine.encoded == 1
    fresh, kept = (np.load(BytesIO(data)) for data in (packed(engine.embed), _packaged()))
    assert str(fresh["key"]) == str(kept["key"])
    assert np.allclose(fresh["duals"], kept["duals"], atol=1e-3)
    assert np.allclose(fresh["vectors"], model.vectors, atol=1e-3)


def test_another_encoder_has_weights_of_its_own() -> None:
    assert not np.allclose(line_model(encode).vectors[:5], np.load(BytesIO(_packaged()))["vectors"][:5], atol=0.01)


def _packaged() -> bytes:
    return files("ty_assets.requirements").joinpath("prototypes.npz").read_bytes()


def test_numbers_are_alike_and_case_does_not_count() -> None:
    assert features("30 Tage URLAUB") == features("28 tage Urlaub")
    assert features(" … ") == frozenset()


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_a_line_is_read_alike_alone_and_among_others(texts: list[str]) -> None:
    model = line_model(None)
    together = model.by_words(read_lines(texts))
    assert together.shape == (len(texts), 5)
    alone = [model.by_words(read_lines([text]))[0] for text in texts]
    assert np.allclose(together, np.array(alone).reshape(-1, 5), atol=1e-5)
