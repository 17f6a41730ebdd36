"""What a model answers is read as it is meant, its quotes are looked up, and what gives no scores says why."""

import json
from typing import Any

import pytest
from judged_people import RUBRIC, judged, result

from ty_assets.candidate_evaluations.answers import Quote, read_result, scores_of

TEXT = "Ich habe „Kafka“ eingeführt – seit 2015\nund ein Team geleitet."


def test_scores_reasons_and_the_weighted_overall_score_are_read() -> None:
    found = read_result(RUBRIC, result("a", judged(9, 5, "ein Team geleitet")), TEXT)
    assert found.judged is not None
    assert (found.custom_id, found.overall, found.error) == ("a", 8.0, None)
    assert found.judged["skill"].reason == "because"
    assert found.judged["skill"].quotes == (Quote("ein Team geleitet", True),)
    assert found.judged["talk"].quotes == ()


@pytest.mark.parametrize(
    ("quote", "supported"),
    [
        ("Ich habe „Kafka“ eingeführt", True),
        ('Ich habe "Kafka" eingeführt - seit 2015 und ein Team', True),
        ("... ein Team geleitet.", True),
        ("ein Team geleitet …", True),
        ("Ein Team geleitet", False),
        ("zwei Teams geleitet", False),
        ("Kafka seit 2015", False),
        ("…", False),
    ],
)
def test_a_quote_counts_where_it_stands_in_the_text_word_for_word(quote: str, supported: bool) -> None:
    found = read_result(RUBRIC, result("a", judged(9, 5, quote)), TEXT)
    assert found.judged is not None
    assert found.judged["skill"].quotes == (Quote(quote, supported),)
    assert found.unsupported == (not supported)


def test_without_the_text_nothing_is_said_of_quotes() -> None:
    found = read_result(RUBRIC, result("a", judged(9, 5, "whatever")))
    assert found.judged is not None
    assert found.judged["skill"].quotes == (Quote("whatever", None),)
    assert found.unsupported == 0


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(judged(9, 5)),
        "```json\n" + json.dumps(judged(9, 5)) + "\n```",
        '<think>hm, {"skill": 1}</think>\n' + json.dumps(judged(9, 5)),
        '{"skill": 9, "talk": {"score": 5.0}}',
        '{"skill": {"score": 9, "evidence": "one text"}, "talk": {"score": 5, "evidence": null}, "more": 1}',
    ],
)
def test_answers_of_models_that_do_not_keep_to_the_form_are_read_where_they_are_clear(written: str) -> None:
    found = read_result(RUBRIC, result("a", written))
    assert found.judged is not None
    assert (found.judged["skill"].score, found.judged["talk"].score) == (9, 5)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "empty"),
        ("I cannot help with that.", "no JSON"),
        ("[1]", "no JSON object"),
        ("{}", "nothing of skill"),
        ('{"skill": {"score": 9}}', "nothing of talk"),
        ('{"skill": {"score": "9"}, "talk": 5}', "skill no whole number"),
        ('{"skill": {"score": true}, "talk": 5}', "skill no whole number"),
        ('{"skill": 7.5, "talk": 5}', "skill no whole number"),
        ('{"skill": NaN, "talk": 5}', "skill no whole number"),
        ('{"skill": 11, "talk": 5}', "not on its scale 1..10"),
        ('{"skill": 0, "talk": 5}', "not on its scale 1..10"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_an_answer_without_scores_says_what_is_lacking(written: str, told: str) -> None:
    found = read_result(RUBRIC, result("a", written))
    assert (found.overall, found.judged, found.error) == (None, None, "bad_answer")
    assert told in found.message
    assert scores_of(RUBRIC, result("a", written)) is None


def test_an_answer_that_was_cut_off_says_so() -> None:
    found = read_result(RUBRIC, result("a", '{"skill": {"evid', finish_reason="length"))
    assert found.error == "bad_answer"
    assert "cut off" in found.message


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ({"error": {"code": "batch_expired", "message": "too late"}}, "batch_expired", "too late"),
        (
            {"response": {"status_code": 400, "body": {"error": {"message": "too long"}}}, "error": None},
            "status_400",
            "too long",
        ),
        ({"response": {"status_code": 500, "body": "oops"}}, "status_500", ""),
        ({"response": None, "error": None}, "no_response", "neither"),
        ({}, "no_response", "neither"),
        ({"response": {"status_code": 200, "body": {"choices": []}}}, "bad_answer", "empty"),
        ({"response": {"status_code": 200, "body": {"choices": [1]}}}, "bad_answer", "empty"),
        (
            {"response": {"status_code": 200, "body": {"choices": [{"message": {"content": None, "refusal": "No."}}]}}},
            "bad_answer",
            "refused: No.",
        ),
    ],
)
def test_lines_without_an_answer_keep_their_reason(line: dict[str, Any], error: str, message: str) -> None:
    found = read_result(RUBRIC, {"custom_id": "a", **line})
    assert (found.custom_id, found.error) == ("a", error)
    assert message in found.message


def test_scores_are_by_criterion_with_the_overall_one() -> None:
    assert scores_of(RUBRIC, result("a", judged(9, 5))) == {"skill": 9.0, "talk": 5.0, "overall": 8.0}
