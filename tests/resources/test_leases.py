"""Leases on a real server: one holder at a time, renewed while it lives, free soon after it died."""

import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ty_resources.inference.leases import Leases
from ty_resources.postgres import Database

A, B, C = (bytes([n]) * 32 for n in range(3))


@pytest.fixture
def leases(db: Database) -> Iterator[Callable[..., Leases]]:
    """Makes holders, and closes them."""
    made: list[Leases] = []

    def make(seconds: float = 30.0) -> Leases:
        made.append(Leases(db, seconds))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _abandon(db: Database, key: bytes, seconds: float) -> None:
    """The lease of a process that was killed."""
    db.execute("acquire_leases", keys=[key], holder="killed:1:abc", seconds=seconds)


def _until(done: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_key_is_one_holders_until_it_is_given_back(leases: Callable[..., Leases]) -> None:
    first, second = leases(), leases()
    assert first.acquire([A, B]) == {A, B}
    assert second.acquire([B, C]) == {C}
    assert second.held([A, B, C]) == {A, B, C}
    first.release([B])
    assert second.acquire([A, B]) == {B}


def test_two_threads_of_one_holder_exclude_each_other(leases: Callable[..., Leases]) -> None:
    holder = leases()
    got: list[set[bytes]] = []
    threads = [threading.Thread(target=lambda: got.append(holder.acquire([A, B]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(keys) for keys in got) == [0] * 7 + [2]


def test_many_holders_that_want_the_same_keys_in_any_order_never_deadlock(
    leases: Callable[..., Leases], db: Database
) -> None:
    keys = [bytes([n]) * 32 for n in range(60)]
    wins: list[bytes] = []
    errors: list[BaseException] = []

    def want(holder: Leases, seed: int) -> None:
        try:
            order = random.Random(seed)
            for _ in range(5):
                wanted = order.sample(keys, 40)
                got = holder.acquire(wanted)
                wins.extend(got)
                holder.release(order.sample(sorted(got), len(got) // 2))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=want, args=(leases(0.3), seed)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(wins) == set(keys)


def test_a_killed_holders_lease_is_taken_over_when_it_has_run_out_and_not_before(
    leases: Callable[..., Leases], db: Database
) -> None:
    _abandon(db, A, 60)
    _abandon(db, B, 0)
    holder = leases()
    assert holder.acquire([A, B]) == {B}
    assert holder.held([A, B]) == {A, B}


def test_a_lease_is_renewed_as_long_as_it_is_held(leases: Callable[..., Leases]) -> None:
    holder, other = leases(1.5), leases()
    holder.acquire([A])
    end = time.monotonic() + 3.5
    while time.monotonic() < end:
        assert other.acquire([A]) == set()
        time.sleep(0.1)


def test_renewing_survives_lost_connections(db: Database) -> None:
    def expires_at() -> dt.datetime:
        with db.transaction() as connection:
            row = connection.execute("SELECT expires_at FROM inference_leases").fetchone()
        assert row
        return row["expires_at"]

    with Database(db.url) as other, Leases(other, 3.0) as holder:
        holder.acquire([A])
        for _ in range(2):
            before = expires_at()
            with db.transaction() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            _until(lambda before=before: expires_at() > before)


def test_the_renewing_thread_ends_when_nothing_is_held_and_begins_again(leases: Callable[..., Leases]) -> None:
    def renewing() -> int:
        return sum(thread.name == "leases" for thread in threading.enumerate())

    holder = leases(0.3)
    assert renewing() == 0
    for _ in range(2):
        holder.acquire([A])
        assert renewing() == 1
        holder.release([A])
        _until(lambda: renewing() == 0)


def test_giving_back_what_somebody_else_has_taken_over_leaves_it_to_them(
    leases: Callable[..., Leases], db: Database
) -> None:
    slow, other = leases(), leases()
    slow.acquire([A])
    with db.transaction() as connection:
        connection.execute("UPDATE inference_leases SET expires_at = now() - interval '1 second'")
    assert other.acquire([A]) == {A}
    slow.release([A])
    assert leases().acquire([A]) == set()


def test_what_is_written_while_giving_back_is_there_for_who_acquires_next(
    leases: Callable[..., Leases], db: Database
) -> None:
    first, second = leases(), leases()
    first.acquire([A])
    with pytest.raises(RuntimeError, match="broken"), first.releasing([A]):
        raise RuntimeError("broken")
    assert second.acquire([A]) == set()
    with first.releasing([A]) as connection:
        connection.execute("INSERT INTO reading_nights VALUES ('2026-03-02', 1, 1)")
        assert second.held([A]) == {A}
    assert second.acquire([A]) == {A}
    with db.transaction() as connection:
        assert len(connection.execute("SELECT night FROM reading_nights").fetchall()) == 1


def test_closing_gives_everything_back_and_nothing_is_acquired_after_it(leases: Callable[..., Leases]) -> None:
    with leases() as first:
        first.acquire([A, B])
    assert first.acquire([C]) == set()
    assert leases().acquire([A, B, C]) == {A, B, C}


def test_leases_that_ran_out_long_ago_are_forgotten(leases: Callable[..., Leases], db: Database) -> None:
    _abandon(db, A, -7200)
    _abandon(db, B, -60)
    leases(0.3).acquire([C])
    _until(lambda: _keys(db) == {B, C})


def _keys(db: Database) -> set[bytes]:
    with db.transaction() as connection:
        return {row["key"] for row in connection.execute("SELECT key FROM inference_leases").fetchall()}
