"""What advertisements state, and which of them break a rule: silence breaks none."""

import pytest

from ty_assets.feedback.facts import stated_facts
from ty_assets.feedback.rules import PostingFacts, Rule, breaks


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Wir bieten 2 Tage Homeoffice pro Woche", 3),
        ("Hybrid work: two days in the office", 2),
        ("Homeoffice bis zu 40 %", 3),
        ("100 % remote", 0),
        ("kein Homeoffice möglich", 5),
        ("mobiles Arbeiten an bis zu 3 Tagen pro Woche", 2),
        ("on-site presence five days", 5),
        ("flexible Arbeitszeiten und Homeoffice", None),
        ("30 Tage Urlaub", None),
    ],
)
def test_days_in_the_office_are_counted_only_where_they_are_stated(text: str, days: float | None) -> None:
    assert stated_facts("Titel", text, None).office_days == days


def test_conditions_are_read_wherever_they_stand_and_not_where_they_are_denied() -> None:
    stated = stated_facts(
        "Bäcker", "Schichtzulage. Ohne Wochenendarbeit! Keine Rufbereitschaft, Dienstreisen möglich", None
    )
    assert stated.conditions == {"Shift work", "Willingness to travel"}


@pytest.mark.parametrize(
    ("title", "text", "times"),
    [
        ("Koch in Teilzeit", "Wir sind ein Team in Vollzeit.", {"part"}),
        ("Koch", "Voll- oder Teilzeit", {"full", "part"}),
        ("Koch", "Teilzeit möglich", {"full", "part"}),
        ("Koch", "Wir kochen.", set()),
    ],
)
def test_the_title_s_working_time_goes_before_the_text_s(title: str, text: str, times: set[str]) -> None:
    assert stated_facts(title, text, None).working_times == times


def conditions(*terms: str) -> PostingFacts:
    return PostingFacts(conditions=frozenset(terms))


def times(*names: str) -> PostingFacts:
    return PostingFacts(working_times=frozenset(names))


SILENT = PostingFacts(title="Data Engineer")


@pytest.mark.parametrize(
    ("rule", "broken", "kept"),
    [
        (Rule("no_condition", "Shift work"), conditions("Night shift"), conditions("Overtime")),
        (Rule("max_office_days", "2"), PostingFacts(office_days=3), PostingFacts(office_days=2)),
        (Rule("only_place", "Berlin, Potsdam"), PostingFacts(city="Hamburg"), PostingFacts(city="14482 Potsdam")),
        (Rule("only_place", "Berlin"), PostingFacts(city="Hamburg"), PostingFacts(city="Hamburg", remote=True)),
        (Rule("no_field", "sales"), PostingFacts(kldb="61122"), PostingFacts(kldb="43414", title="Vertrieb")),
        (Rule("no_field", "sales"), PostingFacts(title="Mitarbeiter Vertrieb"), SILENT),
        (Rule("no_term", "SAP"), PostingFacts(terms=frozenset({"SAP"})), PostingFacts(terms=frozenset({"SQL"}))),
        (Rule("min_pay", "60000"), PostingFacts(pay=55e3), PostingFacts(pay=65e3)),
        (Rule("working_time", "part"), times("full"), times("full", "part")),
        (Rule("max_hours", "30"), PostingFacts(hours=40), PostingFacts(hours=20)),
        (Rule("permanent_only"), PostingFacts(conditions=frozenset({"Temporary contract"})), SILENT),
        (Rule("no_agency"), PostingFacts(agency=True), SILENT),
    ],
)  # fmt: skip
def test_a_posting_breaks_a_rule_only_by_what_it_states(rule: Rule, broken: PostingFacts, kept: PostingFacts) -> None:
    assert breaks(rule, broken)
    assert not breaks(rule, kept)
    assert not breaks(rule, SILENT)


def test_a_distance_is_from_home_and_remote_work_is_anywhere() -> None:
    rule = Rule("max_distance", "30")
    assert breaks(rule, PostingFacts(city="Hamburg", kilometres=255))
    assert not breaks(rule, PostingFacts(city="Potsdam", kilometres=26))
    assert not breaks(rule, PostingFacts(city="Hamburg", kilometres=255, remote=True))
    assert not breaks(rule, PostingFacts(city="Hamburg"))  # where the person lives is not known
