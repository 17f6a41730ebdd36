"""The sample people are valid JSON Resume 1.0 and differ enough to be told apart."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import ty_jobs

FOLDER = Path(ty_jobs.__file__).parent / "samples" / "profiles"
PROFILES: dict[str, dict[str, Any]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))
}
# The properties of the JSON Resume 1.0 schema that the samples use; all of them are optional there.
SCHEMA: dict[str, set[str]] = {
    "work": {"name", "position", "startDate", "endDate", "summary", "highlights"},
    "education": {"institution", "area", "studyType", "startDate", "endDate"},
    "certificates": {"name", "date", "issuer"},
    "skills": {"name", "level", "keywords"},
    "languages": {"language", "fluency"},
    "interests": {"name", "keywords"},
}
BASICS = {"name", "label", "email", "phone", "summary", "location"}
LOCATION = {"address", "postalCode", "city", "countryCode", "region"}
ISO_8601 = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def test_there_are_four_people() -> None:
    assert set(PROFILES) == {"nurse", "data_engineer", "electrician", "career_changer"}


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_a_json_resume(name: str) -> None:
    profile = PROFILES[name]
    assert set(profile) == {"$schema", "basics", "meta"} | set(SCHEMA)
    assert set(profile["basics"]) == BASICS
    assert set(profile["basics"]["location"]) == LOCATION
    for section, fields in SCHEMA.items():
        assert profile[section]
        for entry in profile[section]:
            assert set(entry) <= fields
            for field, value in entry.items():
                if field in ("highlights", "keywords"):
                    assert all(isinstance(text, str) for text in value)
                else:
                    assert isinstance(value, str)
                    assert value
                if field in ("startDate", "endDate", "date"):
                    assert ISO_8601.fullmatch(value)


@pytest.mark.parametrize("name", PROFILES)
def test_a_career_is_told_newest_first_with_three_to_five_jobs(name: str) -> None:
    work = PROFILES[name]["work"]
    assert 3 <= len(work) <= 5
    starts = [job["startDate"] for job in work]
    assert starts == sorted(starts, reverse=True)
    assert all(job["startDate"] < job.get("endDate", "9999") for job in work)
    assert sum(len(job["highlights"]) for job in work) >= 8


@pytest.mark.parametrize("name", PROFILES)
def test_contacts_are_reserved_for_examples_and_drama(name: str) -> None:
    basics = PROFILES[name]["basics"]
    assert basics["email"].endswith(("@example.org", "@example.com"))
    # 0171 39200xx is a block the German regulator keeps for films and books.
    assert re.fullmatch(r"\+49 171 3920 0\d\d", basics["phone"])


@pytest.mark.parametrize("name", PROFILES)
def test_wishes_are_under_meta(name: str) -> None:
    wishes = PROFILES[name]["meta"]["ty"]
    assert set(wishes) == {"remote_only", "regions", "minimum_pay"}
    assert isinstance(wishes["remote_only"], bool)


def test_one_person_writes_english_and_the_others_german() -> None:
    english = {name for name, p in PROFILES.items() if " and " in p["basics"]["summary"]}
    german = {name for name, p in PROFILES.items() if " und " in p["basics"]["summary"]}
    assert english == {"data_engineer"}
    assert german == set(PROFILES) - english
