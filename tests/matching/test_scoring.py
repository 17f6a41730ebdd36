"""The trade's own terms and the occupation decide; tiers and evidence say so."""

import numpy as np
import pytest

from tests.matching.world import facet, person, play, posting, skill
from ty_assets.matching.scoring import TIERS, ranking, tier, tiers
from ty_assets.matching.views import Job, RequirementView

GENERIC = [
    facet("German", "language", 7, cefr="B2"),
    facet("Teamwork", "soft_skill", 8),
    facet("Reliability", "soft_skill", 9),
]
NURSING = posting(
    "Pflegefachkraft (m/w/d)",
    [
        facet("Wound care"),
        facet("Medication administration", requirement=1),
        facet("Registered nurse", "degree", 2),
        *GENERIC,
    ],
    1,
    kldb="81302",
)
DATA = posting(
    "Data Engineer",
    [facet("Python", "tool"), facet("SQL", "tool", 1), facet("Data pipelines", requirement=2), *GENERIC],
    2,
    kldb="43414",
)
OFFICE = posting("Office Manager", [facet("Project management"), *GENERIC], 3, kldb="71402")

SOFT = [skill("Teamwork", "soft_skill"), skill("Reliability", "soft_skill"), skill("Project management")]
NURSE = person(
    [skill("Wound care"), skill("Registered nurse", "degree"), *SOFT],
    domains=frozenset({"nursing"}),
    kldb=("81302",),
    level=2,
    degree_level=1,
    jobs=(Job("Pflegefachkraft"),),
)
ENGINEER = person(
    [skill("Python", "tool"), skill("SQL", "tool"), *SOFT],
    domains=frozenset({"data", "it_software"}),
    kldb=("43414",),
    jobs=(Job("Data Engineer"),),
)


@pytest.mark.parametrize(("profile", "own"), [(NURSE, NURSING), (ENGINEER, DATA)])
def test_people_see_postings_of_their_own_trade_first(profile, own) -> None:  # type: ignore[no-untyped-def]
    result = play(profile, [NURSING, DATA, OFFICE])
    order = ranking(result.scores, result.gated.passed)
    assert order[0] == result.index(own)
    foreign = DATA if own is NURSING else NURSING
    assert result.scores.tier(result.index(own)) == "strong"
    assert result.scores.tier(result.index(foreign)) == "none"
    assert result.score(OFFICE) < result.score(own) / 2


def test_generic_terms_alone_make_no_match() -> None:
    generic = posting("Koch", GENERIC, 4, kldb="29302")
    result = play(NURSE, [generic])
    assert result.requirement_score(generic) == 1.0
    assert result.scores.tier(0) == "none"


def test_a_posting_without_requirements_is_scored_by_its_title_and_damped() -> None:
    own, other = posting("Pflegefachkraft", [], 1), posting("Baggerfahrer", [], 2)
    result = play(NURSE, [own, other])
    assert [result.scores.basis(i) for i in (0, 1)] == ["title", "title"]
    assert result.score(other) < 0.2 < result.score(own) < TIERS["strong"]


def test_gender_forms_of_a_title_do_not_matter() -> None:
    forms = [posting(t, [], n) for n, t in enumerate(["Pflegefachkraft (m/w/d)", "Pflegefachkraft"])]
    result = play(NURSE, forms)
    assert result.score(forms[0]) == result.score(forms[1]) > 0


@pytest.mark.parametrize(
    ("own", "asked", "same"),
    [
        ("Senior Data Engineer", "Data Engineer (m/w/d) – Aufbau einer Plattform", True),
        ("Pflegefachkraft", "Pflegefachkraft für die Geriatrie", True),
        ("Manager", "Manager für die Küche", False),
        ("Data Engineer", "Data Protection Officer", False),
    ],
)
def test_the_head_of_a_title_names_the_occupation(own: str, asked: str, same: bool) -> None:
    close = float(play(person(jobs=(Job(own),)), [posting(asked)]).scores.occupation[0]) + 1e-6
    assert bool(close >= 0.9) == same


def test_an_occupation_code_counts_digit_by_digit() -> None:
    views = [
        posting("Xyz", [], n, kldb=k) for n, k in enumerate(["81302", "81301", "81312", "81402", "84114", "11101"])
    ]
    close = play(person(kldb=("81302",)), views).scores.occupation
    assert (np.diff(close) < 0).all()
    assert (close[0], close[-1]) == (1.0, 0.0)


def test_a_title_that_sounds_alike_counts_less_where_the_codes_object() -> None:
    alone, against = posting("Pfleger", [], 1), posting("Pfleger", [], 2, kldb="12102")
    result = play(person(jobs=(Job("Pfleger"),), kldb=("81302",)), [alone, against])
    assert result.scores.occupation[result.index(alone)] == 1.0
    assert result.scores.occupation[result.index(against)] <= 0.5


def test_a_missing_must_costs_more_than_a_missing_wish() -> None:
    must = posting("Job", [facet("Python"), facet("Wound care", requirement=1, must=True)], 1)
    wish = posting("Job", [facet("Python"), facet("Wound care", requirement=1, must=False)], 2)
    result = play(person([skill("Python")]), [must, wish])
    assert result.score(must) < result.score(wish)


def test_what_is_matched_and_missing_is_told_by_requirement() -> None:
    result = play(NURSE, [NURSING])
    match = result.match(NURSING, [RequirementView(0, "You can dress wounds", "dress wounds")])
    assert {(e.facet, e.skill, e.credit) for e in match.matched} >= {
        ("Wound care", "Wound care", 1.0),
        ("German", "German C2", 1.0),
    }
    assert match.matched[0].requirement == "You can dress wounds"
    assert [(e.requirement_ordinal, e.facet, e.must) for e in match.missing] == [(1, "Medication administration", True)]
    assert match.missing[0].as_row()["credit"] < 0.5


def test_ties_are_broken_by_the_posting_id_and_gates_go_first() -> None:
    views = [posting("Job", [facet("Python")], n) for n in (3, 1, 2)]
    result = play(ENGINEER, views)
    assert [i.int for i in result.postings.posting_ids] == [1, 2, 3]
    assert ranking(result.scores, np.array([False, True, True])).tolist() == [1, 2, 0]


def test_a_score_does_not_depend_on_the_postings_beside_it() -> None:
    alone, together = play(NURSE, [DATA]), play(NURSE, [OFFICE, DATA, NURSING])
    assert alone.score(DATA) == pytest.approx(together.score(DATA), abs=1e-6)


def test_a_person_without_anything_gets_scores_and_no_error() -> None:
    result = play(person(languages={}), [NURSING, DATA, posting("Cook", [], 5)])
    assert np.isfinite(result.scores.score).all()
    assert result.match(NURSING).matched == ()


def test_no_postings_are_no_error() -> None:
    result = play(NURSE, [])
    assert len(result.scores.score) == len(result.gated.passed) == 0


@pytest.mark.parametrize(
    ("score", "name"), [(1.0, "strong"), (0.6, "strong"), (0.59, "partial"), (0.39, "weak"), (0.0, "none")]
)
def test_tiers_start_where_they_say(score: float, name: str) -> None:
    assert tier(score) == name
    assert tiers(np.array([score])) == [name]


def test_old_trades_count_less_than_the_last_one() -> None:
    from datetime import date

    long_ago = Job("Koch", None, date(1995, 1, 1), date(2000, 1, 1))
    lately = Job("Pflegefachkraft", None, date(2001, 1, 1), date(2024, 1, 1))
    assert person(jobs=(lately, long_ago)).titles() == [("Pflegefachkraft", 1.0), ("Koch", 0.6)]
