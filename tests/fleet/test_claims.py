"""Which worker executes which run: taken once, kept by signs of life, missed after silence."""

import time

from ty_jobs.fleet.claims import Claims
from ty_resources.postgres import Database


def test_a_run_is_taken_once_even_if_its_message_comes_twice(db: Database) -> None:
    claims = Claims(db, silence=30)
    assert claims.take("run", "one")
    assert not claims.take("run", "two")
    assert not claims.take("run", "one")


def test_only_its_worker_keeps_a_run_and_gives_it_back(db: Database) -> None:
    claims = Claims(db, silence=30)
    claims.take("run", "one")
    assert claims.beat("run", "one")
    assert not claims.beat("run", "two")
    claims.give_back("run", "two")
    assert claims.abandoned("run") is None
    claims.give_back("run", "one")
    assert claims.abandoned("run") == "no worker has it"
    assert not claims.beat("run", "one")


def test_silence_is_taken_for_death_and_a_sign_of_life_ends_it(db: Database) -> None:
    claims = Claims(db, silence=0.2)
    claims.take("run", "one")
    assert claims.abandoned("run") is None
    time.sleep(0.4)
    assert "one has been silent" in str(claims.abandoned("run"))
    claims.beat("run", "one")
    assert claims.abandoned("run") is None


def test_claims_of_the_dead_are_forgotten_after_a_day_and_no_sooner(db: Database) -> None:
    claims = Claims(db, silence=30)
    for run in ("old", "new"):
        claims.take(run, "one")
    with db.transaction() as connection:
        connection.execute("UPDATE run_workers SET beat_at = now() - interval '25 hours' WHERE run_id = 'old'")
    claims.forget_the_dead()
    assert [row["runs"] for row in db.rows("runs_of_workers")] == [1]
