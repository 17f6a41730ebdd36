from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.matching.world import CALIBRATION, DIMENSION, DOMAINS, encode, facet, person, play, posting, skill
from ty_assets.matching.person import Person, texts_to_encode
from ty_assets.matching.postings import Postings
from ty_assets.matching.texts import Texts
from ty_assets.matching.views import Job, PostingView, ProfileView
from ty_assets.postings.normalise import normalise_title
from ty_assets.relevance.interests import everybody_as_one
from ty_assets.relevance.relevance import FIRST, NOBODY, OUT, Relevance, decide, judge, without_people

_TERMS = ["Wound care", "Medication administration", "Python", "SQL", "Data pipelines", "Project management"]
_LEVELS = st.sampled_from(["", "A2", "B2", "C1"])

NURSE = person(
    [skill("Wound care"), skill("Registered nurse", "degree")],
    domains=frozenset({"nursing"}),
    kldb=("81302",),
    degree_level=1,
    years=6.0,
    jobs=(Job("Pflegefachkraft"),),
)
ENGINEER = person(
    [skill("Python", "tool"), skill("SQL", "tool")],
    domains=frozenset({"data"}),
    kldb=("43414",),
    years=3.0,
    jobs=(Job("Data Engineer"),),
)
NURSING = posting(
    "Pflegefachkraft", [facet("Wound care"), facet("Registered nurse", "degree", 1)], number=1, kldb="81302"
)
DATA = posting("Data Engineer", [facet("Python", "tool"), facet("SQL", "tool", 1)], number=2, kldb="43414")
FORKLIFT = posting("Staplerfahrer", [facet("Forklift licence", "licence")], number=3, kldb="52531")


def _someone(profile: ProfileView) -> Person:
    wanted = texts_to_encode(profile)
    return Person.of(profile, dict(zip(wanted, encode(list(wanted.values())), strict=True)), DIMENSION)


def _judge(profiles: Sequence[ProfileView], views: Sequence[PostingView]) -> dict[str, Relevance]:
    everybody = everybody_as_one([_someone(profile) for profile in profiles], DIMENSION)
    facets = {f.text_hash: f.term for view in views for f in view.facets}
    texts = Texts.build(list(facets), list(facets.values()), encode(list(facets.values())), DOMAINS.get)
    names = {view.title_hash: normalise_title(view.title) for view in views if view.title_hash is not None}
    titles = Texts.build(list(names), list(names.values()), encode(list(names.values())))
    postings = Postings.from_views(views, texts, titles)
    found = judge(postings, texts, titles, everybody, CALIBRATION)
    title_of = {view.posting_id: view.title for view in views}
    return {title_of[i]: told for i, told in zip(postings.posting_ids, found, strict=True)}


def test_what_anybody_fits_is_first_and_what_nobody_fits_is_out() -> None:
    found = _judge([NURSE, ENGINEER], [NURSING, DATA, FORKLIFT])
    assert [found[v.title].decision for v in (NURSING, DATA, FORKLIFT)] == ["first", "first", "out"]
    assert found[NURSING.title].reason == "near by occupation and skills"
    assert found[FORKLIFT.title].reason == "far from everybody"


def test_a_new_person_brings_back_what_was_out() -> None:
    driver = person([skill("Forklift licence", "licence")], kldb=("52531",), jobs=(Job("Staplerfahrer"),))
    assert _judge([NURSE], [FORKLIFT])[FORKLIFT.title].decision == "out"
    assert _judge([NURSE, driver], [FORKLIFT])[FORKLIFT.title].decision == "first"


@st.composite
def _profiles(draw: st.DrawFn) -> ProfileView:
    names = draw(st.lists(st.sampled_from(_TERMS), unique=True, max_size=4))
    return person(
        [skill(name, source=draw(st.sampled_from(["stated", "implied"])), weight=0.7) for name in names],
        domains=frozenset(draw(st.lists(st.sampled_from(["nursing", "data"]), max_size=2))),
        kldb=tuple(draw(st.lists(st.sampled_from(["81302", "43414", "43412"]), unique=True, max_size=2))),
        years=draw(st.floats(0, 20)),
        degree_level=draw(st.integers(0, 4)),
        languages={"German": draw(_LEVELS)},
        jobs=tuple(Job(title) for title in draw(st.lists(st.sampled_from(["Data Engineer", "Pfleger"]), max_size=2))),
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(_profiles(), min_size=1, max_size=4))
def test_relevance_is_at_least_anybody_s_score(profiles: list[ProfileView]) -> None:
    asked = [
        facet("SQL", "tool", 2, must=True, weight=1.0),
        facet("German", "language", 3, cefr="B2"),
        facet("Data pipelines", "experience", 4, years=3.0),
    ]
    views = [NURSING, DATA, FORKLIFT, posting("Data Analyst", asked, number=4, kldb="43412")]
    found = _judge(profiles, views)
    for profile in profiles:
        alone = play(profile, views)
        for view in views:
            assert found[view.title].relevance >= alone.score(view) - 1e-3


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_every_decision_has_a_reason_and_follows_the_thresholds(near: float, occupation: float, asked: float) -> None:
    told = decide(near, occupation, asked, known=True)
    assert told.reason
    assert (told.decision == "first") == (told.relevance >= FIRST)
    assert told.decision != "out" or told.relevance < OUT


def test_somebody_s_own_occupation_is_never_out() -> None:
    assert decide(0.05, 0.9, 0.0, known=True).decision == "later"


def test_what_is_among_somebody_s_best_matches_is_never_out() -> None:
    assert decide(0.05, 0.0, 0.0, known=True).decision == "out"
    assert decide(0.05, 0.0, 0.0, known=True, best=True).decision == "later"


def test_what_cannot_be_compared_is_read_later() -> None:
    assert decide(0.0, 0.0, 0.0, known=False).decision == "later"


def test_without_people_nothing_is_out() -> None:
    assert list(without_people(2)) == [Relevance(0.0, "later", NOBODY)] * 2


def test_everybody_as_one_has_each_thing_once_with_the_most_that_anybody_has() -> None:
    first = person([skill("SQL", source="implied", weight=0.5)], languages={"English": "B1"}, years=2.0)
    second = person([skill("SQL")], languages={"English": "C1", "German": ""}, years=7.0, degree_level=3)
    (one,) = everybody_as_one([_someone(first), _someone(second)], DIMENSION)
    assert [s.trust for s in one.profile.skills] == [1.0]
    assert one.profile.languages == {"English": "C1", "German": "B2"}
    assert (one.profile.years, one.profile.degree_level) == (7.0, 3)
    assert np.allclose(np.linalg.norm(one.vectors, axis=1), 1.0)


@pytest.mark.parametrize("order", [[NURSE, ENGINEER], [ENGINEER, NURSE]])
def test_the_order_of_people_does_not_matter(order: list[ProfileView]) -> None:
    assert _judge(order, [NURSING, DATA, FORKLIFT]) == _judge([NURSE, ENGINEER], [NURSING, DATA, FORKLIFT])
