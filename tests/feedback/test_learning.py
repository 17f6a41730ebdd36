"""What is learned from opinions: cutoffs with a prior, filters by repeated evidence, a direction that is bounded."""

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.feedback.cutoff import fit_cutoff
from ty_assets.feedback.direction import MOST, adjustment, learn_direction
from ty_assets.feedback.learned import learn
from ty_assets.feedback.negative import disliked_occupations, disliked_terms
from ty_assets.feedback.opinions import Feedback, Opinion, scale_of_old_ratings, utility
from ty_assets.feedback.rules import PostingFacts, Rule
from ty_assets.feedback.verdicts import BY_PERSON, JudgedMatch, judge_by


def opinion(number: int, worth: float | None, **rest: object) -> Opinion:
    return Opinion(uuid.UUID(int=number), worth, **rest)  # type: ignore[arg-type]


# What feedback comes to


@pytest.mark.parametrize(
    ("feedback", "least", "most"),
    [
        (Feedback(rating=10, scale="points"), 1, 1),
        (Feedback(rating=1, scale="points"), -1, -1),
        (Feedback(rating=1, scale="thumbs"), 0.3, 1),
        (Feedback(rating=-1, scale="thumbs"), -1, -0.3),
        (Feedback(rating=5, scale="points"), -0.3, 0),
        (Feedback(decision="apply"), 0.3, 1),
        (Feedback(decision="skip"), -1, -0.3),
        (Feedback(rating=9, scale="points", decision="skip"), 0.3, 1),
    ],
)
def test_feedback_comes_to_a_number_between_dislike_and_like(feedback: Feedback, least: float, most: float) -> None:
    worth = utility(feedback, None)
    assert worth is not None
    assert least <= worth <= most


def test_a_comment_alone_and_a_rating_of_an_unknown_scale_judge_nothing() -> None:
    assert utility(Feedback(comment="hm"), None) is None
    assert utility(Feedback(rating=1), None) is None
    assert utility(Feedback(rating=1), "thumbs") == -(utility(Feedback(rating=-1), "thumbs") or 0)


def test_old_ratings_are_thumbs_only_in_the_company_of_a_thumb_down() -> None:
    assert scale_of_old_ratings([1, -1, 1]) == "thumbs"
    assert scale_of_old_ratings([1, 7]) == "points"
    assert scale_of_old_ratings([1, 1, 1]) is None, "a thumb up, or the worst of ten"


# Cutoffs


def test_a_cutoff_is_found_between_liked_and_disliked_scores() -> None:
    scores = [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85] * 2
    found = fit_cutoff(scores, [score > 0.5 for score in scores])
    assert 0.4 <= found.hides_below <= 0.6
    assert found.hides_below <= found.expected


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=5))
def test_five_ratings_never_hide_anything(ratings: list[tuple[float, bool]]) -> None:
    assert fit_cutoff([score for score, _ in ratings], [liked for _, liked in ratings]).hides_below == 0


def test_ratings_by_dice_hide_no_more_than_the_bottom_of_the_list() -> None:
    rng = np.random.default_rng(7)
    hidden = [fit_cutoff(rng.random(30), rng.random(30) < 0.5).hides_below for _ in range(100)]
    assert np.mean(hidden) < 0.1
    assert np.mean([below > 0.25 for below in hidden]) < 0.05


def test_the_order_of_ratings_does_not_matter_and_lengths_must_agree() -> None:
    scores, liked = [0.2, 0.3, 0.7, 0.8, 0.9, 0.1], [False, False, True, True, True, False]
    assert fit_cutoff(scores, liked) == pytest.approx(fit_cutoff(scores[::-1], liked[::-1]))
    with pytest.raises(ValueError, match="2 scores and 1 ratings"):
        fit_cutoff([0.1, 0.2], [True])


# Filters


def test_an_occupation_needs_repeated_dislikes_and_no_like() -> None:
    liked = [opinion(n, 0.8, kldb="43414") for n in range(5)]
    three = [opinion(10 + n, -0.8, kldb="61122") for n in range(3)]
    assert [one.key for one in disliked_occupations([*liked, *three])] == ["61122"]
    assert disliked_occupations([*liked, *three[:2]]) == []
    assert disliked_occupations([*liked, *three, opinion(20, 0.8, kldb="61122")]) == []


def test_who_dislikes_nearly_everything_has_said_nothing_of_one_occupation() -> None:
    picky = [opinion(n, -0.8, kldb=f"{11111 + 1000 * n}") for n in range(20)]
    three = [opinion(50 + n, -0.8, kldb="61122") for n in range(3)]
    assert disliked_occupations([opinion(99, 0.9, kldb="43414"), *picky, *three]) == []


def test_a_group_is_hidden_where_several_of_its_occupations_are_disliked() -> None:
    liked = [opinion(n, 0.8, kldb="43414") for n in range(6)]
    spread = [opinion(10 + n, -0.8, kldb=code) for n, code in enumerate(["61112", "61122", "61132", "61142"])]
    (found,) = disliked_occupations([*liked, *spread])
    assert found.key == "611"
    assert found.evidence == tuple(sorted(one.posting_id for one in spread))


def test_a_term_that_only_a_hidden_occupation_asks_for_is_no_lesson_of_its_own() -> None:
    liked = [opinion(n, 0.8, kldb="43414", terms=frozenset({"SQL"})) for n in range(14)]
    sales = [opinion(20 + n, -0.8, kldb="61122", terms=frozenset({"Cold calling"})) for n in range(12)]
    mixed = [opinion(40 + n, -0.8, kldb=f"{20001 + 1000 * n}", terms=frozenset({"SAP", "SQL"})) for n in range(12)]
    opinions = [*liked, *sales, *mixed]
    occupations = disliked_occupations(opinions)
    assert [one.key for one in occupations] == ["61122"]
    assert [one.key for one in disliked_terms(opinions)] == ["Cold calling", "SAP"], "SQL is liked elsewhere"
    assert [one.key for one in disliked_terms(opinions, occupations)] == ["SAP"]


# Direction


def test_the_direction_points_to_liked_titles_and_moves_no_more_than_its_bound() -> None:
    rng = np.random.default_rng(3)
    liked = np.array([1.0, 0, 0, 0]) + 0.2 * rng.standard_normal((12, 4))
    disliked = np.array([0, 1.0, 0, 0]) + 0.2 * rng.standard_normal((12, 4))
    vectors = np.concatenate([liked, disliked])
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    found = learn_direction(vectors, [0.8] * 12 + [-0.8] * 12)
    assert found is not None
    assert found.trust > 0.5
    up, down = (adjustment(float(v @ found.vector), found.centre, found.spread, found.trust) for v in vectors[[0, 20]])
    assert MOST >= up > 0 > down >= -MOST


def test_ratings_by_dice_give_a_direction_that_is_hardly_trusted() -> None:
    trusts = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        vectors = rng.standard_normal((30, 16)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        found = learn_direction(vectors, rng.choice([-0.8, 0.8], 30).tolist())
        trusts.append(found.trust if found else 0.0)
    assert np.mean(trusts) < 0.15


@given(st.one_of(st.none(), st.floats(-1, 1)), st.floats(-1, 1), st.floats(1e-3, 1), st.floats(0, 1))
def test_no_similarity_moves_a_match_beyond_the_bound(
    similarity: float | None, centre: float, spread: float, trust: float
) -> None:
    assert abs(adjustment(similarity, centre, spread, trust)) <= MOST


def test_newer_ratings_turn_the_direction() -> None:
    east, north = np.eye(2, dtype=np.float32)
    vectors = np.stack([east, north] * 20 + [north, east] * 20)
    found = learn_direction(vectors, [0.8, -0.8] * 20 + [0.8, -0.8] * 20)
    assert found is not None
    assert found.vector[1] > found.vector[0], "north was disliked first and is liked now"


def test_ratings_of_one_mind_point_nowhere() -> None:
    assert learn_direction(np.eye(5, dtype=np.float32), [0.8] * 5) is None


# Together


def test_of_limits_the_newest_counts_and_places_add_up() -> None:
    said = [
        opinion(1, None, rules=(Rule("max_office_days", "2"), Rule("only_place", "Berlin"))),
        opinion(2, None, rules=(Rule("max_office_days", "3"), Rule("no_condition", "Overtime"))),
        opinion(3, None, rules=(Rule("only_place", "Potsdam"),)),
    ]
    keys = {lesson.key: lesson for lesson in learn(said, {}).lessons}
    assert set(keys) == {"max_office_days:3", "no_condition:Overtime", "only_place:Berlin, Potsdam"}
    assert keys["only_place:Berlin, Potsdam"].evidence == (uuid.UUID(int=1), uuid.UUID(int=3))


def test_what_is_liked_is_hidden_by_no_lesson_only_by_the_person() -> None:
    lessons = learn([opinion(1, None, rules=(Rule("only_place", "Berlin"),))], {}).lessons
    judge = judge_by(lessons, {})
    far = PostingFacts(city="Hamburg")
    assert judge(JudgedMatch(uuid.UUID(int=2), 0.5, facts=far)).hidden_by == ("rule:only_place:Berlin",)
    assert judge(JudgedMatch(uuid.UUID(int=2), 0.5, facts=far, utility=0.9)).hidden_by == ()
    assert judge(JudgedMatch(uuid.UUID(int=2), 0.5, utility=0.9, hidden=True)).hidden_by == (BY_PERSON,)


def test_the_same_feedback_gives_the_same_lessons_and_less_of_it_takes_theirs_back() -> None:
    liked = [opinion(n, 0.8, score=0.8, kldb="43414") for n in range(12)]
    opinions = [*liked, *(opinion(20 + n, -0.8, score=0.2, kldb="61122") for n in range(12))]
    learned = learn(opinions, {})
    assert {lesson.kind for lesson in learned.lessons} == {"cutoff", "occupation"}
    assert learn(opinions, {}) == learned
    assert learn([one for one in opinions if one.liked], {}).lessons == ()
