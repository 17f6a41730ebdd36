"""That a batch has ended is told to who wants to know: web addresses and the alerts, each once.

Belongs here: an event for each receiver, in the transaction that ends the batch; its payload, its words, and when it is
tried again. Not here: the wire (ty_resources/webhooks, ty_resources/alerts) and who asks for a round (the sensor). An
event names the batch and counts, never a candidate.
"""

import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from pydantic import SecretStr

from ty_assets.candidate_evaluations.ids import new_event_id
from ty_resources.alerts import AlertError, Receiver, key_of, receivers
from ty_resources.postgres import Database, Row
from ty_resources.settings import Settings
from ty_resources.webhooks import NotTaken, deliver

_log = logging.getLogger("ty.batches")

# A tick has a minute, and a receiver that does not answer takes ten seconds of it.
_SECONDS: Final = 25.0
_FIRST_AGAIN: Final = dt.timedelta(minutes=1)
_LAST_AGAIN: Final = dt.timedelta(hours=8)
# 1, 2, 4 ... minutes, then every eight hours: about two days.
MOST_TRIES: Final = 14
# What its owner has done is no news to who runs the machine.
_ALERTED: Final = ("batch.completed", "batch.failed", "batch.expired")

Deliver = Callable[[SecretStr, str, int, bytes, SecretStr | None], None]


@dataclass
class Told:
    """How many events each has come to."""

    told: int = 0
    again: int = 0
    given_up: int = 0


def add_events(db: Database, connection: psycopg.Connection[Row], batch_id: str, kind: str, config: Settings) -> None:
    """One event for each receiver that there is now."""
    names = [f"webhook:{key_of(url)}" for url in config.batch_webhook_urls]
    if kind in _ALERTED:
        names += [f"alert:{key_of(url)}" for url in config.alert_urls]
    for receiver in names:
        event = {"event_id": new_event_id(), "batch_id": batch_id, "kind": kind, "receiver": receiver}
        connection.execute(db.queries["batch_event_add"], event)


def tell(db: Database, config: Settings, post: Deliver = deliver) -> Told:
    """Tell what is due. Who does not take it hears of it later, ever more rarely, and is given up in the end."""
    outcome, began = Told(), time.monotonic()
    webhooks = {f"webhook:{key_of(url)}": url for url in config.batch_webhook_urls}
    alerts = {f"alert:{receiver.key}": receiver for receiver in _alerted(config)}
    while time.monotonic() - began < _SECONDS:
        # Claimed for longer than a try takes: should this process be killed, it is tried again, with the same id.
        event = db.row("batch_event_claim", for_now=_FIRST_AGAIN)
        if event is None:
            break
        try:
            if (url := webhooks.get(event["receiver"])) is not None:
                post(url, event["event_id"], int(time.time()), payload(event), config.batch_webhook_secret)
            elif (receiver := alerts.get(event["receiver"])) is not None:
                _alert(receiver, event)
            else:
                raise NotTaken("its address is not among the settings any more", final=True)
        except NotTaken as error:
            _not_taken(db, event, error, outcome)
        else:
            db.execute("batch_event_told", event_id=event["event_id"])
            outcome.told += 1
    return outcome


def payload(event: Mapping[str, Any]) -> bytes:
    """As OpenAI's webhooks have it."""
    told = {
        "id": event["event_id"],
        "object": "event",
        "created_at": int(event["created_at"].timestamp()),
        "type": event["kind"],
        "data": {"id": event["batch_id"]},
    }
    return json.dumps(told, separators=(",", ":")).encode()


def words(event: Mapping[str, Any]) -> tuple[str, str]:
    """Title and text of an alert."""
    state = event["kind"].removeprefix("batch.")
    title = f"Batch {event['batch_id']}: {state}"
    if state == "failed":
        return title, f"Its input file is not valid: {len(event['errors'] or [])} errors are told with the batch."
    lasted = dt.timedelta(seconds=round((event["created_at"] - event["began_at"]).total_seconds()))
    return title, f"{event['completed']} of {event['total']} answered, {event['failed']} failed, after {lasted}."


def _alerted(config: Settings) -> list[Receiver]:
    try:
        return receivers(config.alert_urls)
    except AlertError as error:
        _log.warning("%s", error)
        return []


def _alert(receiver: Receiver, event: Mapping[str, Any]) -> None:
    title, text = words(event)
    if not receiver.send(title, text, over=event["kind"] == "batch.completed"):
        raise NotTaken(f"{receiver.name} did not take it")


def _not_taken(db: Database, event: Mapping[str, Any], error: NotTaken, outcome: Told) -> None:
    tries = event["attempts"] + 1
    told = {"event_id": event["event_id"], "error": str(error)}
    if error.final or tries >= MOST_TRIES:
        outcome.given_up += 1
        _log.warning("%s of %s is given up: %s", event["kind"], event["batch_id"], error)
        db.execute("batch_event_given_up", **told)
        return
    again = min(_FIRST_AGAIN * 2 ** (tries - 1), _LAST_AGAIN)
    outcome.again += 1
    _log.info("%s of %s is told again in %s: %s", event["kind"], event["batch_id"], again, error)
    db.execute("batch_event_again", **told, again=again)
