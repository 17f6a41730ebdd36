"""Prompts and answers that do not fit: measured, split, or refused, and never cut."""

from collections.abc import Sequence

from pydantic import BaseModel
from scripted_client import ScriptedClient, Text, TurnByWords, Turned, ask, engine_of, error_of, turned

from ty_resources.inference.client import ChatRequest, Completion
from ty_resources.inference.errors import PromptTooLong, TruncatedAnswer


def test_a_text_that_does_not_fit_is_asked_in_parts_that_do() -> None:
    words = [f"word{number}" for number in range(1200)]
    client = ScriptedClient()
    answer = ask(client, " ".join(words), TurnByWords())
    assert answer.output == Turned(text=" ".join(words)[::-1])
    assert len(client.chats) >= 4
    assert all(len(request.user) / 3 < 900 for request in client.chats)


def test_a_text_that_cannot_fit_and_has_no_parts_is_refused_unsent_with_numbers() -> None:
    client = ScriptedClient()
    error = error_of(ask(client, "x" * 9000))
    assert isinstance(error, PromptTooLong)
    assert "about 3039 tokens and 100 for the answer do not fit into 1000" in str(error)
    assert client.chats == []


def test_a_text_that_may_fit_and_has_no_parts_is_left_to_the_server() -> None:
    assert ask(ScriptedClient(), "x" * 3500).output is not None


def test_the_length_of_a_token_is_learnt() -> None:
    dense = ScriptedClient(
        lambda request: Completion(turned(request).text, "stop", prompt_tokens=len(request.user) // 2)
    )
    engine = engine_of(dense, workers=1)
    text = "wort " * 500  # fits at three characters a token, and not at two
    engine.run(TurnByWords(), [Text(text=text), Text(text=text)])
    assert [len(request.user) for request in dense.chats] == [2500, 1249, 1249]


def test_a_server_that_finds_a_prompt_too_long_is_asked_in_parts() -> None:
    def refuse_long(request: ChatRequest) -> Completion:
        if len(request.user) > 50:
            raise PromptTooLong("the input length exceeds the context length")
        return turned(request)

    text = " ".join(f"word{number}" for number in range(30))
    assert ask(ScriptedClient(refuse_long), text, TurnByWords()).output == Turned(text=text[::-1])
    assert isinstance(error_of(ask(ScriptedClient(refuse_long), text)), PromptTooLong)


def test_an_answer_that_breaks_off_is_asked_for_in_parts_or_fails() -> None:
    def break_off(request: ChatRequest) -> Completion:
        return Completion('{"text": "', "length", output_tokens=100) if len(request.user) > 50 else turned(request)

    text = " ".join(f"word{number}" for number in range(30))
    assert ask(ScriptedClient(break_off), text, TurnByWords()).output == Turned(text=text[::-1])
    error = error_of(ask(ScriptedClient(break_off), text))
    assert isinstance(error, TruncatedAnswer)
    assert "broke off after 100 tokens" in str(error)


def test_splitting_that_never_helps_comes_to_an_end() -> None:
    class Grows(TurnByWords):
        def split(self, item: Text) -> list[Text]:
            return [item, item]

        def merge(self, item: Text, outputs: Sequence[BaseModel]) -> Turned:
            raise AssertionError("there is nothing to merge")

    def refuse(request: ChatRequest) -> Completion:
        raise PromptTooLong("too long")

    client = ScriptedClient(refuse)
    assert isinstance(error_of(ask(client, "abc", Grows())), PromptTooLong)
    assert len(client.chats) < 10
