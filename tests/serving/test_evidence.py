"""Pure parts of the view: the matrix, the marked quotes, languages, links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.evidence import marked, step
from serving.language import LANGUAGES, preferred, strings
from serving.matches import Requirement
from serving.rendering import web_link


def requirement(ordinal: int, quote: str, must: bool = True) -> Requirement:
    return Requirement(
        ordinal=ordinal, text=quote, quote=quote, must=must, kind="skill", model="rules", task_version="1"
    )


@given(text=st.text("ab \n<", max_size=60), quotes=st.lists(st.text("ab \n<", max_size=8), max_size=6))
def test_marking_never_changes_the_text(text: str, quotes: list[str]) -> None:
    requirements = [requirement(ordinal, quote) for ordinal, quote in enumerate(quotes)]
    segments, anchors = marked(text, requirements)
    assert "".join(segment.text for segment in segments) == text
    here = [segment.anchor for segment in segments if segment.anchor is not None]
    assert len(here) == len(set(here)), "an id stands once in a page"
    assert set(anchors.values()) == set(here)
    for found in requirements:
        folded = " ".join(found.quote.split())
        if found.ordinal in anchors:
            segment = next(s for s in segments if s.anchor == anchors[found.ordinal])
            assert folded in " ".join(segment.text.split())


def test_a_quote_is_found_across_a_line_break_and_overlapping_quotes_share_a_mark() -> None:
    text = "You know\n  Python well, and SQL. More."
    quotes = [requirement(0, "know Python well", must=False), requirement(1, "Python well, and SQL")]
    segments, anchors = marked(text, quotes)
    assert [(s.text, s.anchor, s.must) for s in segments] == [
        ("You ", None, False),
        ("know\n  Python well, and SQL", 0, True),
        (". More.", None, False),
    ]
    assert anchors == {0: 0, 1: 0}


def test_a_quote_that_is_not_in_the_text_marks_nothing() -> None:
    segments, anchors = marked("Cooking.", [requirement(0, "Python"), requirement(1, " ")])
    assert [segment.text for segment in segments] == ["Cooking."]
    assert anchors == {}


@given(st.floats(allow_nan=False))
def test_every_value_has_one_of_the_eleven_colours(value: float) -> None:
    assert 0 <= step(value) <= 10


def test_both_languages_have_the_same_strings_with_the_same_places() -> None:
    english, german = strings("en"), strings("de")
    assert english.keys() == german.keys()
    for key, text in english.items():
        if key != "day":  # months have names in one and may have numbers in the other
            assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", german[key])), key


@given(st.text(max_size=60) | st.from_regex(r"([a-z]{2}(-[A-Z]{2})?(;q=[0-9.]{1,4})?,){0,4}", fullmatch=True))
def test_any_accept_language_header_gives_a_language(header: str) -> None:
    assert preferred(header) in LANGUAGES


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de;q=0, en;q=0.1", "en"),
        ("en;q=0.2,de;q=0.8", "de"),
        ("DE-ch", "de"),
        ("de;q=nan,en", "en"),
        ("", "en"),
    ],
)
def test_the_language_with_the_highest_quality_is_taken(header: str, language: str) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/a", True),
        (" http://example.org ", True),
        ("HTTPS://example.org", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://", False),
        ("http://[", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_linked(url: str | None, linked: bool) -> None:
    assert (web_link(url) is not None) == linked
