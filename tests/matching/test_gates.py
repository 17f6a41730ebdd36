"""Gates stop what was found out to be impossible, say why, and let the unknown pass."""

import pytest

from tests.matching.world import facet, person, play, posting, skill
from ty_assets.matching.gates import GATES, reasons
from ty_assets.matching.views import PostingView, ProfileView


def passes(profile: ProfileView, view: PostingView, gate: str) -> bool:
    return play(profile, [view]).passes(view)[gate]


def test_a_guarded_domain_lets_only_its_people_in() -> None:
    view = posting("Job", domain_gates=("legal", "tax"))
    assert not passes(person(domains=frozenset({"sales"})), view, "domain")
    assert passes(person(domains=frozenset({"tax"})), view, "domain")
    assert passes(person(), posting("Job"), "domain")


@pytest.mark.parametrize(
    ("kldb", "level", "passed"),
    [
        ("71301", 2, True),
        ("71301", 3, False),
        ("71304", 2, False),
        ("71304", 3, True),
        ("71304", None, True),
        (None, 1, True),
    ],
)
def test_two_levels_apart_are_another_career(kldb: str | None, level: int | None, passed: bool) -> None:
    assert passes(person(level=level), posting("Job", kldb=kldb), "level") is passed


@pytest.mark.parametrize(("own", "passed"), [("B2", True), ("B1", True), ("A2", False), (None, False)])
def test_a_required_language_two_steps_above_stops(own: str | None, passed: bool) -> None:
    view = posting("Job", [facet("English", "language", cefr="B2")])
    languages = {"German": "C2"} | ({"English": own} if own else {})
    assert passes(person(languages=languages), view, "language") is passed


def test_a_wished_language_or_an_alternative_stops_nobody() -> None:
    wish = posting("Job", [facet("English", "language", cefr="C2", must=False)])
    either = posting("Job", [facet(t, "language", cefr="C1", alternative_group=1) for t in ("English", "German")])
    assert passes(person(), wish, "language")
    assert passes(person(), either, "language")


def test_a_person_of_whose_languages_nothing_is_known_passes() -> None:
    view = posting("Job", [facet("English", "language", cefr="C2")])
    assert passes(person(languages={}), view, "language")


def test_the_language_a_profile_is_written_in_is_spoken() -> None:
    view = posting("Job", [facet("German", "language", cefr="B2")])
    assert passes(person(languages={"English": "C1"}, language="de"), view, "language")
    assert not passes(person(languages={"English": "C1"}, language="en"), view, "language")


def test_a_required_licence_must_be_held() -> None:
    view = posting("Job", [facet("Driving licence CE", "licence")])
    assert not passes(person([skill("Driving licence B", "licence")]), view, "licence")
    assert passes(person([skill("Driving licence CE", "licence")]), view, "licence")
    assert passes(person(), posting("Job", [facet("Driving licence CE", "licence", must=False)]), "licence")


def test_a_car_licence_is_hardly_ever_stated_and_stops_nobody() -> None:
    assert passes(person(), posting("Job", [facet("Driving licence B", "licence")]), "licence")


def test_a_wish_for_remote_work_or_a_place_is_kept() -> None:
    berlin, remote = posting("Job", city="Berlin", remote=False), posting("Job", city="Bonn", remote=True)
    nowhere = posting("Job")
    assert passes(person(city="Hamburg"), berlin, "place")  # a home is no wish
    assert not passes(person(remote_only=True), berlin, "place")
    assert not passes(person(remote_only=True), nowhere, "place")
    assert passes(person(remote_only=True), remote, "place")
    wish = person(wished_places=("BERLIN",))
    assert passes(wish, berlin, "place")
    assert passes(wish, remote, "place")
    assert passes(wish, nowhere, "place")
    assert not passes(wish, posting("Job", city="Köln", region="NRW"), "place")


def test_an_unwanted_condition_stops_unless_it_is_denied() -> None:
    night, day = facet("Night shift", "condition"), facet("Night shift", "condition", negated=True)
    wish = person(unwanted_conditions=frozenset({"Night shift"}))
    assert not passes(wish, posting("Job", [night]), "conditions")
    assert passes(wish, posting("Job", [day]), "conditions")
    assert passes(person(), posting("Job", [night]), "conditions")


@pytest.mark.parametrize(("offered", "passed"), [(42_000.0, True), (41_999.0, False), (None, True)])
def test_what_pays_less_than_is_wished_for_stops_and_what_does_not_say_passes(
    offered: float | None, passed: bool
) -> None:
    view = posting("Job", pay=offered)
    assert passes(person(minimum_pay=42_000.0), view, "pay") is passed
    assert passes(person(), view, "pay")


def test_every_gate_has_a_sentence_in_both_languages_and_names_what_is_missing() -> None:
    view = posting(
        "Job",
        [
            facet("English", "language", cefr="C1"),
            facet("Forklift licence", "licence", 1),
            facet("Night shift", "condition", 2),
        ],
        kldb="71304",
        city="Köln",
        domain_gates=("nursing",),
        pay=40_000.0,
    )
    wish = person(
        level=1, minimum_pay=50_000.0, wished_places=("Berlin",), unwanted_conditions=frozenset({"Night shift"})
    )
    result = play(wish, [view])
    for language in ("de", "en"):
        found = reasons(result.postings, result.texts, result.gated, result.person, 0, language)
        assert [r.gate for r in found] == list(GATES)
        assert not any(r.passed for r in found)
        assert all(r.reason.endswith(".") and r.reason[0].isupper() and "{" not in r.reason for r in found)
    german = {r.gate: r.reason for r in reasons(result.postings, result.texts, result.gated, result.person, 0, "de")}
    assert "Englisch C1" in german["language"]
    assert "Pflege" in german["domain"]
    assert "Experte" in german["level"]
    assert "Berlin" in german["place"]
    assert "40.000" in german["pay"]
    assert "50.000" in german["pay"]


def test_a_score_that_the_distance_has_lowered_says_so() -> None:
    def told(view: PostingView, language: str, city: str = "Berlin") -> str:
        result = play(person(city=city), [view])
        found = reasons(result.postings, result.texts, result.gated, result.person, 0, language)
        (place,) = (r for r in found if r.gate == "place")
        assert place.passed
        return place.reason

    far = posting("Job", city="Köln")
    assert told(far, "en").endswith("Köln is about 479 km from Berlin, so the score counts 20%.")
    assert told(far, "de").endswith("Köln liegt etwa 479 km von Berlin, deshalb zählt die Bewertung zu 20 %.")
    for near in (posting("Job", city="Potsdam"), posting("Job", city="Köln", remote=True), posting("Job")):
        assert told(near, "en") == "The profile names no wish for a place."
    assert told(far, "de", city="Nirgendwo") == "Das Profil nennt keinen Ortswunsch."


def test_each_posting_is_judged_by_itself() -> None:
    views = [posting("Job", [facet("Forklift licence", "licence")] if n % 2 else [], n) for n in range(6)]
    assert play(person(), views).gated.passed.tolist() == [True, False] * 3
