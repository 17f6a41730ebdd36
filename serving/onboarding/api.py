"""The same for programs: /api/profile and below.

A profile is a JSON Resume 1.0 document; wishes lie under meta.ty. A draft is what `save` makes the profile of.
"""

import asyncio
import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.accounts.identity import Account, Me, SignedIn
from serving.accounts.limits import limited
from serving.errors import problem
from serving.language import Spoken
from serving.onboarding.drafts import Drafts, Note, OpenDraft, OpenDrafts
from serving.onboarding.faults import Fault
from serving.onboarding.forms import Processed
from serving.onboarding.importing import import_cv, sent_document
from serving.onboarding.known import Known, KnownProfiles, SeenFacet, SeenProfile
from serving.onboarding.processing import STEPS, Processing, Progress
from serving.onboarding.resume import draft_of, resume_of
from serving.onboarding.saving import save
from serving.onboarding.seen import looked_at
from serving.onboarding.wording import problem_of
from serving.same_site import same_site
from ty_assets.profiles.document import AnonymousProfile
from ty_assets.profiles.reading.answer import UnreadableCv
from ty_assets.profiles.resume_file import ProfileError, read_resume

router = APIRouter(prefix="/api/profile", tags=["profile"], dependencies=[Depends(same_site)])

NO_DRAFT = "There is no open draft. Send a CV to POST /api/profile/import, or a résumé to PUT /api/profile/draft."

_CV = {
    "requestBody": {
        "required": True,
        "description": "The CV: PDF, DOCX, JSON Resume, Europass XML or JSON, or plain text; at most 10 MB.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "document": {"type": "string", "format": "binary"},
                        "text": {"type": "string", "description": "in place of the document"},
                    },
                }
            },
            "application/json": {"schema": {"type": "object", "description": "JSON Resume or Europass"}},
            "text/plain": {"schema": {"type": "string"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class FieldFault(BaseModel):
    """What is wrong with a field of the form; nothing of its content is repeated."""

    field: str
    code: str
    values: dict[str, Any]

    @classmethod
    def of(cls, fault: Fault) -> "FieldFault":
        return cls(field=fault.field, code=fault.code, values=dict(fault.values))


class ShownDraft(BaseModel):
    kind: str  # where it began: guided, profile, or the kind of document that was read
    resume: dict[str, Any]
    seen: AnonymousProfile | None  # what matching will see; without name and contact
    notes: list[Note]  # what reading was unsure of
    faults: list[FieldFault]  # none: it can be saved
    updated_at: dt.datetime
    expires_at: dt.datetime


class KnownProfile(BaseModel):
    """resume: as written, with the contact that is kept apart. seen, facets: what matching compares."""

    resume: dict[str, Any]
    received_at: dt.datetime
    seen: SeenProfile | None
    facets: list[SeenFacet]


class StepStatus(BaseModel):
    step: str
    done: bool


class Status(BaseModel):
    """none: nothing is saved yet. done: matches are at /api/matches."""

    state: Literal["none", "running", "done", "failed"]
    steps: list[StepStatus]
    facts: dict[str, int]
    seconds: float
    has_draft: bool


@router.post(
    "/import",
    status_code=201,
    response_model=ShownDraft,
    openapi_extra=_CV,
    dependencies=[Depends(limited("import"))],
)
async def import_document(request: Request, account: SignedIn, drafts: OpenDrafts, t: Spoken) -> Any:
    """Read a CV into a draft, in place of the one that is open; where it cannot be read, that one stays."""
    try:
        await import_cv(drafts, account.account_id, await sent_document(request), t.code)
    except UnreadableCv as error:
        status = 413 if error.code == "too_large" else 503 if error.code == "busy" else 422
        # Place and what was expected; what came is the person's own and is repeated in no error.
        problems = [str(line).partition(", got ")[0] for line in error.parameters.get("problems", ())]
        told = problem_of(t, error)
        return problem(request, status, f"{told.title} {told.advice}", code=error.code, errors=problems)
    return await _shown(account, drafts)


@router.get("/draft")
async def draft(account: SignedIn, drafts: OpenDrafts) -> ShownDraft:
    return await _shown(account, drafts)


@router.put("/draft", response_model=ShownDraft)
async def put_draft(
    request: Request, account: SignedIn, drafts: OpenDrafts, resume: Annotated[dict[str, Any], Body()]
) -> Any:
    """Write the draft: a JSON Resume document. It is checked as a whole when it is saved."""
    try:
        await asyncio.to_thread(read_resume, resume, "the draft")
    except ProfileError as error:
        places = [
            {"in": "body", "name": found.path, "detail": f"expected {found.expected}; {found.advice}"}
            for found in error.violations
        ]
        return problem(request, 422, "The document is no JSON Resume; see errors.", errors=places)
    typed = draft_of(resume)
    if await drafts.open(account.account_id) is None:
        await drafts.begin(account.account_id, "json_resume", typed)
    else:
        await drafts.change(account.account_id, typed)
    return await _shown(account, drafts)


@router.delete("/draft", status_code=204)
async def drop_draft(account: SignedIn, drafts: OpenDrafts) -> Response:
    await drafts.drop(account.account_id)
    return Response(status_code=204)


@router.post("/draft/save", status_code=202, response_model=Status)
async def save_draft(
    request: Request, account: SignedIn, drafts: OpenDrafts, processing: Processed, known: KnownProfiles
) -> Any:
    """Make the draft the profile, and begin to process it; GET /api/profile/status tells how far that is."""
    opened = await _open(account, drafts)
    looked = await looked_at(opened.draft)
    if looked.faults:
        faults = [FieldFault.of(fault).model_dump() for fault in looked.faults]
        return problem(request, 422, "The draft has faults; correct them and save again.", faults=faults)
    await save(account, drafts, processing, opened.draft)
    return await _status(account, drafts, processing, known)


@router.get("")
async def profile(me: Me, known: KnownProfiles) -> KnownProfile:
    """Everything that is known of who asks."""
    document = await known.document(me)
    if document is None:
        raise HTTPException(404, "The profile was deleted.")
    return KnownProfile(
        resume=document.document,
        received_at=document.received_at,
        seen=await known.seen(me),
        facets=await known.facets(me),
    )


@router.get("/status")
async def status(account: SignedIn, drafts: OpenDrafts, processing: Processed, known: KnownProfiles) -> Status:
    """How far the processing of the saved profile is."""
    return await _status(account, drafts, processing, known)


async def _open(account: Account, drafts: Drafts) -> OpenDraft:
    opened = await drafts.open(account.account_id)
    if opened is None:
        raise HTTPException(404, NO_DRAFT)
    return opened


async def _shown(account: Account, drafts: Drafts) -> ShownDraft:
    opened = await _open(account, drafts)
    looked = await looked_at(opened.draft)
    return ShownDraft(
        kind=opened.kind,
        resume=resume_of(opened.draft),
        seen=looked.seen,
        notes=list(opened.notes),
        faults=[FieldFault.of(fault) for fault in looked.faults],
        updated_at=opened.updated_at,
        expires_at=opened.expires_at,
    )


async def _status(account: Account, drafts: Drafts, processing: Processing, known: Known) -> Status:
    progress = processing.progress(account.profile_id)
    has_draft = await drafts.open(account.account_id) is not None
    if progress is None:
        # Not processed by this process: the tables say what there is.
        stored = await known.progressed(account.profile_id)
        if stored is None:
            return Status(state="none", steps=[], facts={}, seconds=0.0, has_draft=has_draft)
        facts = stored.model_dump(exclude={"read"})
        progress = Progress("done" if stored.read else "failed", "screening" if stored.read else "read", facts)
    steps = [StepStatus(step=step, done=progress.done(step)) for step in STEPS]
    facts = dict(progress.facts)
    return Status(state=progress.state, steps=steps, facts=facts, seconds=progress.seconds, has_draft=has_draft)
