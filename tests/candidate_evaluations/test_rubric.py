"""A rubric is read with every fault named, is written so that it reads the same, and weighs as it says."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ty_assets.candidate_evaluations.rubric import Criterion, Rubric, RubricError, Scale, samples
from ty_assets.candidate_evaluations.rubric_file import LARGEST

MINIMAL = "name: n\nrole: r\ncriteria:\n  - name: a\n"

PRINTABLE = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).filter(
    lambda text: text.strip() != ""
)


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    low = draw(st.integers(0, 5))
    high = draw(st.integers(low + 1, low + 20))
    criteria = [
        {
            "name": draw(PRINTABLE),
            "key": f"k{position}",
            "description": draw(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60))
            + draw(st.sampled_from(["", "\nsecond line", ": - #"])),
            "weight": draw(st.floats(0.1, 100, allow_nan=False)),
            "scale": draw(st.sampled_from([None, "0..4", [1, 5]])),
        }
        for position in range(draw(st.integers(1, 4)))
    ]
    anchored = {low: draw(PRINTABLE), high: draw(PRINTABLE)}
    criteria.append({"name": "anchored", "key": "last", "anchors": anchored})
    return Rubric.of(
        {
            "name": draw(PRINTABLE),
            "language": draw(st.sampled_from(["de", "en"])),
            "role": draw(PRINTABLE),
            "scale": [low, high],
            "quotes": draw(st.integers(0, 3)),
            "reasons": draw(st.booleans()),
            "criteria": criteria,
        }
    )


@given(rubrics())
@settings(max_examples=60, deadline=None)
def test_what_is_written_reads_the_same(rubric: Rubric) -> None:
    assert Rubric.parse(rubric.yaml()) == rubric
    assert Rubric.parse(rubric.yaml()).yaml() == rubric.yaml()


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reading(text: str) -> None:
    with contextlib.suppress(RubricError):
        Rubric.parse(text)


@pytest.mark.parametrize("name", samples())
def test_every_sample_is_a_rubric_in_the_language_of_its_name(name: str) -> None:
    rubric = Rubric.parse(samples()[name], name)
    assert rubric.language == name.rsplit(".", 1)[1]
    assert len(rubric.criteria) >= 3
    assert all(one.anchors and one.description for one in rubric.criteria)


def test_a_criterion_needs_no_more_than_a_name() -> None:
    rubric = Rubric.parse(MINIMAL)
    assert rubric.criteria[0].key == "a"
    assert rubric.scale_of(rubric.criteria[0]) == Scale(minimum=1, maximum=10)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Führungs-Potenzial", "fuehrungs_potenzial"),
        ("C++ / Rust", "c_rust"),
        ("1st aid", "criterion_1st_aid"),
        ("Overall", "criterion_overall"),
        ("日本語", "criterion_1"),
        ("Résumé", "resume"),
    ],
)
def test_keys_are_made_of_names(name: str, key: str) -> None:
    assert Rubric.of({"name": "n", "role": "r", "criteria": [{"name": name}]}).criteria[0].key == key


@pytest.mark.parametrize(
    ("yaml", "line", "path", "told"),
    [
        ("", None, "", "empty"),
        ("- a\n", 1, "", "expected fields"),
        ("name: [\n", 2, "", "no YAML"),
        ("name: a\nrole: r\nname: b\n", 3, "name", "twice"),
        (MINIMAL + "    wieght: 3\n", 5, "criteria[0].wieght", "no field of a criterion"),
        (MINIMAL + "colour: red\n", 5, "colour", "no field of a rubric"),
        (MINIMAL + "    weight: 0\n", 5, "criteria[0].weight", "greater than 0"),
        (MINIMAL + "    weight: 2,5\n", 5, "criteria[0].weight", "valid number"),
        (MINIMAL + "    weight: .inf\n", 5, "criteria[0].weight", "finite"),
        (MINIMAL + "    scale: 10..1\n", 5, "criteria[0].scale", "lowest first"),
        (MINIMAL + "    scale: good\n", 5, "criteria[0].scale", "1..10"),
        (MINIMAL + "    anchors:\n      1: x\n      11: y\n", 7, "criteria[0].anchors[11]", "not on the scale 1..10"),
        (MINIMAL + "    anchors:\n      one: x\n", 6, "criteria[0].anchors.one", "valid integer"),
        (MINIMAL + "    key: Über\n", 5, "criteria[0].key", "small letters"),
        (MINIMAL + "    key: overall\n", 5, "criteria[0].key", "overall"),
        (MINIMAL + "  - name: A\n", 5, "criteria[1].name", "the same key (a) as criterion 1"),
        ("name: n\ncriteria:\n  - name: a\n", 1, "role", "is missing"),
        ("name: n\nrole: r\ncriteria: []\n", 3, "criteria", "at least 1"),
        ("name: &x n\nrole: *x\n", 2, "", "references"),
        ("x: " + "[" * 50_000, 1, "", "within fields"),
        ("- " * 20_000, 1, "", "within fields"),
        ("name: " + "n" * LARGEST, None, "", "too many"),
        ("name: n\nlanguage: fr\n" + MINIMAL[8:], 2, "language", "'de' or 'en'"),
    ],
)
def test_faults_are_told_with_line_and_field(yaml: str, line: int | None, path: str, told: str) -> None:
    with pytest.raises(RubricError, match=r"rubric\.yaml: 1 problem") as caught:
        Rubric.parse(yaml, "rubric.yaml")
    (fault,) = caught.value.faults
    assert (fault.line, fault.path) == (line, path)
    assert told in fault.message


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(RubricError) as caught:
        Rubric.parse("name: n\ncriteria:\n  - name: a\n    weight: -1\n  - nam: b\n")
    assert [fault.path for fault in caught.value.faults] == [
        "role", "criteria[0].weight", "criteria[1].name", "criteria[1].nam",
    ]  # fmt: skip
    assert "line 4" in str(caught.value)


def test_the_overall_score_is_the_weighted_mean_on_the_rubrics_scale() -> None:
    rubric = Rubric(
        name="n",
        role="r",
        criteria=(
            Criterion(name="a", weight=3),
            Criterion(name="b", scale=Scale(minimum=0, maximum=4)),
        ),
    )
    assert rubric.overall({"a": 10, "b": 4}) == 10
    assert rubric.overall({"a": 1, "b": 0}) == 1
    assert rubric.overall({"a": 10, "b": 0}) == pytest.approx(1 + 9 * 3 / 4)
    assert rubric.overall({"a": 1, "b": 2}) == pytest.approx(1 + 9 / 8, abs=0.01)


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    assert Rubric.parse("\ufeff" + MINIMAL.replace("\n", "\r\n")) == Rubric.parse(MINIMAL)


def test_signs_that_nobody_sees_do_not_change_a_rubric_on_its_way() -> None:
    rubric = Rubric.of({"name": "n", "role": "a\u2028b\x85c\r\nd\x00e\ufeff", "criteria": [{"name": "x"}]})
    assert rubric.role == "a\nb\nc\nde"
    assert Rubric.parse(rubric.yaml()) == rubric
