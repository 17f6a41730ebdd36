"""A run that is asked to end does so between two commits, and tells nobody's error."""

import os
import signal
from collections.abc import Iterator

import dagster as dg
import pytest

from ty_resources import draining
from ty_resources.draining import Drained, checkpoint, drain_on


@pytest.fixture(autouse=True)
def _signal() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    drain_on(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)
    draining._asked = False


def test_without_being_asked_a_checkpoint_is_nothing() -> None:
    checkpoint()


def test_when_asked_the_next_checkpoint_ends_the_work_and_no_handler_of_errors_takes_it() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)
    with pytest.raises(Drained) as ended:
        checkpoint()
    assert not isinstance(ended.value, Exception)


def test_dagster_takes_it_for_an_interruption_that_has_its_retry_and_not_for_a_failed_asset() -> None:
    """Failed assets are not retried here (retry_on_asset_or_op_failure), interrupted runs are, at the missing steps."""
    done: list[int] = []

    @dg.asset
    def first() -> None:
        done.append(1)

    @dg.asset(deps=[first])
    def second() -> None:
        for chunk in (2, 3):
            done.append(chunk)
            os.kill(os.getpid(), signal.SIGUSR1)
            checkpoint()

    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(Drained):
            dg.materialize([first, second], instance=instance)
        (run,) = instance.get_runs()
        assert done == [1, 2]
        assert run.status == dg.DagsterRunStatus.FAILURE
        assert run.tags["dagster/failure_reason"] == "UNEXPECTED_TERMINATION"
        assert instance.get_latest_materialization_event(dg.AssetKey("first")) is not None
        assert instance.get_latest_materialization_event(dg.AssetKey("second")) is None
