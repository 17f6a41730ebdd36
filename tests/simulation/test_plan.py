"""What a simulation says follows from the costs, grows as it must, and names what ends first."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ty_jobs.benchmarks.registry import BENCHMARKS
from ty_jobs.cli import app
from ty_jobs.simulation.costs import Costs, measured
from ty_jobs.simulation.plan import Host, Load, Outcome, Size, simulate


def _load(told: Outcome, name: str) -> Load:
    return next(load for load in told.loads if load.name == name)


def _with(**values: float) -> Costs:
    known = measured()
    return Costs("test", {n: replace(c, value=values.get(n, c.value)) for n, c in known.items.items()})


def test_every_cost_is_above_nothing_and_says_which_benchmark_measures_it() -> None:
    for cost in measured().items.values():
        assert cost.value > 0, cost.name
        assert cost.command.split()[2] in BENCHMARKS, cost.name


def test_the_loads_are_the_products_of_what_is_asked_and_what_it_costs() -> None:
    costs = _with(rules=3.6, match=1e-3, model=36.0, list=0.01, memory=2**30 / 1000, stored_posting=2**30 / 1000)
    size = Size(1000, 100, new_share=0.1, visitors=0.5, lists=36, peak_share=0.5, kept=2, new_people=0.0)
    told = simulate(size, Host(cores=2, gpus=1, night=8), 3, costs)
    assert _load(told, "rules").asked == pytest.approx(100 * 3.6 / 3600)
    assert _load(told, "rules").able == 3 * 2 * 24
    assert _load(told, "matching").asked == pytest.approx(100 * 100 * 1e-3 / 3600)
    assert _load(told, "model").able == 3 * 8
    assert _load(told, "lists").asked == pytest.approx(100 * 0.5 * 36 * 0.5 / 3600 * 0.01)
    assert _load(told, "memory").asked == pytest.approx(1.0)
    assert size.matches == 100 * 2 * 10


def test_a_model_reads_no_posting_twice_however_many_people_there_are() -> None:
    few, many = Size(260_000, 4), Size(260_000, 10_000_000)
    assert few.read_by_model < 4 * 500
    assert many.read_by_model == pytest.approx(many.new_postings)


@given(st.integers(1, 10**8), st.integers(1, 10**7), st.integers(1, 200))
def test_more_is_never_less(postings: int, people: int, hosts: int) -> None:
    def use(p: int, m: int, h: int) -> dict[str, float]:
        return {load.name: load.use for load in simulate(Size(p, m), Host(), h, measured()).loads}

    base, more = use(postings, people, hosts), use(2 * postings, 2 * people, hosts)
    assert all(more[name] >= base[name] for name in base)
    shared = ("rules", "matching", "model", "lists")
    doubled = use(postings, people, 2 * hosts)
    assert all(doubled[name] == pytest.approx(base[name] / 2) for name in shared)
    assert all(doubled[name] == base[name] for name in ("memory", "disk", "writes"))


def test_what_is_the_fullest_ends_first() -> None:
    told = simulate(Size(260_000, 1_000), Host(), 1, _with(memory=1e9))
    assert told.first.name == "memory"
    assert not told.suffices
    assert simulate(Size(1_000, 10), Host(), 1, measured()).suffices


def test_a_nights_work_that_does_not_fit_is_done_on_another_day() -> None:
    told = {q.name: q for q in simulate(Size(260_000, 10_000), Host(), 1, _with(model=30.0)).queues}
    assert told["model"].hours > 24
    assert told["model"].left > 0
    assert told["matching"].left == 0


def test_without_a_gpu_no_model_reads_and_json_has_no_infinity() -> None:
    told = CliRunner().invoke(app, ["simulate", "--gpus", "0", "--json"], catch_exceptions=False)
    answer = json.loads(told.stdout)
    (model,) = [load for load in answer["loads"] if load["name"] == "model"]
    assert model["use"] is None
    assert answer["first"] == "model"
    assert "Infinity" not in told.stdout


def test_the_command_names_what_ends_first_and_what_lifts_it() -> None:
    asked = ["simulate", "--postings", "50000000", "--people", "1000000", "--hosts", "20"]
    told = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert "ends first:" in told.stdout
    assert json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)["suffices"] is False
