"""One job of a résumé becomes facets that quote it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.profiles.anonymise import anonymised
from ty_assets.profiles.json_resume import parse_json_resume
from ty_assets.profiles.task import ProfileFacet, ProfileFacets, ProfileFacetsTask, ProfileJob, profile_jobs


def encode(texts: Any) -> Any:
    return np.zeros((len(texts), 1), np.float32)


def extract(**job: Any) -> list[ProfileFacet]:
    item = ProfileJob(**{"language": "en", "position": "", "organisation": None, "description": ""} | job)
    return ProfileFacetsTask().extract([item], encode)[0].facets


def test_terms_of_position_and_description_are_found_with_their_words() -> None:
    facets = extract(position="Python developer", description="Pipelines on PostgreSQL and Docker.")
    assert {(facet.term, facet.quote) for facet in facets} >= {
        ("Python", "Python"),
        ("PostgreSQL", "PostgreSQL"),
        ("Docker", "Docker"),
    }


def test_german_words_lead_to_the_same_terms_as_english_ones() -> None:
    german = extract(language="de", description="Wundversorgung und Projektmanagement")
    english = extract(description="Wound care and project management")
    assert {facet.term for facet in german} == {facet.term for facet in english} != set()


def test_the_organisation_is_no_skill() -> None:
    assert not any(facet.term == "SAP" for facet in extract(organisation="SAP", description="Reception"))


def test_an_empty_job_gives_nothing() -> None:
    assert extract() == []


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=200), st.sampled_from(["de", "en"]))
def test_the_rules_quote_verbatim(position: str, description: str, language: str) -> None:
    job = ProfileJob(language=language, position=position, organisation=None, description=description)
    task = ProfileFacetsTask()
    answer = task.extract([job], encode)[0]
    assert task.verify(job, answer) == (answer, 0)


def test_a_claim_without_its_quote_is_removed_and_counted() -> None:
    job = ProfileJob(language="en", position="Cook", organisation="Inn", description="Menus  of\nthe season")
    answer = ProfileFacets(
        facets=[
            ProfileFacet(kind="skill", term="Menu planning", quote="Menus of the season"),
            ProfileFacet(kind="skill", term="Menu planning", quote="Cook"),
            ProfileFacet(kind="skill", term="Baking", quote="bread"),
            ProfileFacet(kind="skill", term="Baking", quote=" "),
            ProfileFacet(kind="skill", term="Inns", quote="Inn"),
        ]
    )
    kept, removed = ProfileFacetsTask().verify(job, answer)
    assert [(facet.term, facet.quote) for facet in kept.facets] == [("Menu planning", "Menus of the season")]
    assert removed == 3


def test_the_prompt_and_the_data_files_are_there() -> None:
    task = ProfileFacetsTask()
    assert "quote" in task.prompt
    assert task.rules_version() != task.version


@pytest.mark.parametrize("summary", ["", "Cooks well"])
def test_there_is_one_item_per_entry_and_one_for_the_summary(developer: dict[str, Any], summary: str) -> None:
    developer["basics"] |= {"label": "", "summary": summary}
    profile = anonymised(parse_json_resume(developer, "x"))
    jobs = profile_jobs(profile)
    assert len(jobs) == len(profile.work_history) + bool(summary)
    assert [job.position for job in jobs[:3]] == [entry.position for entry in profile.work_history]
