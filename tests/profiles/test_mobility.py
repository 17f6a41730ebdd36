"""What a summary says about moving and about towns to work in."""

import pytest

from ty_assets.profiles.mobility import read_mobility


@pytest.mark.parametrize(
    "summary",
    [
        "Für die passende Stelle würde ich umziehen.",
        "I am open to relocation within Germany.",
        "Ich suche deutschlandweit.",
        "I am looking for a post in Germany.",
    ],
)
def test_who_would_move_says_so(summary: str) -> None:
    assert read_mobility(summary).moves


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "Ein Umzug kommt nicht infrage.",
        "Kein Umzug.",
        "Position im Außendienst, ohne Umzug.",
        "I am not willing to relocate.",
        "Ich suche eine Stelle remote innerhalb Deutschlands.",
        "I worked in Germany.",
    ],
)
def test_a_denial_and_work_from_home_are_no_wish_to_move(summary: str) -> None:
    assert not read_mobility(summary).moves


def test_towns_are_those_of_sentences_that_seek() -> None:
    sought = read_mobility("Ich habe in Wien studiert. Ich suche eine Stelle in Dresden, Pirna oder Meißen.")
    assert sought.towns == ("Dresden", "Pirna", "Meißen")
