"""Titles that name the same trade in other words are found by their role."""

from ty_assets.matching.title_words import TitleWords, title_roles


def test_a_role_is_read_from_compounds_and_phrases() -> None:
    assert {p.role for p in title_roles("Schulsozialarbeiterin (m/w/d)")} == {"social_worker"}
    assert {p.role for p in title_roles("Junior Data Analyst")} == {"data_analyst"}


def test_what_anybody_may_be_called_is_no_trade() -> None:
    assert title_roles("Sachbearbeiter") == frozenset()
    assert title_roles("Projektleiter im Bauwesen") == frozenset()


def test_rows_of_a_role_are_those_of_the_own_titles() -> None:
    first = TitleWords.of(["Sozialpädagogin", "Koch"])
    more = first.with_more(["Sozialarbeiter"])
    assert first.of_role("social_worker").tolist() == [0]
    assert more.of_role("social_worker").tolist() == [0, 2]
