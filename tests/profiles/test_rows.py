"""Stated, extracted and implied facets as one row each."""

from datetime import date
from typing import Any

import pytest

from ty_assets.postings.normalise import text_hash
from ty_assets.profiles.anonymise import anonymised
from ty_assets.profiles.document import AnonymousProfile
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.rows import ProfileFacetRow, profile_facets
from ty_assets.profiles.task import ProfileFacet, ProfileFacets, ProfileFacetsTask, profile_jobs


def person(resume: dict[str, Any]) -> AnonymousProfile:
    return anonymised(parse_json_resume(resume, "x"))


def rows_of(profile: AnonymousProfile, today: date) -> dict[str, ProfileFacetRow]:
    extracted = ProfileFacetsTask().extract(profile_jobs(profile), lambda texts: None)  # type: ignore[arg-type, return-value]
    rows = profile_facets(profile, extracted, today)
    assert len({(row.kind, row.term.casefold()) for row in rows}) == len(rows)
    assert [row.ordinal for row in rows] == list(range(len(rows)))
    return {row.term: row for row in rows}


def test_every_row_is_unique_and_quotes_the_profile_unless_implied(nurse: dict[str, Any], today: date) -> None:
    profile = person(nurse)
    text = profile.model_dump_json()
    for row in rows_of(profile, today).values():
        assert row.reason
        assert (row.source == "implied") == (row.quote == "")
        assert row.quote in text
        assert row.text_hash == text_hash(row.term)
        assert 0 < row.weight <= 1


def test_a_nurse_has_the_facets_of_a_nurse(nurse: dict[str, Any], today: date) -> None:
    rows = rows_of(person(nurse), today)
    assert (rows["German"].cefr, rows["English"].cefr) == ("C2", "B2")
    assert rows["Wound expert certificate"].source == "stated"
    assert rows["Basic nursing care"].source == "extracted"  # the text says it, so the rule need not
    assert rows["Vital signs monitoring"].source == "implied"
    assert rows["People management"].kind == "skill"
    assert rows["Krankenpflegerin"].years == pytest.approx(7.2, abs=0.1)


def test_the_best_source_gives_reason_quote_and_weight(developer: dict[str, Any], today: date) -> None:
    python = rows_of(person(developer), today)["Python"]
    assert (python.source, python.reason, python.quote, python.weight) == ("stated", "skills", "Python", 1.0)


def test_years_of_use_count_overlapping_jobs_once(developer: dict[str, Any], today: date) -> None:
    rows = rows_of(person(developer), today)
    assert rows["Python"].years == 3.0
    assert rows["SQL"].years == 2.0
    assert rows["Docker"].years == 2.0
    assert rows["Erlang of a rare dialect"].years is None


def test_a_stated_skill_outside_the_vocabulary_stays_as_it_is(developer: dict[str, Any], today: date) -> None:
    row = rows_of(person(developer), today)["Erlang of a rare dialect"]
    assert (row.kind, row.source) == ("skill", "stated")


def test_basic_knowledge_weighs_less_than_use_in_a_job(developer: dict[str, Any], today: date) -> None:
    developer["skills"] = [{"name": "Rust", "level": "Beginner"}, {"name": "Docker", "level": "Beginner"}]
    rows = rows_of(person(developer), today)
    assert rows["Rust"].weight < rows["Docker"].weight < 1


def test_implied_weighs_least(developer: dict[str, Any], today: date) -> None:
    rows = rows_of(person(developer), today).values()
    assert max(row.weight for row in rows if row.source == "implied") < 0.6


def test_a_finished_degree_is_stated_with_its_level(developer: dict[str, Any], today: date) -> None:
    degrees = [row for row in rows_of(person(developer), today).values() if row.kind == "degree" and row.level]
    assert degrees
    assert {(row.source, row.level) for row in degrees} == {("stated", 3)}


def test_a_job_title_names_an_occupation_and_proves_no_degree(developer: dict[str, Any], today: date) -> None:
    degrees = [row for row in rows_of(person(developer), today).values() if row.kind == "degree"]
    assert {row.level for row in degrees if row.source == "extracted"} <= {None}


def test_an_unfinished_degree_is_only_current_studies(developer: dict[str, Any], today: date) -> None:
    developer["education"] = [{"studyType": "M.Sc.", "area": "Computer Science", "startDate": "2025"}]
    degrees = [row for row in rows_of(person(developer), today).values() if row.kind == "degree"]
    stated = [(row.term, row.level) for row in degrees if row.source == "stated"]
    assert stated == [("Current studies", None)]
    assert all(row.level is None for row in degrees)


def test_other_peoples_degrees_are_not_the_persons(today: date) -> None:
    profile = person({"work": [{"position": "Office clerk", "summary": "Supervised doctoral students."}]})
    job = ProfileFacets(facets=[ProfileFacet(kind="degree", term="Doctorate", quote="doctoral", level=4)])
    assert not any(row.term == "Doctorate" for row in profile_facets(profile, [job], today))


def test_a_skill_that_sounds_like_a_degree_is_none(today: date) -> None:
    profile = person({"skills": [{"name": "Promotion", "keywords": ["Master"]}]})
    assert {row.kind for row in rows_of(profile, today).values()} <= {"skill"}


@pytest.mark.parametrize(
    ("term", "quote", "level"),
    [("Doctorate", "PhD", 4), ("Logistics degree", "logistics", -1), ("Cook", "cook", None)],
)
def test_a_summary_proves_a_degree_only_in_its_own_words(term: str, quote: str, level: int | None, today: date) -> None:
    profile = person({"basics": {"summary": "PhD, cook, eight years in logistics"}})
    about = ProfileFacets(facets=[ProfileFacet(kind="degree", term=term, quote=quote, level=4)])
    levels = [row.level for row in profile_facets(profile, [about], today) if row.term == term]
    assert levels == ([] if level == -1 else [level])


def test_a_heading_over_keywords_weighs_less_than_a_skill(today: date) -> None:
    profile = person({"skills": [{"name": "Odds and ends", "keywords": ["Juggling"]}, {"name": "Whittling"}]})
    rows = rows_of(profile, today)
    assert rows["Odds and ends"].weight < rows["Juggling"].weight == rows["Whittling"].weight


def test_an_occupation_in_a_title_has_no_degree_level(today: date) -> None:
    profile = person({"work": [{"position": "Architect", "summary": ""}]})
    job = ProfileFacets(facets=[ProfileFacet(kind="degree", term="Architect", quote="Architect", level=3)])
    rows = [row for row in profile_facets(profile, [job], today) if row.kind == "degree"]
    assert [(row.term, row.level) for row in rows] == [("Architect", None)]


def test_the_order_does_not_depend_on_the_order_of_the_resume(developer: dict[str, Any], today: date) -> None:
    one = list(rows_of(person(developer), today))
    developer["work"].reverse()
    developer["skills"][0]["keywords"].reverse()
    assert list(rows_of(person(developer), today)) == one


def test_what_anonymising_emptied_gives_no_row(today: date) -> None:
    resume = {
        "basics": {"name": "Mara Quint"},
        "skills": [{"name": "Mara Quint"}],
        "work": [{"position": "Mara Quint"}],
    }
    assert rows_of(person(resume), today) == {}


def test_results_that_do_not_fit_the_jobs_are_refused(developer: dict[str, Any], today: date) -> None:
    with pytest.raises(ValueError, match="one per item of profile_jobs"):
        profile_facets(person(developer), [], today)


def test_a_training_brings_the_licence_that_it_ends_with(today: date) -> None:
    school = {
        "institution": "Pflegeschule", "studyType": "Ausbildung", "area": "Gesundheits- und Krankenpflegerin",
        "endDate": "2015-09",
    }  # fmt: skip
    rows = rows_of(person({"education": [school]}), today)
    licence = rows["Nursing state examination"]
    assert (licence.kind, licence.source, licence.level) == ("licence", "stated", None)
    assert licence.quote == rows["Registered nurse"].quote
