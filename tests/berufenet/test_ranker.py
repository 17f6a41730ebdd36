"""The ranker: it learns, says so with calibrated probability, is the same each time, and is kept without code."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.berufenet.conftest import hashed_ngrams
from ty_assets.berufenet import candidates, store
from ty_assets.berufenet.candidates import OccupationIndex, TitleItem
from ty_assets.berufenet.catalogue import starter_catalogue
from ty_assets.berufenet.ranker import Ranker, fit_networks, packaged_ranker
from ty_assets.berufenet.training import train
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.postgres import Database


def puzzles(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The right candidate has the highest third feature, if it is above 1; otherwise none is right."""
    features = np.random.default_rng(seed).standard_normal((count, 6, 4)).astype(np.float32)
    best = features[:, :, 2].argmax(axis=1)
    right = np.zeros((count, 6), bool)
    right[np.arange(count), best] = features[np.arange(count), best, 2] > 1
    return features, right


@pytest.fixture(scope="module")
def fitted() -> Ranker:
    return fit_networks(*puzzles(2000), networks=1)


def test_it_learns_which_candidate_is_right_and_when_none_is(fitted: Ranker) -> None:
    features, right = puzzles(500, seed=1)
    chances = fitted.probabilities(features)
    has = right.any(axis=1)
    assert (chances.argmax(axis=1)[has] == right.argmax(axis=1)[has]).mean() > 0.9
    assert chances[has].max(axis=1).mean() > 0.8 > 0.3 > chances[~has].max(axis=1).mean()
    assert (chances.sum(axis=1) <= 1 + 1e-6).all()


def test_the_same_titles_teach_the_same_ranker(fitted: Ranker) -> None:
    again = fit_networks(*puzzles(2000), networks=1)
    features, _ = puzzles(50, seed=2)
    np.testing.assert_array_equal(again.probabilities(features), fitted.probabilities(features))


def test_the_order_of_the_candidates_does_not_matter(fitted: Ranker) -> None:
    features, _ = puzzles(50, seed=3)
    np.testing.assert_allclose(
        fitted.probabilities(features[:, ::-1])[:, ::-1], fitted.probabilities(features), atol=1e-5
    )


def test_what_is_kept_is_read_again_and_holds_no_code(fitted: Ranker) -> None:
    read = Ranker.from_bytes(fitted.to_bytes())
    features, _ = puzzles(20, seed=4)
    np.testing.assert_array_equal(read.probabilities(features), fitted.probabilities(features))
    harmful = io.BytesIO()
    np.savez(harmful, rest=np.array([{"code": "runs"}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        Ranker.from_bytes(harmful.getvalue())


def test_the_packaged_ranker_is_the_starter_catalogues() -> None:
    ranker = packaged_ranker()
    assert 0.5 < ranker.accept <= 1
    assert ranker.figures["accepted_right"] >= 0.9


@pytest.mark.slow
def test_a_catalogue_is_trained_on_and_judged_by_titles_kept_apart() -> None:
    index = OccupationIndex(starter_catalogue(), hashed_ngrams)
    texts, codes = index._texts_and_codes
    told: list[str] = []
    ranker = train(texts, codes, index._names, index._text_vectors, index._letters, told.append)
    assert told[-1].startswith("networks learn from")
    assert ranker.figures["right"] > 0.3
    trained = OccupationIndex(starter_catalogue(), hashed_ngrams, ranker=lambda: ranker)
    (mapping,) = trained.decide([TitleItem(title="Altenpflegerrin")])
    assert (mapping.kldb or mapping.runner_ups[0].kldb)[:2] == "82"


def test_a_ranker_is_trained_once_for_all_processes_and_anew_for_another_catalogue(
    db: Database, embedded: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    def quickly(texts: list[str], *rest: object) -> Ranker:
        trained.append(len(texts))
        return packaged_ranker()

    monkeypatch.setattr(candidates, "train", quickly)
    monkeypatch.setattr(candidates, "ENOUGH_TO_TRAIN", 10)
    encode = hashed_ngrams
    first = store.kept_ranker(db, encode, "test")
    assert store.kept_ranker(db, encode, "test").accept == first.accept
    assert len(trained) == 1
    store.store_catalogue(db, starter_catalogue().with_synonyms([("Wolkenschieber", "29302")]))
    store.kept_ranker(db, encode, "test")
    store.kept_ranker(db, encode, "another encoder")
    assert len(trained) == 3
    assert db.value("kept_rankers") == 1
