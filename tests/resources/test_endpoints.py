"""Balancing, setting aside and probing, with servers that are functions and a clock that is a number."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from endpoint_world import A, B, World, until

from ty_resources.inference.endpoints import Endpoints
from ty_resources.inference.errors import (
    ConnectionLost,
    ModelMissing,
    RequestRefused,
    ServerBusy,
    ServerDown,
    ServerFault,
    ServerTimeout,
)
from ty_resources.inference.ollama_models import DIALECT


def test_idle_servers_take_turns() -> None:
    world = World(A, B)
    assert [world.call() for _ in range(4)] == [A, B, A, B]


def test_the_server_with_fewer_requests_under_way_is_asked() -> None:
    world = World(A, B)
    held, begun = threading.Event(), threading.Semaphore(0)

    def slow(url: str) -> str:
        begun.release()
        held.wait(10)
        return url

    with ThreadPoolExecutor(3) as pool:
        slow_ones = [pool.submit(world.endpoints.call, slow, None, url) for url in (A, A, B)]
        for _ in slow_ones:
            assert begun.acquire(timeout=10)
        assert [world.call() for _ in range(3)] == [B, B, B]
        held.set()
        assert [one.result() for one in slow_ones] == [A, A, B]
    assert sorted(world.call() for _ in range(2)) == [A, B]


def test_a_refused_or_broken_connection_sends_the_request_to_the_next_server() -> None:
    for error in (ServerDown("refused"), ConnectionLost("broke")):
        world = World(A, B)
        world.errors[A] = error
        assert world.call() == B
        assert world.asked == [A, B]


def test_a_timeout_is_not_tried_again_elsewhere_since_the_time_is_spent() -> None:
    world = World(A, B)
    world.errors[A] = ServerTimeout("300 s")
    assert isinstance(world.fails(), ServerTimeout)
    assert world.asked == [A]


def test_what_the_server_says_of_the_request_is_raised_at_once_and_keeps_it_healthy() -> None:
    world = World(A, B)
    world.errors[A] = RequestRefused("no")
    assert isinstance(world.fails(), RequestRefused)
    assert [world.call(), world.fails().__class__] == [B, RequestRefused]


def test_a_server_that_is_down_is_left_alone_until_its_interval_is_over_and_the_interval_grows() -> None:
    world = World(A)
    world.down(A)
    first = world.fails()
    assert isinstance(first, ServerDown)
    assert world.asked == [A]
    pauses = []
    for _ in range(8):
        begun, probes = world.now, len(world.probed)
        while len(world.probed) == probes:
            assert isinstance(world.fails(), ServerDown)
            world.now += 0.125
        pauses.append(world.now - 0.125 - begun)
    assert world.asked == [A]  # since then only probes
    assert pauses[:6] == sorted(pauses[:6])
    assert pauses[0] <= 0.25
    assert 14 < pauses[-1] <= 15.125


def test_a_server_that_answers_its_probe_is_asked_again() -> None:
    world = World(A)
    world.down(A)
    world.fails()
    world.well(A)
    assert isinstance(world.fails(), ServerDown)  # not due yet
    world.now += 0.25
    assert world.call() == A
    assert world.probed == [A]


def test_reachable_asks_now_and_brings_the_server_back() -> None:
    world = World(A, B)
    world.down(A)
    world.down(B)
    world.fails()
    assert not world.endpoints.reachable()
    world.well(B)
    assert world.endpoints.reachable()
    assert world.call() == B


def test_a_probe_beside_a_healthy_server_delays_nobody() -> None:
    world = World(A, B)
    world.down(A)
    assert world.call() == B
    world.well(A)
    world.now += 1
    world.gate.clear()
    assert [world.call() for _ in range(5)] == [B] * 5
    world.gate.set()
    until(lambda: world.call() == A)
    assert world.probed == [A]


def test_many_waiting_requests_make_one_probe_and_all_go_on_after_it() -> None:
    world = World(A)
    world.down(A)
    world.fails()
    world.well(A)
    world.now += 1
    world.inside.clear()
    world.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(world.call) for _ in range(8)]
        assert world.inside.wait(10)
        world.gate.set()
        assert [one.result(10) for one in waiting] == [A] * 8
    assert world.probed == [A]


def test_a_lost_connection_or_a_timeout_is_followed_by_a_probe_before_the_next_request() -> None:
    for error in (ConnectionLost("broke"), ServerTimeout("300 s")):
        world = World(A)
        world.errors[A] = error
        assert world.fails() is error
        world.silent.add(A)
        assert isinstance(world.fails(), ServerDown)
        assert (world.asked, world.probed) == ([A], [A])


def test_a_server_that_fails_three_times_in_a_row_is_avoided_while_another_is_well() -> None:
    world = World(A, B)
    world.errors[A] = ServerFault("500")
    outcomes = []
    for _ in range(12):
        try:
            outcomes.append(world.call())
        except ServerFault:
            outcomes.append("fault")
    assert outcomes.count("fault") == 3
    world.errors.clear()
    world.now += 1
    until(lambda: world.call() == A)


def test_a_server_that_answers_its_probes_and_loses_its_requests_is_avoided_as_well() -> None:
    world = World(A, B)
    world.errors[A] = ConnectionLost("broke")
    for losses in (1, 2, 3):
        until(lambda losses=losses: world.call() == B and world.asked.count(A) == losses)
    until(lambda: world.call() == B and len(world.probed) == 3)
    time.sleep(0.05)  # the last probe is being noted
    for _ in range(20):
        world.call()
    assert world.asked.count(A) == 3


def test_a_question_that_breaks_the_only_server_again_and_again_does_not_stop_the_others() -> None:
    for error in (ServerFault("500"), ConnectionLost("broke"), ServerTimeout("300 s")):
        world = World(A)
        for _ in range(10):
            world.errors[A] = error
            assert world.fails() is error  # and never ServerDown, since it answers its probes
            world.now += 0.01
        world.errors.clear()
        assert world.call() == A


def test_a_busy_server_is_avoided_as_long_as_it_asked_for() -> None:
    world = World(A, B)
    world.errors[A] = ServerBusy("503", retry_after=5)
    assert [world.call() for _ in range(5)] == [B] * 5
    assert world.asked.count(A) == 1
    world.errors[B] = ServerBusy("503 as well")
    assert isinstance(world.fails(), ServerBusy)


def test_a_model_is_asked_where_it_is_and_the_others_keep_their_other_models() -> None:
    world = World(A, B)
    world.errors[A] = ModelMissing("http://a has no model x")
    assert [world.call("x") for _ in range(5)] == [B] * 5
    assert world.asked.count(A) == 1
    world.errors.clear()
    assert sorted(world.call("y") for _ in range(2)) == [A, B]
    world.now += 61  # pulled meanwhile?
    assert sorted(world.call("x") for _ in range(2)) == [A, B]


def test_a_model_that_is_nowhere_is_named_with_every_server_and_asked_for_again() -> None:
    world = World(A, B)
    for url in (A, B):
        world.errors[url] = ModelMissing(f"{url} has no model x. Fetch it with: ty models pull x")
    for _ in range(2):
        missing = world.fails("x")
        assert isinstance(missing, ModelMissing)
        assert A in str(missing)
        assert B in str(missing)
    assert world.asked.count(A) == 2
    world.errors.clear()
    assert world.call("x") in (A, B)


def test_a_model_whose_only_server_is_down_is_waited_for() -> None:
    world = World(A, B)
    world.errors[A] = ModelMissing("http://a has no model x")
    world.down(B)
    assert isinstance(world.fails("x"), ServerDown)


def test_when_all_are_down_the_message_names_each_server_once_and_what_to_do() -> None:
    world = World(A, B)
    world.down(A)
    world.down(B)
    world.fails()
    told = str(world.fails())
    assert told == (
        "http://a does not answer (refused). http://b does not answer (refused). "
        "Start Ollama (`ollama serve`), or correct TY_OLLAMA_URLS."
    )


def test_a_server_is_probed_before_its_first_request_so_that_a_wrong_address_is_told_clearly() -> None:
    def probe(url: str) -> None:
        raise ServerDown(f"{url} answers, but not as Ollama does.")

    endpoints = Endpoints([A], DIALECT, probe)
    with pytest.raises(ServerDown, match="not as Ollama does"):
        endpoints.call(lambda url: url)


def test_an_interrupted_request_counts_as_ended() -> None:
    world = World(A, B)

    def interrupted(url: str) -> str:
        raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            world.endpoints.call(interrupted, only=A)
    assert sorted(world.call() for _ in range(2)) == [A, B]
