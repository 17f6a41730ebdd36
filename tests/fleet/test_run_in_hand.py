"""One run in a worker's hand: signs of life, orders, and every way in which it may end."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import dagster as dg
import pytest

from ty_jobs.fleet.claims import Claims
from ty_jobs.fleet.run_in_hand import RunInHand
from ty_resources.postgres import Database

SILENCE = 1.2


@dg.op
def _nothing() -> None: ...


@dg.job
def _job() -> None:
    _nothing()


class Hand:
    """A run that is watched while a process of any kind stands for its own."""

    def __init__(self, db: Database, instance: dg.DagsterInstance, program: str) -> None:
        self.instance, self.claims = instance, Claims(db, SILENCE)
        self.run = instance.create_run_for_job(_job, status=dg.DagsterRunStatus.STARTED)
        assert self.claims.take(self.run.run_id, "one")
        self.in_hand = RunInHand(self.run, instance, self.claims, "one")
        self.process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()  # it has its handlers now
        self.in_hand.started(self.process.pid)
        threading.Thread(target=self._tell_end, daemon=True).start()
        self.watching = threading.Thread(target=self.in_hand.watch, daemon=True)
        self.watching.start()

    def _tell_end(self) -> None:
        self.in_hand.ended(self.process.wait())

    def status(self) -> dg.DagsterRunStatus:
        run = self.instance.get_run_by_id(self.run.run_id)
        assert run is not None
        return run.status

    def over(self) -> int:
        self.watching.join(30)
        assert not self.watching.is_alive()
        return int(self.process.wait())


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as one:
        yield one


SLEEPS = "print(flush=True); import time; time.sleep(60)"


def test_a_living_run_is_never_taken_for_abandoned(db: Database, instance: dg.DagsterInstance) -> None:
    hand = Hand(db, instance, SLEEPS)
    end = time.monotonic() + 3 * SILENCE
    while time.monotonic() < end:
        assert hand.claims.abandoned(hand.run.run_id) is None
        time.sleep(0.1)
    hand.process.kill()
    hand.over()


def test_a_process_that_dies_is_reported_and_its_claim_given_back(db: Database, instance: dg.DagsterInstance) -> None:
    hand = Hand(db, instance, SLEEPS)
    hand.process.kill()
    hand.over()
    assert hand.status() == dg.DagsterRunStatus.FAILURE
    assert db.rows("runs_of_workers") == []
    (event,) = instance.all_logs(hand.run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert "by signal 9" in event.user_message or "by signal 9" in str(event.dagster_event)


def test_a_run_that_is_over_when_its_process_ends_is_left_as_it_is(db: Database, instance: dg.DagsterInstance) -> None:
    hand = Hand(db, instance, "print(flush=True); input()")
    instance.report_run_canceling(hand.run)
    instance.report_run_canceled(hand.run)
    hand.over()
    assert hand.status() == dg.DagsterRunStatus.CANCELED


def test_a_cancelled_run_is_interrupted_and_ends_as_cancelled(db: Database, instance: dg.DagsterInstance) -> None:
    hand = Hand(db, instance, SLEEPS)
    instance.report_run_canceling(hand.run)
    assert hand.over() == -signal.SIGINT
    assert hand.status() == dg.DagsterRunStatus.CANCELED


def test_a_worker_whose_claim_is_gone_ends_the_run_which_others_may_have_begun_anew(
    db: Database, instance: dg.DagsterInstance
) -> None:
    hand = Hand(db, instance, SLEEPS)
    hand.claims.give_back(hand.run.run_id, "one")
    assert hand.over() == -signal.SIGKILL


def test_a_worker_that_cannot_reach_postgres_ends_its_run_before_it_counts_as_abandoned(
    db: Database, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    def away(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("away")

    hand = Hand(db, instance, SLEEPS)
    began = time.monotonic()
    monkeypatch.setattr(Claims, "beat", away)
    assert hand.over() == -signal.SIGKILL
    assert time.monotonic() - began < 2 * SILENCE


def test_draining_asks_by_a_signal_also_before_the_process_is_known(db: Database, instance: dg.DagsterInstance) -> None:
    program = (
        "import signal, sys, time\nsignal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))\nprint(flush=True)\n"
        "time.sleep(60)"
    )
    hand = Hand(db, instance, program)
    hand.in_hand.drain()
    assert hand.over() == 7
