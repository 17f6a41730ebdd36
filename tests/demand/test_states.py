"""Regions as sources write them, and the states that they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.demand.states import ALL, OTHER, PLACES, STATES, UNKNOWN, state_of, states_of


@pytest.mark.parametrize(
    ("region", "state"),
    [
        ("Baden-Württemberg", "BW"),
        ("BADEN_WUERTTEMBERG", "BW"),
        ("DE-BW", "BW"),
        ("Bavaria", "BY"),
        ("Freistaat Bayern", "BY"),
        ("NRW", "NW"),
        ("North Rhine-Westphalia", "NW"),
        ("sachsen anhalt", "ST"),
        ("Sachsen", "SN"),
        ("Thüringen", "TH"),
        ("", UNKNOWN),
        (" ", UNKNOWN),
        ("Wien", OTHER),
        ("北京", OTHER),
        ("?", OTHER),
    ],
)
def test_a_region_is_its_state_however_it_is_written(region: str, state: str) -> None:
    assert state_of(region) == state


def test_every_state_is_found_by_code_and_by_both_names() -> None:
    assert len(STATES) == 16
    for code, names in STATES.items():
        assert {state_of(one) for one in (code, f"DE-{code}", *names)} == {code}


@given(st.lists(st.text(max_size=30)))
def test_every_region_has_a_place_and_none_is_all(regions: list[str]) -> None:
    names, states = states_of(regions)
    assert names == sorted(set(regions))
    assert set(states) <= set(PLACES)
    assert ALL not in states
