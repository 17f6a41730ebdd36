"""Verdicts in the database: asked once for the same texts, beside the rule's recommendation, gone with the person."""

import datetime as dt
import uuid
from typing import Any

import pytest
from decided_world import MODEL, ScriptedModel, applies, match, person, posting, skips

from ty_assets.readings.store import Budget
from ty_assets.verdicts.agreement import store_agreement, summed
from ty_assets.verdicts.store import VerdictReport, current_verdict, read_verdicts, verdicts_wanted
from ty_assets.verdicts.task import Verdict, VerdictItem
from ty_resources.postgres import Database

DAY = dt.date(2026, 3, 2)


def select(db: Database, statement: str, *parameters: object) -> list[dict[str, Any]]:
    with db.transaction() as connection:
        return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]


def ask(db: Database, model: ScriptedModel, best: int = 10, budget: Budget | None = None) -> VerdictReport:
    wanted = verdicts_wanted(db, model, [DAY], best)
    return read_verdicts(db, model, wanted, budget, max_attempts=2)


@pytest.fixture
def pair(db: Database) -> tuple[uuid.UUID, uuid.UUID]:
    profile_id, posting_id = person(db), posting(db, 1)
    match(db, profile_id, posting_id, 0.9, "skip")
    return profile_id, posting_id


def test_a_verdict_stands_beside_the_rule_and_does_not_overwrite_it(
    db: Database, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    report = ask(db, ScriptedModel())
    assert (report.derived, report.apply, report.skip, report.failed) == (1, 1, 0, 0)
    (row,) = select(db, "SELECT decision, confidence, reasons, removed, model FROM match_verdicts")
    assert (row["decision"], row["confidence"], row["removed"], row["model"]) == ("apply", 0.75, 0, MODEL)
    assert row["reasons"][0]["profile_quote"] == "Auswertungen in SQL geschrieben"
    assert select(db, "SELECT recommendation FROM match_analyses") == [{"recommendation": "skip"}]


def test_the_same_texts_are_asked_about_once_and_changed_ones_again(
    db: Database, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    model = ScriptedModel()
    ask(db, model)
    assert verdicts_wanted(db, model, [DAY], 10) == []
    assert current_verdict(db, model, *pair) is not None
    select(db, "UPDATE postings SET content_hash = '\\x01', description = description || 'x' RETURNING 1")
    assert current_verdict(db, model, *pair) is None
    ask(db, model)
    person(db, summary="Ich habe jetzt auch ein Diplom.")
    assert current_verdict(db, model, *pair) is None
    ask(db, model)
    assert model.calls == 3
    other = ScriptedModel(skips, "thinker:2")
    assert len(verdicts_wanted(db, other, [DAY], 10)) == 1, "another model has an opinion of its own"
    ask(db, other)
    assert select(db, "SELECT decision, model FROM match_verdicts") == [{"decision": "skip", "model": "thinker:2"}]


def test_an_answer_of_which_nothing_stands_is_no_verdict_and_is_not_asked_for_again(
    db: Database, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    def invents(item: VerdictItem) -> Verdict:
        said = applies(item)
        return said.model_copy(update={"reasons": [said.reasons[0].model_copy(update={"posting_quote": "COBOL"})]})

    model = ScriptedModel(invents)
    report = ask(db, model)
    assert (report.without_a_verdict, report.removed_claims) == (1, 1)
    (row,) = select(db, "SELECT decision, confidence, reasons, removed FROM match_verdicts")
    assert row == {"decision": None, "confidence": None, "reasons": [], "removed": 1}
    assert verdicts_wanted(db, model, [DAY], 10) == []


def test_everybody_s_best_match_is_asked_about_before_the_second_ones(db: Database) -> None:
    people = [person(db), person(db, "lee@example.org")]
    postings = [posting(db, number) for number in range(1, 5)]
    for profile_id in people:
        for place, posting_id in enumerate(postings):
            match(db, profile_id, posting_id, 0.9 - place / 10)
    model = ScriptedModel()
    wanted = verdicts_wanted(db, model, [DAY], 2)
    assert [(row["place"], row["posting_id"]) for row in wanted] == [
        (place, postings[place - 1]) for place in (1, 2) for _ in people
    ]
    assert verdicts_wanted(db, model, [dt.date(2026, 3, 3)], 2) == []


def test_the_night_s_hours_count_and_a_person_s_click_does_not(db: Database, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    now = dt.datetime(2026, 3, 3, 2, 0)
    model = ScriptedModel()
    spent = Budget(0.0, now)
    assert ask(db, model, budget=spent).derived == 0, "nothing is asked when the night is over"
    wanted = [{"profile_id": pair[0], "posting_id": pair[1]}]
    read_verdicts(db, model, wanted, None, max_attempts=2, lane="person")
    assert model.lanes == ["person"]
    assert select(db, "SELECT 1 FROM reading_nights WHERE seconds > 0") == []


def test_a_failure_is_recorded_put_off_and_names_nobody(db: Database, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    def breaks(item: VerdictItem) -> Verdict:
        raise ValueError("no JSON")

    model = ScriptedModel(breaks)
    report = ask(db, model)
    assert (report.derived, report.failed) == (0, 1)
    (failure,) = select(db, "SELECT subject, error_class FROM failures WHERE stage = 'match_verdicts'")
    assert failure["error_class"] == "ValueError"
    assert str(pair[0]) not in failure["subject"]
    assert verdicts_wanted(db, model, [DAY], 10) == [], "not again at once"
    select(db, "UPDATE failures SET next_try_at = now() - interval '1 second' RETURNING 1")
    model.answer = applies
    assert ask(db, model).derived == 1
    assert select(db, "SELECT 1 FROM failures") == []


def test_what_was_said_of_a_person_goes_with_the_person(db: Database, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    ask(db, ScriptedModel())
    store_agreement(db, [DAY])
    tables = ("match_verdicts", "inference_cache", "disagreement_examples", "match_analyses")
    assert all(select(db, f"SELECT 1 FROM {table}") for table in tables)
    select(db, "DELETE FROM profile_documents WHERE profile_id = %s RETURNING 1", pair[0])
    assert not any(select(db, f"SELECT 1 FROM {table}") for table in tables)


def test_agreement_is_counted_by_band_and_by_who_decides_with_examples_of_what_differs(db: Database) -> None:
    profile_id = person(db)
    scores = [(0.95, "apply"), (0.7, "apply"), (0.4, "apply"), (0.45, "skip"), (0.3999, "skip"), (0.1, "skip")]
    for number, (score, decision) in enumerate(scores, 1):
        match(db, profile_id, posting(db, number), score, decision)
    ask(db, ScriptedModel(skips), best=3)
    told = {one.decided_by: one for one in store_agreement(db, [DAY])}
    assert (told["rule"].decisions, told["rule"].apply, told["rule"].agreed) == (6, 3, 5)
    assert (told[MODEL].decisions, told[MODEL].apply, told[MODEL].agreed) == (3, 0, 0)
    assert told["rule"].share == pytest.approx(5 / 6)
    bands = select(db, "SELECT band, decisions, agreed FROM decision_agreement WHERE decided_by = 'rule' ORDER BY 1")
    assert [tuple(row.values()) for row in bands] == [(1, 1, 1), (3, 1, 1), (4, 2, 1), (7, 1, 1), (9, 1, 1)]
    examples = select(db, "SELECT decided_by, band, posting_id FROM disagreement_examples ORDER BY 1, 2")
    assert {(row["decided_by"], row["band"]) for row in examples} == {
        ("rule", 4),
        (MODEL, 4),
        (MODEL, 7),
        (MODEL, 9),
    }
    before = select(db, "SELECT * FROM decision_agreement ORDER BY 1, 2, 3")
    store_agreement(db, [DAY])
    assert select(db, "SELECT * FROM decision_agreement ORDER BY 1, 2, 3") == before
    rows = db.rows("agreement_by_band", first=None, last=None)
    assert [one.decided_by for one in summed(rows)] == ["rule", MODEL]
