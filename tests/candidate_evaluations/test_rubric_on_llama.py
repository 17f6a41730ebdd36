"""The question as a real llama.cpp server takes it: its grammar keeps a small model to the rubric's form."""

import pytest
from judged_people import PEOPLE
from llama_server import LlamaServer

from ty_assets.candidate_evaluations.answers import read_result
from ty_assets.candidate_evaluations.question import Question
from ty_assets.candidate_evaluations.rubric import Rubric
from ty_resources.inference.relay import CHAT
from ty_resources.inference.relay_openai import OpenAIRelay

# Little to write: a loaded machine reads twenty tokens a second and writes eight.
SHORT = Rubric.of(
    {
        "name": "Short",
        "role": "Somebody who tests.",
        "scale": "0..100",
        "reasons": False,
        "criteria": [{"name": "Skill"}],
    }
)


@pytest.mark.slow
def test_answers_keep_to_the_form_and_the_prefix_is_read_once(llama_server: LlamaServer) -> None:
    relay = OpenAIRelay([f"{llama_server.url}/v1"], api_key=None, request_timeout=250, workers=1)
    question = Question(SHORT, "smollm2")
    try:
        answers = [relay.ask(CHAT, question.body(PEOPLE[name])) for name in ("developer", "pflege")]
    finally:
        relay.close()
    for answer in answers:
        line = {"custom_id": "x", "response": {"status_code": answer.status, "body": answer.body}}
        found = read_result(SHORT, line, PEOPLE["developer"])
        assert found.error is None, found.message
        assert list(found.judged or {}) == [one.key for one in SHORT.criteria]
        assert answer.output_tokens is not None
        assert answer.output_tokens < question.max_tokens
    cached, prompt = answers[1].cached_tokens, answers[1].prompt_tokens
    assert cached is not None
    assert prompt is not None
    # All but the candidate: the text itself is a tenth of the prompt.
    assert cached > 0.7 * prompt
