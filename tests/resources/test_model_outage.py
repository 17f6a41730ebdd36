"""A server that goes down and comes back, or does not: nothing fails, all wait, one looks, and it is told once."""

import threading
import time

import pytest
from scripted_client import ScriptedClient, Text, Turn, engine_of, no_workers, turned, until

from ty_resources.inference.client import ChatRequest, Completion
from ty_resources.inference.errors import ConnectionLost, ServerDown

ITEMS = [Text(text=f"text {number}") for number in range(30)]


def run_aside(client: ScriptedClient, **changed: object) -> tuple[threading.Thread, list[object]]:
    engine = engine_of(client, **changed)
    told: list[object] = []

    def run() -> None:
        try:
            told.extend(engine.run_each(Turn(), ITEMS))
        except ServerDown as error:
            told.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, told


def test_a_server_that_goes_down_pauses_the_run_and_nothing_fails(engine_log: list[str]) -> None:
    client = ScriptedClient()

    def go_down(request: ChatRequest) -> Completion:
        if request.user == "text 9":
            client.on_chat = turned
            client.down = True
            raise ServerDown("nobody answers at http://scripted.")
        return turned(request)

    client.on_chat = go_down
    thread, told = run_aside(client)
    until(lambda: client.probes >= 2)
    asked = len(client.chats)
    time.sleep(0.2)
    assert len(client.chats) == asked  # nobody but the probe asks while it is down
    assert len(engine_log) == 1
    client.down = False
    thread.join(20)
    assert len(told) == len(ITEMS)
    assert all(answer.output for _, answer in told)  # type: ignore[attr-defined]
    assert engine_log[0] == "nobody answers at http://scripted. Waiting for it, for at most 20 s; no work is lost."
    assert engine_log[1].startswith("The server answers again after ")
    assert len(engine_log) == 2


def test_requests_cut_off_by_a_server_that_goes_down_are_sent_again() -> None:
    client = ScriptedClient()
    cut = threading.Barrier(4)

    def cut_off(request: ChatRequest) -> Completion:
        if request.user in ("text 4", "text 5", "text 6", "text 7"):
            cut.wait(20)
            client.on_chat = turned
            client.down = True
            raise ConnectionLost("the connection broke")
        return turned(request)

    client.on_chat = cut_off
    thread, told = run_aside(client)
    until(lambda: client.down and client.probes > 2)
    client.down = False
    thread.join(20)
    assert len(told) == len(ITEMS)
    assert all(answer.output for _, answer in told)  # type: ignore[attr-defined]


def test_when_the_patience_is_over_the_run_ends_with_one_clear_error_and_no_failed_item() -> None:
    client = ScriptedClient()
    client.down = True
    thread, told = run_aside(client, patience=0.3)
    thread.join(20)
    (error,) = told
    assert isinstance(error, ServerDown)
    assert str(error).startswith("nobody answers at http://scripted. It has not answered for 0.")
    assert "nothing was recorded as failed" in str(error)


def test_a_later_run_has_its_own_patience() -> None:
    client = ScriptedClient()
    client.down = True
    engine = engine_of(client, patience=0.5)
    for _ in range(2):
        with pytest.raises(ServerDown):
            engine.run(Turn(), ITEMS)
    client.down = False
    assert all(answer.output for answer in engine.run(Turn(), ITEMS))


def test_a_person_hears_soon_that_the_server_is_down_while_the_night_goes_on_waiting() -> None:
    client = ScriptedClient()
    client.down = True
    engine = engine_of(client, patience=60.0)
    told: list[object] = []
    night = threading.Thread(target=lambda: told.extend(engine.run(Turn(), ITEMS)), daemon=True)
    night.start()
    until(lambda: client.probes > 0)
    began = time.monotonic()
    with pytest.raises(ServerDown):
        engine.run(Turn(), ITEMS[:1], lane="person")
    assert time.monotonic() - began < 10
    assert told == []
    client.down = False
    night.join(30)
    assert len(told) == len(ITEMS)


def test_a_person_who_comes_while_the_night_waits_is_told_what_is_true_now() -> None:
    client = ScriptedClient()
    client.down = True
    engine = engine_of(client, patience=60.0)
    night = threading.Thread(target=lambda: engine.run(Turn(), ITEMS), daemon=True)
    night.start()
    until(lambda: client.probes >= 4)  # the next one is due in more than a second
    client.down = False
    began = time.monotonic()
    (answer,) = engine.run(Turn(), ITEMS[:1], lane="person")
    assert answer.output
    assert time.monotonic() - began < 0.8
    night.join(20)


def test_a_server_that_seems_back_and_answers_nothing_exhausts_the_patience(engine_log: list[str]) -> None:
    client = ScriptedClient()

    def refuse(request: ChatRequest) -> Completion:
        raise ServerDown("nobody answers at http://scripted.")

    client.on_chat = refuse
    thread, told = run_aside(client, patience=1.0)
    thread.join(20)
    assert [type(error) for error in told] == [ServerDown]
    assert len(engine_log) == 1


def test_an_item_that_takes_the_server_down_each_time_fails_in_the_end() -> None:
    client = ScriptedClient()
    deaths = 0

    def die(request: ChatRequest) -> Completion:
        nonlocal deaths
        if request.user == "text 3":
            deaths += 1
            client.down = True
            threading.Timer(0.05, lambda: setattr(client, "down", False)).start()
            raise ConnectionLost("the connection broke")
        return turned(request)

    client.on_chat = die
    answers = engine_of(client).run(Turn(), ITEMS)
    assert deaths == 4
    assert [number for number, answer in enumerate(answers) if answer.error] == [3]


def test_the_probe_grows_rarer_and_ends_with_whoever_waits() -> None:
    client = ScriptedClient()
    client.down = True
    thread, told = run_aside(client, patience=1.5)
    thread.join(20)
    assert len(told) == 1
    assert 2 <= client.probes <= 4  # after 0.25, 0.6 and 1.2 s
    until(no_workers)


def test_closing_a_run_that_waits_for_its_server_ends_the_waiting() -> None:
    client = ScriptedClient()

    def first_only(request: ChatRequest) -> Completion:
        if request.user != "text 0":
            client.down = True
            raise ServerDown("nobody answers at http://scripted.")
        return turned(request)

    client.on_chat = first_only
    answers = engine_of(client, workers=1, patience=60.0).run_each(Turn(), ITEMS)
    assert next(answers)[0] == 0
    until(lambda: client.down)
    answers.close()  # type: ignore[attr-defined]
    until(no_workers)
