"""Notices, consent and the outbox, as steps: the same work in a run and in the match view.

Belongs here: reading and keeping. Not here: what is worth a notice (`rules`), words (`wording`), and handing mail over
(`sending`). A link's token is in its mail alone; the tables have its hash.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final
from uuid import UUID

from ty_assets.accounts.tokens import new_token, token_hash
from ty_assets.feedback.steps import Steps, ask
from ty_assets.notices.rules import Candidate, Verdict, verdict
from ty_assets.notices.wording import Told

VERSION: Final = "1"
# Mails that ask for a confirmation, a day: who has no consent given is not to be pestered by who claims the address.
MOST_CONFIRMATIONS: Final = 3
_CANDIDATE: Final = [one.name for one in fields(Candidate)]


@dataclass
class Noted:
    """first_looks: accounts whose matches are only remembered. told: new notices. by: how often each verdict came."""

    first_looks: int = 0
    told: int = 0
    by: Mapping[Verdict, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Claimed:
    """A mail that is ours to send. to: None where it is not wanted any more. token: of its links."""

    mail_id: int
    kind: str
    attempts: int
    token: str
    to: str | None
    language: str
    told: tuple[Told, ...]


class TooManyMails(ValueError):
    """Enough confirmations were asked for today."""


def note(days: Sequence[dt.date], today: dt.date) -> Steps[Noted]:
    """Notices of these days' strong matches, each once and for ever."""
    first = yield from ask("notices_first_looks", today=today)
    yield from ask("notices_known", account_ids=[row["account_id"] for row in first])
    rows = yield from ask("notice_candidates", days=list(days))
    found = [
        (row, verdict(Candidate(**{name: row[name] for name in _CANDIDATE}), row["known_from"], today)) for row in rows
    ]
    worth = [row for row, told in found if told == "told"]
    kept = yield from ask(
        "keep_notices",
        account_ids=[row["account_id"] for row in worth],
        posting_ids=[row["posting_id"] for row in worth],
    )
    return Noted(len(first), len(kept), Counter(told for _, told in found))


def want_mail(account_id: UUID, hour: int, language: str, today: dt.date) -> Steps[bool]:
    """Consent, and a mail that asks to confirm it; whether one was added. Raises TooManyMails."""
    (before,) = yield from ask("notice_settings_of", account_id=account_id)
    yield from ask("mail_wanted", account_id=account_id, hour=hour, language=language)
    (now,) = yield from ask("notice_settings_of", account_id=account_id)
    if now["confirmed_at"] is not None:
        return False
    if before["asked_today"] >= MOST_CONFIRMATIONS:
        raise TooManyMails(f"at most {MOST_CONFIRMATIONS} mails a day ask for a confirmation; try again tomorrow")
    made = yield from ask("ask_to_confirm", account_id=account_id, today=today)
    return bool(made)


def no_mail(account_id: UUID) -> Steps[None]:
    """Consent is withdrawn, and what was on its way is not sent."""
    yield from ask("mail_unwanted", account_id=account_id)
    yield from ask("drop_waiting_mail", account_id=account_id)


def confirm(token: str) -> Steps[UUID | None]:
    """The account that wants mail; None for a link that is old, of another mail, or of another address."""
    rows = yield from ask("mail_of_token", token_hash=token_hash(token))
    if not rows or not rows[0]["may_confirm"]:
        return None
    account_id: UUID = rows[0]["account_id"]
    yield from ask("mail_confirmed", account_id=account_id)
    return account_id


def unsubscribe(token: str) -> Steps[UUID | None]:
    """The account that has no mail from now on; None for a link of no mail. Twice is no error."""
    rows = yield from ask("mail_of_token", token_hash=token_hash(token))
    if not rows:
        return None
    account_id: UUID = rows[0]["account_id"]
    yield from no_mail(account_id)
    return account_id


def claim(account_id: UUID | None = None) -> Steps[Claimed | None]:
    """The next mail that is due, with all that is in it. account_id: None for anybody's."""
    token = new_token()
    rows = yield from ask("claim_mail", account_id=account_id, token_hash=token_hash(token))
    if not rows:
        return None
    mail = rows[0]
    receivers = yield from ask("mail_receiver", mail_id=mail["mail_id"])
    told = yield from ask("mail_notices", mail_id=mail["mail_id"])
    to, language = (receivers[0]["mail_to"], receivers[0]["language"]) if receivers else (None, "de")
    return Claimed(
        mail["mail_id"],
        mail["kind"],
        mail["attempts"],
        token,
        to,
        language,
        tuple(Told(row["posting_id"], row["title"]) for row in told),
    )
