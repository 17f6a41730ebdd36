"""The end of a backlog is predicted from its first tenth: measured on the simulated model server."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from backlog import DAY, add_postings, model_engine, select
from handle import SimulatedServer

from ty_assets.health.report import READINGS, StageHealth, read_health
from ty_assets.readings.store import Budget, ReadingReport, postings_to_read, read_postings
from ty_resources.postgres import Database
from ty_resources.settings import settings

Start = Callable[..., SimulatedServer]
BACKLOG = 1000
# A machine that gets busier after the first tenth was not to be predicted; three times in a row it does not.
TRIES = 3


def readings(db: Database, engine: Any) -> StageHealth:
    (stage,) = (one for one in read_health(db, engine, settings()).stages if one.stage == READINGS)
    return stage


@pytest.mark.slow
@pytest.mark.parametrize(
    "speeds",
    [
        pytest.param({"chat_seconds": 0.25, "chat_curve": {"1": 1.0, "8": 8.0}}, id="gains-up-to-8-in-flight"),
        pytest.param({"chat_seconds": 0.03, "chat_curve": {"1": 1.0}}, id="one-slot"),
    ],
)
def test_the_end_of_a_backlog_is_predicted_within_a_fifth_after_its_first_tenth(
    db: Database, simulated_server: Start, speeds: dict[str, Any]
) -> None:
    server = simulated_server(answers="echo", num_parallel=16, **speeds)
    engine = model_engine(server)
    add_postings(db, BACKLOG)
    wanted = postings_to_read(db, engine, [DAY], refine="all", best=500)
    assert len(wanted) == BACKLOG
    before = readings(db, engine)
    assert (before.done, before.pending, before.eta_seconds) == (0, BACKLOG, None)
    predicted: list[tuple[float, float]] = []  # when, and how much longer

    def look(report: ReadingReport) -> None:
        if not predicted and report.derived >= BACKLOG / 10:
            stage = readings(db, engine)
            assert stage.working
            assert stage.per_minute is not None
            assert stage.ends_at is not None
            predicted.append((time.monotonic(), stage.pending / stage.per_minute * 60))

    budget = Budget(8, dt.datetime.now(settings().zone))
    for _ in range(TRIES):
        report = read_postings(db, engine, wanted, budget, max_attempts=5, progress=look)
        assert report.derived + report.failed == BACKLOG
        ((at, seconds),) = predicted
        real = time.monotonic() - at
        if seconds == pytest.approx(real, rel=0.2):
            break
        predicted.clear()
        select(db, "WITH gone AS (DELETE FROM inference_cache) DELETE FROM posting_readings RETURNING 1")
    else:
        pytest.fail(f"{seconds:.1f} s were predicted, {real:.1f} s it was, for the last of {TRIES} times")
    engine.close()
    after = readings(db, engine)
    assert (after.pending, after.eta_seconds, after.ends_at) == (0, 0, None)
