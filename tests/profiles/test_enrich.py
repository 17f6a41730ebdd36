"""What follows from a career by rule."""

from datetime import date
from typing import Any

import pytest

from ty_assets.facets.vocabulary import domains, vocabulary
from ty_assets.profiles.anonymise import anonymised
from ty_assets.profiles.document import AnonymousProfile
from ty_assets.profiles.enrich import domains_of, implied_facets, kldb_level, rules
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.positions import _words
from ty_assets.profiles.task import ProfileFacetsTask, profile_jobs


def person(**resume: Any) -> AnonymousProfile:
    return anonymised(parse_json_resume(resume, "x"))


def job(position: str, start: str | None = "2020-01", end: str | None = "2025-12", text: str = "") -> dict[str, Any]:
    return {"position": position, "name": "Firm", "startDate": start, "endDate": end, "summary": text}


def domains_by_rule(profile: AnonymousProfile) -> list[str]:
    return domains_of(profile, ProfileFacetsTask().extract(profile_jobs(profile), lambda texts: None))  # type: ignore[arg-type, return-value]


def terms(profile: AnonymousProfile, today: date) -> dict[str, str]:
    return {facet.term: facet.reason for facet in implied_facets(profile, today)}


def test_every_rule_speaks_of_known_roles_domains_and_terms() -> None:
    roles = {word.position.role for word in _words()}
    assert {word.position.domain for word in _words()} == set(domains())
    for rule in rules():
        values = {"role": roles, "domain": set(domains()), "seniority": {"lead", "senior", "junior"}}
        assert rule.value in values[rule.when], rule
        for term in rule.terms:
            assert vocabulary().get(term, rule.kind), (rule.name, term)


def test_a_role_brings_its_skills_with_rule_and_job_as_reason(today: date) -> None:
    implied = terms(person(work=[job("Krankenpfleger")]), today)
    assert implied["Nursing documentation"] == "nurse: Krankenpfleger, Firm"
    assert {"Basic nursing care", "Shift work"} <= set(implied)


@pytest.mark.parametrize("title", ["Teamleiter Lager", "Head of Logistics", "Lead Developer"])
def test_who_leads_can_lead_and_plan_staff(title: str, today: date) -> None:
    assert {"Leadership qualities", "Roster planning"} <= set(terms(person(work=[job(title)]), today))


def test_a_data_engineer_knows_etl_and_an_accountant_closes_the_books(today: date) -> None:
    assert {"ETL", "Data modelling"} <= set(terms(person(work=[job("Data Engineer")]), today))
    assert "Annual financial statements" in terms(person(work=[job("Finanzbuchhalterin")]), today)


def test_internships_projects_and_unfinished_training_imply_nothing(today: date) -> None:
    profile = person(
        work=[job("Praktikant Krankenpflege")],
        projects=[{"roles": ["Data Engineer"], "startDate": "2020"}],
        education=[{"studyType": "Ausbildung", "area": "Koch", "startDate": "2025-09", "endDate": "2028-08"}],
    )
    assert implied_facets(profile, today) == []


def test_a_finished_training_implies_what_it_teaches(today: date) -> None:
    profile = person(education=[{"studyType": "Ausbildung", "area": "Koch", "endDate": "2019-08"}])
    assert "HACCP" in terms(profile, today)


def test_domains_are_those_of_jobs_and_trainings_by_weight() -> None:
    profile = person(
        work=[job("Krankenpflegerin"), job("Pflegefachkraft"), job("Verkäuferin")],
        education=[{"studyType": "Ausbildung", "area": "Krankenpflegerin"}],
    )
    assert domains_by_rule(profile)[:2] == ["nursing", "retail"]


def test_mentions_do_not_open_a_gate_but_a_title_does() -> None:
    mentions = "Accounting, accounts payable, accounts receivable, VAT and annual financial statements. "
    outsider = person(work=[job("Software Developer", text=mentions)])
    insider = person(work=[job("Accountant", text=mentions)])
    assert "accounting" not in domains_by_rule(outsider)
    assert "accounting" in domains_by_rule(insider)


def test_voluntary_work_does_not_open_a_gate() -> None:
    profile = person(volunteer=[{"position": "Teacher", "organization": "Club"}] * 3)
    assert "education" not in domains_by_rule(profile)


def test_a_licence_makes_no_occupation() -> None:
    certificates = [{"name": "Führerschein Klasse B"}, {"name": "Ausbildereignung (AEVO)"}]
    assert domains_by_rule(person(certificates=certificates)) == []


def test_a_career_without_anything_has_no_domain_and_no_level(today: date) -> None:
    profile = person(basics={"name": "A B"})
    assert domains_by_rule(profile) == []
    assert kldb_level(profile, today) is None


@pytest.mark.parametrize(
    ("resume", "level"),
    [
        ({"work": [job("Lagerhelfer")]}, 1),
        ({"work": [job("Elektroniker")]}, 2),
        ({"work": [job("Elektroniker", "2025-10", "2025-12")]}, 1),
        ({"work": [job("Elektroniker", None, None)]}, 2),
        ({"work": [job("Schichtleiter")]}, 3),
        ({"work": [job("Lagerhelfer")], "education": [{"studyType": "M.Sc.", "area": "Physik"}]}, 4),
        ({"work": [job("Lagerhelfer")], "education": [{"studyType": "M.Sc.", "startDate": "2025"}]}, 1),
        ({"work": [job("Elektroniker"), job("Head of Engineering", "2025-06", "2025-12")]}, 3),
        ({"education": [{"studyType": "Abitur"}]}, 1),
    ],
)
def test_the_level_is_the_highest_that_degree_or_time_in_titles_supports(
    resume: dict[str, Any], level: int, today: date
) -> None:
    assert kldb_level(person(**resume), today) == level


def test_years_of_experience_count_work_once_and_nothing_else(today: date) -> None:
    profile = person(
        work=[job("Cook", "2020-01", "2021-12"), job("Waiter", "2021-01", "2022-12")],
        volunteer=[{"position": "Helper", "startDate": "2000", "endDate": "2010"}],
    )
    assert profile.professional_years(today) == pytest.approx(3.0, abs=0.01)


def test_the_degree_level_is_that_of_the_highest_finished_degree(today: date) -> None:
    profile = person(
        education=[
            {"studyType": "Bachelor", "area": "Physics", "startDate": "2015", "endDate": "2018"},
            {"studyType": "PhD", "area": "Physics", "startDate": "2024"},
        ]
    )
    assert profile.degree_level(today) == 2


@pytest.mark.parametrize(
    "title", ["Pflege des Vaters (Auszeit)", "Elternzeit", "Sabbatical", "Caring for my mother", "Career break"]
)
def test_a_break_is_no_job_and_makes_no_trade(title: str, today: date) -> None:
    profile = person(work=[job("Berufskraftfahrer"), job(title, text="Pflege und Haushalt in Vollzeit")])
    assert [entry.kind for entry in profile.work_history] == ["work", "break"]
    assert domains_by_rule(profile) == domains_by_rule(person(work=[job("Berufskraftfahrer")]))
    assert terms(profile, today) == terms(person(work=[job("Berufskraftfahrer")]), today)
    assert profile.professional_years(today) == person(work=[job("Berufskraftfahrer")]).professional_years(today)


@pytest.mark.parametrize(
    "title", ["Krankenpfleger", "Care worker", "Pflege und Betreuung", "Leitung Elternzeitvertretung"]
)
def test_a_job_in_care_is_a_job(title: str) -> None:
    assert [entry.kind for entry in person(work=[job(title)]).work_history] == ["work"]


@pytest.mark.parametrize(
    ("study", "area", "level"),
    [
        ("Staatsexamen", "Gesundheits- und Krankenpflege", 2),
        ("Staatsexamen", "Physiotherapie", 2),
        ("Staatsexamen", "Rechtswissenschaft", 4),
        ("Staatsexamen", "Humanmedizin", 4),
        ("Bachelor of Science", "Pflege", 3),
    ],
)
def test_the_state_examines_trainings_and_studies(study: str, area: str, level: int, today: date) -> None:
    school = {"institution": "Schule", "studyType": study, "area": area, "endDate": "2015-09"}
    assert kldb_level(person(education=[school]), today) == level
