"""The pages on which a profile begins: with a CV, with pasted text, or guided.

Belongs here: the start, and sending a CV. Not here: reading one (`importing.py`) and correcting it (`review.py`).
"""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from serving.accounts.identity import SignedIn
from serving.accounts.limits import TooMany, take_turn
from serving.body_size import BodyTooLong
from serving.errors import answer
from serving.language import Language, Spoken, negotiate
from serving.onboarding.drafts import OpenDraft, OpenDrafts
from serving.onboarding.importing import import_cv, sent_form
from serving.onboarding.wording import Problem, problem_of
from serving.rendering import templates
from serving.same_site import same_site
from ty_assets.profiles.reading.answer import UnreadableCv
from ty_assets.profiles.reading.limits import MAX_CHARACTERS, MAX_UPLOAD_BYTES

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(same_site)])


@router.get("/profile/start")
async def start(request: Request, account: SignedIn, drafts: OpenDrafts, t: Spoken) -> Response:
    return page(request, t, has_profile=account.has_profile, opened=await drafts.open(account.account_id))


@router.get("/profile/import")
async def import_form(t: Spoken) -> Response:
    """Where somebody loads the page again that told what was wrong."""
    return RedirectResponse(t.link("/profile/start"), 303)


@router.post("/profile/import")
async def import_document(request: Request, account: SignedIn, drafts: OpenDrafts, t: Spoken) -> Response:
    """Read what was sent and show it for correction; where it cannot be read the text that was pasted stays."""
    sent = await sent_form(request)
    status = 422
    try:
        await take_turn(request, "import", str(account.account_id))
        await import_cv(drafts, account.account_id, sent, t.code)
        return RedirectResponse(t.link("/profile/review"), 303)
    except UnreadableCv as error:
        told = problem_of(t, error)
    except TooMany as error:
        # On this page and not on that of errors, where what was pasted would be gone.
        status = error.status_code
        told = problem_of(t, UnreadableCv("often", seconds=(error.headers or {}).get("Retry-After", "60")))
    opened = await drafts.open(account.account_id)
    return page(request, t, has_profile=account.has_profile, opened=opened, problem=told, text=sent.text, status=status)


def page(
    request: Request,
    t: Language,
    *,
    has_profile: bool,
    opened: OpenDraft | None = None,
    problem: Problem | None = None,
    text: str = "",
    status: int = 200,
) -> Response:
    shown = {
        "has_profile": has_profile,
        "opened": opened,
        "problem": problem,
        "text": text,
        "limits": {"bytes": MAX_UPLOAD_BYTES, "characters": MAX_CHARACTERS},
    }
    return templates.TemplateResponse(request, "onboarding_start.html", {"t": t, **shown}, status)


async def too_long(request: Request, error: Exception) -> Response:
    """A CV that is too large is told where it was sent; any other body as every error is."""
    assert isinstance(error, BodyTooLong)
    if request.url.path != "/profile/import":
        return answer(request, 413, str(error.detail))
    t = negotiate(request)
    problem = problem_of(t, UnreadableCv("too_large", bytes=error.sent, limit=MAX_UPLOAD_BYTES))
    return page(request, t, has_profile=False, problem=problem, status=413)
