"""The cache on a real server: every question once, whoever asks and however many ask it."""

import itertools
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import counting_engine
import psycopg
import pytest
from counting_engine import CountingEngine, Text, Turn

from ty_resources.inference.cache import cache_key, run_cached, run_cached_each
from ty_resources.inference.cache_upkeep import cache_stats, prune_cache
from ty_resources.inference.errors import ServerDown
from ty_resources.inference.leases import Leases
from ty_resources.postgres import Database

TASK = Turn()


def _items(*texts: str) -> list[Text]:
    return [Text(text=text) for text in texts]


def _numbered(count: int) -> list[Text]:
    return _items(*(f"text {number}" for number in range(count)))


def _answers(db: Database, engine: CountingEngine, items: list[Text]) -> list[str | None]:
    return [answer.output and answer.output.text for answer in run_cached(db, engine, TASK, items)]


def _count(db: Database, table: str) -> int:
    with db.transaction() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()  # type: ignore[arg-type]
    assert row
    return int(row["n"])


def test_equal_items_are_asked_once_and_every_position_has_its_answer(db: Database) -> None:
    engine = CountingEngine(window=3)
    assert _answers(db, engine, _items("ab", "cd", "ab", "ab", "ef", "cd")) == ["ba", "dc", "ba", "ba", "fe", "dc"]
    assert engine.asked == ["ab", "cd", "ef"]


def test_what_was_answered_once_is_never_asked_again_and_a_server_that_is_down_is_not_noticed(db: Database) -> None:
    answers = _answers(db, CountingEngine(), _numbered(300))
    again = CountingEngine()
    again.down = ServerDown("nobody answers")
    assert _answers(db, again, _numbered(300)) == answers
    assert again.batches == 0


def test_another_model_or_schema_is_another_question(db: Database) -> None:
    class Other(CountingEngine):
        def model(self, role: object) -> str:
            return "other"

    keys = {cache_key(TASK, engine)("ab") for engine in (CountingEngine(), Other(), CountingEngine())}
    assert len(keys) == 2


def test_each_answer_is_kept_and_its_lease_given_back_before_it_is_handed_out(db: Database) -> None:
    stream = run_cached_each(db, CountingEngine(window=4), TASK, _numbered(20))
    for handed_out, _ in enumerate(stream, 1):
        assert _count(db, "inference_cache") == handed_out
        assert _count(db, "inference_leases") <= 4
    assert _count(db, "inference_leases") == 0


def test_a_failed_item_fails_alone_and_is_asked_again_by_the_next_call(db: Database) -> None:
    fails = True

    def on_ask(text: str) -> None:
        if fails and text == "bad":
            raise ValueError("no answer for this one")

    engine = CountingEngine(on_ask=on_ask)
    answers = run_cached(db, engine, TASK, _items("ab", "bad", "cd", "bad"))
    assert [answer.output and answer.output.text for answer in answers] == ["ba", None, "dc", None]
    assert "no answer for this one" in str(answers[1].error)
    assert engine.asked == ["ab", "bad", "cd"]
    assert _count(db, "inference_leases") == 0
    fails = False
    assert _answers(db, engine, _items("ab", "bad")) == ["ba", "dab"]
    assert engine.asked == ["ab", "bad", "cd", "bad"]


def test_an_answer_that_postgres_cannot_hold_fails_alone(db: Database) -> None:
    answers = run_cached(db, CountingEngine(), TASK, _items("ab", "a\x00b", "a\ud800b", "cd"))
    assert [answer.output is not None for answer in answers] == [True, False, False, True]
    assert all(answer.error for answer in answers[1:3])
    assert _count(db, "inference_leases") == 0


def test_a_server_that_goes_down_gives_all_leases_back_and_keeps_what_was_answered(db: Database) -> None:
    engine = CountingEngine(window=4)
    stream = run_cached_each(db, engine, TASK, _numbered(20))
    for _ in range(5):
        next(stream)
    engine.down = ServerDown("nobody answers")
    with pytest.raises(ServerDown):
        list(stream)
    assert _count(db, "inference_leases") == 0
    assert _count(db, "inference_cache") == 5


def test_who_stops_reading_gives_all_leases_back(db: Database) -> None:
    stream = run_cached_each(db, CountingEngine(window=4), TASK, _numbered(20))
    next(stream)
    stream.close()
    assert _count(db, "inference_leases") == 0


@pytest.mark.parametrize("kind", ["new", "known", "equal", "half known"])
def test_an_endless_stream_of_items_is_read_step_by_step(db: Database, kind: str) -> None:
    if kind != "new":
        run_cached(db, CountingEngine(), TASK, _numbered(50))
    drawn = 0

    def endless() -> Iterator[Text]:
        nonlocal drawn
        for drawn in itertools.count(1):
            known = kind == "known" or (kind == "half known" and drawn % 2)
            number = drawn % 50 if known else 50 + (0 if kind == "equal" else drawn)
            yield Text(text=f"text {number}")

    engine = CountingEngine(window=4)
    stream = run_cached_each(db, engine, TASK, endless())
    next(stream)
    # equal ones can all be drawn while the first is in flight, and no more than are allowed to wait
    assert drawn <= (2400 if kind == "equal" else 20)
    for read in range(2, 3000 if kind in ("known", "equal") else 400):
        next(stream)
        assert drawn - read <= 2400
        if kind == "new":
            assert drawn - read <= 20
    stream.close()


def test_two_threads_ask_nothing_twice_and_both_have_every_answer(db: Database) -> None:
    engine = CountingEngine(window=3, seconds=0.002)
    told: list[list[str | None]] = []
    start = threading.Barrier(2)

    def ask(items: list[Text]) -> None:
        start.wait()
        with Database(db.url) as own:
            told.append(_answers(own, engine, items))

    items = _numbered(80)
    threads = [threading.Thread(target=ask, args=(one,)) for one in (items, items)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(Counter(engine.asked).values()) == 1
    assert told == [[item.text[::-1] for item in items]] * 2


def test_what_another_has_answered_between_look_up_and_lease_is_not_asked(db: Database) -> None:
    other = CountingEngine()

    def on_ask(text: str) -> None:
        if text == "text 0":  # all were looked up by now
            run_cached(db, other, TASK, _numbered(6)[1:])

    engine = CountingEngine(on_ask=on_ask)
    assert _answers(db, engine, _numbered(6)) == [item.text[::-1] for item in _numbered(6)]
    assert engine.asked == ["text 0"]


def test_who_waits_for_somebody_elses_answer_goes_on_with_the_rest_meanwhile(db: Database) -> None:
    slow_asks, others_done = threading.Event(), threading.Event()

    def on_ask(text: str) -> None:
        slow_asks.set()
        assert others_done.wait(60)

    slow, quick = CountingEngine(on_ask=on_ask), CountingEngine()
    thread = threading.Thread(target=run_cached, args=(db, slow, TASK, _items("ab")))
    thread.start()
    assert slow_asks.wait(60)
    told = []
    for position, answer in run_cached_each(db, quick, TASK, _items("ab", "cd", "ef")):
        assert answer.output
        told.append((position, answer.output.text))
        if len(told) == 2:
            others_done.set()
    thread.join()
    assert told == [(1, "dc"), (2, "fe"), (0, "ba")]
    assert (slow.asked, quick.asked) == (["ab"], ["cd", "ef"])


def test_where_somebody_else_fails_who_waited_tries_itself(db: Database) -> None:
    asks, waits = threading.Event(), threading.Event()

    def on_ask(text: str) -> None:
        if text == "ab":
            asks.set()
            assert waits.wait(60)
            raise ValueError("failed here")

    failing, trying = CountingEngine(on_ask=on_ask), CountingEngine()
    thread = threading.Thread(target=run_cached, args=(db, failing, TASK, _items("ab")))
    thread.start()
    assert asks.wait(60)
    stream = run_cached_each(db, trying, TASK, _items("ab", "cd"))
    assert next(stream)[0] == 1  # so the first item was put aside
    waits.set()
    position, answer = next(stream)
    thread.join()
    assert position == 0
    assert answer.output
    assert answer.output.text == "ba"
    assert trying.asked == ["cd", "ab"]


class Process:
    """Asks in a process of its own; every question is a line in a file that all of them write."""

    def __init__(self, db: Database, log: Path, count: int, seconds: float, lease_seconds: float) -> None:
        command = [sys.executable, counting_engine.__file__, db.url, str(log)]
        command += [str(value) for value in (0, count, seconds, lease_seconds)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def finish(self) -> dict[int, str]:
        told, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0
        lines = (line.split(" ", 1) for line in told.splitlines())
        return {int(position): text for position, text in lines}

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def _asked(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def test_two_processes_ask_nothing_twice_and_both_have_every_answer(db: Database, tmp_path: Path) -> None:
    log = tmp_path / "asked"
    processes = [Process(db, log, count=60, seconds=0.01, lease_seconds=30) for _ in range(2)]
    expected = {position: item.text[::-1] for position, item in enumerate(_numbered(60))}
    assert [process.finish() for process in processes] == [expected, expected]
    assert sorted(_asked(log)) == sorted(item.text for item in _numbered(60))


def test_after_a_kill_the_next_run_asks_only_what_is_left_and_what_was_in_flight(db: Database, tmp_path: Path) -> None:
    log = tmp_path / "asked"
    killed = Process(db, log, count=40, seconds=0.05, lease_seconds=2)
    end = time.monotonic() + 60
    while len(_asked(log)) < 20:
        assert time.monotonic() < end
        time.sleep(0.01)
    killed.kill()
    kept = _count(db, "inference_cache")
    assert kept >= 10
    assert _count(db, "inference_leases") <= 5
    engine = CountingEngine(window=4)
    assert _answers(db, engine, _numbered(40)) == [item.text[::-1] for item in _numbered(40)]
    assert len(engine.asked) == 40 - kept
    assert len(engine.asked) + len(_asked(log)) <= 40 + 5


def _person(db: Database) -> uuid.UUID:
    person = uuid.uuid4()
    with db.transaction() as connection:
        connection.execute(
            "INSERT INTO profile_documents (profile_id, bucket, format, origin, document)"
            " VALUES (%s, 0, 'json-resume', 'test', '{}')",
            [person],
        )
    return person


def _forget(db: Database, person: uuid.UUID) -> None:
    with db.transaction() as connection:
        connection.execute("DELETE FROM profile_documents WHERE profile_id = %s", [person])


def test_answers_from_a_persons_text_go_when_the_person_goes(db: Database) -> None:
    person = _person(db)
    run_cached(db, CountingEngine(), TASK, _items("mine", "mine too"), owner=person)
    run_cached(db, CountingEngine(), TASK, _items("everybody's"))
    _forget(db, person)
    assert _count(db, "inference_cache") == 1


def test_of_a_person_who_goes_while_being_read_nothing_is_kept(db: Database) -> None:
    person = _person(db)
    engine = CountingEngine(on_ask=lambda text: _forget(db, person))
    (answer,) = run_cached(db, engine, TASK, _items("mine"), owner=person)
    assert isinstance(answer.error, psycopg.IntegrityError)
    assert _count(db, "inference_cache") == _count(db, "inference_leases") == 0


def test_that_an_answer_was_used_is_noted_once_a_day(db: Database) -> None:
    run_cached(db, CountingEngine(), TASK, _numbered(3))
    with db.transaction() as connection:
        connection.execute("UPDATE inference_cache SET last_used_on = CURRENT_DATE - 5")
    for engine in (CountingEngine(), CountingEngine(remote=False)):
        run_cached(db, engine, TASK, _numbered(2))
    with db.transaction() as connection:
        rows = connection.execute(
            "SELECT CURRENT_DATE - last_used_on AS days, count(*) AS n, count(DISTINCT xmin::text) AS writes"
            " FROM inference_cache GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert [(row["days"], row["n"], row["writes"]) for row in rows] == [(0, 2, 1), (5, 1, 1)]


def test_a_click_is_asked_in_its_own_lane(db: Database) -> None:
    engine = CountingEngine()
    run_cached(db, engine, TASK, _items("ab"), lane="person")
    run_cached(db, engine, TASK, _items("cd"))
    assert engine.lanes == {"person", "background"}


def test_an_engine_in_this_process_is_asked_in_bulk_without_leases(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Leases, "acquire", None)
    engine = CountingEngine(remote=False)
    assert _answers(db, engine, _items("ab", "cd", "ab")) == ["ba", "dc", "ba"]
    assert (engine.batches, engine.asked) == (1, ["ab", "cd"])
    streamed = {position: answer.output for position, answer in run_cached_each(db, engine, TASK, _numbered(300))}
    assert sorted(streamed) == list(range(300))
    assert _count(db, "inference_cache") == 302


def _aged(db: Database, days: dict[str, int]) -> None:
    for text, age in days.items():
        with db.transaction() as connection:
            connection.execute(
                "UPDATE inference_cache SET last_used_on = CURRENT_DATE - %s WHERE output->>'text' = %s",
                [age, text[::-1]],
            )


def test_the_cache_tells_by_task_and_model_what_it_holds(db: Database) -> None:
    run_cached(db, CountingEngine(), TASK, _numbered(3))
    run_cached(db, CountingEngine(), TASK, _items("mine"), owner=_person(db))
    (row,) = cache_stats(db)
    assert (row["task"], row["model"], row["answers"], row["of_people"]) == ("turn", "counting", 4, 1)
    assert row["bytes"] > 0
    assert row["oldest"].date() <= row["last_used_on"]


def test_pruning_removes_what_all_options_name_and_nothing_else(db: Database) -> None:
    run_cached(db, CountingEngine(), TASK, _items("old", "week", "today"))
    _aged(db, {"old": 30, "week": 7})
    assert prune_cache(db, unused_for_days=8, dry_run=True)["answers"] == 1
    assert prune_cache(db, unused_for_days=7, model="other")["answers"] == 0
    assert prune_cache(db, unused_for_days=7, task="other")["answers"] == 0
    assert _count(db, "inference_cache") == 3
    assert prune_cache(db, unused_for_days=8)["answers"] == 1
    told = prune_cache(db, unused_for_days=7, model="counting", task="turn")
    assert told["answers"] == 1
    assert told["bytes"] > 0
    assert prune_cache(db, model="counting")["answers"] == 1


@pytest.mark.parametrize("options", [{}, {"dry_run": True}, {"model": ""}, {"unused_for_days": 0}])
def test_pruning_without_naming_anything_is_refused(db: Database, options: dict[str, object]) -> None:
    run_cached(db, CountingEngine(), TASK, _numbered(1))
    with pytest.raises(ValueError, match="at least"):
        prune_cache(db, **options)  # type: ignore[arg-type]
    assert _count(db, "inference_cache") == 1
