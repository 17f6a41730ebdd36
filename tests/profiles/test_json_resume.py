"""Reading a résumé: what is understood, and how faults are told."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ty_jobs
from ty_assets.profiles.document import ProfileDocument, bucket_of, profile_id_of
from ty_assets.profiles.json_resume import ProfileError, parse_json_resume
from ty_assets.profiles.resume_file import MAX_BYTES

SAMPLES = sorted((Path(ty_jobs.__file__).parent / "samples" / "profiles").glob("*.json"))

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SECTIONS = [
    "basics",
    "work",
    "volunteer",
    "education",
    "skills",
    "projects",
    "languages",
    "certificates",
    "meta",
]


def fault(document: bytes | str | dict[str, Any]) -> ProfileError:
    with pytest.raises(ProfileError) as caught:
        parse_json_resume(document, "cv.json")
    return caught.value


def test_a_resume_becomes_a_profile_with_all_its_sections(nurse: dict[str, Any]) -> None:
    profile = parse_json_resume(json.dumps(nurse).encode(), "cv.json")

    assert profile.contact.name == "Jördis Müller-Tannhof"
    assert profile.contact.address == "Am Lindenhang 12b\n04277 Leipzig"
    assert (profile.headline, profile.language) == ("Pflegefachkraft", "de")
    assert (profile.city, profile.region, profile.country) == ("Leipzig", "Sachsen", "DE")
    assert profile.wishes.regions == ("Sachsen",)
    assert profile.wishes.minimum_pay == 42000
    assert [entry.kind for entry in profile.work_history] == ["work", "work", "education"]
    ward = profile.work_history[0]
    assert (ward.position, ward.organisation) == ("Stationsleitung Intensivpflege", "Klinik am Ring")
    assert (ward.started_on, ward.ended_on) == (date(2019, 4, 1), None)
    assert ward.description.endswith("\n- Einführung der digitalen Pflegedokumentation")
    assert profile.work_history[2].position == "Ausbildung Gesundheits- und Krankenpflegerin"
    assert [(known.language, known.cefr) for known in profile.languages] == [
        ("Deutsch", "C2"),
        ("Englisch", "B2"),
    ]
    assert profile.certificates[0].awarded_on == date(2016, 1, 1)


def test_bytes_text_and_object_read_the_same(nurse: dict[str, Any]) -> None:
    text = json.dumps(nurse)
    profiles = [parse_json_resume(form, "x") for form in (nurse, text, text.encode(), b"\xef\xbb\xbf" + text.encode())]
    assert all(profile == profiles[0] for profile in profiles)


def test_the_language_is_that_of_the_text(nurse: dict[str, Any], developer: dict[str, Any]) -> None:
    assert parse_json_resume(nurse, "x").language == "de"
    assert parse_json_resume(developer, "x").language == "en"


def test_a_year_ends_on_its_last_day_and_a_month_too(developer: dict[str, Any]) -> None:
    developer["work"] = [{"position": "Cook", "startDate": "2020", "endDate": "2024-02"}]
    entry = parse_json_resume(developer, "x").work_history[0]
    assert (entry.started_on, entry.ended_on) == (date(2020, 1, 1), date(2024, 2, 29))


def test_empty_and_null_fields_count_as_not_given() -> None:
    document = {
        "basics": {"name": None, "email": ""},
        "work": [{"position": "Cook", "endDate": ""}],
        "skills": None,
    }
    profile = parse_json_resume(document, "x")
    assert profile.contact.email is None
    assert profile.work_history[0].ended_on is None


def test_a_projects_roles_are_its_position_and_its_keywords_are_read() -> None:
    project = {"name": "Kite", "roles": ["Tester"], "keywords": ["Selenium"], "entity": "Club"}
    entry = parse_json_resume({"projects": [project]}, "x").work_history[0]
    assert (entry.kind, entry.position, entry.organisation) == ("project", "Tester", "Club")
    assert entry.description == "Kite\nSelenium"


def test_the_same_address_is_the_same_person_whatever_else_changed(nurse: dict[str, Any]) -> None:
    before = parse_json_resume(nurse, "old.json")
    nurse["basics"] |= {"name": "Jördis Tannhof", "email": " joerdis.tannhof@EXAMPLE.org"}
    after = parse_json_resume(nurse, "new.json")
    assert (after.profile_id, after.bucket) == (before.profile_id, before.bucket)


def test_without_address_the_name_and_the_origin_make_the_person(nurse: dict[str, Any]) -> None:
    del nurse["basics"]["email"]
    one = parse_json_resume(nurse, "a.json").profile_id
    assert one == parse_json_resume(nurse, "a.json").profile_id
    assert one != parse_json_resume(nurse, "b.json").profile_id


def test_ids_and_buckets_stay_what_they_are() -> None:
    profile_id = profile_id_of("someone@example.org", None, "")
    assert str(profile_id) == "f95dd3a6-b28e-56e9-89f2-e1548e79eb88"
    assert bucket_of(profile_id) == 179


@settings(deadline=None)
@given(st.uuids())
def test_every_bucket_is_a_partition(profile_id: Any) -> None:
    assert 0 <= bucket_of(profile_id) < 256


def test_all_violations_are_listed_with_their_paths(nurse: dict[str, Any]) -> None:
    nurse["work"][0]["startDate"] = "04/2019"
    nurse["work"][1]["position"] = 7
    nurse["basics"]["email"] = "nobody"
    nurse["meta"]["ty"]["remoteonly"] = True
    error = fault(nurse)
    told = {violation.path: violation for violation in error.violations}
    assert set(told) == {"$.work[0].startDate", "$.work[1].position", "$.basics.email", "$.meta.ty"}
    assert str(told["$.work[0].startDate"]).startswith(
        '$.work[0].startDate: expected a date as YYYY, YYYY-MM or YYYY-MM-DD, got "04/2019"; '
    )
    assert "remoteonly" in told["$.meta.ty"].got
    assert str(error).startswith("cv.json: 4 problems\n")


@pytest.mark.parametrize("written", ["2023-02-30", "2023-13", "0000", "heute", "20230101", "２０２３", "2023-1-1"])
def test_days_that_the_calendar_does_not_have_are_refused(written: str) -> None:
    error = fault({"work": [{"startDate": written}]})
    assert error.violations[0].path == "$.work[0].startDate"
    assert written in str(error)


def test_an_end_before_the_start_is_refused() -> None:
    error = fault({"work": [{"startDate": "2020-05", "endDate": "2020-04"}]})
    assert error.violations[0].path == "$.work[0].endDate"
    assert "2020-05" in error.violations[0].expected


def test_broken_json_is_told_with_its_line() -> None:
    error = fault(b'{\n "basics": {"name": "A"},\n "work": [,]\n}')
    assert error.violations[0].line == 3
    assert "line 3" in str(error)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b'{"basics":\n{"name": "M\xfcller"}}', "line 2: expected UTF-8"),
        ('{"basics": {}}'.encode("utf-16"), "UTF-8"),
        (b'{"basics": {"name": "A\x00"}}', "NUL"),
        (b'{"basics": {"name": "A\\u0000"}}', "$.basics.name: expected text without NUL"),
        (b'{"basics": {"name": "\\ud800"}}', "$.basics.name: expected complete characters"),
        (
            b'{"basics": {}, "meta": {"ty": {"minimum_pay": NaN}}}',
            "$.meta.ty.minimum_pay: expected a finite number",
        ),
        (b'{"basics": {}, "basics": {}}', '"basics" twice'),
        (b'{"x": ' + b"9" * 5000 + b"}", "too long"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "a JSON object"),
        (b"", "line 1: expected JSON"),
        (b"{}", "at least one JSON Resume section"),
        (b'{"jobs": []}', "jobs"),
        (b'{"basics": {"summary": "' + b"x" * MAX_BYTES + b'"}}', "1,000,000 bytes"),
    ],
)
def test_what_is_no_resume_is_told_apart(document: bytes, said: str) -> None:
    assert said in str(fault(document))


def test_a_large_object_is_refused_like_a_large_file() -> None:
    assert "1,000,000 bytes" in str(fault({"basics": {"summary": "x" * MAX_BYTES}}))


def read_or_refused(document: bytes | str | dict[str, Any]) -> ProfileDocument | str:
    try:
        return parse_json_resume(document, "x")
    except ProfileError as error:
        return str(error)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_comes_is_read_or_refused_in_one_way(document: bytes | str) -> None:
    result = read_or_refused(document)
    assert isinstance(result, ProfileDocument) or result.startswith("x: 1 problem\n")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(SECTIONS), JSON_VALUES, min_size=1))
def test_objects_of_any_shape_are_read_or_refused_in_one_way(document: dict[str, Any]) -> None:
    result = read_or_refused(document)
    assert isinstance(result, ProfileDocument) or "problem" in result.encode().decode()


@pytest.mark.skipif(not SAMPLES, reason="no sample profiles in this checkout")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_profile_is_read(path: Path) -> None:
    profile = parse_json_resume(path.read_bytes(), str(path))
    assert profile.work_history
    assert profile.headline
