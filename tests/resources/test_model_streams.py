"""Long runs: drawn as fast as they are asked, told as they come, ended when nobody reads on."""

import threading
import time
from collections.abc import Iterator

import pytest
from scripted_client import ScriptedClient, Text, Turn, engine_of, no_workers, turned, until

from ty_resources.inference.client import ChatRequest, Completion

WORKERS = 4
AHEAD = WORKERS + WORKERS // 2 + 2


class Drawn:
    """So many items, and how many of them were drawn."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.drawn = 0

    def __iter__(self) -> Iterator[Text]:
        for number in range(self.count):
            self.drawn += 1
            yield Text(text=f"text {number}")


def test_items_are_drawn_only_as_fast_as_they_are_asked() -> None:
    items = Drawn(500)
    most = told = 0
    for _ in engine_of(ScriptedClient()).run_each(Turn(), items):
        most = max(most, items.drawn - told)
        told += 1
    assert told == 500
    assert most <= AHEAD


def test_a_reader_that_stops_reading_stops_the_asking() -> None:
    items, client = Drawn(10**9), ScriptedClient()
    answers = engine_of(client).run_each(Turn(), items)
    next(answers)
    until(lambda: len(client.chats) == items.drawn)
    time.sleep(0.1)
    assert items.drawn <= AHEAD + 1
    answers.close()  # type: ignore[attr-defined]


def test_texts_are_drawn_in_a_bounded_number_too() -> None:
    drawn = told = most = 0

    def texts() -> Iterator[str]:
        nonlocal drawn
        for number in range(20_000):
            drawn += 1
            yield f"text {number}"

    for _ in engine_of(ScriptedClient()).embed_each(texts()):
        most = max(most, drawn - told)
        told += 1
    assert told == 20_000
    assert most <= 32 * (AHEAD + WORKERS)


def test_answers_come_as_they_are_ready() -> None:
    last = threading.Event()

    def first_is_slow(request: ChatRequest) -> Completion:
        if request.user == "text 0":
            assert last.wait(20)
        return turned(request)

    positions = []
    for number, _ in engine_of(ScriptedClient(first_is_slow)).run_each(Turn(), Drawn(5)):
        positions.append(number)
        if len(positions) == 4:
            last.set()
    assert positions[-1] == 0
    assert sorted(positions) == [0, 1, 2, 3, 4]


def test_a_reader_that_closes_leaves_no_thread_and_no_slot_taken() -> None:
    client = ScriptedClient(seconds=0.01)
    engine = engine_of(client)
    answers = engine.run_each(Turn(), Drawn(1000))
    for _ in range(3):
        next(answers)
    answers.close()  # type: ignore[attr-defined]
    asked = len(client.chats)
    until(no_workers)
    assert engine._chats["chat"].in_flight == 0
    assert len(client.chats) <= asked + WORKERS
    assert len(engine.run(Turn(), list(Drawn(5)))) == 5


def test_a_reader_that_fails_ends_the_run() -> None:
    items = Drawn(1000)
    engine = engine_of(ScriptedClient(seconds=0.005))

    def read() -> None:
        for number, _ in engine.run_each(Turn(), items):
            if number == 20:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read()
    until(no_workers)
    assert items.drawn < 100


def test_items_that_cannot_be_drawn_end_the_run_with_their_error() -> None:
    def broken() -> Iterator[Text]:
        yield Text(text="text 0")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(engine_of(ScriptedClient()).run_each(Turn(), broken()))


def test_no_items_ask_nothing() -> None:
    client = ScriptedClient()
    engine = engine_of(client)
    assert engine.run(Turn(), []) == []
    assert list(engine.embed_each([])) == []
    assert engine.embed([]).shape == (0, 0)
    assert client.chats == client.embeds == []


def test_runs_of_several_threads_share_the_limit() -> None:
    client = ScriptedClient(seconds=0.003)
    engine = engine_of(client)
    done: list[int] = []
    threads = [threading.Thread(target=lambda: done.append(len(engine.run(Turn(), list(Drawn(40)))))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert done == [40] * 4
    assert client.most_in_flight <= WORKERS


def test_the_number_of_requests_in_flight_is_found_out() -> None:
    slots = threading.Semaphore(8)

    def serve(request: ChatRequest) -> Completion:
        with slots:
            time.sleep(0.01)
        return turned(request)

    client = ScriptedClient(serve)
    engine = engine_of(client, workers=None)
    assert all(answer.output for answer in engine.run(Turn(), list(Drawn(600))))
    assert client.most_in_flight >= 8
