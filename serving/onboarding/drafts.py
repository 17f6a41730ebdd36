"""Where drafts are kept: one for each account, for as long as somebody works at it.

Belongs here: reading and writing them. Not here: what is in one (`draft.py`).
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict

from serving.dependencies import Reader
from serving.matches import Matches
from serving.onboarding.draft import Draft
from ty_assets.feedback.steps import Steps, ask

# Since the last change. Who wants to go on after a month begins anew: it is a person's data that nobody uses.
KEPT_DAYS: Final = 30


class Note(BaseModel):
    """Something that reading was unsure of; see NOTE_CODES."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str
    parameters: dict[str, Any] = {}


class OpenDraft(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: str  # guided, profile, or the kind of document that was read
    draft: Draft
    notes: tuple[Note, ...] = ()
    step: str | None = None
    started_at: dt.datetime
    updated_at: dt.datetime
    expires_at: dt.datetime


class Drafts:
    """The drafts over the view's pool of connections."""

    def __init__(self, reader: Matches) -> None:
        self._reader = reader

    async def open(self, account_id: UUID) -> OpenDraft | None:
        rows = await self._reader.carry_out(ask("open_draft", account_id=account_id))
        return OpenDraft.model_validate(rows[0]) if rows else None

    async def begin(
        self, account_id: UUID, kind: str, draft: Draft, notes: Sequence[Note] = (), step: str | None = None
    ) -> None:
        """In place of the one that was open; expired ones of everybody go."""
        told = json.dumps([note.model_dump() for note in notes], ensure_ascii=False)
        await self._reader.carry_out(_begin(account_id, kind=kind, draft=_plain(draft), notes=told, step=step))

    async def change(self, account_id: UUID, draft: Draft, step: str | None = None) -> None:
        """step: of the guided profile, the one to go on with; None: as it was."""
        changes = {"draft": _plain(draft), "step": step, "days": KEPT_DAYS}
        await self._reader.carry_out(ask("change_draft", account_id=account_id, **changes))

    async def drop(self, account_id: UUID) -> None:
        await self._reader.carry_out(ask("drop_draft", account_id=account_id))


def _begin(account_id: UUID, **fields: Any) -> Steps[None]:
    yield from ask("drop_expired_drafts")
    yield from ask("begin_draft", account_id=account_id, days=KEPT_DAYS, **fields)


def _plain(draft: Draft) -> str:
    return json.dumps(draft.model_dump(), ensure_ascii=False)


def _drafts(reader: Reader) -> Drafts:
    return Drafts(reader)


OpenDrafts = Annotated[Drafts, Depends(_drafts)]
