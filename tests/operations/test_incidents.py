"""Each incident is told once when it opens and once when it is over, by real messages to real servers."""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from backlog import select
from pydantic import SecretStr
from receiving import Inbox, http_inbox, smtp_inbox

from ty_jobs.alerting import Observation
from ty_jobs.incidents import observe, observe_sources, tell
from ty_resources.alerts import AlertError, Receiver, receivers
from ty_resources.postgres import Database
from ty_resources.settings import Settings, settings

AT = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
LATER = AT + dt.timedelta(minutes=5)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with http_inbox() as taken:
        yield taken


def addresses(*inboxes: Inbox) -> list[Receiver]:
    return receivers([SecretStr(f"json://user:secret@127.0.0.1:{one.port}/alerts") for one in inboxes])


def wrong(subject: str = "postings.unique", at: dt.datetime = AT, kind: Any = "check") -> Observation:
    return Observation(kind, subject, True, at, "3 rows are there twice", "/assets/postings?view=checks")


def right(subject: str = "postings.unique", at: dt.datetime = LATER, kind: Any = "check") -> Observation:
    return Observation(kind, subject, False, at)


def told(db: Database, to: Sequence[Receiver]) -> int:
    return tell(db, to, settings())


def due(db: Database) -> None:
    """As if the time until the next try had passed."""
    select(db, "UPDATE incidents SET next_tell_at = now() RETURNING 1")


def titles(inbox: Inbox) -> list[str]:
    return [message["title"] for message in inbox.messages]


def test_an_incident_is_told_once_and_once_more_when_it_is_over(db: Database, inbox: Inbox) -> None:
    to = addresses(inbox)
    for at in (AT, LATER):
        observe(db, [wrong(at=at)])
        told(db, to)
    assert titles(inbox) == ["ty: Check failed: postings.unique"]
    assert "3 rows are there twice" in inbox.messages[0]["message"]
    assert f"127.0.0.1:{settings().dagster_port}/assets/postings?view=checks" in inbox.messages[0]["message"]
    for _ in range(2):
        observe(db, [right()])
        told(db, to)
    assert titles(inbox)[1:] == ["ty: Over: check failed: postings.unique"]
    observe(db, [wrong(at=LATER)])
    told(db, to)
    assert len(inbox.messages) == 3
    (first, second) = select(db, "SELECT opened_at, closed_at FROM incidents ORDER BY incident_id")
    assert (first["opened_at"], first["closed_at"]) == (AT, LATER)
    assert second["closed_at"] is None


def test_what_opened_and_ended_unheard_is_told_once_as_over(db: Database, inbox: Inbox) -> None:
    observe(db, [wrong()])
    observe(db, [right()])
    assert told(db, addresses(inbox)) == 1
    assert told(db, addresses(inbox)) == 0
    assert titles(inbox) == ["ty: Over: check failed: postings.unique"]


def test_a_receiver_that_fails_is_told_later_and_nobody_hears_anything_twice(db: Database, inbox: Inbox) -> None:
    with http_inbox() as other:
        to = addresses(inbox, other)
        other.takes = False
        observe(db, [wrong()])
        assert told(db, to) == 0
        assert told(db, to) == 0, "not before its time"
        due(db)
        assert told(db, to) == 0
        other.takes = True
        due(db)
        assert told(db, to) == 1
        assert titles(inbox) == titles(other) == ["ty: Check failed: postings.unique"]
        observe(db, [right()])
        assert told(db, to) == 1
        assert len(inbox.messages) == len(other.messages) == 2


def test_waits_for_a_receiver_grow(db: Database, inbox: Inbox) -> None:
    inbox.takes = False
    observe(db, [wrong()])
    waits = []
    for _ in range(9):
        due(db)
        told(db, addresses(inbox))
        (row,) = select(db, "SELECT extract(epoch FROM next_tell_at - now()) AS wait FROM incidents")
        waits.append(round(float(row["wait"]) / 60))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_receiver_that_is_not_there_fails_nothing(db: Database, inbox: Inbox) -> None:
    nobody = receivers([SecretStr("json://127.0.0.1:1/")])
    observe(db, [wrong()])
    assert told(db, nobody) == 0
    due(db)
    assert told(db, addresses(inbox)) == 1


def test_without_addresses_the_log_is_told_once(db: Database, caplog_records: list[logging.LogRecord]) -> None:
    observe(db, [wrong()])
    assert told(db, []) == 1
    assert told(db, []) == 0
    assert [record.getMessage() for record in caplog_records] == ["ty: Check failed: postings.unique"]


@pytest.fixture
def caplog_records() -> Iterator[list[logging.LogRecord]]:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger = logging.getLogger("ty.alerts")
    logger.addHandler(handler)
    level, logger.level = logger.level, logging.INFO
    yield records
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_mail_arrives(db: Database) -> None:
    with smtp_inbox() as mail:
        to = receivers(
            [SecretStr(f"mailto://127.0.0.1:{mail.port}?from=ty@example.org&to=me@example.org&mode=insecure")]
        )
        observe(db, [wrong()])
        assert told(db, to) == 1
        (message,) = mail.messages
        assert message["title"] == "ty: Check failed: postings.unique"
        assert "3 rows are there twice" in message["message"]


def test_an_address_that_cannot_be_read_is_named_without_its_secret() -> None:
    good = "json://127.0.0.1:8080/"
    with pytest.raises(AlertError) as refused:
        receivers([SecretStr(good), SecretStr("nosuch://user:secret@host")])
    assert "address 2 (nosuch://)" in str(refused.value)
    assert "secret" not in str(refused.value)
    (receiver,) = addresses(Inbox())
    assert receiver.name == "1: json"
    assert "secret" not in repr(receiver)


def test_addresses_are_separated_by_commas_and_a_comma_within_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TY_ALERT_URLS", "json://a/x, mailtos://me:hush@mail.example.org?to=a@x.org,b@y.org,slack://T/B/C"
    )
    urls = [url.get_secret_value() for url in Settings.load().alert_urls]
    assert urls == ["json://a/x", "mailtos://me:hush@mail.example.org?to=a@x.org,b@y.org", "slack://T/B/C"]
    assert "hush" not in repr(Settings.load())


def test_a_source_that_is_silent_for_hours_is_told_until_it_answers(db: Database, inbox: Inbox) -> None:
    now = dt.datetime.now(dt.UTC)

    def state(silent_since: dt.datetime | None) -> None:
        db.upsert(
            "source_states",
            ("source", "failures", "last_error", "silent_since"),
            [("arbeitsagentur", 9 if silent_since else 0, "HTTP 503", silent_since)],
            ("source",),
        )
        observe_sources(db, settings(), now)
        told(db, addresses(inbox))

    state(now - dt.timedelta(hours=5))
    assert inbox.messages == []
    for _ in range(2):
        state(now - dt.timedelta(hours=7))
    assert titles(inbox) == ["ty: Source is silent: arbeitsagentur"]
    assert "9 requests for news failed in a row. HTTP 503" in inbox.messages[0]["message"]
    for _ in range(2):
        state(None)
    assert titles(inbox)[1:] == ["ty: Over: source is silent: arbeitsagentur"]
