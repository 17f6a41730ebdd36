"""From the outbox to the server: each mail is claimed, handed over, and its outcome kept.

Belongs here: the order of these steps, and what follows from an outcome. Not here: the wire (ty_resources/mail), words
(`wording`) and rows (`store`). A mail that was refused or could not be handed over comes again, ever later; one that
may have arrived never does: it stays claimed, and the admin page counts it.
"""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Protocol
from uuid import UUID

from ty_assets.feedback.steps import Result, Steps, ask
from ty_assets.notices.rules import again_after
from ty_assets.notices.store import Claimed, claim
from ty_assets.notices.wording import Links, confirmation, digest
from ty_resources.mail import NotTaken, Unclear

_log = logging.getLogger("ty.notices")
AT_ONCE: Final = 500


class CarryOut(Protocol):
    """Carries steps out in a transaction of their own: a run's way, or the match view's."""

    def __call__(self, steps: Steps[Result], /) -> Awaitable[Result]: ...


class Handover(Protocol):
    """Takes a message, or raises NotTaken or Unclear; see ty_resources/mail."""

    sender: str

    async def deliver(self, message: EmailMessage) -> None: ...


@dataclass
class Sent:
    sent: int = 0
    again: int = 0
    dropped: int = 0
    given_up: int = 0
    unclear: int = 0


async def send_waiting(
    carry_out: CarryOut, mailer: Handover, links: Links, *, account_id: UUID | None = None, at_most: int = AT_ONCE
) -> Sent:
    """Send what is due, of one account or of all. A server that is away ends the round: it would take nothing else."""
    outcome = Sent()
    for _ in range(at_most):
        mail = await carry_out(claim(account_id))
        if mail is None or not await _send(carry_out, mailer, links, mail, outcome):
            break
    return outcome


async def _send(carry_out: CarryOut, mailer: Handover, links: Links, mail: Claimed, outcome: Sent) -> bool:
    """Whether the next one may be tried."""
    message = _message(mail, mailer.sender, links)
    if message is None:
        outcome.dropped += 1
        await carry_out(_ended(mail.mail_id, "dropped"))
        return True
    try:
        await mailer.deliver(message)
    except Unclear as error:
        outcome.unclear += 1
        _log.warning("mail %s may have been taken or not (%s); it is not sent again", mail.mail_id, error)
        return True
    except NotTaken as error:
        await _not_taken(carry_out, mail, error, outcome)
        return not error.away
    outcome.sent += 1
    await carry_out(_ended(mail.mail_id, "sent"))
    return True


def _message(mail: Claimed, sender: str, links: Links) -> EmailMessage | None:
    """None where there is nothing to tell, or nobody to tell it to."""
    if mail.to is None:
        return None
    if mail.kind == "confirm":
        return confirmation(mail.to, sender, mail.token, links, mail.language)
    return digest(mail.to, sender, mail.token, mail.told, links, mail.language) if mail.told else None


async def _not_taken(carry_out: CarryOut, mail: Claimed, error: NotTaken, outcome: Sent) -> None:
    again = again_after(mail.attempts)
    if error.final or again is None:
        outcome.given_up += 1
        _log.warning("mail %s is given up: %s", mail.mail_id, error)
        await carry_out(_ended(mail.mail_id, "given_up", str(error)))
        return
    outcome.again += 1
    _log.info("mail %s comes again in %s: %s", mail.mail_id, again, error)
    await carry_out(_nothing(ask("mail_waits", mail_id=mail.mail_id, again=again, error=str(error))))


def _ended(mail_id: int, state: str, error: str = "") -> Steps[None]:
    return _nothing(ask("mail_ended", mail_id=mail_id, state=state, error=error))


def _nothing(steps: Steps[list[dict[str, object]]]) -> Steps[None]:
    yield from steps
