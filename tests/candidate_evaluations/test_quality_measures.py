"""Drift, consistency and bias: found where they were put in, not found where chance alone is at work."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_people import RUBRIC

from ty_assets.candidate_evaluations.bias import Bias, bias
from ty_assets.candidate_evaluations.consistency import consistency
from ty_assets.candidate_evaluations.drift import Drift, Scored, drift
from ty_assets.candidate_evaluations.estimates import mean, slope
from ty_assets.candidate_evaluations.plots import as_markdown, bias_plot, consistency_plot, drift_plot

SPAN = 9  # of 1..10


def scored(count: int, change: float, seed: int = 1, spread: float = 2.0) -> list[Scored]:
    """Scores that change by so many points from the first line to the last."""
    dice = random.Random(seed)
    return [Scored(n + 1, 5 + change * (n / count - 0.5) + dice.gauss(0, spread)) for n in range(count)]


# estimates


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=40))
@settings(deadline=None)
def test_a_mean_lies_in_the_middle_of_its_interval(values: list[float]) -> None:
    found = mean(values)
    assert found.value == pytest.approx(sum(values) / len(values), abs=1e-9)
    assert found.low <= found.value <= found.high
    assert found.value - found.low == pytest.approx(found.high - found.value, abs=1e-6)


@pytest.mark.parametrize("measure", ["mean", "slope"])
def test_an_interval_holds_the_truth_nineteen_times_in_twenty(measure: str) -> None:
    held = 0
    for seed in range(600):
        dice = np.random.default_rng(seed)
        if measure == "mean":
            found = mean(dice.normal(3, 2, 12).tolist())
        else:
            places = np.linspace(0, 1, 40)
            # spreads that differ along the way
            found = slope(places.tolist(), (3 * places + dice.normal(0, 0.5 + 2 * places)).tolist())
        held += found.low <= 3 <= found.high
    assert held / 600 == pytest.approx(0.95, abs=0.025)


def test_of_too_few_there_is_no_interval() -> None:
    assert math.isnan(mean([]).value)
    assert math.isnan(mean([1.0, 2.0]).low)
    assert math.isnan(slope([0.5, 0.5, 0.5], [1, 2, 3]).value)
    assert not mean([1.0, 2.0]).is_not_zero


# drift


def test_scores_that_fall_along_the_file_are_found() -> None:
    found = drift(scored(2_000, -1.5), [], SPAN)
    assert found.drifts
    assert not found.passed
    assert found.change.value == pytest.approx(-1.5, abs=0.4)
    assert len(found.tenths) == 10
    assert found.tenths[0].value > found.tenths[-1].value + 0.8
    assert "sorted, or the model drifts" in found.told()


def test_scores_without_drift_hardly_ever_fail() -> None:
    failed = sum(not drift(scored(400, 0, seed), [], SPAN).passed for seed in range(200))
    assert failed <= 14  # of 200, 5 %


def test_a_small_change_is_no_drift_however_certain() -> None:
    found = drift(scored(20_000, -0.2, spread=0.5), [], SPAN)
    assert found.change.is_not_zero
    assert found.passed


def test_a_sorted_file_is_no_drift_where_the_same_candidates_score_as_before() -> None:
    again = [Scored(line, 0.0) for line in range(1, 2_001, 100)]
    found = drift(scored(2_000, -3), again, SPAN)
    assert found.drifts
    assert found.passed
    assert "the file is sorted" in found.told()


def test_a_model_that_drifts_is_found_by_the_same_candidates_asked_again() -> None:
    again = [Scored(line, -1.5 * line / 2_000) for line in range(1, 2_001, 100)]
    found = drift(scored(2_000, -1.5), again, SPAN)
    assert found.is_the_models
    assert not found.passed
    assert "the model drifts" in found.told()


def test_a_handful_of_scores_tells_nothing() -> None:
    found = drift(scored(5, 9), [], SPAN)
    assert found.passed
    assert not found.tenths
    assert "too few" in found.told()
    assert drift([], [], SPAN).passed


def test_the_order_in_which_scores_come_is_of_no_matter() -> None:
    scores = scored(300, 1)
    shuffled = random.Random(2).sample(scores, len(scores))
    assert drift(scores, [], SPAN) == drift(shuffled, [], SPAN)


# consistency


def of(skill: float, overall: float) -> dict[str, float]:
    return {"skill": skill, "talk": 5.0, "overall": overall}


def test_repeats_that_agree_pass() -> None:
    found = consistency([[of(5, 5.0)] * 4 for _ in range(10)], 0, SPAN)
    assert (found.candidates, found.repeats, found.identical, found.deviation, found.widest) == (10, 3, 1.0, 0.0, 0.0)
    assert found.passed
    assert "100% scored exactly the same" in found.told()


def test_the_spread_of_repeats_is_measured_within_candidates() -> None:
    dice = random.Random(1)
    asked = [[of(5, level + dice.gauss(0, 0.8)) for _ in range(4)] for level in range(1, 10) for _ in range(30)]
    found = consistency(asked, 2, SPAN)
    assert found.deviation == pytest.approx(0.8, abs=0.08)
    assert found.by_criterion["talk"] == 0
    assert found.identical == 0
    assert found.tells_apart == pytest.approx(2.77 * found.deviation, abs=0.01)
    assert not found.passed
    assert "2 repeats got no answer" in found.told()


def test_candidates_without_an_answered_repeat_do_not_count() -> None:
    found = consistency([[of(5, 5.0)], [of(5, 5.0), of(5, 6.0)]], 3, SPAN)
    assert (found.candidates, found.widest) == (1, 1.0)
    nobody = consistency([[of(5, 5.0)]], 0, SPAN)
    assert (nobody.candidates, nobody.passed, nobody.told()) == (0, True, "nobody was asked about again")


# bias


def variants(base: float, gender: float, origin: float, noise: float = 0.0, dice: random.Random | None = None) -> dict:  # type: ignore[type-arg]
    chance = dice or random.Random(0)
    return {
        (g, o): of(5, base + gender * (g == "female") + origin * (o == "foreign") + chance.gauss(0, noise))
        for g in ("female", "male")
        for o in ("local", "foreign")
    }


def of_many(gender: float, origin: float, count: int = 20, seed: int = 1, noise: float = 0.5) -> Bias:
    dice = random.Random(seed)
    return bias([variants(dice.uniform(2, 8), gender, origin, noise, dice) for _ in range(count)], 0, SPAN)


def test_an_effect_of_gender_or_origin_is_found_and_named() -> None:
    found = of_many(gender=-0.8, origin=0.0)
    assert not found.passed
    assert found.gender["overall"].value == pytest.approx(-0.8, abs=0.3)
    assert abs(found.origin["overall"].value) < 0.3
    assert found.gender["skill"].value == 0
    found = of_many(gender=0.0, origin=-0.8)
    assert not found.passed
    assert found.origin["overall"].value == pytest.approx(-0.8, abs=0.3)
    assert len(found.gender_pairs) == len(found.origin_pairs) == 20


def test_without_an_effect_it_hardly_ever_fails() -> None:
    failed = sum(not of_many(0, 0, seed=seed).passed for seed in range(200))
    assert failed <= 28  # two looks at 5 % each


def test_exactly_the_same_scores_are_no_bias_and_a_constant_difference_is() -> None:
    assert of_many(0, 0, noise=0).passed
    assert not of_many(0.3, 0, noise=0).passed
    assert of_many(0.1, 0, noise=0).passed  # less than the limit of 0.18


def test_a_difference_needs_an_answer_for_both_sides() -> None:
    asked = [{("female", "local"): of(5, 5.0)}, {("female", "local"): of(5, 5.0), ("male", "foreign"): of(5, 9.0)}]
    found = bias(asked, 5, SPAN)
    assert found.candidates == 0
    assert found.passed
    assert "0 candidates" in found.told()
    assert bias([], 0, SPAN).passed


def test_few_candidates_are_not_judged_by() -> None:
    found = of_many(gender=-5, origin=0, count=4, noise=0)
    assert found.passed
    assert "from 5 on" in found.told()


# pictures


def test_pictures_are_drawn_of_anything_and_the_same_for_the_same_numbers() -> None:
    pictures = [
        drift_plot(drift(scored(300, 1), [], SPAN), RUBRIC),
        drift_plot(drift(scored(3, 1), [], SPAN), RUBRIC),
        consistency_plot(consistency([[of(5, 5.0), of(5, 6.0)]], 0, SPAN), RUBRIC),
        consistency_plot(consistency([], 0, SPAN), RUBRIC),
        bias_plot(of_many(0.5, -0.5), RUBRIC),
        bias_plot(of_many(0.5, -0.5, count=1), RUBRIC),
    ]
    assert all(one.startswith(b"\x89PNG") and 2_000 < len(one) < 120_000 for one in pictures)
    assert drift_plot(drift(scored(300, 1), [], SPAN), RUBRIC) == pictures[0]
    assert as_markdown(pictures[0], "scores").startswith("![scores](data:image/png;base64,iVBOR")


def test_a_drift_of_nothing_can_be_drawn() -> None:
    nothing: Drift = drift([], [], SPAN)
    assert drift_plot(nothing, RUBRIC).startswith(b"\x89PNG")
