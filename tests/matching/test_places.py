import numpy as np
import pytest

from ty_assets.matching.places import FAR_AWAY, distance, place_factors, town


@pytest.mark.parametrize(
    ("home", "city", "expected"),
    [("Hamburg", "München", 612), ("Hamburg", "Munich", 612), ("Köln", "Düsseldorf", 34), ("Berlin", "Potsdam", 27)],
)
def test_distances_are_those_of_the_map(home: str, city: str, expected: float) -> None:
    assert distance(home, city) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Frankfurt am Main, Hessen", "Frankfurt am Main"),
        ("Garching bei München", "Garching"),
        ("Wolfsburg (Werk 2)", "Wolfsburg"),
        (" freiburg im breisgau ", "Freiburg"),
    ],
)
def test_a_town_is_found_as_advertisements_write_it(written: str, name: str) -> None:
    assert town(written) == town(name) is not None


def test_what_is_near_counts_in_full_and_what_is_far_hardly() -> None:
    factors = place_factors("Stuttgart", ["Stuttgart", "Esslingen", "Karlsruhe", "Hamburg", "Nirgendwo", None])
    assert factors[[0, 1, 4, 5]] == pytest.approx(1.0)
    assert FAR_AWAY < factors[2] < 1.0
    assert factors[3] == pytest.approx(FAR_AWAY)


def test_nothing_is_held_against_anything_where_the_home_is_not_known() -> None:
    assert np.array_equal(place_factors(None, ["Hamburg", None]), [1.0, 1.0])
    assert np.array_equal(place_factors("Nirgendwo", ["Hamburg"]), [1.0])
    assert len(place_factors("Hamburg", [])) == 0
