"""What follows from failures, one by one and all together: pure rules."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.candidate_evaluations.parts import PartMissing
from ty_assets.candidate_evaluations.retries import verdict
from ty_assets.candidate_evaluations.trouble import Trouble
from ty_resources.inference.errors import (
    AccessDenied,
    ConnectionLost,
    EngineError,
    PromptTooLong,
    ServerBusy,
    ServerDown,
    ServerFault,
    ServerTimeout,
)

LUCK = random.Random(1)
FAILURES: list[Exception] = [
    ServerDown("x"), ServerBusy("x"), AccessDenied("x"), ServerTimeout("x"), ServerFault("x"), ConnectionLost("x"),
    ValueError("a candidate's text"), PromptTooLong("x"), PartMissing("gone"),
]  # fmt: skip


@pytest.mark.parametrize("error", [ServerDown("x"), ServerBusy("x"), AccessDenied("x")])
def test_what_is_no_request_s_fault_costs_no_try(error: Exception) -> None:
    found = verdict(error, 4, 3, 5, LUCK)
    assert (found.kind, found.attempts, found.losses) == ("held", 4, 3)


@pytest.mark.parametrize(
    ("error", "code"),
    [(ServerTimeout("x"), "request_timeout"), (ServerFault("x"), "server_error"), (KeyError("x"), "server_error"),
     (ConnectionLost("x"), "connection_lost")],
)  # fmt: skip
def test_the_last_try_is_the_last(error: Exception, code: str) -> None:
    assert verdict(error, 3, 0, 5, LUCK).kind == "later"
    last = verdict(error, 4, 0, 5, LUCK)
    assert (last.kind, last.code) == ("failed", code)


def test_a_broken_connection_is_counted_apart() -> None:
    found = verdict(ConnectionLost("x"), 1, 1, 5, LUCK)
    assert (found.kind, found.attempts, found.losses) == ("later", 1, 2)


def test_what_asking_again_does_not_change_fails_at_once_and_quotes_nobody() -> None:
    assert verdict(PromptTooLong("x"), 0, 0, 5, LUCK).kind == "failed"
    assert verdict(PartMissing("the file is gone"), 0, 0, 5, LUCK).code == "input_file_deleted"
    assert "candidate" not in verdict(ValueError("a candidate's text"), 4, 0, 5, LUCK).message


@given(st.lists(st.sampled_from(FAILURES), min_size=1, max_size=40), st.integers(1, 8), st.integers())
def test_every_request_comes_to_an_end_or_waits_for_the_server(errors: list[Exception], most: int, seed: int) -> None:
    attempts = losses = blamed = 0
    for error in errors:
        found = verdict(error, attempts, losses, most, random.Random(seed))
        if found.kind == "failed":
            return
        blamed += found.kind == "later"
        assert found.attempts + found.losses == blamed < most
        assert (found.delay > 0) == (found.kind == "later")
        assert found.delay <= 300
        attempts, losses = found.attempts, found.losses


def trouble() -> Trouble:
    return Trouble(faults=5, _luck=random.Random(1))


def test_a_server_that_is_down_is_looked_at_ever_more_rarely() -> None:
    found, now, pauses = trouble(), 100.0, []
    for _ in range(12):
        found.failed(1, ServerDown("x"), now)
        assert found.waiting(now)
        pauses.append(found.until - now)
        now = found.until
        assert not found.waiting(now)
    assert pauses[0] < 0.3
    assert pauses[0] < pauses[2] < pauses[4]
    assert max(pauses) <= 15
    assert found.lasted(now) == now - 100
    found.answered()
    assert (found.kind, found.lasted(now)) == (None, 0)


def test_others_that_were_in_flight_say_nothing_new() -> None:
    found = trouble()
    found.failed(1, ServerDown("x"), 0)
    until = found.until
    for line in range(2, 9):
        found.failed(line, ServerDown("x"), 0.01)
    assert found.until == until


def test_a_server_that_says_when_to_come_again_is_believed_within_reason() -> None:
    found = trouble()
    found.failed(1, ServerBusy("x", 42), 0)
    assert found.until == 42
    found = trouble()
    found.failed(1, ServerBusy("x", 1e9), 0)
    assert found.until == 300


def test_one_request_that_fails_is_no_trouble_and_many_different_ones_are() -> None:
    found = trouble()
    for _ in range(20):
        found.failed(1, ServerFault("x"), 0)
    assert found.kind is None
    for line in range(2, 5):
        found.failed(line, ServerTimeout("x"), 0)
    assert found.kind is None
    found.answered()
    for line in range(5):
        assert found.kind is None
        found.failed(line, ServerFault("x"), 0)
    assert found.kind == "server_faults"


def test_an_outage_that_becomes_another_one_has_lasted_since_the_first() -> None:
    found = trouble()
    found.failed(1, ServerBusy("x"), 10)
    found.failed(1, ServerDown("x"), found.until + 5)
    assert (found.kind, found.since) == ("server_down", 10)


def test_all_errors_of_the_wire_are_known_to_one_rule_or_the_other() -> None:
    for error in FAILURES:
        assert verdict(error, 0, 0, 5, LUCK).kind in ("failed", "later", "held")
        trouble().failed(1, error, 0)
    assert issubclass(ConnectionLost, EngineError)
