"""One item and its answers: schema, quotes, retries, and what an error says. Its length: test_model_lengths."""

import threading

import pytest
from scripted_client import (
    Failing,
    ScriptedClient,
    Text,
    Turn,
    Turned,
    ask,
    engine_of,
    error_of,
    turned,
    until,
)

from ty_resources.inference.client import ChatRequest, Completion
from ty_resources.inference.engine import Answer, InferenceEngine
from ty_resources.inference.errors import (
    AccessDenied,
    ConnectionLost,
    EngineError,
    ModelMissing,
    NothingQuoted,
    PromptTooLong,
    RequestRefused,
    SchemaViolation,
    ServerBusy,
    ServerFault,
    ServerTimeout,
)

ITEMS = [Text(text=f"text {number}") for number in range(12)]


def test_the_engine_keeps_the_protocol() -> None:
    engine: InferenceEngine = engine_of(ScriptedClient())
    assert engine.remote


def test_answers_come_in_order_with_what_was_asked() -> None:
    client = ScriptedClient(seconds=0.01)
    engine = engine_of(client)
    answers = engine.run(Turn(), ITEMS)
    assert [answer.output for answer in answers] == [Turned(text=item.text[::-1]) for item in ITEMS]
    assert engine.calls == len(ITEMS)
    request = next(request for request in client.chats if request.user == "text 3")
    assert request == ChatRequest("chat", "Turn the text round.", "text 3", "turn", Turn().schema(), 100, 0)
    assert 1 < client.most_in_flight <= 4


def test_each_role_has_its_model_and_the_client_says_which_weights_that_is() -> None:
    class Deliberate(Turn):
        role = "reasoning"

    client = ScriptedClient()
    engine = engine_of(client)
    engine.run(Deliberate(), ITEMS[:2])
    assert {request.model for request in client.chats} == {"thinker"}
    assert engine.model("reasoning") == "thinker@0123456789ab"
    assert engine.model("extraction") == "chat@0123456789ab"
    assert engine.embedding_model == "encoder@0123456789ab"
    assert engine.task_version(Turn()) == Turn().prompt_version()


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (ServerBusy("busy"), 8),
        (ConnectionLost("broke"), 4),
        (ServerFault("500"), 4),
        (ServerTimeout("300 s"), 2),
        (RequestRefused("400"), 1),
        (PromptTooLong("400"), 1),
    ],
)
def test_an_item_that_always_fails_is_tried_as_often_as_it_can_help_and_fails_alone(
    error: EngineError, tries: int
) -> None:
    failing = Failing("text 5", *[error] * 20)
    answers = engine_of(ScriptedClient(failing.chat)).run(Turn(), ITEMS)
    assert failing.calls == tries
    assert error_of(answers[5]) is error
    assert [number for number, answer in enumerate(answers) if answer.error] == [5]


@pytest.mark.parametrize("error", [ServerBusy("busy"), ConnectionLost("broke"), ServerFault("500"), ServerTimeout("s")])
def test_an_error_that_passes_is_tried_again_and_counted(error: EngineError) -> None:
    failing = Failing("text 5", error)
    engine = engine_of(ScriptedClient(failing.chat))
    answers = engine.run(Turn(), ITEMS)
    assert all(answer.output for answer in answers)
    assert engine.usage.metadata()["chat: retries"] == 1
    assert engine.usage.metadata()["chat: requests"] == len(ITEMS)
    assert engine.calls == len(ITEMS)


def test_a_busy_server_is_given_the_time_it_asks_for_while_others_use_the_slot() -> None:
    failing = Failing("text 0", ServerBusy("busy", retry_after=0.4))
    client = ScriptedClient(failing.chat)
    positions = [number for number, _ in engine_of(client, workers=1).run_each(Turn(), ITEMS)]
    assert positions[-1] == 0 or positions.index(0) > 2
    assert sorted(positions) == list(range(len(ITEMS)))


def test_a_person_is_not_kept_waiting_by_retries() -> None:
    failing = Failing("text", *[ServerBusy("busy", retry_after=30)] * 9)
    (answer,) = engine_of(ScriptedClient(failing.chat)).run(Turn(), ITEMS[:1], lane="person")
    assert failing.calls == 1
    assert isinstance(error_of(answer), ServerBusy)


@pytest.mark.parametrize("error", [ModelMissing("model 'chat' not found"), AccessDenied("401")])
def test_what_is_no_items_fault_ends_the_run_at_once(error: EngineError) -> None:
    def refuse(request: ChatRequest) -> Completion:
        raise error

    client = ScriptedClient(refuse)
    with pytest.raises(type(error)) as raised:
        engine_of(client).run(Turn(), ITEMS)
    assert raised.value is error
    assert len(client.chats) <= 4


def test_a_task_that_breaks_on_an_item_fails_that_item() -> None:
    class Breaks(Turn):
        def user_message(self, item: Text) -> str:
            if item.text == "text 2":
                raise ZeroDivisionError("no")
            return item.text

    answers = engine_of(ScriptedClient()).run(Breaks(), ITEMS)
    assert isinstance(error_of(answers[2]), ZeroDivisionError)
    assert sum(answer.error is None for answer in answers) == len(ITEMS) - 1


def test_json_in_a_fence_is_json() -> None:
    client = ScriptedClient(lambda request: Completion('```json\n{"text": "ok"}\n```\n', "stop"))
    assert ask(client, "anything").output == Turned(text="ok")


def test_an_answer_of_another_schema_is_asked_for_once_more_with_another_seed() -> None:
    client = ScriptedClient(lambda request: turned(request) if request.seed else Completion("{}", "stop"))
    assert ask(client, "abc").output == Turned(text="cba")
    assert [request.seed for request in client.chats] == [0, 1]


def test_a_violated_schema_is_told_without_the_posting() -> None:
    secret = "Erika Mustermann, Musterweg 1, " * 40
    client = ScriptedClient(lambda request: Completion('{"words": "' + secret + '"', "stop"))
    error = error_of(ask(client, "abc"))
    assert isinstance(error, SchemaViolation)
    assert str(error).startswith("turn: expected JSON of Turned, chat answered ")
    assert "Invalid JSON" in str(error)
    assert "Erika" not in str(error)
    assert len(client.chats) == 2
    missing = error_of(ask(ScriptedClient(lambda request: Completion('{"words": 3}', "stop")), "abc"))
    assert "with 1 problems: text: Field required" in str(missing)


class QuotingTurn(Turn):
    """Claims about the text; a claim is a quote where the item has it."""

    def quotes(self, item: Text, output: Turned) -> bool:
        return output.text in item.text


class LenientTurn(QuotingTurn):
    def unquoted(self, item: Text, output: Turned) -> Turned | None:
        return Turned(text=f"less of {output.text}")


def test_an_answer_that_quotes_nothing_is_asked_for_once_more_and_then_what_is_left_counts() -> None:
    invented = ScriptedClient(lambda request: Completion('{"text": "invented"}', "stop"))
    error = error_of(ask(invented, "abc", QuotingTurn()))
    assert isinstance(error, NothingQuoted)
    assert [request.seed for request in invented.chats] == [0, 1]
    assert ask(invented, "abc", LenientTurn()).output == Turned(text="less of invented")
    second = ScriptedClient(lambda r: Completion('{"text": "b"}' if r.seed else '{"text": "invented"}', "stop"))
    assert ask(second, "abc", QuotingTurn()).output == Turned(text="b")


def test_a_person_waits_for_at_most_the_requests_in_flight() -> None:
    go = threading.Semaphore(0)

    def wait(request: ChatRequest) -> Completion:
        if request.user.startswith("text"):
            go.acquire()
        return turned(request)

    client = ScriptedClient(wait)
    engine = engine_of(client, workers=3)
    night = threading.Thread(target=lambda: engine.run(Turn(), ITEMS), daemon=True)
    night.start()
    until(lambda: client.in_flight == 3)
    clicked: list[Answer[Turned]] = []
    click = threading.Thread(
        target=lambda: clicked.extend(engine.run(Turn(), [Text(text="click")], "person")), daemon=True
    )
    click.start()
    queue = engine._chats["chat"]
    until(lambda: len(queue._gate._waiting["person"]) == 1)
    go.release()  # one of the three requests in flight ends, while others of the night wait
    click.join(20)
    assert clicked[0].output == Turned(text="kcilc")
    assert sum(request.user.startswith("text") for request in client.chats) <= 4
    for _ in ITEMS:
        go.release()
    night.join(20)


def test_models_are_loaded_once_and_the_time_is_recorded() -> None:
    client = ScriptedClient()
    engine = engine_of(client, reasoning_model="chat")
    engine.warm_up(["extraction", "reasoning"], embedding=True)
    assert client.loaded == ["chat", "encoder"]
    assert engine.usage.loads() == {"chat": 1, "encoder": 1}
    assert engine.usage.metadata()["chat: load seconds"] == 1.5
    assert engine.reachable()
    engine.close()
    assert client.closed


def test_nothing_is_logged_when_all_is_well(engine_log: list[str]) -> None:
    engine_of(ScriptedClient()).run(Turn(), ITEMS)
    assert engine_log == []
