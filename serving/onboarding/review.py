"""The page on which a profile is corrected before it is saved, and what matching will see of it.

Belongs here: the form's buttons and where they lead. Not here: what the form's fields mean (`fields.py`), what is wrong
with them (`faults.py`), and saving (`saving.py`).
"""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from serving.accounts.identity import SignedIn
from serving.language import Language, Spoken
from serving.onboarding.draft import Draft
from serving.onboarding.drafts import OpenDraft, OpenDrafts
from serving.onboarding.fields import changed
from serving.onboarding.forms import Processed, SentForm
from serving.onboarding.saving import save
from serving.onboarding.seen import Looked, looked_at
from serving.onboarding.wording import faults_told, field_called, note_told, without_person
from serving.rendering import templates
from serving.same_site import same_site

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(same_site)])

PATH = "/profile/review"


@router.get(PATH)
async def review(request: Request, account: SignedIn, drafts: OpenDrafts, t: Spoken, checked: bool = False) -> Response:
    """checked: tell what is wrong, as after the button that updates; who has just come in is not met with faults."""
    opened = await drafts.open(account.account_id)
    if opened is None:
        return RedirectResponse(t.link("/profile/start"), 303)
    return _page(request, t, opened, await looked_at(opened.draft), checked=checked)


@router.post(PATH)
async def correct(
    request: Request, account: SignedIn, drafts: OpenDrafts, processing: Processed, t: Spoken, sent: SentForm
) -> Response:
    """Whatever the button does, what was typed is kept first."""
    opened = await drafts.open(account.account_id)
    if opened is None:
        # It has expired, or was saved in another window; what is in this one is not lost.
        await drafts.begin(account.account_id, "profile", Draft())
        opened = await drafts.open(account.account_id)
    assert opened is not None
    draft, place = changed(opened.draft, sent)
    await drafts.change(account.account_id, draft)
    wanted = (sent.get("do") or ("update",))[0]
    if wanted == "discard":
        await drafts.drop(account.account_id)
        return RedirectResponse(t.link("/profile" if account.has_profile else "/profile/start"), 303)
    if place or wanted != "save":
        # A script that follows is not told what stands behind the #.
        where = t.link(PATH, at=place) if place else t.link(PATH, checked="true")
        return RedirectResponse(f"{where}#{place or 'seen'}", 303)
    looked = await looked_at(draft)
    if looked.faults:
        opened = opened.model_copy(update={"draft": draft})
        return _page(request, t, opened, looked, checked=True, status=422)
    await save(account, drafts, processing, draft)
    return RedirectResponse(t.link("/profile/processing"), 303)


def _page(
    request: Request, t: Language, opened: OpenDraft, looked: Looked, *, checked: bool, status: int = 200
) -> Response:
    shown = {
        "draft": opened.draft,
        "opened": opened,
        "notes": [note_told(t, note) for note in opened.notes],
        "faults": faults_told(t, looked.faults) if checked else {},
        "seen": looked.seen,
        "without_person": without_person,
        "field_called": field_called,
    }
    return templates.TemplateResponse(request, "onboarding_review.html", {"t": t, **shown}, status)
