"""The limit on requests in flight, on simulated servers in simulated time; every run is the same each time."""

import statistics
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from load_simulation import SEED_CURVE, QueueServer, SharedServer, interpolated, run

from ty_resources.inference.concurrency import FIRST, HIGHEST, Concurrency

UNITS = 1500
LEVELS = (1, 2, 4, 5, 8, 12)


def measured_curve() -> SharedServer:
    return SharedServer(interpolated(SEED_CURVE))


def one_slot() -> QueueServer:
    return QueueServer(slots=1, seconds=1 / 6.4)


def share_of_best(server: Callable[[], SharedServer | QueueServer], spread: float = 0.0, seed: int = 0) -> float:
    """Throughput of the limit that is found out, as a share of the best fixed one's."""
    best = min(run(server(), UNITS, level, spread=spread, seed=seed).seconds for level in LEVELS)
    return best / run(server(), UNITS, spread=spread, seed=seed).seconds


@pytest.mark.parametrize("server", [measured_curve, one_slot, lambda: QueueServer(4, 0.5), lambda: QueueServer(5, 0.5)])
def test_finding_the_limit_costs_less_than_a_twentieth_of_a_run(server: Callable[[], SharedServer]) -> None:
    assert share_of_best(server) >= 0.95


def test_the_limit_settles_where_the_measured_curve_turns_flat() -> None:
    told = run(measured_curve(), UNITS)
    assert told.limit_at(0.08) == 8
    assert told.limits[-1][1] == 8


def test_a_server_with_one_slot_is_sent_one_request_at_a_time() -> None:
    told = run(one_slot(), UNITS)
    assert told.limit_at(0.05) == 1
    assert max(limit for _, limit in told.limits) <= 2 * FIRST


def test_a_server_with_sixty_four_slots_gets_sixty_four_requests() -> None:
    assert run(QueueServer(64, 2.0), UNITS).limit_at(0.6) == HIGHEST


def test_more_requests_that_make_a_server_slower_are_taken_back() -> None:
    def thrashing() -> SharedServer:
        return SharedServer(lambda requests: 10.0 * requests if requests <= 4 else 160.0 / requests)

    assert share_of_best(thrashing) >= 0.95
    assert run(thrashing(), UNITS).limits[-1][1] == 4


@pytest.mark.parametrize("batch", [2, 4])
def test_batches_of_texts_are_weighed_by_their_texts(batch: int) -> None:
    best = run(measured_curve(), UNITS, 8, batch=batch).seconds
    assert best / run(measured_curve(), UNITS, batch=batch).seconds >= 0.93


@pytest.mark.parametrize("server", [measured_curve, one_slot, lambda: QueueServer(4, 0.5)])
def test_uneven_latencies_do_not_mislead(server: Callable[[], SharedServer]) -> None:
    shares = [share_of_best(server, spread=0.2, seed=seed) for seed in range(8)]
    assert statistics.mean(shares) >= 0.95
    assert min(shares) >= 0.9


def test_very_uneven_latencies_cost_little_on_average() -> None:
    assert statistics.mean(share_of_best(measured_curve, spread=0.5, seed=seed) for seed in range(8)) >= 0.88


def test_weights_take_the_unevenness_out_of_latencies() -> None:
    # Latency follows the weight exactly, so a decision takes no more requests than with equal ones.
    clock = [0.0]
    concurrency = Concurrency(clock=lambda: clock[0])
    concurrency.begin(1)
    for ended, work in enumerate([1, 30, 2, 40]):
        assert concurrency.limit == FIRST, ended
        sent = concurrency.begin(2)
        clock[0] += work
        concurrency.end(sent, "done", work, taken=2)
    assert concurrency.limit == 2 * FIRST


def test_a_server_that_refuses_above_six_is_kept_at_six() -> None:
    def server() -> SharedServer:
        return SharedServer(interpolated(SEED_CURVE), refuses_above=6)

    told = run(server(), UNITS)
    best = run(server(), UNITS, 6)
    assert told.limits[-1][1] == 6
    assert told.refused < 10
    assert best.seconds / told.seconds >= 0.95


def test_a_server_that_refuses_the_second_request_is_sent_one_at_a_time() -> None:
    told = run(SharedServer(interpolated(SEED_CURVE), refuses_above=1), 300)
    assert told.limits[-1][1] == 1
    assert told.refused < 10


def test_the_limit_follows_a_server_that_becomes_slower_and_faster_again() -> None:
    server = measured_curve()

    def slower() -> None:
        server.rate = interpolated({1: 4.0, 3: 12.0})

    assert run(server, UNITS, change=(20.0, slower)).limits[-1][1] <= 4

    server = SharedServer(interpolated({1: 4.0, 3: 12.0}))

    def faster() -> None:
        server.rate = interpolated(SEED_CURVE)

    assert run(server, UNITS, change=(20.0, faster)).limits[-1][1] >= 7


def test_the_limit_recovers_when_refusals_stop() -> None:
    server = measured_curve()
    server.refuses_above = 4
    told = run(server, UNITS, change=(20.0, lambda: setattr(server, "refuses_above", 10_000)))
    assert told.limit_at(0.2) == 4
    assert told.limits[-1][1] >= 7


def test_a_fixed_limit_is_obeyed_whatever_happens() -> None:
    assert {limit for _, limit in run(one_slot(), 300, 7).limits} == {7}
    concurrency = Concurrency(7)
    for _ in range(50):
        concurrency.end(concurrency.begin(1), "overloaded", taken=1)
    assert concurrency.limit == 7
    assert concurrency.settled


def test_a_limit_that_is_not_used_up_is_not_raised() -> None:
    clock = [0.0]
    concurrency = Concurrency(clock=lambda: clock[0])
    for _ in range(200):
        sent = concurrency.begin(1)
        clock[0] += 1.0
        concurrency.end(sent, "done", taken=1)
    assert concurrency.limit == FIRST


def test_a_timeout_takes_the_limit_down_and_errors_of_the_request_do_not() -> None:
    concurrency = Concurrency()
    for _ in range(50):
        concurrency.end(concurrency.begin(1), "uncounted", taken=1)
    assert concurrency.limit == FIRST
    concurrency.end(concurrency.begin(1), "overloaded", taken=1)
    assert concurrency.limit == 1


def test_one_overload_is_answered_once_however_many_requests_met_it() -> None:
    server = QueueServer(64, 2.0)
    clock = [0.0]
    concurrency = Concurrency(clock=lambda: clock[0])
    while concurrency.limit < 32:
        sent = [concurrency.begin(place + 1) for place in range(concurrency.limit)]
        clock[0] += server.seconds
        for one in sent:
            concurrency.end(one, "done", taken=concurrency.limit)
    sent = [concurrency.begin(place + 1) for place in range(32)]
    for one in sent:
        concurrency.end(one, "overloaded", taken=32)
    assert concurrency.limit >= 16


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["done", "done", "done", "overloaded", "uncounted"]),
            st.floats(1e-9, 1e6),
            st.floats(0.0, 1e5),
            st.integers(0, 70),
        ),
        max_size=400,
    )
)
def test_the_limit_stays_within_its_bounds_whatever_is_told(events: list[tuple[str, float, float, int]]) -> None:
    clock = [0.0]
    concurrency = Concurrency(clock=lambda: clock[0])
    flying = []
    for outcome, work, seconds, which in events:
        while len(flying) < concurrency.limit:
            flying.append(concurrency.begin(len(flying) + 1))
        clock[0] += seconds
        taken = len(flying)
        concurrency.end(flying.pop(which % taken), outcome, work, taken=taken)  # type: ignore[arg-type]
        assert 1 <= concurrency.limit <= HIGHEST


@settings(max_examples=30, deadline=None)
@given(
    slots=st.integers(1, 40),
    spread=st.sampled_from([0.0, 0.1, 0.3]),
    refuses_above=st.integers(1, 80),
    seed=st.integers(0, 1000),
)
def test_every_server_is_worked_off_to_the_end(slots: int, spread: float, refuses_above: int, seed: int) -> None:
    server = SharedServer(lambda requests: float(min(requests, slots)), refuses_above=refuses_above)
    told = run(server, 300, spread=spread, seed=seed)
    assert all(1 <= limit <= HIGHEST for _, limit in told.limits)
