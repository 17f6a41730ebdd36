"""A CV that somebody sends: read in a process apart, and kept as a draft.

Belongs here: from what was sent to a draft. Not here: reading it (ty_assets/profiles/reading), how long it may be
(`serving/body_size.py`), and pages.
"""

import json
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from starlette.datastructures import UploadFile

from serving.onboarding.drafts import Drafts, Note
from serving.onboarding.resume import draft_of
from ty_assets.profiles.reading.answer import UnreadableCv
from ty_assets.profiles.reading.limits import MAX_UPLOAD_BYTES
from ty_assets.profiles.reading.sandbox import read_apart

_FILE: Final = "document"
_TEXT: Final = "text"


@dataclass(frozen=True)
class Sent:
    """A document, or the text that was pasted in its place."""

    data: bytes
    filename: str | None
    text: str = ""  # as pasted, to be shown again


async def sent_form(request: Request) -> Sent:
    """Of a form with a file and a text; the file counts where there are both. Raises HTTPException 413 and 400."""
    form = await request.form(max_files=2, max_fields=20)
    document, text = form.get(_FILE), form.get(_TEXT)
    pasted = text if isinstance(text, str) else ""
    if isinstance(document, UploadFile) and document.filename:
        return Sent(await document.read(MAX_UPLOAD_BYTES + 1), document.filename, pasted)
    return Sent(pasted.encode("utf-8", "replace"), None, pasted)


async def sent_document(request: Request) -> Sent:
    """The same of a program's request: a form, or the document itself as the body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return await sent_form(request)
    return Sent(await request.body(), None)


async def import_cv(drafts: Drafts, account_id: UUID, sent: Sent, language: str) -> None:
    """Read what was sent and open a draft of it. Raises UnreadableCv; a draft that was open then stays."""
    if not sent.data.strip():
        raise UnreadableCv("empty")
    if len(sent.data) > MAX_UPLOAD_BYTES:
        raise UnreadableCv("too_large", bytes=len(sent.data), limit=MAX_UPLOAD_BYTES)
    read = await read_apart(sent.data, sent.filename, language)
    notes = [Note(code=note.code, parameters=_plain(note.parameters)) for note in read.notes]
    await drafts.begin(account_id, read.kind, draft_of(read.resume), notes)


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """As JSON can hold them."""
    plain: dict[str, Any] = json.loads(json.dumps(parameters, ensure_ascii=False, default=str))
    return plain
