"""The judged set of people and postings is whole: every judgement names somebody and something that is there."""

import json
from importlib.resources import files

from ty_assets.profiles.json_resume import parse_json_resume
from ty_jobs.evaluation.ranking import read_qrels


def test_every_judgement_is_of_a_person_and_a_posting_of_the_set() -> None:
    folder = files("ty_jobs.evaluation").joinpath("ranking_set")
    people = [json.loads(line) for line in folder.joinpath("people.jsonl").read_text("utf-8").splitlines()]
    postings = [json.loads(line) for line in folder.joinpath("postings.jsonl").read_text("utf-8").splitlines()]
    qrels = read_qrels(folder.joinpath("qrels.txt"))  # type: ignore[arg-type]
    assert len(people) >= 12
    assert len(postings) >= 200
    assert set(qrels) == {person["id"] for person in people}
    for person in people:
        parse_json_resume({key: value for key, value in person.items() if key != "id"}, person["id"])
    known = {posting["id"] for posting in postings}
    for grades in qrels.values():
        assert set(grades) <= known
        assert all(list(grades.values()).count(grade) >= 3 for grade in (1, 2, 3))
