"""The screening is exact: it equals a slow reference, and its rules for structured kinds hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.matching.brute_force import reference
from tests.matching.world import CALIBRATION, DOMAINS, encode, facet, person, play, posting, skill
from ty_assets.matching.nearest import max_sim
from ty_assets.matching.product import best_cosines
from ty_assets.matching.structured import COMPARABLE_DEGREE
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import KINDS, FacetView, PostingView, ProfileView

WORDS = [
    "python",
    "pythons",
    "wound care",
    "wound car",
    "welding",
    "welder",
    "sql",
    "mysql",
    "cooking",
    "booking",
]

facets = st.builds(
    facet,
    st.sampled_from(WORDS),
    kind=st.sampled_from(["skill", "soft_skill"]),
    requirement=st.integers(0, 2),
    must=st.booleans(),
    weight=st.floats(0.125, 4.0, width=32),
    negated=st.booleans(),
    alternative_group=st.one_of(st.none(), st.integers(0, 1)),
)
postings = st.lists(st.lists(facets, max_size=6), min_size=1, max_size=5).map(
    lambda rows: [posting("Job", row, number) for number, row in enumerate(rows)]
)
people = st.lists(st.sampled_from(WORDS), max_size=5).map(lambda words: person([skill(w) for w in words]))


TERMS = [*DOMAINS, "Professional experience", "English", "German", "Cooking", "Microsoft Office", "Microsoft Excel"]
any_facets = st.builds(
    facet,
    st.sampled_from(TERMS),
    kind=st.sampled_from(KINDS),
    requirement=st.integers(0, 2),
    must=st.booleans(),
    weight=st.sampled_from([0.5, 1.0, 2.0]),
    negated=st.sampled_from([False, False, False, True]),
    alternative_group=st.sampled_from([None, None, 0, 1]),
    cefr=st.sampled_from([None, "A2", "C1"]),
    years=st.sampled_from([None, 2.0, 8.0]),
    level=st.sampled_from([None, 1, 3]),
)
any_skills = st.builds(
    skill,
    st.sampled_from(TERMS),
    kind=st.sampled_from(["skill", "tool", "licence", "degree", "domain"]),
    source=st.sampled_from(["stated", "implied"]),
    weight=st.sampled_from([1.0, 0.5]),
    years=st.sampled_from([None, 1.0, 9.0]),
)
any_people = st.builds(
    person,
    st.lists(any_skills, max_size=5),
    domains=st.sets(st.sampled_from(sorted(set(DOMAINS.values()))), max_size=2).map(frozenset),
    languages=st.sampled_from([{}, {"German": "C2"}, {"English": "B1", "German": "A1"}]),
    years=st.sampled_from([0.0, 3.0, 20.0]),
    degree_level=st.integers(0, 4),
)


@given(st.lists(st.lists(any_facets, max_size=6), min_size=1, max_size=6), any_people)
@settings(max_examples=60, deadline=None)
def test_every_kind_equals_the_reference(rows: list[list[FacetView]], profile: ProfileView) -> None:
    views = [posting("Job", row, number) for number, row in enumerate(rows)]
    result = play(profile, views)
    screened = result.scores.screened
    for index, view in enumerate(views):
        told = reference(profile, view)
        assert screened.score[index] == pytest.approx(told.score, abs=1e-5, nan_ok=True)
        assert screened.specific_score[index] == pytest.approx(told.specific_score, abs=1e-5, nan_ok=True)
        assert screened.must_missing[index] == pytest.approx(told.must_missing, abs=1e-5)


@given(postings, people)
@settings(max_examples=40, deadline=None)
def test_the_screening_equals_a_slow_reference(views: list[PostingView], profile: ProfileView) -> None:
    result = play(profile, views)
    for view in views:
        assert result.requirement_score(view) == pytest.approx(reference(profile, view).score, abs=1e-5, nan_ok=True)


@given(postings, people, st.sampled_from(WORDS))
@settings(max_examples=50, deadline=None)
def test_one_more_skill_never_lowers_a_score(views: list[PostingView], profile: ProfileView, word: str) -> None:
    richer = person([skill(word), *profile.skills])
    before, after = play(profile, views), play(richer, views)
    assert (np.nan_to_num(after.scores.screened.score) >= np.nan_to_num(before.scores.screened.score) - 1e-6).all()
    assert (after.scores.score >= before.scores.score - 1e-6).all()


@given(st.lists(facets, min_size=1, max_size=5), people, st.floats(1.5, 4.0))
@settings(max_examples=40, deadline=None)
def test_raising_the_weight_of_what_is_met_best_never_lowers_the_requirement_score(
    row: list[FacetView], profile: ProfileView, factor: float
) -> None:
    plain = [facet(f.term, f.kind, i, weight=f.weight) for i, f in enumerate(row)]
    first = play(profile, [posting("Job", plain)])
    best = first.postings.requirement[int(first.scores.screened.facet_credit.argmax())]
    heavier = [facet(f.term, f.kind, i, weight=f.weight * (factor if i == best else 1.0)) for i, f in enumerate(plain)]
    second = play(profile, [posting("Job", heavier)])
    assert second.scores.screened.score[0] >= first.scores.screened.score[0] - 1e-6


@given(st.integers(0, 40), st.lists(st.integers(1, 5), max_size=3), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_chunks_do_not_change_the_best_cosines_of_groups(texts: int, sizes: list[int], chunk: int) -> None:
    noise = np.random.default_rng([texts, *sizes])
    left = noise.normal(size=(texts, 8)).astype(np.float32)
    groups = [noise.normal(size=(size, 8)).astype(np.float32) for size in sizes]
    chosen = np.flatnonzero(noise.random(texts) < 0.5)
    best, every = best_cosines(left, groups, chosen, chunk)
    assert best.shape == (len(sizes), texts)
    for group, found in zip(groups, best, strict=True):
        assert found == pytest.approx((left @ group.T).max(axis=1), abs=1e-5)
    skills = np.concatenate([np.zeros((0, 8)), *groups])
    assert every == pytest.approx(skills @ left[chosen].T, abs=1e-5)


def test_the_nearest_skill_of_equal_ones_is_the_first_and_without_skills_there_is_none() -> None:
    texts = np.eye(3, dtype=np.float32)
    best, which = max_sim(texts, texts[[1, 1, 2]])
    assert (best.tolist(), which.tolist()) == ([0.0, 1.0, 1.0], [0, 0, 2])
    assert max_sim(texts, texts[:0])[1].tolist() == [-1, -1, -1]


def test_a_posting_without_countable_facets_has_no_requirement_score() -> None:
    empty = posting("Cook", [], 1)
    negated = posting("Cook", [facet("Cooking", negated=True)], 2)
    condition = posting("Cook", [facet("Shift work", "condition")], 3)
    result = play(person([skill("Cooking")]), [empty, negated, condition])
    assert np.isnan(result.scores.screened.score).all()
    assert all(result.scores.basis(i) == "title" for i in range(3))


def test_the_same_text_is_worth_everything_even_without_a_vector() -> None:
    views = [posting("Job", [facet("Wound care")])]
    texts = Texts.build([views[0].facets[0].text_hash], ["Wound care"], np.zeros((1, 64)))
    assert texts.vectors.sum() == 0
    assert play(person([skill("Wound care")]), views).requirement_score(views[0]) == 1.0


def test_alternatives_count_once_with_the_best() -> None:
    both = [facet(t, alternative_group=0) for t in ("Python", "Welding")]
    view = posting("Job", [*both, facet("Cooking", requirement=1)])
    assert play(person([skill("Python")]), [view]).requirement_score(view) == pytest.approx(2 / 3)  # 1 : 0.5


def test_the_same_group_number_in_two_requirements_is_two_groups() -> None:
    view = posting("Job", [facet(t, requirement=i, alternative_group=0) for i, t in enumerate(["Python", "SQL"])])
    assert play(person([skill("Python")]), [view]).requirement_score(view) == pytest.approx(0.5)


@pytest.mark.parametrize(("own", "credit"), [("C2", 1.0), ("C1", 1.0), ("B2", 0.5), ("B1", 0.0), (None, 0.0)])
def test_a_language_is_met_by_its_level(own: str | None, credit: float) -> None:
    view = posting("Job", [facet("English", "language", cefr="C1")])
    languages = {"English": own} if own else {"German": "C2"}
    assert play(person(languages=languages), [view]).requirement_score(view) == pytest.approx(credit)


def test_one_language_does_not_stand_for_another() -> None:
    view = posting("Job", [facet("Germanic", "language")])
    assert play(person([skill("German", "language")]), [view]).requirement_score(view) == 0.0


@pytest.mark.parametrize(("years", "credit"), [(10.0, 1.0), (4.0, 1.0), (2.0, 0.5), (0.0, 0.0)])
def test_experience_counts_by_its_share_of_the_years(years: float, credit: float) -> None:
    view = posting("Job", [facet("Professional experience", "experience", years=4.0)])
    assert play(person(years=years), [view]).requirement_score(view) == pytest.approx(credit)


def test_years_in_another_trade_are_no_experience_in_this_one() -> None:
    view = posting("Job", [facet("Wound care", "experience", years=3.0)])
    assert play(person(years=20.0, domains=frozenset({"data"})), [view]).requirement_score(view) == 0.0
    assert play(person(years=20.0, domains=frozenset({"nursing"})), [view]).requirement_score(view) == 1.0


def test_a_skills_own_years_count_before_the_careers() -> None:
    view = posting("Job", [facet("Welding", "experience", years=4.0)])
    some = person([skill("Welding", years=1.0)], years=20.0)
    assert play(some, [view]).requirement_score(view) == pytest.approx(0.25)


def test_a_degree_counts_by_level_and_field() -> None:
    plain = posting("Job", [facet("University degree", "degree", level=2)], 1)
    named = posting("Job", [facet("Computer science degree", "degree", level=2)], 2)
    nurse = play(person(degree_level=3, domains=frozenset({"nursing"})), [plain, named])
    coder = play(person(degree_level=3, domains=frozenset({"it_software"})), [plain, named])
    pupil = play(person(degree_level=1, domains=frozenset({"it_software"})), [plain, named])
    assert (nurse.requirement_score(plain), nurse.requirement_score(named)) == (1.0, 0.0)
    assert (coder.requirement_score(plain), coder.requirement_score(named)) == (1.0, pytest.approx(COMPARABLE_DEGREE))
    assert (pupil.requirement_score(plain), pupil.requirement_score(named)) == (0.0, 0.0)


def test_experience_beside_a_foreign_training_is_experience_in_that_trade() -> None:
    either = [
        facet("Registered nurse", "degree", alternative_group=0),
        facet("Professional experience", "experience", alternative_group=0),
    ]
    view = posting("Job", either)
    assert play(person(years=9.0, domains=frozenset({"data"})), [view]).requirement_score(view) == 0.0
    assert play(person(years=9.0, domains=frozenset({"nursing"})), [view]).requirement_score(view) == 1.0


def test_a_licence_is_held_or_not() -> None:
    view = posting("Driver", [facet("Driving licence CE", "licence")])
    near = float(encode(["Driving licence B"])[0] @ encode(["Driving licence CE"])[0])
    assert 0.0 < CALIBRATION.credit(near) < 0.97  # worded alike, which would have earned credit as a skill
    assert play(person([skill("Driving licence B", "licence")]), [view]).requirement_score(view) == 0.0
    assert play(person([skill("Driving licence CE", "licence")]), [view]).requirement_score(view) == 1.0


def test_an_implied_skill_counts_by_its_weight() -> None:
    view = posting("Job", [facet("Wound care")])
    implied = skill("Wound care", source="implied", weight=0.5)
    assert play(person([implied]), [view]).requirement_score(view) == pytest.approx(0.5)
    assert play(person([implied, skill("Wound care")]), [view]).requirement_score(view) == 1.0


def test_a_facet_that_was_never_embedded_is_an_error_and_not_a_gap() -> None:
    from ty_assets.matching.postings import Postings

    nothing = Texts.build([], [], np.zeros((0, 64)))
    with pytest.raises(ValueError, match="1 of 1 facets have no row"):
        Postings.from_views([posting("Job", [facet("Python")])], nothing, nothing)


@pytest.mark.parametrize(
    ("known", "asked", "kind"),
    [
        ("Microsoft Office", "Microsoft Excel", "tool"),
        ("Driving licence CE", "Driving licence B", "licence"),
        ("PostgreSQL", "SQL", "tool"),
    ],
)
def test_whoever_has_the_wider_has_the_narrower_and_not_the_other_way_round(known: str, asked: str, kind: str) -> None:
    has = play(person([skill(known, kind)]), [posting("Job", [facet(asked, kind)])])
    assert has.scores.screened.score[0] == 1.0
    narrower = play(person([skill(asked, kind)]), [posting("Job", [facet(known, kind)])])
    assert narrower.scores.screened.score[0] < 1.0
