"""Incidents are kept in Postgres: each is told once when it opens and once when it is over, whoever restarts between.

Not here: what is an incident and its words (`alerting`), and the addresses (ty_resources/alerts).
"""

import datetime as dt
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ty_jobs.alerting import Observation, latest, over, words
from ty_resources.postgres import Database
from ty_resources.settings import Settings

_log = logging.getLogger("ty.alerts")

# A tick has a minute, and one address that does not answer takes some ten seconds of it.
_AT_ONCE = 10
_SECONDS = 25.0
_FIRST_AGAIN = dt.timedelta(minutes=1)
_LAST_AGAIN = dt.timedelta(hours=1)


class Receiver(Protocol):
    """Whom to tell; see ty_resources/alerts."""

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    def send(self, title: str, body: str, *, over: bool = False) -> bool: ...


def observe(db: Database, observations: Sequence[Observation]) -> None:
    """Open what is wrong, end what is right again; what is open already stays as it is."""
    for seen in latest(observations):
        if seen.wrong:
            db.execute(
                "open_incident",
                kind=seen.kind,
                subject=seen.subject,
                opened_at=seen.at,
                message=seen.message,
                link=seen.link,
            )
    ended = over(latest(observations), db.rows("open_incidents"))
    for incident_id, at in ended.items():
        db.execute("close_incidents", incident_ids=[incident_id], closed_at=at)


def observe_sources(db: Database, config: Settings, now: dt.datetime) -> None:
    """A source that has not answered for longer than TY_ALERT_SILENT_HOURS is an incident until it does."""
    silent = db.rows("silent_sources", longer_than=dt.timedelta(hours=config.alert_silent_hours))
    known = {row["source"] for row in silent}
    seen = [
        Observation(
            "source",
            row["source"],
            wrong=True,
            at=row["silent_since"],
            message=f"{row['failures']} requests for news failed in a row. {row['last_error'] or ''}".strip(),
        )
        for row in silent
    ]
    for row in db.rows("open_incidents"):
        if row["kind"] == "source" and row["subject"] not in known:
            seen.append(Observation("source", row["subject"], wrong=False, at=now))
    observe(db, seen)


def tell(db: Database, receivers: Sequence[Receiver], config: Settings) -> int:
    """Tell everybody what they have not heard; how many incidents are told to all of them now.

    Who cannot be reached is told later, ever more rarely, and nobody hears anything twice. Without receivers the log
    is told.
    """
    told, started = 0, time.monotonic()
    for incident in db.rows("untold_incidents", limit=_AT_ONCE):
        if time.monotonic() - started > _SECONDS:
            break
        ended = incident["closed_at"] is not None
        title, text = words(incident, f"http://127.0.0.1:{config.dagster_port}", config.zone)
        if incident["attempts"] == 0:
            _log.log(logging.INFO if ended else logging.WARNING, "%s", title)
        reached = list(incident["reached"])
        for receiver in receivers:
            if receiver.key not in reached and receiver.send(title, text, over=ended):
                reached.append(receiver.key)
        missed = [receiver.name for receiver in receivers if receiver.key not in reached]
        if missed:
            _wait(db, incident, reached, missed)
        else:
            db.execute("incident_told", incident_id=incident["incident_id"], closed=ended)
            told += 1
    return told


def _wait(db: Database, incident: Mapping[str, Any], reached: list[str], missed: Sequence[str]) -> None:
    again = min(_FIRST_AGAIN * 2 ** min(incident["attempts"], 10), _LAST_AGAIN)
    _log.warning("could not tell %s; again in %s", ", ".join(missed), again)
    db.execute("incident_not_told", incident_id=incident["incident_id"], reached=reached, again=again)
