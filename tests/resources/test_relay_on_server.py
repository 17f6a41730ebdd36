"""Both relays against servers that are true to the wire: slots, caches, several servers, faults, breaking off."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from handle import SimulatedServer
from relay_wire import MODEL, asked, ollama_relay, openai_relay
from scripted_client import until

from ty_resources.inference import errors
from ty_resources.inference.relay import CHAT, EMBEDDINGS, Relay, Relayed

Start = Callable[..., SimulatedServer]
RELAYS = {"openai": openai_relay, "ollama": ollama_relay}


@pytest.fixture(params=sorted(RELAYS))
def relay_of(request: pytest.FixtureRequest) -> Callable[..., Relay]:
    return RELAYS[request.param]  # type: ignore[return-value]


def asks(relay: Relay, number: int, at_once: int, start: int = 0) -> list[Relayed]:
    """So many candidates, each another one."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda n: relay.ask(CHAT, asked(f"candidate {n:05}")), range(start, start + number)))


def test_each_request_gets_the_answer_to_its_own_text(simulated_server: Start, relay_of: Callable[..., Relay]) -> None:
    relay = relay_of(simulated_server(chat_seconds=0.01, num_parallel=4))
    for number, relayed in enumerate(asks(relay, 60, 12)):
        assert relayed.body["choices"][0]["message"]["content"] == f"You said: candidate {number:05}"
    relay.close()


def test_warmed_slots_read_the_prefix_once_each_however_many_requests_follow(simulated_server: Start) -> None:
    server = simulated_server(llama_cpp=True, num_parallel=3, chat_seconds=0.01)
    relay = openai_relay(server)
    assert relay.slots(MODEL) == 3
    assert relay.warm(asked()) == 3
    warmed = server.stats()
    assert warmed["cached_tokens"] == 0  # no slot knows what another has read
    answered = asks(relay, 60, relay.slots(MODEL))
    prompt, cached = (
        sum(one or 0 for one in column)
        for column in zip(*((relayed.prompt_tokens, relayed.cached_tokens) for relayed in answered), strict=True)
    )
    assert cached / prompt > 0.95
    stats = server.stats()
    assert (stats["prompt_tokens"] - warmed["prompt_tokens"], stats["cached_tokens"]) == (prompt, cached)


def test_without_warming_every_slot_reads_it_at_once(simulated_server: Start) -> None:
    server = simulated_server(llama_cpp=True, num_parallel=3, chat_seconds=0.2)
    answered = asks(openai_relay(server), 3, 3)
    assert [relayed.cached_tokens for relayed in answered] == [0, 0, 0]


def test_warming_goes_to_every_server(simulated_server: Start) -> None:
    servers = [simulated_server(llama_cpp=True, num_parallel=2) for _ in range(2)]
    relay = openai_relay(*servers)
    assert relay.warm(asked()) == 4
    assert [server.stats()["chats_answered"] for server in servers] == [2, 2]
    servers[0].stop()
    assert relay.warm(asked()) == 2


def test_a_prefix_goes_where_it_was_read_as_long_as_nobody_waits_for_it(simulated_server: Start) -> None:
    servers = [simulated_server(llama_cpp=True, num_parallel=4) for _ in range(2)]
    relay = openai_relay(*servers)
    relay.slots(MODEL)
    until(lambda: (asks(relay, 4, 4), all(server.stats()["chats_answered"] for server in servers))[1])
    for server in servers:
        server.reset()
    asks(relay, 20, 1)
    assert sorted(server.stats()["chats_answered"] for server in servers) == [0, 20]
    for server in servers:
        server.control(chat_seconds=0.05)
    asks(relay, 40, 4)
    assert min(server.stats()["chats_answered"] for server in servers) > 10  # both work


def test_ollama_loads_its_model_once_whatever_the_requests_ask_for(simulated_server: Start) -> None:
    server = simulated_server(chat_seconds=0.001)
    relay = ollama_relay(server)
    for more in ({}, {"max_tokens": 5}, {"seed": 3, "temperature": 0}, {"response_format": {"type": "json_object"}}):
        assert relay.ask(CHAT, asked(**more)).status == 200
    assert server.stats()["loads"] == {MODEL: 1}
    assert relay.vram() == 4_683_087_332


@pytest.mark.parametrize("kind", ["500", "502", "503", "429", "drop", "cut", "html", "garbage", "error_line"])
def test_faults_that_pass_are_raised_as_such(
    simulated_server: Start, relay_of: Callable[..., Relay], kind: str
) -> None:
    relay = relay_of(simulated_server(faults=[{"kind": kind, "times": 1}]))
    with pytest.raises(errors.EngineError) as told:
        relay.ask(CHAT, asked())
    assert told.value.again
    assert relay.ask(CHAT, asked()).status == 200


def test_a_fault_of_one_server_is_answered_by_the_other(
    simulated_server: Start, relay_of: Callable[..., Relay]
) -> None:
    first, second = simulated_server(), simulated_server()
    relay = relay_of(first, second)
    until(lambda: (asks(relay, 2, 2), first.stats()["chats_answered"] and second.stats()["chats_answered"])[1])
    first.stop()
    assert {relayed.status for relayed in asks(relay, 20, 4)} == {200}
    second.stop()
    with pytest.raises(errors.ServerDown):
        relay.ask(CHAT, asked())


def test_a_server_that_takes_too_long_has_timed_out(simulated_server: Start) -> None:
    with pytest.raises(errors.ServerTimeout, match="TY_REQUEST_TIMEOUT"):
        openai_relay(simulated_server(chat_seconds=60), timeout=0.3).ask(CHAT, asked())


def test_breaking_off_ends_all_requests_at_once_and_the_servers_work_for_them(
    simulated_server: Start, relay_of: Callable[..., Relay]
) -> None:
    servers = [simulated_server(chat_seconds=60, num_parallel=2) for _ in range(2)]
    relay = relay_of(*servers)
    raised: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            relay.ask(CHAT, asked(f"candidate {number}"))
        except errors.EngineError as error:
            raised.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: sum(server.stats()["in_flight"] for server in servers) == 8)
    begun = time.monotonic()
    relay.cancel_all()
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - begun < 1
    assert [type(error) for error in raised] == [errors.ConnectionLost] * 8
    until(lambda: sum(server.stats()["in_flight"] for server in servers) == 0, 2)
    asked_before = [server.stats()["requests"] for server in servers]
    for server in servers:
        server.control(chat_seconds=0)
    assert relay.ask(CHAT, asked()).status == 200
    # Not one request was sent on to another server after it was broken off.
    assert sum(sum(sum(of.values()) for path, of in stats.items() if "chat" in path) for stats in asked_before) == 8


def test_breaking_off_again_and_again_loses_no_later_request(
    simulated_server: Start, relay_of: Callable[..., Relay]
) -> None:
    relay = relay_of(simulated_server(chat_seconds=0.002, num_parallel=8))
    stop = threading.Event()
    outcomes: list[str] = []

    def ask() -> None:
        while not stop.is_set():
            try:
                outcomes.append(str(relay.ask(CHAT, asked()).status))
            except errors.EngineError as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(40):
        answered = outcomes.count("200")
        until(lambda answered=answered: outcomes.count("200") > answered + 3)  # type: ignore[misc]
        relay.cancel_all()
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert set(outcomes) == {"200", "ConnectionLost"}
    assert {relayed.status for relayed in asks(relay, 20, 4)} == {200}


def test_requests_in_flight_are_found_out_where_the_server_does_not_tell(simulated_server: Start) -> None:
    server = simulated_server(chat_seconds=0.04, chat_curve={"1": 1, "2": 2, "4": 4, "8": 8, "16": 8}, num_parallel=64)
    relay = ollama_relay(server)
    assert relay.slots(MODEL) == 2
    seen = set()
    numbers = iter(range(100_000))
    lock = threading.Lock()
    busy = [0]
    deadline = time.monotonic() + 60

    def work() -> None:
        while relay.slots(MODEL) < 6 and time.monotonic() < deadline:
            with lock:
                room = busy[0] < relay.slots(MODEL)
                busy[0] += room
            if not room:
                time.sleep(0.001)
                continue
            relay.ask(CHAT, asked(f"candidate {next(numbers)}"))
            with lock:
                busy[0] -= 1
                seen.add(relay.slots(MODEL))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(70)
    assert relay.slots(MODEL) >= 6
    assert 4 in seen


def test_a_number_that_is_set_is_kept(simulated_server: Start) -> None:
    relay = ollama_relay(simulated_server(), workers=5)
    asks(relay, 40, 5)
    assert relay.slots(MODEL) == 5


def test_vectors_of_both_dialects_are_the_same(simulated_server: Start) -> None:
    server = simulated_server()
    body = {"model": "bge-m3", "input": ["Pflege", "Koch"]}
    one, other = (relay(server).ask(EMBEDDINGS, body).body for relay in (openai_relay, ollama_relay))
    assert [row["embedding"] for row in one["data"]] == [row["embedding"] for row in other["data"]]
    assert one["usage"] == other["usage"]


def test_a_closed_relay_breaks_off_what_is_under_way(simulated_server: Start) -> None:
    server = simulated_server(chat_seconds=60)
    relay = openai_relay(server)
    with ThreadPoolExecutor(1) as pool:
        asked_for = pool.submit(relay.ask, CHAT, asked())
        until(lambda: server.stats()["in_flight"] == 1)
        relay.close()
        with pytest.raises(errors.ConnectionLost):
            asked_for.result(5)
