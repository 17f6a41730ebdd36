"""What a sender may do with a batch: cancel it, have it wait, go on, and go before others.

Belongs here: these changes of its row, as steps, for serving and for plain code alike; each is seen by who works on
the batch within a second. Not here: what follows from them (`working`, `finishing`). A batch of another account is not
there: None.
"""

from typing import Final
from uuid import UUID

from ty_assets.feedback.steps import Steps, ask
from ty_resources.postgres import Row

ENDED: Final = ("failed", "completed", "expired", "cancelled")


class WrongStatus(ValueError):
    """The batch has ended, or is about to. status: what it is."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the batch is {status}")
        self.status = status


def cancel(account_id: UUID, batch_id: str) -> Steps[Row | None]:
    """No further request is asked; those that have no answer get the error batch_cancelled. Twice is no error."""
    return (yield from _change("batch_cancel", account_id, batch_id, as_it_is=("cancelling", "cancelled")))


def pause(account_id: UUID, batch_id: str) -> Steps[Row | None]:
    """What is in flight is finished, the rest waits. Twice is no error."""
    return (yield from _change("batch_pause", account_id, batch_id))


def resume(account_id: UUID, batch_id: str) -> Steps[Row | None]:
    """Goes on where it was; it expires as much later as it has waited. No error where it was not paused."""
    return (yield from _change("batch_resume", account_id, batch_id))


def set_priority(account_id: UUID, batch_id: str, priority: int) -> Steps[Row | None]:
    """priority: -1 after others, 0, or 1 before others, even before one that is under way."""
    return (yield from _change("batch_prioritise", account_id, batch_id, priority=priority))


def _change(
    query: str, account_id: UUID, batch_id: str, *, as_it_is: tuple[str, ...] = (), **values: int
) -> Steps[Row | None]:
    changed = yield from ask(query, account_id=account_id, batch_id=batch_id, **values)
    rows = yield from ask("batch_of_account", account_id=account_id, batch_id=batch_id)
    if not rows:
        return None
    if not changed and rows[0]["status"] not in as_it_is:
        raise WrongStatus(rows[0]["status"])
    return rows[0]
