"""What a job title says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.facets.vocabulary import domains
from ty_assets.profiles.positions import read_positions, seniority_of, title_level


@pytest.mark.parametrize(
    ("title", "roles"),
    [
        ("Krankenpfleger:in (m/w/d)", ["nurse"]),
        ("Data Engineer", ["data_engineer"]),
        ("Softwareentwickler für Buchhaltungssysteme", ["software_developer"]),
        ("Kauffrau für Büromanagement", ["office_clerk"]),
        ("Assistenz der Geschäftsführung", ["office_clerk"]),
        ("Köchin / Kellnerin", ["cook", "hotel_clerk"]),
        ("Head of Accounting", ["accountant"]),
        ("Halbleiter", []),
        ("", []),
    ],
)
def test_roles_are_read_from_german_and_english_titles(title: str, roles: list[str]) -> None:
    assert [position.role for position in read_positions(title)] == roles


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("Teamleiterin Einkauf", "lead"),
        ("Head of Data", "lead"),
        ("Küchenchef", "lead"),
        ("Projektleiter", None),
        ("Halbleiter-Techniker", None),
        ("Lead Generation Manager", None),
        ("Assistant to the CEO", None),
        ("Senior Controller", "senior"),
        ("Junior Developer", "junior"),
        ("Praktikant der Bereichsleitung", "trainee"),
        ("Erzieherin in Ausbildung", "trainee"),
    ],
)
def test_seniority_is_read_from_the_title(title: str, seniority: str | None) -> None:
    assert seniority_of(title) == seniority


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Lagerhelfer", 1),
        ("Küchenhilfe", 1),
        ("Elektroniker", 2),
        ("Schichtleiter", 3),
        ("Rechtsanwältin", 4),
        ("Werkstudent Marketing", None),
        ("Ninja", None),
    ],
)
def test_titles_have_a_requirement_level(title: str, level: int | None) -> None:
    assert title_level(title) == level


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_title_can_be_read(title: str) -> None:
    assert all(position.domain in domains() for position in read_positions(title))
    assert title_level(title) in (None, 1, 2, 3, 4)
