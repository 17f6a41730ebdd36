"""A draft: from a document and back, what a form's fields and buttons do to it, and what is wrong with it."""

import json
from importlib.resources import files
from typing import Any

import pytest

from serving.onboarding.draft import Certificate, Contact, Draft, Entry
from serving.onboarding.faults import MOST_ROWS, faults
from serving.onboarding.fields import changed
from serving.onboarding.resume import draft_of, read_pay, resume_of, skill_names
from serving.onboarding.typed_dates import is_date, iso_date
from ty_assets.profiles.json_resume import parse_json_resume

SAMPLES = sorted(
    (file for file in files("ty_jobs").joinpath("samples", "profiles").iterdir()), key=lambda file: file.name
)
WORK = (Entry(position="A"), Entry(position="B"), Entry(position="C"))


@pytest.mark.parametrize("sample", SAMPLES, ids=[file.name for file in SAMPLES])
def test_a_document_means_the_same_after_it_was_in_the_form(sample: Any) -> None:
    resume = json.loads(sample.read_text("utf-8"))
    was, became = (parse_json_resume(document, "x") for document in (resume, resume_of(draft_of(resume))))
    assert became.work_history == was.work_history
    assert (became.skills, became.certificates, became.wishes) == (was.skills, was.certificates, was.wishes)
    assert [(one.language, one.cefr) for one in became.languages] == [(one.language, one.cefr) for one in was.languages]
    assert became.contact == was.contact
    assert (became.headline, became.summary, became.city) == (was.headline, was.summary, was.city)
    assert faults(draft_of(resume)) == []


def test_voluntary_work_and_projects_stay_what_they_are() -> None:
    resume = {
        "volunteer": [{"organization": "Tafel", "position": "Fahrer", "summary": "Touren", "highlights": ["Planung"]}],
        "projects": [{"name": "Wetterdaten", "description": "Eine Strecke", "keywords": ["Python"], "entity": "Uni"}],
    }
    was, became = (parse_json_resume(document, "x") for document in (resume, resume_of(draft_of(resume))))
    assert became.work_history == was.work_history


def test_a_birth_date_and_a_picture_are_not_kept_not_even_in_a_text() -> None:
    basics = {"name": "Mira", "birthDate": "1985-03-12", "image": "data:image/png;base64,AAAA"}
    resume = {"basics": basics | {"summary": "Am 12.03.1985 begann alles."}, "work": []}
    kept = json.dumps(resume_of(draft_of(resume)))
    assert "1985" not in kept
    assert "base64" not in kept


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2019", "2019"), ("2019-03", "2019-03"), ("03/2019", "2019-03"), ("3.2019", "2019-03"),
        ("März 2019", "2019-03"), ("Mrz 2019", "2019-03"), ("Sep. 2020", "2020-09"), ("May 2018", "2018-05"),
        ("1.3.2019", "2019-03-01"), ("15. March 2019", "2019-03-15"), ("2019-03-15", "2019-03-15"),
        ("", None), ("13/2019", None), ("30.02.2019", None), ("0212", None), ("Sommer 19", None), ("Foo 2019", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_type_them(typed: str, read: str | None) -> None:
    assert iso_date(typed) == read


def test_only_an_end_may_be_today() -> None:
    assert is_date("heute", end=True)
    assert not is_date("heute")


@pytest.mark.parametrize(
    ("typed", "euros"),
    [("42000", 42000), ("42.000 €", 42000), ("EUR 42,000.00", 42000), ("", None), ("viel", None), ("-5", None)],
)
def test_pay_is_read_as_people_type_it(typed: str, euros: float | None) -> None:
    assert read_pay(typed) == euros


def test_skills_are_typed_by_lines_commas_groups_and_levels() -> None:
    text = "Python (Experte), SQL\n- Pflege (Grundkenntnisse): Wundversorgung, EKG\nNode.js (Express)"
    assert skill_names(text) == ["Python", "SQL", "Pflege", "Wundversorgung", "EKG", "Node.js (Express)"]
    rows = resume_of(Draft(skills=text))["skills"]
    assert [row.get("level") for row in rows] == ["Experte", None, "Grundkenntnisse", None]


@pytest.mark.parametrize(
    ("button", "left", "place"),
    [
        ({"add": ["work"]}, ["A", "B", "C", ""], "work-3"),
        ({"remove": ["work-1"]}, ["A", "C"], "work"),
        ({"up": ["work-2"]}, ["A", "C", "B"], "work-1"),
        ({"down": ["work-0"]}, ["B", "A", "C"], "work-1"),
        ({"up": ["work-0"]}, ["A", "B", "C"], "work-0"),
        ({"remove": ["work-9"]}, ["A", "B", "C"], ""),
        ({"remove": ["education-0"]}, ["A", "B", "C"], ""),
        ({}, ["A", "B", "C"], ""),
    ],
)
def test_rows_are_added_removed_and_moved(button: dict[str, list[str]], left: list[str], place: str) -> None:
    sent = {f"work-{n}-position": [row.position] for n, row in enumerate(WORK)}
    draft, at = changed(Draft(work=WORK), {**sent, "section": ["work"], **button})
    assert [row.position for row in draft.work] == left
    assert at == place


def test_what_a_form_does_not_have_stays_and_what_it_has_and_is_empty_goes() -> None:
    before = Draft(headline="Koch", remote_only=True, places="Kiel", work=WORK, skills="Backen")
    draft, _ = changed(before, {"section": ["wishes", "work"], "places": ["Bonn"], "headline": ["not in a section"]})
    assert draft == before.model_copy(update={"remote_only": False, "places": "Bonn", "work": ()})


def test_a_form_that_nobody_made_changes_nothing_it_may_not() -> None:
    sent = {
        "section": ["work", "nonsense"],
        "work-0-position": ["A\x00B"],
        "work-0-kind": ["president"],
        "work-0-nonsense": ["x"],
        "work-99999999999-position": ["x"],
    }
    draft, _ = changed(Draft(), sent)
    assert draft.work == (Entry(position="AB", kind="work"),)


def test_each_fault_is_told_at_its_field() -> None:
    draft = Draft(
        work=(
            Entry(position="A", started="Sommer", ended="bald"),
            Entry(position="B", started="2020", ended="2019"),
            Entry(description="nothing else"),
        ),
        certificates=(Certificate(issuer="TÜV", date="gestern"),),
        minimum_pay="viel",
        contact=Contact(email="mira@"),
        summary="x" * 20_001,
    )
    assert [(fault.field, fault.code) for fault in faults(draft)] == [
        ("summary", "too_long"),
        ("work-0-started", "date"),
        ("work-0-ended", "end_date"),
        ("work-1-ended", "reversed"),
        ("work-2-position", "position_missing"),
        ("certificates-0-name", "name_missing"),
        ("certificates-0-date", "date"),
        ("minimum_pay", "pay"),
        ("contact-email", "email"),
    ]
    # Whatever is wrong, the rest is a document that can be shown.
    assert [entry.position for entry in parse_json_resume(resume_of(draft), "x").work_history][:2] == ["A", "B"]


def test_a_draft_that_says_nothing_or_too_much_cannot_be_saved() -> None:
    assert [fault.code for fault in faults(Draft(city="Kiel", contact=Contact(name="Mira")))] == ["nothing"]
    assert faults(Draft(skills="Python")) == []
    long_link = Draft(skills="Python", contact=Contact(links="x" * 1_001))
    assert [(fault.field, fault.code) for fault in faults(long_link)] == [("contact-links", "too_long")]
    assert [fault.code for fault in faults(Draft(work=tuple([Entry(position="A")] * (MOST_ROWS + 1))))] == ["too_many"]
