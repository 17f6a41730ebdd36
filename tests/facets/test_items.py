"""Where the members of a line are, and which of them demand nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.facets.items import asides, given_spans, items
from ty_assets.facets.likeness import likely_kind


def members(line: str) -> list[str]:
    return [line[i.start : i.end] for i in items(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Hydraulik, Pneumatik und SPS", ["Hydraulik", "Pneumatik", "SPS"]),
        ("Java/Kotlin (Spring)", ["Java", "Kotlin", "Spring"]),
        ("1,5 Jahre, TCP/IP", ["1,5 Jahre", "TCP/IP"]),
        ("Kaufmann/-frau (m/w/d) oder Fachwirt/in", ["Kaufmann/-frau (m/w/d)", "Fachwirt/in"]),
        ("Bereitschaft, sich fortzubilden", ["Bereitschaft, sich fortzubilden"]),
        ("Verbundenheit mit dem Kundenhandel", ["Verbundenheit mit dem Kundenhandel"]),
        ("Antriebs- und Sicherheitstechnik", ["Antriebs-", "Sicherheitstechnik"]),
        ("mind. 2 Jahre", ["mind. 2 Jahre"]),
        ("", []),
    ],
)
def test_a_line_is_cut_at_what_joins_its_members(line: str, expected: list[str]) -> None:
    assert members(line) == expected


@given(st.text(max_size=200))
def test_members_of_any_line_follow_each_other_without_overlap(line: str) -> None:
    found = items(line)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(line[i.start : i.end].strip() == line[i.start : i.end] != "" for i in found)
    given_spans(line)


def test_what_the_employer_gives_is_told_from_what_is_asked_for() -> None:
    line = "Python sicher, Docker zeigen wir dir"
    (span,) = given_spans(line)
    assert line[slice(*span)].strip() == "Docker zeigen wir dir"
    assert given_spans("Wir erwarten Python") == []


def test_a_reason_is_an_aside() -> None:
    line = "Englisch, weil unser Team international ist, SQL"
    assert [members(line)[i] for i in sorted(asides(line, items(line)))] == ["weil unser Team international ist"]


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("Schneidertalent", "soft_skill"),
        ("Taucherschein", "licence"),
        ("juggling certificate", "licence"),
        ("Korbflechten", "skill"),
        ("thatching", "skill"),
    ],
)
def test_an_unknown_phrase_is_of_the_kind_that_its_words_and_endings_have_in_the_vocabulary(
    phrase: str, kind: str
) -> None:
    assert likely_kind(phrase) == kind


def test_a_single_word_is_of_the_kind_of_its_neighbours() -> None:
    assert likely_kind("Witz", "soft_skill") == "soft_skill"
