import datetime as dt
import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.postings.alignment import align
from ty_assets.postings.job_facts import Head, objections, place_key
from ty_assets.postings.near_duplicates import Advertisement, Comparison, compare
from ty_assets.postings.signatures import BANDS, bands
from ty_assets.postings.wording import is_cut, words_of
from ty_jobs.benchmarks.altered_copies import labelled_pairs
from ty_jobs.benchmarks.duplicates import judge, measure
from ty_jobs.benchmarks.generated_postings import generate_postings

_HEAD = Head("Mechatroniker (m/w/d)", "Kranich Anlagenbau GmbH", "Wiesbaden", "Hessen")
# Kept apart: thresholds and word lists were chosen on other seeds.
_HELD_OUT = 7001


@cache
def _texts() -> list[str]:
    return [record["description"] for record in generate_postings(40, seed=11)]


def _compare(one: str, two: str, head: Head = _HEAD) -> Comparison:
    return compare(Advertisement(_HEAD, one), Advertisement(head, two))


def test_a_text_is_wholly_alike_to_itself() -> None:
    for text in _texts():
        assert _compare(text, text) == Comparison(1.0)


@given(st.integers(0, 39), st.integers(0, 39), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_comparing_is_symmetric_and_stays_between_nought_and_one(i: int, j: int, dice: random.Random) -> None:
    one, words = _texts()[i], _texts()[j].split(" ")
    del words[(at := dice.randrange(len(words))) : at + dice.randrange(30)]
    two = " ".join(words)
    there, back = _compare(one, two), _compare(two, one)
    assert there.same_job == back.same_job
    assert there.similarity == pytest.approx(back.similarity)
    assert 0.0 <= there.similarity <= 1.0


@given(st.lists(st.sampled_from("abcdefg"), max_size=60), st.lists(st.sampled_from("abcdefg"), max_size=60))
def test_every_word_is_shared_or_in_exactly_one_difference(ours: list[str], theirs: list[str]) -> None:
    found = align(ours, theirs)
    assert found.shared + sum(len(d.ours) for d in found.differences) == len(ours)
    assert found.shared + sum(len(d.theirs) for d in found.differences) == len(theirs)


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_can_be_compared(one: str, two: str) -> None:
    found = _compare(one, two)
    assert not found.same_job  # too short to tell
    assert len(bands(words_of(one))) in (0, BANDS)


def test_moved_parts_are_still_shared() -> None:
    one, two = [f"a{i}" for i in range(30)], [f"b{i}" for i in range(30)]
    assert align(one + two, two + one) == align(two + one, one + two)
    assert align(one + two, two + one).shared == 60


def test_a_word_repeated_for_ever_takes_no_time() -> None:
    assert align(["und"] * 3000, ["und"] * 3000).shared <= 3000


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda text: text.replace("e", "é", 1).replace("\n", " "), True),
        (lambda text: text + "\n\nJetzt bewerben! Kennziffer: 2026-0815", True),
        (lambda text: text[: len(text) * 3 // 4] + "…", True),
        (lambda text: text.replace("Wochen", "Monaten").replace("weeks", "months"), False),
        (lambda text: text.replace("mit", "ohne", 1).replace("with", "without", 1), False),
        (lambda text: text[: len(text) // 5], False),
    ],
)
def test_what_a_source_adds_or_cuts_is_told_from_what_changes_the_job(change: object, same: bool) -> None:
    judged = [
        _compare(text, changed).same_job
        for text in _texts()
        if (changed := change(text)) != text  # type: ignore[operator]
    ]
    assert len(judged) >= 15
    assert sum(judged) >= 0.9 * len(judged) if same else sum(judged) <= 0.1 * len(judged)


@pytest.mark.parametrize(
    "other",
    [
        Head("Mechatroniker", "KRANICH ANLAGENBAU", "65185 Wiesbaden", "HE"),
        Head("Mechatroniker/in gesucht - Direktvermittlung", "Talwerk Personal GmbH", "Wiesbaden, Hessen", None),
        Head("Mechatroniker (gn) in Wiesbaden, Ref. 12345", None, None, None),
        Head("Mechatronicker (m/w/d)", "Kranich Anlagen-Bau GmbH & Co. KG", "Wiesbaden", "Hesse"),
        Head("Mechatroniker (m/w/d) in Vollzeit", "KA", "remote", None),
    ],
)
def test_spelling_decoration_and_what_is_not_said_do_not_object(other: Head) -> None:
    assert objections(_HEAD, other) == []
    assert objections(other, _HEAD) == []


@pytest.mark.parametrize(
    ("other", "objection"),
    [
        (Head("Senior Mechatroniker", "Kranich Anlagenbau GmbH", "Wiesbaden"), "title"),
        (Head("Ausbildung Mechatroniker 2027", "Kranich Anlagenbau GmbH", "Wiesbaden"), "title"),
        (Head("Elektroniker (m/w/d)", "Kranich Anlagenbau GmbH", "Wiesbaden"), "title"),
        (Head("Mechatroniker (m/w/d)", "Kranich Anlagenbau GmbH", "Mainz"), "place"),
        (Head("Mechatroniker (m/w/d)", "Kranich Anlagenbau GmbH", None, "Bayern"), "place"),
        (Head("Mechatroniker (m/w/d)", "Adler Fördertechnik AG", "Wiesbaden"), "employer"),
    ],
)
def test_another_level_occupation_place_or_employer_objects(other: Head, objection: str) -> None:
    assert objections(_HEAD, other) == [objection]


def test_full_time_and_part_time_are_two_jobs() -> None:
    ours, theirs = (Head(f"Mechatroniker in {time}") for time in ("Vollzeit", "Teilzeit"))
    assert objections(ours, theirs) == ["working time"]
    assert objections(ours, Head("Mechatroniker in Voll- oder Teilzeit")) == []


def test_a_place_is_found_under_its_other_spellings() -> None:
    assert {place_key(name) for name in ("München", "80331 Muenchen", "Munich, Bavaria", "MÜNCHEN")} == {"muenchen"}
    assert {place_key(name) for name in (None, "", "deutschlandweit", "Remote")} == {None}
    assert objections(Head("Koch", city="Frankfurt (Oder)"), Head("Koch", city="Frankfurt am Main")) == ["place"]
    assert objections(Head("Koch", city="Frankfurt"), Head("Koch", city="Frankfurt am Main")) == []


def test_words_are_the_same_however_a_source_writes_them() -> None:
    one = "Für unser Team: Köche/-innen (m/w/d), 3.200 €, 38,5 h – Home‑Office möglich"
    two = "fuer unser team Köche*innen 3200 EUR 38.5 h Home-Office moeglich"
    assert words_of(one) == [w for w in words_of(two) if w != "eur"]


def test_only_a_text_that_says_so_is_cut() -> None:
    assert is_cut("Wir suchen ...")
    assert is_cut("Wir suchen… Mehr anzeigen")
    assert not is_cut("Wir suchen Sie.")


@given(st.integers(0, 39), st.integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_a_text_without_a_tenth_of_its_words_is_still_a_candidate(i: int, seed: int) -> None:
    words = words_of(_texts()[i])
    at = random.Random(seed).randrange(len(words))
    shorter = words[:at] + words[at + len(words) // 10 :]
    assert set(bands(words)) & set(bands(shorter))


def test_unlike_texts_are_seldom_candidates() -> None:
    found = [set(bands(words_of(text))) for text in _texts()]
    pairs = [(a, b) for i, a in enumerate(found) for b in found[:i]]
    assert sum(bool(a & b) for a, b in pairs) < 0.15 * len(pairs)


def test_precision_and_recall_hold_on_copies_that_nothing_was_tuned_on() -> None:
    quality = measure([judge(pair) for pair in labelled_pairs(600, seed=_HELD_OUT)])
    assert quality.pairs == 600
    assert quality.precision >= 0.98
    assert quality.recall >= 0.95


def test_labelled_pairs_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert list(labelled_pairs(20, seed=1)) == list(labelled_pairs(20, seed=1))
    assert list(labelled_pairs(20, seed=1)) != list(labelled_pairs(20, seed=2))
    kinds = {pair.kind for pair in labelled_pairs(40, seed=1) if not pair.same_job}
    assert kinds >= {"other city", "other branch", "other level", "other role", "other lines", "other number"}


def test_dates_of_a_posting_do_not_matter() -> None:
    text = _texts()[0]
    one, two = (f"{text}\n\nStand: {day:%d.%m.%Y}" for day in (dt.date(2026, 3, 2), dt.date(2026, 9, 30)))
    assert _compare(one, two).same_job
