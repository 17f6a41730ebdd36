"""The letter of a match: its draft with what each sentence rests on, the person's own version, and files of it.

Belongs here: the pages and the API, and which text counts. Not here: the layout (`letter_sheet.py`), the files
(`letter_docx.py`, `letter_pdf.py`), and how a draft is made (ty_assets/matching/letters.py). No text is logged.
"""

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from serving.accounts.identity import Me
from serving.analyses import Letter, LetterLanguage, Opened, letter
from serving.conditional import unless_known
from serving.dependencies import Form, Reader
from serving.language import Spoken
from serving.letter_docx import as_docx
from serving.letter_pdf import as_pdf
from serving.letter_sheet import file_name, sheet
from serving.matches import Matches
from serving.opened import OpenedMatches
from serving.rendering import templates
from serving.same_site import same_site
from ty_assets.polish.store import draft_hash
from ty_resources.postgres import Row
from ty_resources.settings import settings

router = APIRouter(tags=["letters"], dependencies=[Depends(same_site)])

LONGEST: Final = 20_000  # characters; a page has three thousand
Kind = Literal["txt", "docx", "pdf"]
_TYPES: Final[dict[Kind, str]] = {
    "txt": "text/plain; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
NO_MATCH: Final = "You have no match with this posting."
TOO_LONG: Final = f"expected a letter of at most {LONGEST} characters, and not an empty one"

Asked = Annotated[LetterLanguage | None, Query(description="of the letter; the posting's by default")]


class SavedLetter(BaseModel):
    """The letter as it would be sent. draft: what it is made from; None where the rule advises against applying."""

    posting_id: UUID
    language: LetterLanguage
    text: str
    is_edited: bool
    draft_has_changed: bool  # since it was edited
    saved_at: dt.datetime | None
    draft: Letter | None


class Edit(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST)
    language: LetterLanguage | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    row: Row  # of `letter_of_match`
    letter: SavedLetter

    @property
    def hash(self) -> str:
        """Of the draft as it is now."""
        return draft_hash([s.model_dump() for s in self.letter.draft.sentences] if self.letter.draft else [])


async def _found(
    reader: Matches,
    opened: OpenedMatches,
    t: Spoken,
    profile_id: UUID,
    posting_id: UUID,
    language: LetterLanguage | None,
) -> _Found:
    """Raises 404 where there is no such match. Without a draft the person's own text is all there is."""
    opening = await opened.open(profile_id, posting_id, 0)
    analysed = opening.row if opening.row and opening.row["analysis"] else None
    draft = letter(analysed, language) if analysed else None
    if draft is not None and (draft.kind != "letter" or not draft.sentences):
        draft = None
    chosen = language or _written(analysed, t)
    rows = await reader.rows("letter_of_match", profile_id=profile_id, posting_id=posting_id, language=chosen)
    if not rows:
        raise HTTPException(404, NO_MATCH)
    row = rows[0]
    text = row["text"]
    if text is None:
        text = "\n\n".join(" ".join(s.text for s in paragraph) for paragraph in draft.paragraphs) if draft else ""
    saved = SavedLetter(
        posting_id=posting_id,
        language=chosen,
        text=text,
        is_edited=row["text"] is not None,
        draft_has_changed=False,
        saved_at=row["saved_at"],
        draft=draft,
    )
    found = _Found(row, saved)
    if saved.is_edited and row["draft_hash"] != found.hash:
        found = _Found(row, saved.model_copy(update={"draft_has_changed": True}))
    return found


def _written(analysed: Row | None, t: Spoken) -> LetterLanguage:
    language: Any = analysed["analysis"]["language"] if analysed else t.code
    return "en" if language == "en" else "de"


async def _save(reader: Matches, profile_id: UUID, found: _Found, text: str) -> None:
    """Raises 422 for an empty letter. NUL is no text to Postgres; a browser's line ends are folded."""
    kept = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not kept or len(kept) > LONGEST:
        raise HTTPException(422, TOO_LONG)
    saved = found.letter
    where = {"profile_id": profile_id, "posting_id": saved.posting_id, "language": saved.language}
    await reader.run("keep_letter", **where, text=kept, draft_hash=found.hash)


async def _file(found: _Found, kind: Kind) -> Response:
    if not found.letter.text:
        raise HTTPException(404, "There is no letter yet: write one first.")
    laid_out = sheet(found.row, found.letter.text, found.letter.language, settings().today())
    if kind == "txt":
        content = laid_out.text.encode("utf-8", "replace")
    else:  # both take longer than anybody else's page may wait
        content = await asyncio.to_thread(as_docx if kind == "docx" else as_pdf, laid_out)
    name = file_name(found.row, found.letter.language, kind)
    return Response(content, media_type=_TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/matches/{posting_id}/letter", response_class=HTMLResponse, include_in_schema=False)
async def letter_page(
    request: Request,
    reader: Reader,
    opened: Opened,
    t: Spoken,
    profile_id: Me,
    posting_id: UUID,
    language: LetterLanguage | None = None,
) -> Response:
    found = await _found(reader, opened, t, profile_id, posting_id, language)
    page = {"found": found.row, "letter": found.letter, "longest": LONGEST}
    return unless_known(request, templates.TemplateResponse(request, "letter.html", {"t": t, **page}))


@router.post("/matches/{posting_id}/letter", include_in_schema=False)
async def change_letter(
    reader: Reader, opened: Opened, t: Spoken, profile_id: Me, posting_id: UUID, form: Form
) -> Response:
    """Save the person's version, or go back to the draft."""
    given = form.get("language")
    language: LetterLanguage | None = "de" if given == "de" else "en" if given == "en" else None
    found = await _found(reader, opened, t, profile_id, posting_id, language)
    match form.get("do"):
        case "save":
            await _save(reader, profile_id, found, form.get("text", ""))
        case "reset":
            chosen = found.letter.language
            await reader.run("drop_letter", profile_id=profile_id, posting_id=posting_id, language=chosen)
        case _:
            raise HTTPException(422, "expected do=save or do=reset")
    return RedirectResponse(t.link(f"/matches/{posting_id}/letter", language=found.letter.language), 303)


@router.get("/matches/{posting_id}/letter.{kind}", include_in_schema=False)
@router.get("/api/matches/{posting_id}/letter.{kind}", response_class=Response)
async def letter_file(
    reader: Reader, opened: Opened, t: Spoken, profile_id: Me, posting_id: UUID, kind: Kind, language: Asked = None
) -> Response:
    """The letter as a file, laid out with the person's own contact: plain text, Word or PDF."""
    return await _file(await _found(reader, opened, t, profile_id, posting_id, language), kind)


@router.get("/api/matches/{posting_id}/letter", response_model=SavedLetter)
async def get_letter(
    request: Request,
    reader: Reader,
    opened: Opened,
    t: Spoken,
    profile_id: Me,
    posting_id: UUID,
    language: Asked = None,
) -> Response:
    """The letter, edited or as drafted, beside the draft with the sources of each sentence."""
    found = await _found(reader, opened, t, profile_id, posting_id, language)
    return unless_known(request, Response(found.letter.model_dump_json(), media_type="application/json"))


@router.put("/api/matches/{posting_id}/letter")
async def put_letter(
    reader: Reader, opened: Opened, t: Spoken, profile_id: Me, posting_id: UUID, edit: Edit
) -> SavedLetter:
    """Save the person's version."""
    found = await _found(reader, opened, t, profile_id, posting_id, edit.language)
    await _save(reader, profile_id, found, edit.text)
    return (await _found(reader, opened, t, profile_id, posting_id, found.letter.language)).letter


@router.delete("/api/matches/{posting_id}/letter", status_code=204)
async def delete_letter(
    reader: Reader, opened: Opened, t: Spoken, profile_id: Me, posting_id: UUID, language: Asked = None
) -> None:
    """Forget the person's version: the draft counts again."""
    found = await _found(reader, opened, t, profile_id, posting_id, language)
    chosen = found.letter.language
    await reader.run("drop_letter", profile_id=profile_id, posting_id=posting_id, language=chosen)
