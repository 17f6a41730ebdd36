"""A rubric as a form: what is typed becomes a rubric, what is wrong is told at its field, rows come and go."""

import pytest

from serving.batches.rubric_form import RubricForm, form_of, read, sent_rubric
from serving.language import Language, strings
from ty_assets.candidate_evaluations.rubric import Rubric, samples

EN = Language("en", strings("en"))
DE = Language("de", strings("de"))


def sent(**fields: str) -> dict[str, list[str]]:
    """A form that says enough, with these fields; "criteria_0_name" is the field criteria-0-name."""
    typed = {"name": "Nurse", "language": "en", "role": "A ward", "minimum": "1", "maximum": "10", "quotes": "1"}
    typed |= {"criteria-0-name": "Experience", "criteria-0-weight": "1"}
    typed |= {name.replace("_", "-"): value for name, value in fields.items()}
    return {name: [value] for name, value in typed.items()}


@pytest.mark.parametrize("name", samples())
def test_every_sample_goes_through_the_form_unchanged(name: str) -> None:
    rubric = Rubric.parse(samples()[name])
    told = read(form_of(rubric), EN)
    assert told.faults == {}
    assert told.rubric is not None
    unbroken = [" ".join(text.split()) for one in rubric.criteria for text in one.anchors.values()]
    assert [text for one in told.rubric.criteria for text in one.anchors.values()] == unbroken
    assert told.rubric.model_dump(exclude={"criteria": {"__all__": {"anchors"}}}) == rubric.model_dump(
        exclude={"criteria": {"__all__": {"anchors"}}}
    )


def test_what_is_typed_becomes_a_rubric() -> None:
    form, place = sent_rubric(
        sent(
            reasons="on",
            criteria_0_weight="1,5",
            criteria_0_anchors="1: none\r\n\r\n 5 = some\r\n10 – a lot",
            criteria_0_scale="0–20",
            criteria_1_name="Team",
        )
    )
    rubric = read(form, EN).rubric
    assert place == ""
    assert rubric is not None
    experience, team = rubric.criteria
    assert experience.weight == 1.5
    assert experience.anchors == {1: "none", 5: "some", 10: "a lot"}
    assert str(experience.scale) == "0..20"
    assert (team.name, team.weight, team.scale) == ("Team", 1.0, None)
    assert rubric.reasons


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"role": ""}, "role"),
        ({"minimum": "10", "maximum": "1"}, "minimum"),
        ({"maximum": "many"}, "minimum"),
        ({"criteria_0_name": "", "criteria_0_anchors": "1: none"}, "criteria-0-name"),
        ({"criteria_0_weight": "0"}, "criteria-0-weight"),
        ({"criteria_0_weight": "heavy"}, "criteria-0-weight"),
        ({"criteria_0_scale": "up to ten"}, "criteria-0-scale"),
        ({"criteria_0_scale": "5–5"}, "criteria-0-scale"),
        ({"criteria_0_anchors": "a lot"}, "criteria-0-anchors"),
        ({"criteria_0_anchors": "1: none\n1: nothing"}, "criteria-0-anchors"),
        ({"criteria_0_anchors": "11: more than all"}, "criteria-0-anchors"),
        ({"criteria_1_name": "experience"}, "criteria-1-name"),
        ({"criteria_0_name": ""}, "criteria"),
        ({"name": "x" * 500}, "name"),
        ({"criteria_0_name": "x" * 500}, "criteria-0-name"),
        ({"language": "fr"}, "language"),
        ({"quotes": "9"}, "quotes"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(fields: dict[str, str], field: str) -> None:
    told = read(sent_rubric(sent(**fields))[0], DE)
    assert told.rubric is None
    assert list(told.faults) == [field]


def test_a_fault_keeps_the_number_that_its_row_has_on_the_page() -> None:
    form, _ = sent_rubric(sent(criteria_0_name="", criteria_1_name="Team", criteria_1_weight="-1"))
    assert list(read(form, EN).faults) == ["criteria-1-weight"]


@pytest.mark.parametrize(
    ("button", "names", "place"),
    [
        ({"add": "criteria"}, ["Experience", "Team", ""], "criteria-2"),
        ({"remove": "criteria-0"}, ["Team"], "criteria"),
        ({"up": "criteria-1"}, ["Team", "Experience"], "criteria-0"),
        ({"down": "criteria-0"}, ["Team", "Experience"], "criteria-1"),
        ({"down": "criteria-1"}, ["Experience", "Team"], "criteria-1"),
        ({"remove": "criteria-7"}, ["Experience", "Team"], ""),
    ],
)
def test_rows_come_and_go(button: dict[str, str], names: list[str], place: str) -> None:
    form, found = sent_rubric(sent(criteria_1_name="Team") | {name: [value] for name, value in button.items()})
    assert [row.name for row in form.criteria] == names
    assert found == place


def test_a_renamed_criterion_keeps_its_key() -> None:
    rubric = read(sent_rubric(sent())[0], EN).rubric
    assert rubric is not None
    fields = {"criteria_0_key": form_of(rubric).criteria[0].key, "criteria_0_name": "Years at work"}
    again = read(sent_rubric(sent(**fields))[0], EN).rubric
    assert again is not None
    assert again.criteria[0].key == rubric.criteria[0].key


def test_an_empty_form_says_what_is_missing_and_nothing_else() -> None:
    assert set(read(RubricForm(), EN).faults) == {"name", "role", "criteria"}
