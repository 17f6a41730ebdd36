"""Admission: how many, who first, and what ends waiting."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from scripted_client import until

from ty_resources.inference import lanes
from ty_resources.inference.engine import Lane
from ty_resources.inference.lanes import Abandoned, Caller, Gate, _Waiter


class Visitor:
    """A thread that enters a gate and stays until it is told to leave."""

    def __init__(self, gate: Gate, caller: Caller, order: list[str] | None = None, name: str = "") -> None:
        self.inside = threading.Event()
        self.sent_away = threading.Event()
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(gate, caller, order, name), daemon=True)
        self._thread.start()

    def _run(self, gate: Gate, caller: Caller, order: list[str] | None, name: str) -> None:
        try:
            with gate.slot(caller):
                if order is not None:
                    order.append(name)
                self.inside.set()
                self._leave.wait(20)
        except Abandoned:
            self.sent_away.set()

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(20)


def waiting(gate: Gate) -> int:
    return sum(len(queue) for queue in gate._waiting.values())


def queued(gate: Gate, lane: Lane, order: list[str], name: str) -> Visitor:
    """A visitor that waits already when this returns."""
    before = waiting(gate)
    visitor = Visitor(gate, Caller(lane), order, name)
    until(lambda: waiting(gate) == before + 1)
    return visitor


@contextmanager
def full(gate: Gate, visitors: int) -> Iterator[list[Visitor]]:
    inside = [Visitor(gate, Caller()) for _ in range(visitors)]
    for visitor in inside:
        assert visitor.inside.wait(20)
    yield inside
    for visitor in inside:
        visitor.leave()


def test_no_more_than_the_limit_are_in_flight() -> None:
    gate = Gate(2)
    with full(gate, 2) as inside:
        third = queued(gate, "background", [], "")
        assert not third.inside.wait(0.05)
        inside[0].leave()
        assert third.inside.wait(20)
        assert gate.in_flight == 2
        third.leave()
    assert gate.in_flight == 0


def test_a_person_goes_first_and_each_lane_keeps_its_order() -> None:
    gate, order = Gate(1), []
    with full(gate, 1):
        arriving: list[Lane] = ["background", "person", "background", "person"]
        visitors = [queued(gate, lane, order, f"{lane} {number}") for number, lane in enumerate(arriving)]
        for visitor in visitors:
            visitor._leave.set()
    until(lambda: len(order) == 4)
    assert order == ["person 1", "person 3", "background 0", "background 2"]


def test_a_person_waits_for_one_request_in_flight_to_end_even_when_the_limit_was_lowered() -> None:
    gate, order = Gate(6), []
    with full(gate, 6) as inside:
        gate.limit = 1
        background = queued(gate, "background", order, "background")
        person = queued(gate, "person", order, "person")
        inside[0].leave()
        assert person.inside.wait(20)
        assert not background.inside.is_set()
        person.leave()
    until(lambda: order == ["person", "background"])
    background.leave()


def test_a_higher_limit_admits_at_once_and_a_lower_one_as_requests_end() -> None:
    gate = Gate(1)
    with full(gate, 1) as first:
        second, third = queued(gate, "background", [], ""), queued(gate, "background", [], "")
        gate.limit = 3
        assert second.inside.wait(20)
        assert third.inside.wait(20)
        gate.limit = 1
        fourth = queued(gate, "background", [], "")
        first[0].leave()
        second.leave()
        assert not fourth.inside.wait(0.05)
        third.leave()
        assert fourth.inside.wait(20)
        fourth.leave()


def test_who_waits_for_a_caller_that_stops_is_sent_away_and_nobody_else() -> None:
    gate = Gate(1)
    stopping, staying = Caller(), Caller()
    with full(gate, 1):
        gone = [Visitor(gate, stopping) for _ in range(3)]
        stays = Visitor(gate, staying)
        until(lambda: waiting(gate) == 4)
        gate.dismiss(stopping)
        for visitor in gone:
            assert visitor.sent_away.wait(20)
        late = Visitor(gate, stopping)
        assert late.sent_away.wait(20)
    assert stays.inside.wait(20)
    stays.leave()
    assert gate.in_flight == 0


def test_an_error_in_flight_frees_its_place() -> None:
    gate = Gate(1)
    with suppress(ZeroDivisionError), gate.slot(Caller()):
        raise ZeroDivisionError
    assert gate.in_flight == 0


def test_an_interrupted_wait_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        """A turn that Ctrl-C in the main thread breaks into."""

        def acquire(self) -> None:
            raise KeyboardInterrupt

    def waiter(caller: Caller) -> _Waiter:
        made = _Waiter(caller)
        made.turn = Interrupted()  # type: ignore[assignment]
        return made

    gate = Gate(1)
    with full(gate, 1):
        monkeypatch.setattr(lanes, "_Waiter", waiter)
        with pytest.raises(KeyboardInterrupt), gate.slot(Caller("person")):
            pass
        assert waiting(gate) == 0
    assert gate.in_flight == 0


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="a limit of 0 would admit nobody"):
        Gate(1).limit = 0


class GateMachine(RuleBasedStateMachine):
    """Any order of arrivals, departures and limits, against the rules in words."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate(1)
        self.inside: list[Visitor] = []
        self.queue: list[tuple[Lane, Visitor]] = []

    @rule(lane=st.sampled_from(["person", "background"]))
    @precondition(lambda self: len(self.inside) + len(self.queue) < 12)
    def arrive(self, lane: Lane) -> None:
        free = self.gate.in_flight < self.gate.limit
        before = waiting(self.gate)
        visitor = Visitor(self.gate, Caller(lane))
        if free:
            assert visitor.inside.wait(20)
            self.inside.append(visitor)
        else:
            until(lambda: waiting(self.gate) == before + 1)
            self.queue.append((lane, visitor))

    @rule(which=st.integers(0, 20))
    @precondition(lambda self: self.inside)
    def leave(self, which: int) -> None:
        self.inside.pop(which % len(self.inside)).leave()
        self.settle()

    @rule(limit=st.integers(1, 4))
    def change(self, limit: int) -> None:
        self.gate.limit = limit
        self.settle()

    def settle(self) -> None:
        until(lambda: sum(v.inside.is_set() for _, v in self.queue) + len(self.inside) == self.gate.in_flight)
        admitted = [(lane, visitor) for lane, visitor in self.queue if visitor.inside.is_set()]
        still = [(lane, visitor) for lane, visitor in self.queue if not visitor.inside.is_set()]
        if admitted and any(lane == "background" for lane, _ in admitted):
            assert not any(lane == "person" for lane, _ in still)
        for lane in ("person", "background"):
            of_lane = [visitor for where, visitor in self.queue if where == lane]
            count = sum(where == lane for where, _ in admitted)
            assert all(visitor.inside.is_set() for visitor in of_lane[:count])
        self.inside += [visitor for _, visitor in admitted]
        self.queue = still

    @invariant()
    def nobody_waits_beside_a_free_place(self) -> None:
        assert not self.queue or self.gate.in_flight >= self.gate.limit

    def teardown(self) -> None:
        self.gate.limit = 100
        for _, visitor in self.queue:
            visitor.leave()
        for visitor in self.inside:
            visitor.leave()


TestGateMachine = GateMachine.TestCase
TestGateMachine.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
