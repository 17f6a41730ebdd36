"""What a posting proves of a model's answer, beside the quotes that each stage checks."""

import pytest

from tests.readings.test_reading_task import facet
from ty_assets.readings.evidence import canonical, each_once, in_words_of_its_quote, lines_that_ask
from ty_assets.requirements.task import Requirement
from ty_assets.summaries.task import PostingText


def requirement(text: str, quote: str) -> Requirement:
    return Requirement(text=text, quote=quote, must=True, kind="skill")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Sehr gute Kenntnisse in Python", "Sehr gute Kenntnisse in Python oder Java"),
        ("Fließende Deutschkenntnisse", "Fließende Deutsch- und gute Englischkenntnisse"),
        ("Degree in computer science", "Degree in\ncomputer science or comparable training"),
        ("SQL and C++", "Experience with SQL, C++ and Rust"),
    ],
)
def test_a_requirement_may_be_shortened(text: str, quote: str) -> None:
    assert in_words_of_its_quote(requirement(text, quote)).text == text


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Ten years of experience with Kubernetes", "Experience with Docker"),
        ("Geduld und SAP", "Geduld"),
        ("German C1", "German at level B1"),
    ],
)
def test_a_requirement_that_says_more_than_its_quote_says_what_is_quoted(text: str, quote: str) -> None:
    assert in_words_of_its_quote(requirement(text, quote)).text == quote


def test_a_facet_bears_the_name_of_what_it_quotes() -> None:
    told = facet(0, "Kubernetes", "Python")
    assert canonical(told, "Kenntnisse in Python", "de").term == "Python"


def test_an_experience_keeps_its_matter_which_stands_beside_the_quote() -> None:
    told = facet(0, "Python", "At least three years of experience", kind="experience", years=3)
    assert canonical(told, "At least three years of experience with Python", "en") == told


def test_an_experience_in_something_that_is_not_asked_for_is_any_experience() -> None:
    told = facet(0, "Nursing", "At least three years of experience", kind="experience", years=3)
    assert canonical(told, "At least three years of experience with Python", "en").term == "Professional experience"


def test_a_demand_repeated_is_one_demand() -> None:
    facets = [facet(0, "Python", "Python"), facet(0, "Python", "Python"), facet(1, "Python", "Python")]
    assert each_once(facets) == [facets[0], facets[2]]


def test_lines_that_ask_are_counted_without_a_model() -> None:
    text = "Ihre Aufgaben\n- Regale einräumen\nIhr Profil\n- Geduld\n- Sorgfalt\n- Staplerschein\nWir bieten\n- Urlaub"
    assert lines_that_ask(PostingText(title="Aushilfe", description=text, language="de")) == 3
