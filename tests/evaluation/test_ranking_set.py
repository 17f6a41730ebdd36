"""The judged sets of people and postings are whole: every judgement names somebody and something that is there."""

import csv
from importlib.resources import files

import pytest

from ty_assets.profiles.json_resume import parse_json_resume
from ty_jobs.evaluation.judged_set import JudgedSet


@pytest.mark.parametrize("held_out", [False, True])
def test_every_judgement_is_of_a_person_and_a_posting_of_the_set(held_out: bool) -> None:
    judged = JudgedSet.packaged(held_out)
    assert len(judged.people) >= 12
    assert len(judged.postings) >= 200
    assert set(judged.qrels) == {person["id"] for person in judged.people}
    for person in judged.people:
        parse_json_resume({key: value for key, value in person.items() if key != "id"}, person["id"])
    known = {posting["id"] for posting in judged.postings}
    for grades in judged.qrels.values():
        assert set(grades) <= known
        assert all(list(grades.values()).count(grade) >= 3 for grade in (1, 2, 3))


@pytest.mark.parametrize("folder", ["ranking_set", "ranking_set_2"])
def test_every_grade_above_nothing_has_its_reason(folder: str) -> None:
    text = files("ty_jobs.evaluation").joinpath(folder, "reasons.tsv").read_text("utf-8")
    reasons = {
        (row["person"], row["posting"]): row
        for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    }
    judged = JudgedSet.packaged(held_out=folder == "ranking_set_2")
    graded = {(person, posting): grade for person, of in judged.qrels.items() for posting, grade in of.items() if grade}
    assert set(graded) <= set(reasons)
    assert all(reasons[pair]["reason"] and int(reasons[pair]["grade"]) == grade for pair, grade in graded.items())


def test_the_two_sets_have_nobody_and_nothing_in_common() -> None:
    tuned, held_out = JudgedSet.packaged(), JudgedSet.packaged(held_out=True)
    assert not {p["description"] for p in tuned.postings} & {p["description"] for p in held_out.postings}
    assert not {p["basics"]["name"] for p in tuned.people} & {p["basics"]["name"] for p in held_out.people}
