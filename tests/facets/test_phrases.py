"""The open vocabulary: what a line asks for in its own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.facets.phrases import head_phrase, open_span


def phrase(line: str) -> tuple[str, str] | None:
    found = head_phrase(line)
    return found and (line[found.start : found.end], found.kind)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Sie verfügen über fundierte Kenntnisse in der Falknerei.", ("Falknerei", "skill")),
        ("- Erfahrung mit der Restaurierung von Orgeln", ("Restaurierung von Orgeln", "skill")),
        ("Experience with beekeeping and honey", ("beekeeping and honey", "skill")),
        ("You have a deep understanding of falconry", ("falconry", "skill")),
        ("Guter Geruchs- und Geschmackssinn", ("Geruchs- und Geschmackssinn", "skill")),
        (
            "Kenntnisse politischer und parlamentarischer Abläufe",
            ("politischer und parlamentarischer Abläufe", "skill"),
        ),
        ("Freude an kniffligen Rätseln", ("kniffligen Rätseln", "soft_skill")),
        ("Bereitschaft zur Wohnsitznahme in Bern", ("Wohnsitznahme in Bern", "condition")),
        ("Bitte bewerben Sie sich über unser Portal", None),
        ("Das bringst du mit:", None),
        ("Keine Vorkenntnisse nötig", None),
        ("Ask for Paulina", None),
        ("Send a short e-mail about yourself", None),
        ("...", None),
    ],
)
def test_a_line_is_cut_down_to_the_matter(line: str, expected: tuple[str, str] | None) -> None:
    assert phrase(line) == expected


@given(st.text(max_size=200))
def test_any_line_is_cut_to_a_span_of_at_most_eight_words(line: str) -> None:
    whole = head_phrase(line)
    for start, end in filter(None, (whole and whole[:2], open_span(line, 0, len(line)))):
        assert 0 <= start < end <= len(line)
        assert len(line[start:end].split()) <= 8
        assert line[start:end] == line[start:end].strip()
