"""The queues against what is known of them in closed form, and against each other."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_jobs.simulation.queueing import flow, hours_until_empty, mean_wait, serve, wait_quantile, waits_share


def _poisson(rate: float, count: int, seed: int) -> list[float]:
    chance, moment, moments = random.Random(1000 + seed), 0.0, []
    for _ in range(count):
        moment += chance.expovariate(rate)
        moments.append(moment)
    return moments


def test_one_server_waits_as_the_formula_for_one_says() -> None:
    """M/M/1: rho / (mu - lambda), and who comes waits with probability rho."""
    assert waits_share(0.8, 1.0, 1) == pytest.approx(0.8)
    assert mean_wait(0.8, 1.0, 1) == pytest.approx(0.8 / 0.2)


def test_two_servers_wait_as_the_formula_for_two_says() -> None:
    """M/M/2: Erlang's C is 2 rho^2 / (1 + rho), with rho = lambda / 2 mu."""
    rho = 0.7
    assert waits_share(2 * rho, 1.0, 2) == pytest.approx(2 * rho**2 / (1 + rho))


def test_known_values_of_erlangs_c() -> None:
    """From its definition as a quotient of sums, which only small numbers allow."""
    for servers, load in ((3, 2.0), (10, 8.0), (40, 33.0)):
        top = load**servers / math.factorial(servers) * servers / (servers - load)
        bottom = sum(load**n / math.factorial(n) for n in range(servers)) + top
        assert waits_share(load, 1.0, servers) == pytest.approx(top / bottom)


def test_thousands_of_servers_do_not_overflow() -> None:
    assert 0 < waits_share(4900.0, 1.0, 5000) < 1


@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (4, 3.2), (16, 13.0)])
def test_events_come_to_what_the_formula_says(servers: int, load: float) -> None:
    told = serve(_poisson(load, 200_000, servers), lambda chance: chance.expovariate(1.0), servers)
    expected = mean_wait(load, 1.0, servers)
    assert sum(told.waits) / len(told.waits) == pytest.approx(expected, rel=0.1)
    assert sum(wait > 0 for wait in told.waits) / len(told.waits) == pytest.approx(
        waits_share(load, 1.0, servers), rel=0.05
    )
    bound = wait_quantile(load, 1.0, servers, 0.95)
    assert sum(wait <= bound for wait in told.waits) / len(told.waits) == pytest.approx(0.95, abs=0.01)


def test_a_constant_service_waits_half_as_long() -> None:
    """M/D/1 by Pollaczek and Khinchine: half of M/M/1's wait."""
    told = serve(_poisson(0.8, 300_000, 3), lambda chance: 1.0, 1)
    assert sum(told.waits) / len(told.waits) == pytest.approx(mean_wait(0.8, 1.0, 1) / 2, rel=0.1)


def test_more_than_is_served_waits_for_ever() -> None:
    assert mean_wait(2.0, 1.0, 2) == math.inf
    assert wait_quantile(2.1, 1.0, 2, 0.5) == math.inf
    assert waits_share(2.1, 1.0, 2) == 1.0


@given(
    st.lists(st.floats(0, 50), min_size=1, max_size=60),
    st.integers(1, 5),
    st.floats(0.01, 20),
)
def test_no_work_is_lost_or_made(gaps: list[float], servers: int, seconds: float) -> None:
    """Server-seconds are the services' sum, nobody is begun before they come, the end is no sooner than it can be."""
    moments = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    told = serve(moments, lambda chance: seconds, servers)
    assert told.busy == pytest.approx(seconds * len(gaps))
    assert min(told.waits) >= 0
    assert told.ended >= moments[-1] + seconds - 1e-6
    assert told.ended <= moments[-1] + seconds * math.ceil(len(gaps) / servers) + 1e-6


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=48), st.floats(0, 1e6))
def test_a_flow_conserves_work(hours: list[tuple[float, float]], before: float) -> None:
    coming, able = [one for one, _ in hours], [one for _, one in hours]
    told = flow(coming, able, before)
    assert sum(told.done) + told.left == pytest.approx(before + sum(coming))
    assert all(done <= most for done, most in zip(told.done, able, strict=True))
    assert min(told.waiting) >= 0


def test_a_night_that_is_too_short_takes_another_one() -> None:
    able = [10.0] * 8 + [0.0] * 16
    assert hours_until_empty([40.0] + [0.0] * 23, able) == pytest.approx(4)
    assert hours_until_empty([100.0] + [0.0] * 23, able) == pytest.approx(26)
    assert hours_until_empty([200.0] + [0.0] * 23, able) == pytest.approx(52)
    assert hours_until_empty([1.0], [0.0]) == math.inf
    assert hours_until_empty([0.0] * 24, able) == 0
